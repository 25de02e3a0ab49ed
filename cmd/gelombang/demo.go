package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"gelombang/draw/transcript"
	"gelombang/sim"
	"gelombang/sim/registry"
	"gelombang/staff"
)

type demoCmd struct {
	Listen    string `default:"127.0.0.1:8080" env:"GELOMBANG_LISTEN" placeholder:"HOST:PORT" help:"Address of the pages; the simulators take free ports. [${env}, ${default}]"`
	PublicURL string `env:"GELOMBANG_PUBLIC_URL" placeholder:"URL" help:"Address as people type it. [${env}, http://LISTEN]"`
	People    int    `placeholder:"N" help:"Let the registry know so many synthetic people, and nobody else; without it everybody well-formed matches."`
	dataSettings
	programmeSettings
	crowdSettings
}

// Help is shown by gelombang demo --help.
func (demoCmd) Help() string {
	return `Starts the pages, the database and a simulated outside world: a real mail server with a
readable inbox, an SMS gateway with a phone, a civil registry and a randomness beacon.
Nothing leaves this machine. State is kept in the data folder; delete it to begin anew.

The demo draws with its own chain of randomness and settles in seconds, so that a whole
wave can be seen in a minute. Everything else is what runs in production.`
}

// The demo's times: long enough to look at, short enough to wait for.
const (
	demoSettle      = 15 * time.Second
	demoBeaconDelay = 10 * time.Second
	demoRetryFirst  = 2 * time.Second
	demoRetryMost   = 15 * time.Second
)

// demoState is what the demo keeps beside the product's own state.
type demoState struct {
	SMSKey           string      `json:"sms_key"`
	SMSSecret        string      `json:"sms_secret"`
	RegistryPassword string      `json:"registry_password"`
	Staff            []demoStaff `json:"staff"`
	Addresses        demoPages   `json:"addresses"`
}

type demoStaff struct {
	Name     string `json:"name"`
	Email    string `json:"email"`
	Role     string `json:"role"`
	Password string `json:"password"`
	TOTP     string `json:"totp"` // base32 secret of the second factor
}

// demoPages is where everything is; written to demo.json for whoever scripts the demo.
type demoPages struct {
	Pages string        `json:"pages"`
	World sim.Addresses `json:"world"`
}

// demo is a running demo.
type demo struct {
	state demoState
	world *sim.World
	house *house
	web   *webServer
}

// Run starts the demo, prints the table and runs until Ctrl-C.
func (c demoCmd) Run(ctx context.Context) error {
	started := time.Now()
	log, err := c.logFile()
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	defer setLog(log, asJSON)()
	d, err := c.start(ctx)
	if err != nil {
		return err
	}
	d.print(os.Stdout, c.Data, time.Since(started))
	<-ctx.Done()
	fmt.Println("\nStopping. Everything is kept in", c.Data+".")
	return d.close()
}

