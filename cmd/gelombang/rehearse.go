package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"time"

	"gelombang/internal/sqldb"
	"gelombang/rehearsal"
)

type rehearseCmd struct {
	Scenario string `arg:"" enum:"surge,opening,day,waiting" help:"surge, opening, day or waiting."`

	Target string `placeholder:"URL" help:"The site to rehearse on. This machine only, unless its host is named again by --really."`
	Really string `placeholder:"HOST" help:"The host of --target a second time: yes, that one, and it is yours."`
	Self   bool   `help:"Start a server of its own on a temporary database, with a simulated outside world."`
	Engine string `enum:"sqlite,postgres" default:"sqlite" help:"With --self: sqlite or postgres. [${default}]"`

	Applicants  int     `placeholder:"N" help:"How many people. [surge 80000, others 10000]"`
	Rate        float64 `placeholder:"R" help:"How many of them arrive per second. [all at once; opening and waiting 1333, the worst minute on record]"`
	Connections int     `placeholder:"N" help:"Connections that are kept open. [surge without --rate 1024: with 256 all who wait are in one batch, and pages and database take turns; others 256]"`
	Seed        uint64  `help:"Another number gives other people; the same one gives the same. [the clock]"`

	Admit    int               `placeholder:"N" help:"With --self, opening and waiting: so many are let in per minute. [waiting: half of all; opening: what the house bears]"`
	OpensIn  time.Duration     `default:"20s" help:"opening: the hour, from now. With --target the server must have been told the same by --opening. [${default}]"`
	Leave    float64           `default:"0.3" help:"waiting: the share that goes away while it waits. [${default}]"`
	Compress float64           `placeholder:"X" help:"day: how many times faster than the real 21 hours. [250 people a second on average, and 20 s at least]"`
	Inbox    string            `placeholder:"URL" help:"day with --target: the simulated inbox that the site's mail goes to, such as the demo's."`
	Phone    string            `placeholder:"URL" help:"day with --target: the simulated SMS gateway."`
	Answers  map[string]string `default:"citizen=yes" help:"day: answers to the programme's statements; no to all others. [${default}]"`

	DB       string `name:"db" placeholder:"DSN" help:"With --target: the site's database, read only, to count what was lost. With --self --engine postgres: a server to make the temporary database in."`
	Keys     string `name:"keys" placeholder:"FILE" help:"The site's keyset, to count what was lost."`
	Accounts int64  `placeholder:"N" help:"With --self: so many accounts are there already."`
	Work     bool   `help:"With --self, surge: let the workers send the messages meanwhile."`
	JSON     bool   `name:"json" help:"One JSON object on standard output, nothing else there."`
	programmeSettings
}

// Help is shown by gelombang rehearse --help.
func (rehearseCmd) Help() string {
	return `Sends a crowd of synthetic applicants through the pages over HTTP, as browsers do, and counts
what became of them. Nobody is real: addresses end in @example.com. It refuses a site that is
not this machine unless its host is named twice, because what it does is an attack on any other.

    surge      everybody has the form open and presses: 80,000, the worst minute on record
    opening    half of them wait before an hour in the waiting room, the others come after it
    waiting    more people than the house admits; some go away while they wait
    day        the published first day: 1,432,133 register, 1,063,028 prove their e-mail, 624,090
               their NIK, 77,834 join, with the same losses, in minutes instead of 21 hours

Everything side by side in one run, on a temporary database that is removed afterwards:

    gelombang rehearse surge --self
    gelombang rehearse surge --self --engine postgres --applicants 20000
    gelombang rehearse surge --self --rate 1333           # the worst minute as it came
    gelombang rehearse surge --self --accounts 10000000   # with ten million there already
    gelombang rehearse day --self --applicants 100000

Against your own site before your own opening day; --db and --keys let it count, reading only,
whether anything that was acknowledged is missing:

    gelombang rehearse surge --target http://127.0.0.1:8080 --db sqlite:data/gelombang.db --keys data/keyset.json
    gelombang rehearse surge --target https://enrol.example --really enrol.example --rate 500

"Acknowledged" is an answer of 202 with the page of the code. p50 and p99 are from the press to
that answer: with --rate from the moment that the schedule says, so that a server that stalls is
not asked less. Broken connections, 429, 502, 503 and 504 are tried again with the same form, 429
and 503 after the Retry-After that came with them. Any other answer of 500 or more is a fault of
the server: it is never tried again, and who meets it gives up. The no-op is GET /healthz by the same client. The ceiling is
the same registrations written without HTTP, on a second database of the same engine. With --rate
both ratios only say how far below them the rate is.
The exit code is 1 when somebody gave up on a fault or anything is lost.`
}

const (
	surgeApplicants = rehearsal.WorstMinute
	otherApplicants = 10_000
	// dayPerSecond is what two cores do of whole journeys, simulators included.
	dayPerSecond = 250
	dayLeast     = 20 * time.Second
	// fullConnections fill the next batches while one is written, so that pages and
	// database work at the same time.
	fullConnections  = 1024
	otherConnections = 256
)

