package main

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"gelombang/console"
	"gelombang/hooks"
	"gelombang/internal/fault"
	"gelombang/internal/locale"
	"gelombang/internal/page"
	"gelombang/internal/session"
	"gelombang/internal/sqldb"
	"gelombang/limit"
	"gelombang/notify"
	"gelombang/photo"
	"gelombang/portal"
	"gelombang/portal/wait"
	"gelombang/staff"
	"gelombang/wave"
)

const (
	// A citizen's session lasts through a wave; an officer's through a working day.
	citizenLifetime = 30 * 24 * time.Hour
	citizenIdle     = 7 * 24 * time.Hour
	officerLifetime = 12 * time.Hour
	officerIdle     = time.Hour
	// probeWithin bounds what a readiness probe waits for.
	probeWithin = 2 * time.Second
	// consentVersion names the words that people consented to; change it with them.
	consentVersion = "2026-11"
)

// buildSurfaces makes the pages.
func (h *house) buildSurfaces() error {
	secure := strings.HasPrefix(h.settings.public, "https://")
	assets, err := page.NewAssets()
	if err != nil {
		return err
	}
	h.citizens = session.New(session.Config{DB: h.db, Realm: "portal", Cookie: "session", Lifetime: citizenLifetime, Idle: citizenIdle,
		Secure: secure, Now: time.Now, OnError: func(w http.ResponseWriter, req *http.Request, err error) { h.portal.Page.Fail(w, req, err) }})
	h.officers = session.New(session.Config{DB: h.db, Realm: "console", Cookie: "console", Lifetime: officerLifetime, Idle: officerIdle,
		Secure: secure, Now: time.Now, OnError: func(w http.ResponseWriter, req *http.Request, err error) { h.console.Page.Fail(w, req, err) }})
	pages, err := h.renderer(assets, page.Portal, portal.Pages(), portal.Frame(h.citizens))
	if err != nil {
		return err
	}
	desk, err := h.renderer(assets, page.Console, []fs.FS{console.Templates}, console.Frame)
	if err != nil {
		return err
	}
	h.portal = portal.New(portal.Config{Page: pages, DB: h.db, Keys: h.keys, Sessions: h.citizens, Account: h.account, OTP: h.otp,
		Notify: h.notify, Identity: h.identity, Wave: h.wave, Application: h.application, Draw: h.draw, Programme: h.forPortal(),
		Published: h.limits, Funnel: h.funnel, Deliveries: h.report.Deliveries, Room: h.room, Photo: h.photos(), Secure: secure, Now: time.Now})
	h.console = console.New(console.Config{Photo: h.photos(), Page: desk, DB: h.db, Keys: h.keys, Sessions: h.officers, Staff: h.staff, Account: h.account,
		Identity: h.identity, Notify: h.notify, Wave: h.wave, Application: h.application, Draw: h.draw, Announce: h.announce,
		Jobs: h.queue, Report: h.report, Room: h.room, Secure: secure, Now: time.Now})
	callers := h.outlets.hooks
	callers.Notify, callers.Now = h.notify, time.Now
	h.hooks = hooks.New(callers)
	return nil
}

func (h *house) renderer(assets *page.Assets, layout page.Layout, templates []fs.FS, frame func(*http.Request) page.Frame) (*page.Renderer, error) {
	return page.New(page.Config{Catalog: h.texts, Templates: templates, Layout: layout, Frame: frame, Assets: assets,
		PublicURL: h.settings.public, Now: time.Now, Globals: map[string]string{"brand": h.texts.Text(locale.ID, "programme.name", nil)}})
}

// forPortal is the programme as the pages need it: names and catalog keys.
func (h *house) forPortal() portal.Programme {
	p := h.programme
	out := portal.Programme{Name: "programme.name", Tagline: "programme.tagline", Organiser: "programme.organiser", HelpHours: "programme.help_hours",
		HelpMail: p.Help.Mail, HelpPhone: p.Help.Phone, PhotoRequired: p.Photos.mode() == photosRequired, ConsentVersion: consentVersion, Has: h.texts.Has,
		Education: choices("education.", choiceNames(p.Choices.Education)), Employment: choices("employment.", choiceNames(p.Choices.Employment)),
		Statements: choices("statement.", statementNames(p.Statements))}
	for i := range p.Conditions { // numbered from 1, as Programme.Texts names them
		out.Conditions = append(out.Conditions, fmt.Sprintf("programme.condition_%d", i+1))
	}
	return out
}

func choices(prefix string, names []string) (out []portal.Choice) {
	for _, n := range names {
		out = append(out, portal.Choice{Name: n, Key: prefix + n})
	}
	return out
}

