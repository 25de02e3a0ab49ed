// Package sim runs the outside world on loopback ports: everybody's mailbox, an
// SMS gateway with its phones, the civil registry and a randomness beacon, with
// a front page that leads to all of them. README.md lists how to make each of
// them misbehave.
package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"gelombang/sim/beacon"
	"gelombang/sim/loopback"
	"gelombang/sim/mailbox"
	"gelombang/sim/registry"
	"gelombang/sim/smsgw"
)

// Config of the world; the zero value works.
type Config struct {
	Dir              string // empty: nothing survives a restart, ports included
	SMSKey           string
	SMSReceiptSecret string
	RegistryUser     string
	RegistryPassword string
	People           registry.People // whom the registry knows; nobody: any well-formed NIK matches
	Authenticator    []Authenticator
	Now              func() time.Time // default time.Now
}

// Authenticator is one account of the authenticator app on the front page.
type Authenticator struct {
	Label  string
	Secret string // base32, as in the QR code
}

// Addresses is where everything is. SMTP is host:port, the others are URLs
// without a slash at the end.
type Addresses struct {
	Front    string
	SMTP     string
	Inbox    string
	SMS      string
	Phone    string
	Registry string
	Beacon   string
}

// World is the running outside world. Each simulator can be used by itself.
type World struct {
	Mailbox  *mailbox.Server
	SMS      *smsgw.Server
	Registry *registry.Server
	Beacon   *beacon.Server

	front *loopback.Server
	now   func() time.Time

	mu             sync.RWMutex
	authenticators []Authenticator
}

// Start starts all simulators, on the ports of the last run where they are free.
func Start(config Config) (*World, error) {
	w := &World{now: config.Now, authenticators: config.Authenticator}
	if w.now == nil {
		w.now = time.Now
	}
	err := w.start(config, rememberedPorts(config.Dir))
	if err == nil {
		err = w.rememberPorts(config.Dir)
	}
	if err != nil {
		_ = w.Close(context.Background())
		return nil, fmt.Errorf("start simulators: %w", err)
	}
	return w, nil
}

func (w *World) start(config Config, at ports) error {
	var err error
	w.Mailbox, err = mailbox.Start(mailbox.Config{
		Addr: free(at.SMTP), PageAddr: free(at.Inbox), Dir: config.Dir, Now: w.now,
	})
	if err != nil {
		return err
	}
	w.SMS, err = smsgw.Start(smsgw.Config{
		Addr: free(at.SMS), Dir: config.Dir, Now: w.now, Key: config.SMSKey, ReceiptSecret: config.SMSReceiptSecret,
	})
	if err != nil {
		return err
	}
	w.Registry, err = registry.Start(registry.Config{
		Addr: free(at.Registry), Dir: config.Dir, Now: w.now, User: config.RegistryUser, Password: config.RegistryPassword,
		People: config.People,
	})
	if err != nil {
		return err
	}
	w.Beacon, err = beacon.Start(beacon.Config{Addr: free(at.Beacon), Dir: config.Dir, Now: w.now})
	if err != nil {
		return err
	}
	w.front, err = loopback.Serve(free(at.Front), w.handler())
	return err
}

// Addresses is where everything listens.
func (w *World) Addresses() Addresses {
	all := w.behind()
	all.Front = w.front.URL()
	return all
}

// behind is all but the front page, which needs it before it has an address.
func (w *World) behind() Addresses {
	return Addresses{
		SMTP: w.Mailbox.SMTPAddr(), Inbox: w.Mailbox.URL(),
		SMS: w.SMS.URL(), Phone: w.SMS.URL(), Registry: w.Registry.URL(), Beacon: w.Beacon.URL(),
	}
}

// SetAuthenticators replaces the accounts of the authenticator, for secrets
// that are known only after the start.
func (w *World) SetAuthenticators(list []Authenticator) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.authenticators = list
}

// Close ends what runs, the front page first.
func (w *World) Close(ctx context.Context) error {
	var errs []error
	if w.front != nil {
		errs = append(errs, w.front.Close(ctx))
	}
	if w.Beacon != nil {
		errs = append(errs, w.Beacon.Close(ctx))
	}
	if w.Registry != nil {
		errs = append(errs, w.Registry.Close(ctx))
	}
	if w.SMS != nil {
		errs = append(errs, w.SMS.Close(ctx))
	}
	if w.Mailbox != nil {
		errs = append(errs, w.Mailbox.Close(ctx))
	}
	return errors.Join(errs...)
}

// ports are the addresses of the last run, so that bookmarks go on working.
type ports struct {
	Front    string `json:"front"`
	SMTP     string `json:"smtp"`
	Inbox    string `json:"inbox"`
	SMS      string `json:"sms"`
	Registry string `json:"registry"`
	Beacon   string `json:"beacon"`
}

const portsFile = "ports.json"

// rememberedPorts is empty when there are none: then any port will do.
func rememberedPorts(dir string) (at ports) {
	if dir == "" {
		return ports{}
	}
	text, err := os.ReadFile(filepath.Join(dir, portsFile))
	if err != nil || json.Unmarshal(text, &at) != nil {
		return ports{}
	}
	return at
}

func (w *World) rememberPorts(dir string) error {
	if dir == "" {
		return nil
	}
	text, err := json.MarshalIndent(ports{
		Front: w.front.Addr(), SMTP: w.Mailbox.SMTPAddr(), Inbox: w.Mailbox.Addr(),
		SMS: w.SMS.Addr(), Registry: w.Registry.Addr(), Beacon: w.Beacon.Addr(),
	}, "", "  ")
	if err != nil {
		return fmt.Errorf("encode ports: %w", err)
	}
	if err := loopback.WriteFile(filepath.Join(dir, portsFile), text); err != nil {
		return fmt.Errorf("remember ports: %w", err)
	}
	return nil
}

// free is addr if nobody listens there, else any port.
func free(addr string) string {
	if addr == "" {
		return loopback.AnyPort
	}
	probe, err := net.Listen("tcp", addr)
	if err != nil {
		return loopback.AnyPort
	}
	_ = probe.Close()
	return addr
}
