package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"gelombang/account"
	"gelombang/notify"
)

// ceilingFor is how long the engine is measured without HTTP.
const ceilingFor = 5 * time.Second

// ceiling writes the same registrations without HTTP, as many at once as there are
// connections, on a second database of the same engine: what the engine and our own
// writing allow. The rest is the price of pages.
func (c rehearseCmd) ceiling(ctx context.Context, site rehearsalSite, result *rehearsed) error {
	data, err := site.another(ctx, "ceiling")
	if err != nil {
		return err
	}
	h, err := openHouse(ctx, houseSettings{dataSettings: data, programmeSettings: c.programmeSettings, migrate: true,
		public: "http://127.0.0.1", world: site.world})
	if err != nil {
		return err
	}
	rate, err := registerAtOnce(ctx, h.account, c.Connections)
	if err = errors.Join(err, h.close()); err != nil {
		return fmt.Errorf("measure the engine: %w", err)
	}
	result.ceilingIs(rate)
	return nil
}

func registerAtOnce(ctx context.Context, s *account.Service, atOnce int) (perSecond float64, err error) {
	began := time.Now()
	end := began.Add(ceilingFor)
	var count atomic.Int64
	var once sync.Once
	var all sync.WaitGroup
	for w := range atOnce {
		all.Go(func() {
			for n := 0; time.Now().Before(end) && ctx.Err() == nil; n++ {
				name := fmt.Sprintf("c%d-%d", w, n)
				_, failed := s.Register(ctx, account.Registration{Address: account.Address{Channel: notify.Email, Value: name + "@example.com"},
					Lang: "id", Browser: name, ConsentVersion: consentVersion, Token: name, Shown: time.Now()})
				if failed != nil {
					once.Do(func() { err = failed })
					return
				}
				count.Add(1)
			}
		})
	}
	all.Wait()
	return float64(count.Load()) / time.Since(began).Seconds(), errors.Join(err, ctx.Err())
}