// limits lists what /limits and gelombang policy publish, from the values in force.
func (h *house) limits() (out []portal.LimitRow) {
	for _, r := range h.otp.Limits() {
		row := portal.LimitRow{Key: r.Key, Most: r.Most, Window: r.Window}
		if r.Class != "" {
			row.Whose = "limit.class." + r.Class
		}
		out = append(out, row)
	}
	for _, r := range h.account.Limits() {
		out = append(out, portal.LimitRow{Key: r.Key, Most: r.Most, Window: r.Window})
	}
	for _, b := range slices.Concat(h.identity.Limits(), h.photoLimits(), []limit.Budget{h.application.Budget()}, notify.Budgets(), staff.Budgets()) {
		out = append(out, portal.LimitRow{Key: "limit." + b.Name, Most: b.Most, Window: b.Window})
	}
	for _, r := range h.notify.SpendLimits() {
		out = append(out, portal.LimitRow{Key: r.Key, Most: int(r.Most), Window: r.Window})
	}
	return out
}

// photoLimits are empty where no photo is asked for.
func (h *house) photoLimits() []limit.Budget {
	if h.programme.Photos.mode() == photosOff {
		return nil
	}
	return h.photo.Limits()
}

// photos are what the pages know of photos: nothing where none is asked for.
func (h *house) photos() *photo.Service {
	if h.programme.Photos.mode() == photosOff {
		return nil
	}
	return h.photo
}

// funnel is how far everybody has come into the current wave, for the home page.
func (h *house) funnel(ctx context.Context) (rows []portal.FunnelRow, at time.Time, err error) {
	var w wave.Wave
	err = h.db.Read(ctx, func(rx *sqldb.Rx) (err error) {
		w, err = h.wave.Current(rx)
		return err
	})
	if fault.Is(err, fault.NotFound) {
		return nil, at, nil // no wave yet: nothing to show
	}
	if err != nil {
		return nil, at, err
	}
	f, err := h.report.Funnel(ctx, w.ID)
	for _, r := range f.Rows {
		if stage := portal.FunnelStage(r.Stage); slices.Contains(portal.FunnelStages, stage) {
			rows = append(rows, portal.FunnelRow{Stage: stage, People: r.People})
		}
	}
	return rows, f.At, err
}

// handler is everything that is served: pages, console, callbacks, health.
func (h *house) handler(proxies []netip.Prefix) (http.Handler, error) {
	pages, desk := http.NewServeMux(), http.NewServeMux()
	if err := page.Mount(pages, h.portal.Routes(), h.guardCitizen); err != nil {
		return nil, err
	}
	pages.Handle("GET /assets/", h.portal.Page.AssetHandler())
	pages.Handle("/", h.citizens.Middleware(h.portal.Page.NotFound()))
	if err := page.Mount(desk, h.console.Routes(), h.guardOfficer); err != nil {
		return nil, err
	}
	desk.Handle("/", h.officers.Middleware(h.console.Page.NotFound()))
	front, err := h.portal.Page.Front(pages, proxies)
	if err != nil {
		return nil, err
	}
	back, err := h.console.Page.Front(desk, proxies)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", front)
	mux.Handle("GET "+wait.StatusPath, wait.Status(h.room)) // for a million who ask at once: nothing stands before it
	mux.Handle("/console", back)
	mux.Handle("/console/", back)
	mux.Handle("/hooks/", h.portal.Shed(page.Inside, busyMachine, h.hooks.Handler())) // signed by the caller: no cookies, no cross-origin rule
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", h.ready)
	return mux, nil
}

// guardCitizen puts the session around every page, as the masthead shows it, the door
// before the ones that need an account, and what sheds load before all of it: a request
// that is sent away must not cost a question to the database.
func (h *house) guardCitizen(r page.Route) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		if r.Auth == page.Account {
			next = h.portal.Guard(next)
		}
		known := h.citizens.Middleware(next)
		switch {
		case r.Held:
			known = h.citizens.Visitors(next, h.portal.Page.Hold(next))
		case r.Class == page.Newcomer:
			known = h.citizens.Visitors(next, next)
		}
		return h.portal.Shed(r.Class, h.portal.Page.Fail, known)
	}
}

func (h *house) guardOfficer(r page.Route) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return h.portal.Shed(r.Class, h.console.Page.Fail, h.officers.Middleware(h.console.Guard(r)(next)))
	}
}

// machineComesBack is when another system tries again, which it does by itself.
const machineComesBack = "30"

// busyMachine answers another system when we have no room for it.
func busyMachine(w http.ResponseWriter, _ *http.Request, _ error, _ ...page.Link) {
	w.Header().Set("Retry-After", machineComesBack)
	http.Error(w, "busy", http.StatusServiceUnavailable)
}

// ready says whether this node can serve: the database answers.
func (h *house) ready(w http.ResponseWriter, req *http.Request) {
	ctx, cancel := context.WithTimeout(req.Context(), probeWithin)
	defer cancel()
	if err := h.db.Ping(ctx); err != nil {
		w.Header().Set("Retry-After", "1") // probes ask by their own clock; people may read it too
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ready\n"))
}
