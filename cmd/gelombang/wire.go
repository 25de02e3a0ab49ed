package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"gelombang/account"
	"gelombang/announce"
	"gelombang/application"
	"gelombang/console"
	"gelombang/draw"
	"gelombang/draw/transcript"
	"gelombang/eligibility"
	"gelombang/hooks"
	"gelombang/identity"
	"gelombang/identity/registry"
	"gelombang/internal/batch"
	"gelombang/internal/blob"
	"gelombang/internal/jobs"
	"gelombang/internal/locale"
	"gelombang/internal/page"
	"gelombang/internal/password"
	"gelombang/internal/seal"
	"gelombang/internal/session"
	"gelombang/internal/sqldb"
	"gelombang/limit"
	"gelombang/notify"
	"gelombang/otp"
	"gelombang/photo"
	"gelombang/portal"
	"gelombang/report"
	"gelombang/staff"
	"gelombang/waitroom"
	"gelombang/wave"
)

// houseSettings are everything that a house is built from.
type houseSettings struct {
	dataSettings
	programmeSettings
	migrate bool
	public  string // base of the links that people get
	world   worldSettings
	crowd   crowdSettings

	// The demo's changes; zero in production.
	adjust        func(*Programme)
	chain         transcript.Chain // instead of the programme's
	retryFirst    time.Duration
	retryMost     time.Duration
	registryPause time.Duration // how long the breaker of the registry stays open
}

// smsProvider is the name of the one SMS gateway in callbacks and timelines.
const smsProvider = "gateway"

// house is everything, put together.
type house struct {
	settings  houseSettings
	programme *Programme
	texts     *locale.Catalog
	db        *sqldb.DB
	keys      *seal.Keys
	queue     *jobs.Queue
	worker    *jobs.Worker
	outlets   *outlets
	book      *limit.Book // what the guards decide
	passwords *password.Pool
	signer    *transcript.Signer

	room        *waitroom.Room
	notify      *notify.Service
	otp         *otp.Service
	account     *account.Service
	registry    *registry.Client
	identity    *identity.Service
	photo       *photo.Service
	wave        *wave.Service
	application *application.Service
	draw        *draw.Service
	announce    *announce.Service
	staff       *staff.Service
	report      *report.Service

	citizens *session.Sessions
	officers *session.Sessions
	portal   *portal.Portal
	console  *console.Console
	hooks    *hooks.Hooks
	bounces  *hooks.Bounces

	alive   context.Context // of what runs in the background; nil before anything does
	stop    context.CancelFunc
	running sync.WaitGroup
}

// openHouse opens the database and puts the services together. Nothing runs yet.
func openHouse(ctx context.Context, s houseSettings) (_ *house, err error) {
	h := &house{settings: s}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.close())
		}
	}()
	if h.programme, err = s.load(); err != nil {
		return nil, err
	}
	if s.adjust != nil {
		s.adjust(h.programme)
	}
	if h.texts, err = catalog(h.programme); err != nil {
		return nil, err
	}
	if h.db, err = openDatabase(ctx, s.dataSettings, s.migrate); err != nil {
		return nil, err
	}
	if h.keys, err = openKeys(ctx, s.dataSettings, h.db); err != nil {
		return nil, err
	}
	for _, build := range []func() error{h.buildGround, h.buildPeople, h.buildPhotos, h.buildWaves, h.buildRoom, h.buildSurfaces, h.buildBounces} {
		if err := build(); err != nil {
			return nil, err
		}
	}
	h.buildWorker()
	if err := h.wave.Plan(ctx, plans(h.programme, time.Now())); err != nil {
		return nil, fmt.Errorf("plan waves: %w", err)
	}
	return h, nil
}

// catalog merges the words of every room with the programme's.
func catalog(p *Programme) (*locale.Catalog, error) {
	c, err := locale.Load(byLang(p.Wording), page.Words, eligibility.Catalog, notify.Catalog, otp.Catalog, account.Catalog, identity.Catalog,
		photo.Catalog, wave.Catalog, application.Catalog, draw.Catalog, announce.Catalog, staff.Catalog, waitroom.Catalog, portal.Catalog, console.Catalog)
	if err != nil {
		return nil, err
	}
	if err := c.Add(byLang(p.Texts())); err != nil {
		return nil, err
	}
	c.Globals(map[string]any{"programme": locale.Key("programme.name")})
	c.OnMissing(func(lang locale.Lang, key string) { slog.Error("catalog.missing", "lang", lang, "key", key) })
	return c, nil
}

func byLang(texts map[string]map[string]string) map[locale.Lang]map[string]string {
	out := map[locale.Lang]map[string]string{}
	for lang, m := range texts {
		out[locale.Lang(lang)] = m
	}
	return out
}

