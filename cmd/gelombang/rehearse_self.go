package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/temppg"
	"gelombang/rehearsal"
	"gelombang/sim"
)

// selfHouse is a server of our own for one rehearsal. It is a process of its own, so
// that its share of the CPU can be told from the crowd's.
type selfHouse struct {
	command  rehearseCmd
	dir      string
	world    *sim.World
	postgres *temppg.Server // nil: SQLite, or somebody else's server
	server   string         // PostgreSQL: where databases are made
	made     []string       // databases to take away
	data     dataSettings
	child    *exec.Cmd
	address  string
	opens    time.Time // the hour that the server was told
}

const (
	selfKey    = "rehearsal" // of the simulated outside world, on this machine only
	selfReady  = 60 * time.Second
	wordsOfLog = 2000
	// selfRegistry is what the simulated registry bears; a real one's office says.
	selfRegistry = 32
)

// startSelf brings everything up. The caller closes it; what was made is removed then,
// and also when something fails halfway.
func (c rehearseCmd) startSelf(ctx context.Context, show *display) (_ *selfHouse, err error) {
	h := &selfHouse{command: c}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.close())
		}
	}()
	if h.dir, err = os.MkdirTemp("", "gelombang-rehearsal-"); err != nil {
		return nil, err
	}
	if h.world, err = sim.Start(sim.Config{SMSKey: selfKey, SMSReceiptSecret: selfKey, RegistryUser: selfKey, RegistryPassword: selfKey}); err != nil {
		return nil, err
	}
	if c.Engine == string(sqldb.Postgres) {
		show.line("starting PostgreSQL")
		if err = h.findPostgres(); err != nil {
			return nil, err
		}
	}
	if h.data, err = h.another(ctx, "site"); err != nil {
		return nil, err
	}
	if c.Accounts > 0 {
		if err = h.populate(ctx, show); err != nil {
			return nil, err
		}
	}
	show.line("starting the server")
	return h, h.serve(ctx)
}

func (h *selfHouse) findPostgres() (err error) {
	if h.server = h.command.DB; h.server != "" {
		return nil
	}
	if h.postgres, err = temppg.Start(); err != nil {
		return err
	}
	h.server = h.postgres.DSN
	return nil
}

// another makes one more empty database of the engine.
func (h *selfHouse) another(ctx context.Context, name string) (dataSettings, error) {
	s := dataSettings{Data: filepath.Join(h.dir, name)}
	if err := os.Mkdir(s.Data, 0o700); err != nil {
		return s, err
	}
	s.Keys = s.keyFile()
	if h.server == "" {
		s.DB = s.dsn()
		return s, nil
	}
	unique := "gelombang_rehearsal_" + strings.ToLower(rand.Text()[:12])
	dsn, err := temppg.Create(ctx, h.server, unique)
	if err == nil {
		h.made = append(h.made, unique)
	}
	s.DB = dsn
	return s, err
}

// settings point a house at the simulated world.
func (h *selfHouse) worldSettings() worldSettings {
	at := h.world.Addresses()
	return worldSettings{SMTP: "smtp://" + at.SMTP + "?tls=none", SMSURL: at.SMS, SMSKey: selfKey, SMSSecret: selfKey, RegistryURL: at.Registry,
		RegistryAgency: "GELOMBANG", RegistryUser: selfKey, RegistryPassword: selfKey, RegistryIP: "127.0.0.1",
		RegistryTimeout: 10 * time.Second, BeaconURLs: []string{at.Beacon}}
}

// serve starts this same program once more, as a server.
func (h *selfHouse) serve(ctx context.Context) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	if h.address, err = freePort(); err != nil {
		return err
	}
	log, err := os.Create(h.logPath())
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	h.child = exec.Command(program, h.arguments()...)
	h.child.Env = withoutSettings(os.Environ())
	h.child.Stdout, h.child.Stderr, h.child.SysProcAttr = log, log, withUs()
	if err := h.child.Start(); err != nil {
		h.child = nil
		return fmt.Errorf("start the server: %w", err)
	}
	return h.ready(ctx)
}