func (c demoCmd) logFile() (*os.File, error) {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	return os.OpenFile(filepath.Join(c.Data, "demo.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
}

// start brings everything up. The caller closes it.
func (c demoCmd) start(ctx context.Context) (_ *demo, err error) {
	d := &demo{}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	if d.state, err = c.loadState(); err != nil {
		return nil, err
	}
	if d.world, err = sim.Start(sim.Config{Dir: filepath.Join(c.Data, "sim"), SMSKey: d.state.SMSKey, SMSReceiptSecret: d.state.SMSSecret,
		RegistryUser: "gelombang", RegistryPassword: d.state.RegistryPassword, People: registry.Population(1, min(max(c.People, 0), registry.PopulationMost))}); err != nil {
		return nil, fmt.Errorf("start the simulated world: %w", err)
	}
	if d.web, err = listen(webSettings{Listen: c.Listen, PublicURL: c.PublicURL}); err != nil {
		return nil, err
	}
	if d.house, err = openHouse(ctx, c.settings(d)); err != nil {
		return nil, err
	}
	if err = c.hireStaff(ctx, d); err != nil {
		return nil, err
	}
	d.state.Addresses = demoPages{Pages: d.web.public, World: d.world.Addresses()}
	if err = c.saveState(d.state); err != nil {
		return nil, err
	}
	d.house.work()
	bounces, err := d.house.takeBounces()
	if err != nil {
		return nil, err
	}
	d.world.Mailbox.SetBounces(bounces)
	return d, d.web.serve(d.house)
}

// settings point the house at the simulated world.
func (c demoCmd) settings(d *demo) houseSettings {
	at := d.world.Addresses()
	chain := transcript.Chain{Hash: d.world.Beacon.ChainHash(), Scheme: transcript.Scheme, PublicKey: d.world.Beacon.PublicKeyHex(),
		GenesisS: d.world.Beacon.Genesis().Unix(), PeriodS: int64(d.world.Beacon.Period() / time.Second), Demo: true}
	return houseSettings{
		dataSettings: c.dataSettings, programmeSettings: c.programmeSettings, migrate: true,
		public: d.web.public, crowd: c.crowdSettings,
		world: worldSettings{bounceSettings: bounceSettings{BounceDomain: "bounce.test", BounceListen: "127.0.0.1:0"},
			SMTP: "smtp://" + at.SMTP + "?tls=none", SMSURL: at.SMS, SMSKey: d.state.SMSKey, SMSSecret: d.state.SMSSecret,
			RegistryURL: at.Registry, RegistryAgency: "GELOMBANG", RegistryUser: "gelombang", RegistryPassword: d.state.RegistryPassword,
			RegistryIP: "127.0.0.1", RegistryTimeout: 3 * time.Second, BeaconURLs: []string{at.Beacon}},
		retryFirst: demoRetryFirst, retryMost: demoRetryMost, registryPause: demoRetryFirst,
		adjust: inDemoTime, chain: chain,
	}
}

// inDemoTime shortens what one would wait hours for.
func inDemoTime(p *Programme) {
	p.Draw.Chain = "demo"
	p.Draw.BeaconDelay = demoBeaconDelay
	for i := range p.Waves {
		p.Waves[i].Settle = min(p.Waves[i].Settle, demoSettle)
	}
}

func (c demoCmd) statePath() string { return filepath.Join(c.Data, "demo.json") }

func (c demoCmd) loadState() (demoState, error) {
	var s demoState
	b, err := os.ReadFile(c.statePath())
	if errors.Is(err, fs.ErrNotExist) {
		return demoState{SMSKey: rand.Text(), SMSSecret: rand.Text(), RegistryPassword: rand.Text(), Staff: []demoStaff{
			{Name: "Sari", Email: "sari@example.com", Role: "supervisor", Password: "demo-" + rand.Text()[:8]},
			{Name: "Budi", Email: "budi@example.com", Role: "supervisor", Password: "demo-" + rand.Text()[:8]},
		}}, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &s)
	}
	if err != nil {
		return s, fmt.Errorf("read %s: %w", c.statePath(), err)
	}
	return s, nil
}

func (c demoCmd) saveState(s demoState) error {
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	tmp := c.statePath() + ".new"
	if err := os.WriteFile(tmp, append(b, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, c.statePath())
}

// hireStaff makes the demo's officials once and shows their second factor in the
// simulated authenticator.
func (c demoCmd) hireStaff(ctx context.Context, d *demo) error {
	var apps []sim.Authenticator
	for i := range d.state.Staff {
		p := &d.state.Staff[i]
		if p.TOTP == "" {
			added, err := d.house.staff.Add(ctx, staff.New{Name: p.Name, Email: p.Email, Role: staff.Role(p.Role), Password: p.Password})
			if err != nil {
				return fmt.Errorf("add staff: %w", err)
			}
			p.TOTP = added.TOTPSecret
		}
		apps = append(apps, sim.Authenticator{Label: p.Email, Secret: p.TOTP})
	}
	d.world.SetAuthenticators(apps)
	return nil
}

func (d *demo) print(w io.Writer, data string, took time.Duration) {
	at := d.world.Addresses()
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	row := func(name, value, note string) { _, _ = fmt.Fprintf(t, "  %s\t%s\t%s\n", name, value, note) }
	_, _ = fmt.Fprintf(w, "\nGelombang demo, ready in %.1f s. Everything is on this machine; Ctrl-C ends it.\n\n", took.Seconds())
	row("Pages", d.web.public+"/", "register here, as an applicant")
	row("Console", d.web.public+"/console", "for the staff below")
	row("Simulated world", at.Front+"/", "everything below on one page, with magic values")
	row("  inbox", at.Inbox+"/", "every mail")
	row("  phone", at.Phone+"/", "every SMS")
	row("  authenticator", at.Front+"/authenticator", "the staff's second factor, as JSON; the page is the one above")
	row("  registry", at.Registry+"/", "the civil registry")
	row("  beacon", at.Beacon+"/", "public randomness, a round every 3 s")
	for _, p := range d.state.Staff {
		row(p.Name+", "+p.Role, p.Email, "password "+p.Password)
	}
	row("Data", data, "the log is in demo.log; delete the folder to begin anew")
	_ = t.Flush()
	_, _ = fmt.Fprintln(w)
}

func (d *demo) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), drainFor)
	defer cancel()
	var errs []error
	if d.web != nil {
		errs = append(errs, d.web.close(ctx))
	}
	if d.house != nil {
		errs = append(errs, d.house.close())
	}
	if d.world != nil {
		errs = append(errs, d.world.Close(ctx))
	}
	return errors.Join(errs...)
}

// localAddress is a listener's address as this machine reaches it.
func localAddress(l net.Listener) string {
	addr := l.Addr().(*net.TCPAddr)
	if addr.IP.IsUnspecified() {
		return fmt.Sprintf("127.0.0.1:%d", addr.Port)
	}
	return addr.String()
}