// buildGround makes what knows no person.
func (h *house) buildGround() (err error) {
	h.queue = jobs.NewQueue(h.db)
	h.passwords = password.New(password.Config{})
	list, err := providersOf(h.settings.world.Providers, h.settings.world, os.LookupEnv)
	if err != nil {
		return err
	}
	if h.outlets, err = openOutlets(list, h.programme.Senders); err != nil {
		return err
	}
	h.book = &limit.Book{Log: slog.Default()}
	h.notify = notify.New(notify.Config{DB: h.db, Keys: h.keys, Jobs: h.queue, PublicURL: h.settings.public,
		Texts:     func(lang, key string, args map[string]any) string { return h.texts.Text(locale.Lang(lang), key, args) },
		Providers: h.outlets.ways,
		Spend:     h.programme.Limits.spend(h.book), BounceDomain: h.settings.world.BounceDomain,
		Fill:     func(q sqldb.Querier, ref int64) (map[string]string, error) { return h.otp.Code(q, ref) },
		OnFailed: func(tx *sqldb.Tx, ref int64) error { return h.otp.OnFailed(tx, ref) },
	})
	h.signer, err = transcript.NewSigner(signerName(h.settings.public), h.keys.ReceiptKey())
	return err
}

// signerName is the name of our key in receipts and checkpoints: the public host.
func signerName(public string) string {
	if u, err := url.Parse(public); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return "gelombang"
}

// buildPeople makes the nouns around one person.
func (h *house) buildPeople() (err error) {
	l := h.programme.Limits
	if h.otp, err = otp.New(otp.Config{DB: h.db, Keys: h.keys, Notify: h.notify, Policy: l.Code.policy(), Classes: l.classes(),
		Rise: otp.RisePolicy{Mode: l.mode(otp.RuleRise)}, Book: h.book}); err != nil {
		return err
	}
	if h.account, err = account.New(account.Config{DB: h.db, Keys: h.keys, Jobs: h.queue, Codes: h.otp, Passwords: h.passwords,
		Policy:        account.Policy{PasswordTries: l.SignIn.PasswordTries, Window: l.SignIn.Window},
		OnPhoneProven: func(tx *sqldb.Tx, id int64) error { return h.identity.PhoneProven(tx, id) },
		OnPasswordSet: func(tx *sqldb.Tx, id int64) error { return h.citizens.EndAll(tx, id) },
		Tell:          h.notify.Queue, IdentityMatches: h.identityMatches, Province: h.province, Arrived: h.notify.Arrived,
		Mail:       account.Mail{Resolver: h.settings.world.resolver(), To: h.notify.To, Fail: h.notify.Fail},
		Disposable: h.programme.Accounts.Disposable.terms(),
		Site:       h.settings.public, SiteName: h.texts.Text(locale.ID, "programme.name", nil),
	}); err != nil {
		return err
	}
	w := h.settings.world
	h.registry = registry.New(registry.Config{Shape: cmp.Or(registry.Shape(w.RegistryShape), registry.Dukcapil), URL: w.RegistryURL,
		Agency: w.RegistryAgency, User: w.RegistryUser, Password: w.RegistryPassword, ClientIP: w.RegistryIP, Timeout: w.RegistryTimeout,
		Concurrency: uint(w.registryAtOnce()), OpenFor: h.settings.registryPause, QuotaRecheck: h.settings.registryPause, Now: time.Now}) //nolint:gosec // at least 1
	h.identity = identity.New(identity.Config{DB: h.db, Keys: h.keys, Jobs: h.queue, Registry: h.registry, Now: time.Now,
		Education: choiceNames(h.programme.Choices.Education), Employment: choiceNames(h.programme.Choices.Employment),
		CorrectionsPerDay: l.Identity.CorrectionsPerDay, RetryFirst: h.settings.retryFirst, RetryMost: h.settings.retryMost,
		PhoneProvenOf: func(q sqldb.Querier, id int64) (bool, error) { _, phone, err := h.proven(q, id); return phone, err },
		AccountsMode:  l.mode(identity.RuleAccounts), Book: h.book,
		CardShowsNIK: func(q sqldb.Querier, id int64) (bool, error) {
			p, err := h.photo.Current(q, id)
			return p.ShowsNIK() && h.photos() != nil, err
		},
		Tell: h.tellWords,
		OnChange: func(tx *sqldb.Tx, id int64, st identity.State) error {
			return errors.Join(h.photo.NIKChanged(tx, id), h.application.IdentityChanged(tx, id, st))
		},
	})
	h.staff = staff.NewService(staff.Config{DB: h.db, Keys: h.keys, Passwords: h.passwords, Issuer: h.texts.Text(locale.ID, "programme.name", nil)})
	return nil
}

