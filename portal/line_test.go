package portal_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gelombang/audit"
	"gelombang/identity"
)

func TestEachWayOfCheckingIsToldToThoseWhoWait(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	b := s.browser()
	b.proven("wait@example.com")
	b.withPhone("+6281234567890")
	b.withIdentity()
	said := map[string]bool{}
	for _, mode := range identity.Modes {
		if err := s.identity.SetMode(t.Context(), mode, audit.Staff(1), "a test"); err != nil {
			t.Fatal(err)
		}
		status := b.get("/identity/status").expect(200, "/identity/status")
		said[status.words(".state")] = true
		if waits := status.count("[data-done]") == 0; waits == (mode == identity.Off) || status.count(".error, .bad") != 0 || strings.Contains(status.words("main"), "portal.") {
			t.Errorf("%s: %s", mode, status.words("main"))
		}
	}
	if len(said) != len(identity.Modes) {
		t.Errorf("%d ways apart, want %d", len(said), len(identity.Modes))
	}
}

func TestTheLineTellsHowFastItMoves(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for i := range 12 { // twelve in a minute
		b := s.browser()
		b.proven(fmt.Sprintf("first%d@example.com", i))
		b.withPhone(fmt.Sprintf("+6281234567%03d", i))
		b.withIdentity("nik", fmt.Sprintf("317401550692%04d", i+1))
		b.work()
		s.clock.Add(5 * time.Second)
	}
	before, last := s.browser(), s.browser()
	for i, b := range []*browser{before, last} {
		b.proven(fmt.Sprintf("last%d@example.com", i))
		b.withPhone(fmt.Sprintf("+6281234568%03d", i))
	}
	before.withIdentity("nik", "3174015506920050")
	s.clock.Add(time.Second)
	last.withIdentity("nik", "3174015506920051")
	main := last.get("/identity/status").expect(200, "/identity/status").words("main")
	if !strings.Contains(main, "1 data diperiksa sebelum Anda") || !strings.Contains(main, "data dijawab tiap menit") {
		t.Error(main)
	}
}
