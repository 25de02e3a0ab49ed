package password_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"gelombang/internal/fault"
	"gelombang/internal/password"
)

func TestAPasswordMatchesOnlyItsOwnHash(t *testing.T) {
	t.Parallel()
	p := password.New(password.Config{})
	phc, err := p.Hash(t.Context(), "kopi pagi di Bandung")
	if err != nil || !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%s %v", phc, err)
	}
	for pw, want := range map[string]bool{"kopi pagi di Bandung": true, "kopi pagi di bandung": false, "": false} {
		ok, rehash, err := p.Verify(t.Context(), phc, pw)
		if err != nil || ok != want || rehash {
			t.Errorf("%q: %v %v %v", pw, ok, rehash, err)
		}
	}
	again, err := p.Hash(t.Context(), "kopi pagi di Bandung")
	if err != nil || again == phc {
		t.Errorf("two hashes of one password must differ: %v", err)
	}
	if err := p.Dummy(t.Context(), "kopi pagi di Bandung"); err != nil {
		t.Error(err)
	}
}

func TestAHashWithOldCostsStillOpensAndAsksForANewOne(t *testing.T) {
	t.Parallel()
	// A vector of argon2's reference implementation.
	const old = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	p := password.New(password.Config{})
	ok, rehash, err := p.Verify(t.Context(), old, "password")
	if err != nil || !ok || !rehash {
		t.Fatalf("%v %v %v", ok, rehash, err)
	}
}

func TestADamagedHashIsAnErrorAndNeverAMatch(t *testing.T) {
	t.Parallel()
	p := password.New(password.Config{})
	good, err := p.Hash(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	for _, phc := range []string{"", "plain", strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "m=19456", "m=99999999", 1),
		strings.Replace(good, "t=2", "t=0", 1), good[:len(good)-4], good + "$", strings.Replace(good, "p=1", "p=x", 1), good[:len(good)-1] + "!"} {
		if ok, _, err := p.Verify(t.Context(), phc, "x"); ok || err == nil {
			t.Errorf("%s: %v %v", phc, ok, err)
		}
	}
}

func TestACrowdIsToldToComeBackInsteadOfTakingAllMemory(t *testing.T) {
	t.Parallel()
	p := password.New(password.Config{Workers: 1, MaxWaiting: 1})
	const crowd = 20
	var line sync.WaitGroup
	answers := make(chan error, crowd)
	for range crowd {
		line.Go(func() { _, err := p.Hash(t.Context(), "x"); answers <- err })
	}
	line.Wait()
	served, busy := 0, 0
	for range crowd {
		switch f, _ := fault.As(<-answers); {
		case f == nil:
			served++
		case f.Kind == fault.Unavailable && f.Key == password.BusyKey:
			busy++
		}
	}
	if served+busy != crowd || served == 0 || busy == 0 {
		t.Fatalf("%d served, %d told to come back, of %d", served, busy, crowd)
	}
}

func TestWhoeverStopsWaitingLeavesTheLine(t *testing.T) {
	t.Parallel()
	p := password.New(password.Config{Workers: 1, MaxWaiting: 8})
	gone, leave := context.WithCancel(t.Context())
	leave()
	for range 50 {
		if _, err := p.Hash(gone, "x"); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	if _, err := p.Hash(t.Context(), "x"); err != nil {
		t.Fatalf("a place was lost: %v", err)
	}
}