// buildPhotos makes what takes pictures of identity cards.
func (h *house) buildPhotos() error {
	store, err := blob.Open(h.settings.objects())
	if err != nil {
		return fmt.Errorf("open the place of photos: %w", err)
	}
	second, err := h.settings.world.second()
	if err != nil {
		return err
	}
	h.photo = photo.New(photo.Config{DB: h.db, Keys: h.keys, Jobs: h.queue, Store: store, Second: second, Policy: h.programme.Photos.policy(), Tell: h.tellWords,
		NIKOf: func(q sqldb.Querier, id int64) (string, error) {
			f, err := h.identity.Facts(q, id)
			return string(f.NIK), err
		}})
	return nil
}

// identityMatches says whether somebody stated an account's own identity.
func (h *house) identityMatches(q sqldb.Querier, id int64, c account.RecoveryClaim) (bool, error) {
	f, err := h.identity.Facts(q, id)
	return f.State != identity.None && c == account.RecoveryClaim{NIK: string(f.NIK), KK: string(f.KK), BirthDate: f.BirthDate.String()}, err
}

// province is where the registry knows somebody to live; "" when it has not confirmed it.
func (h *house) province(q sqldb.Querier, id int64) (string, error) {
	f, err := h.identity.Facts(q, id)
	if f.State != identity.Matched {
		return "", err
	}
	return f.Province, err
}

// buildWaves makes the nouns around a wave.
func (h *house) buildWaves() error {
	chain := h.settings.chain
	if chain == (transcript.Chain{}) {
		chain = transcript.Quicknet
	}
	h.wave = wave.New(wave.Config{DB: h.db, Jobs: h.queue, Chain: chain, Rules: h.programme.Rules().Source(),
		OnOpen:  func(tx *sqldb.Tx, w wave.Wave) error { return h.application.Opened(tx, w) },
		OnClose: func(tx *sqldb.Tx, w wave.Wave) error { return h.draw.Schedule(tx, w) }})
	var photoOf func(sqldb.Querier, int64) (photo.State, error)
	if h.programme.Photos.mode() != photosOff {
		photoOf = func(q sqldb.Querier, id int64) (photo.State, error) {
			p, err := h.photo.Current(q, id)
			return p.State, err
		}
	}
	h.application = application.New(application.Config{Photo: photoOf, DB: h.db, Keys: h.keys, Jobs: h.queue, Members: h.account.Members, Waves: h.wave, Signer: h.signer,
		Statements: statementNames(h.programme.Statements), ChangesPerDay: h.programme.Limits.Join.ChangesPerDay,
		Identity: func(q sqldb.Querier, id int64) (identity.Facts, error) { return h.identity.Facts(q, id) },
		Closes:   func(tx *sqldb.Tx, id int64, at time.Time) error { return h.identity.Closes(tx, id, at) },
		Proven:   h.proven, Tell: h.tell, PhotoRequired: h.programme.Photos.mode() == photosRequired})
	h.draw = draw.New(draw.Config{DB: h.db, Jobs: h.queue, Waves: h.wave, Signer: h.signer,
		Beacon: draw.Relays{URLs: h.settings.world.BeaconURLs}, Dir: filepath.Join(h.settings.Data, "draws"),
		Settle: h.application.Settle, Entries: h.entries, Received: h.application.Received,
		OnEnd: func(tx *sqldb.Tx, w wave.Wave) error { return h.announce.Start(tx, w) }})
	h.announce = announce.New(announce.Config{DB: h.db, Jobs: h.queue, Waves: h.wave, Applications: h.application, Draws: h.draw, Tell: h.tellAll})
	h.report = report.New(report.Config{DB: h.db, Now: time.Now, Checks: h.identity.Health})
	return nil
}

// entries translates what application lists into what draw freezes.
func (h *house) entries(ctx context.Context, waveID int64, visit func(draw.Entry) error) error {
	return h.application.Entries(ctx, waveID, func(e application.Entry) error { return visit(draw.Entry(e)) })
}

func (h *house) proven(q sqldb.Querier, id int64) (email, phone bool, err error) {
	a, err := h.account.Get(q, id)
	return a.EmailProven, a.PhoneProven, err
}

// slots is how many jobs of each queue this process runs at once. A lane waits for
// the outside world, so most have many; the draw has one, as it must. The registry's
// can be set: what it bears is agreed with its office.
var slots = map[string]int{
	notify.QueueName: 32, identity.QueueName: 8, wave.QueueName: 1, draw.QueueName: 1, announce.QueueName: 1, application.QueueName: 1,
	account.QueueName: 1, account.DomainQueue: 8, sweepQueue: 1,
	photo.QueueName: max(1, runtime.NumCPU()/2), // each takes a core and some 50 MB
}

