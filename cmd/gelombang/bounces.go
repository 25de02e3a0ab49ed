package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"time"

	"gelombang/hooks"
)

// bounceSettings say where mail servers report what they could not deliver later.
type bounceSettings struct {
	BounceDomain string `env:"GELOMBANG_BOUNCE_DOMAIN" placeholder:"DOMAIN" help:"Domain of the addresses that undeliverable mail comes back to; its MX leads to --bounce-listen. None: what fails after a server took it is not heard of. [${env}]"`
	BounceListen string `env:"GELOMBANG_BOUNCE_LISTEN" placeholder:"HOST:PORT" help:"Take such mail here, by SMTP. [${env}]"`
}

func (s bounceSettings) checkBounces() error {
	if s.BounceListen != "" && s.BounceDomain == "" {
		return fmt.Errorf("--bounce-listen %s needs --bounce-domain", s.BounceListen)
	}
	if s.BounceDomain == "" {
		return nil
	}
	if a, err := mail.ParseAddress("a@" + s.BounceDomain); err != nil || a.Address != "a@"+s.BounceDomain {
		return fmt.Errorf("--bounce-domain %q is no domain", s.BounceDomain)
	}
	return nil
}

// takeBounces listens for undeliverable mail, when that is wanted, and says where.
func (h *house) takeBounces() (address string, err error) {
	at := h.settings.world.BounceListen
	if at == "" {
		return "", nil
	}
	l, err := net.Listen("tcp", at)
	if err != nil {
		return "", fmt.Errorf("listen for bounces on %s: %w (choose another with --bounce-listen)", at, err)
	}
	h.inBackground(func(ctx context.Context) {
		if err := h.bounces.Serve(ctx, l); err != nil {
			slog.ErrorContext(ctx, "bounces.serve", "error", err)
		}
	})
	return l.Addr().String(), nil
}

func (h *house) buildBounces() error {
	if err := h.settings.world.checkBounces(); err != nil {
		return err
	}
	h.bounces = hooks.NewBounces(hooks.BounceConfig{Mail: h.notify, Domain: h.settings.world.BounceDomain, Now: time.Now})
	return nil
}