// Run rehearses and tells.
func (c rehearseCmd) Run(ctx context.Context) error {
	if err := c.complete(); err != nil {
		return err
	}
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	result, err := c.rehearse(ctx, newDisplay(os.Stderr))
	if errors.Is(err, context.Canceled) {
		return errors.New("stopped; what was temporary is removed")
	}
	if err != nil {
		return err
	}
	if err := result.tell(os.Stdout, c.JSON); err != nil {
		return err
	}
	if !result.sound() {
		return exitCode(1)
	}
	return nil
}

// complete checks what belongs together and fills in what was not said.
func (c *rehearseCmd) complete() error {
	scenario := rehearsal.Scenario(c.Scenario)
	switch {
	case c.Self == (c.Target != ""):
		return errors.New("say where: either --self or --target URL")
	case c.Target != "" && (c.Accounts > 0 || c.Work):
		return errors.New("--accounts and --work are for --self: another server keeps its own people and workers")
	case c.Target != "" && (c.DB == "") != (c.Keys == ""):
		return errors.New("counting what was lost needs both --db and --keys")
	case c.Target != "" && scenario == rehearsal.Day && (c.Inbox == "" || c.Phone == ""):
		return errors.New("day needs --inbox and --phone, where codes are read; gelombang demo prints both, and --self has its own")
	}
	if c.Target != "" {
		if err := rehearsal.Admits(c.Target, c.Really); err != nil {
			return err
		}
	}
	if c.Applicants == 0 {
		c.Applicants = otherApplicants
		if scenario == rehearsal.Surge {
			c.Applicants = surgeApplicants
		}
	}
	if c.Connections == 0 {
		c.Connections = otherConnections
		if scenario == rehearsal.Surge && c.Rate == 0 {
			c.Connections = fullConnections
		}
	}
	if c.Seed == 0 {
		c.Seed = uint64(time.Now().Unix())
	}
	return nil
}

// config is the rehearsal as asked for.
func (c rehearseCmd) config(target string, opens time.Time) rehearsal.Config {
	over := max(dayLeast, time.Duration(float64(c.Applicants)/dayPerSecond*float64(time.Second)))
	if c.Compress > 0 {
		over = time.Duration(float64(rehearsal.DayHours) / c.Compress)
	}
	return rehearsal.Config{Scenario: rehearsal.Scenario(c.Scenario), Target: target, Applicants: c.Applicants, Rate: c.Rate,
		Connections: c.Connections, Seed: c.Seed, Now: time.Now, Opens: opens, Leave: c.Leave,
		Over: over, Inbox: c.Inbox, Phone: c.Phone, Answers: c.Answers}
}

// rehearse brings up what is needed, lets the crowd loose, and counts afterwards.
func (c rehearseCmd) rehearse(ctx context.Context, show *display) (result *rehearsed, err error) {
	result = &rehearsed{Scenario: c.Scenario, Applicants: int64(c.Applicants)}
	opens := time.Now().Add(c.OpensIn).Truncate(time.Second)
	site := rehearsalSite{base: c.Target, data: dataSettings{DB: c.DB, Keys: c.Keys}}
	if c.Self {
		house, err := c.startSelf(ctx, show)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, house.close()) }()
		c.Inbox, c.Phone = house.world.Addresses().Inbox, house.world.Addresses().Phone
		site, result.Engine, opens = house.site(), c.Engine, house.opens
		defer func() {
			if err != nil {
				err = fmt.Errorf("%w%s", err, house.lastWords())
			}
		}()
	}
	ledger, err := openLedger(ctx, site.data)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, ledger.close()) }()
	if result.Engine == "" && ledger != nil {
		result.Engine = string(ledger.db.Engine())
	}
	config := c.config(site.base, opens)
	before, err := ledger.before(ctx, config)
	if err != nil {
		return nil, err
	}
	config.Watch = show.progress
	meter := site.meter()
	config.Measure = meter.measure
	report, err := rehearsal.Run(ctx, config)
	show.end()
	if err != nil {
		return nil, err
	}
	result.take(report, meter)
	if err := ledger.count(ctx, result, report, before); err != nil {
		return nil, err
	}
	if c.Self && config.Scenario == rehearsal.Surge {
		show.line("measuring the engine without HTTP")
		err = c.ceiling(ctx, site, result)
	}
	return result, err
}

// rehearsalSite is the server under rehearsal.
type rehearsalSite struct {
	base    string
	data    dataSettings // of its database, for reading; empty when not known
	server  int          // process ids; 0: not ours
	engine  int
	another func(ctx context.Context, name string) (dataSettings, error) // one more empty database
	world   worldSettings
}

func (s rehearsalSite) meter() *cpuMeter {
	return &cpuMeter{server: s.server, engine: s.engine, cores: runtime.NumCPU()}
}

// known says whether the database can be read.
func (s dataSettings) known() bool { return s.DB != "" }

// existing refuses a database file that is not there: opening it would make an empty one.
func (s dataSettings) existing() error {
	path, isFile := strings.CutPrefix(s.DB, string(sqldb.SQLite)+":")
	if !isFile {
		return nil
	}
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("--db: %w", err)
	}
	return nil
}