func (h *house) buildWorker() {
	slots := maps.Clone(slots)
	slots[identity.QueueName] = h.settings.world.registryAtOnce()
	h.worker = jobs.NewWorker(h.queue, jobs.Config{Slots: slots, MaxSkew: jobs.MaxSkew, Yield: h.crowded})
	for _, handlers := range []map[string]jobs.Handler{h.notify.Handlers(), h.account.Handlers(), h.identity.Handlers(), h.photo.Handlers(),
		h.wave.Handlers(), h.application.Handlers(), h.draw.Handlers(), h.announce.Handlers(), h.sweeper()} {
		for kind, do := range handlers {
			h.worker.Handle(kind, do)
		}
	}
}

// buildRoom makes the waiting room before the door.
func (h *house) buildRoom() (err error) {
	h.room, err = waitroom.New(waitroom.Config{DB: h.db, MAC: h.keys.CookieMAC("waitroom"), Now: time.Now, Load: h.load,
		Openings: h.settings.crowd.Openings, Policy: h.settings.crowd.policy()})
	return err
}

// crowded says that the work behind the pages gives way: people wait at the door, and a
// mail that goes out some seconds later keeps nobody from registering.
func (h *house) crowded() bool { return h.account.Waiting() > crowdedFrom }

// crowdedFrom is a quarter of a batch: so many come while another is written only when
// many come.
const crowdedFrom = batch.Most / 4

// load is what the house measures of itself.
func (h *house) load() waitroom.Load {
	commit, queue := h.account.Load()
	return waitroom.Load{Commit: commit, Queue: queue}
}

// work starts doing jobs until close.
func (h *house) work() {
	h.inBackground(h.worker.Run)
	h.inBackground(h.startSweeping)
	h.reckon()
}

// reckon starts what counts messages and learns from them. A node that does no jobs does
// it too: codes are typed there.
func (h *house) reckon() { h.inBackground(h.notify.Run) }

// attend starts what every node that serves does beside it: its part of the waiting
// room, counting guesses, and counting deliveries for the page that says how codes fare.
func (h *house) attend() {
	h.inBackground(h.room.Run)
	h.inBackground(h.otp.Run)
	h.inBackground(h.report.WatchDeliveries)
}

// inBackground runs do until close.
func (h *house) inBackground(do func(context.Context)) {
	if h.alive == nil {
		h.alive, h.stop = context.WithCancel(context.Background())
	}
	h.running.Go(func() { do(h.alive) })
}

// close ends the workers, then what they use. It is safe on a house half built.
func (h *house) close() error {
	if h.stop != nil {
		h.stop()
	}
	if h.registry != nil {
		h.registry.Close() // who waits for a turn to ask need not
	}
	h.running.Wait()
	var errs []error
	if h.room != nil {
		h.room.Close()
	}
	if h.account != nil {
		h.account.Close()
	}
	if h.outlets != nil {
		errs = append(errs, h.outlets.Close())
	}
	if h.db != nil {
		errs = append(errs, h.db.Close())
	}
	return errors.Join(errs...)
}

func choiceNames(cs []Choice) (out []string) {
	for _, c := range cs {
		out = append(out, c.Name)
	}
	return out
}

func statementNames(ss []Statement) (out []string) {
	for _, s := range ss {
		out = append(out, s.Name)
	}
	return out
}

// plans turns the programme's waves into plans. Distances from now count from the
// first start; a wave that is planned already keeps its dates.
func plans(p *Programme, now time.Time) []wave.Plan {
	out := make([]wave.Plan, len(p.Waves))
	for i, w := range p.Waves {
		out[i] = wave.Plan{Name: w.Name, Title: w.Title.ID, Opens: w.Opens.Resolve(now), Closes: w.Closes.Resolve(now), Settle: w.Settle,
			Announce: w.Announce.Resolve(now), Terms: wave.Terms{HouseholdCap: p.Draw.Household.Cap, CountEarlier: p.Draw.Household.CountEarlier,
				Approvals: p.Draw.Approvals, PMin: p.Draw.PMin, Delay: p.Draw.BeaconDelay}}
		for _, s := range w.Strata {
			out[i].Strata = append(out[i].Strata, wave.Stratum{Name: s.Name, Title: s.Title.ID, Places: s.Places, Reserve: s.Reserve,
				Provinces: s.Provinces, Else: s.Else})
		}
	}
	return out
}