// withoutSettings is an environment that sets nothing of a house: what is meant for the
// operator's own, its database first of all, is not for one that is made to be attacked.
func withoutSettings(environment []string) []string {
	return slices.DeleteFunc(environment, func(v string) bool { return strings.HasPrefix(v, "GELOMBANG_") })
}

func (h *selfHouse) arguments() []string {
	w, c := h.worldSettings(), h.command
	args := []string{"serve", "--no-domain-lookups", "--listen", h.address, "--data", h.data.Data, "--db", h.data.DB, "--keys", h.data.Keys,
		"--smtp", w.SMTP, "--sms-url", w.SMSURL, "--sms-key", selfKey, "--sms-secret", selfKey,
		"--registry-url", w.RegistryURL, "--registry-user", selfKey, "--registry-password", selfKey, "--beacon-urls", w.BeaconURLs[0], "--registry-at-once", strconv.Itoa(selfRegistry)}
	if c.Programme != "" {
		args = append(args, "--programme", c.Programme)
	}
	switch rehearsal.Scenario(c.Scenario) {
	case rehearsal.Surge:
		if !c.Work {
			args = append(args, "--no-work")
		}
	case rehearsal.Opening:
		args = append(args, "--opening", h.hour(c.OpensIn))
	case rehearsal.Waiting:
		// An hour is what makes a crowd for certain; it has passed when people come.
		args = append(args, "--opening", h.hour(crowdIn))
		c.Admit = cmp.Or(c.Admit, max(60, c.Applicants/2))
	}
	if c.Admit > 0 {
		args = append(args, "--admit", strconv.Itoa(c.Admit))
	}
	return args
}

// crowdIn is longer than the server takes to start, and about as long as it takes to
// measure the no-op.
const crowdIn = 5 * time.Second

// hour fixes the hour of the crowd, to the second, as the server is told it.
func (h *selfHouse) hour(in time.Duration) string {
	h.opens = time.Now().Add(in).Truncate(time.Second)
	return h.opens.Format(time.RFC3339)
}

func (h *selfHouse) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, selfReady)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+h.address+"/readyz", nil)
		if err != nil {
			return err
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the server did not get ready: %w%s", ctx.Err(), h.lastWords())
		case <-tick.C:
		}
	}
}

func (h *selfHouse) site() rehearsalSite {
	s := rehearsalSite{base: "http://" + h.address, data: h.data, server: h.child.Process.Pid, another: h.another, world: h.worldSettings()}
	if h.postgres != nil {
		s.engine = h.postgres.PID()
	}
	return s
}

// populate makes the accounts that are there already.
func (h *selfHouse) populate(ctx context.Context, show *display) error {
	house, err := openHouse(ctx, houseSettings{dataSettings: h.data, programmeSettings: h.command.programmeSettings, migrate: true,
		public: "http://127.0.0.1", world: h.worldSettings()})
	if err != nil {
		return err
	}
	err = house.account.Populate(ctx, h.command.Accounts, func(done int64) {
		show.progress(rehearsal.Progress{Phase: "making accounts", Done: done, Of: h.command.Accounts})
	})
	show.end()
	return errors.Join(err, house.close())
}

func (h *selfHouse) logPath() string { return filepath.Join(h.dir, "serve.log") }

// lastWords is the end of the server's log, for whoever has to find out.
func (h *selfHouse) lastWords() string {
	b, err := os.ReadFile(h.logPath())
	if err != nil || len(b) == 0 {
		return ""
	}
	return "\nThe server's log ended with:\n" + string(bytes.TrimSpace(b[max(0, len(b)-wordsOfLog):]))
}

// close ends what runs and removes what was made. The server is killed: nobody needs
// what it holds, and nothing that it acknowledged may depend on a goodbye.
func (h *selfHouse) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), drainFor)
	defer cancel()
	var errs []error
	if h.child != nil {
		_ = h.child.Process.Kill()
		_ = h.child.Wait()
	}
	if h.world != nil {
		errs = append(errs, h.world.Close(ctx))
	}
	for _, name := range h.made {
		errs = append(errs, temppg.Drop(ctx, h.server, name))
	}
	if h.postgres != nil {
		errs = append(errs, h.postgres.Stop())
	}
	if h.dir != "" {
		errs = append(errs, os.RemoveAll(h.dir))
	}
	return errors.Join(errs...)
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
