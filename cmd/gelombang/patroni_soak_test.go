//go:build soak

package main

import (
	"database/sql"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gelombang/internal/locale"
)

// surge are people who register as fast as they can while the database dies.
type surge struct {
	base  string
	sorry []string // titles of the pages that say that it is not because of you
	leave chan struct{}
	wait  sync.WaitGroup
	mu    sync.Mutex
	heard []acknowledged
	told  int // pages that said so
	wrong []string
}

// acknowledged is a registration that was answered with success.
type acknowledged struct {
	challenge int64
	at        time.Time
}

func startSurge(t *testing.T, base string, people int) *surge {
	t.Helper()
	p, err := DefaultProgramme()
	if err != nil {
		t.Fatal(err)
	}
	texts, err := catalog(p)
	if err != nil {
		t.Fatal(err)
	}
	s := &surge{base: base, leave: make(chan struct{})}
	for _, key := range []string{"page.fail.ours.title", "page.busy.title"} {
		s.sorry = append(s.sorry, texts.Text(locale.ID, key, nil))
	}
	for i := range people {
		s.wait.Go(func() { s.person(t, i) })
	}
	return s
}

// person registers again and again, with a pause in which other tests may run too.
func (s *surge) person(t *testing.T, who int) {
	tick := time.NewTicker(40 * time.Millisecond)
	defer tick.Stop()
	v := newVisitor(t, s.base, "id")
	for turn := 0; ; turn++ {
		if !s.try(v, fmt.Sprintf("surge-%d-%d@example.com", who, turn)) {
			v = newVisitor(t, s.base, "id")
		}
		select {
		case <-tick.C:
		case <-s.leave:
			return
		}
	}
}

// try registers once and says whether this visitor is to wait for its turn. What is not
// acknowledged must be the page that blames ourselves, or the waiting room.
func (s *surge) try(v *visitor, address string) (waits bool) {
	req, err := http.NewRequest(http.MethodGet, v.base+"/register", nil)
	if err != nil {
		return s.note("%v", err)
	}
	form, err := v.do(req)
	if err == nil && form.one(`form[action="/waiting"]`) != nil { // called: one button leads in
		form, err = v.tryPost("/waiting", v.filled(form, "/waiting", nil))
	}
	switch {
	case err != nil:
		return s.note("the form: %v", err)
	case form.path == "/waiting":
		return true
	case form.one(`form[action="/register"]`) == nil:
		return s.expectSorry(form)
	}
	got, err := v.tryPost("/register", v.filled(form, "/register", map[string]string{"address": address, "consent": "yes"}))
	if err != nil {
		return s.note("registering: %v", err)
	}
	if got.status != http.StatusAccepted {
		return s.expectSorry(got)
	}
	id, err := strconv.ParseInt(strings.TrimPrefix(got.header.Get("Content-Location"), "/code/"), 10, 64)
	if err != nil {
		return s.note("acknowledged without a place to go on: %v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, acknowledged{id, time.Now()})
	return false
}

func (s *surge) expectSorry(a answer) bool {
	if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" || !slices.Contains(s.sorry, a.text("h1")) {
		return s.note("answered %d, Retry-After %q: %s %s", a.status, a.header.Get("Retry-After"), a.text("h1"), a.text("main"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told++
	return false
}

func (s *surge) note(format string, args ...any) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wrong = append(s.wrong, fmt.Sprintf(format, args...))
	return false
}

func (s *surge) goHome() {
	close(s.leave)
	s.wait.Wait()
}

func (s *surge) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.heard)
}

func (s *surge) sorries() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.told
}

// more waits until n further registrations were acknowledged.
func (s *surge) more(t *testing.T, n int) {
	t.Helper()
	want := s.count() + n
	eventually(t, fmt.Sprintf("%d further registrations", n), clusterWithin, func() bool { return s.count() >= want })
}

// gap is the longest time without an acknowledgement since from.
func (s *surge) gap(from time.Time) (longest time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := []time.Time{}
	for _, a := range s.heard {
		if a.at.After(from) {
			at = append(at, a.at)
		}
	}
	slices.SortFunc(at, time.Time.Compare)
	last := from
	for _, a := range at {
		longest, last = max(longest, a.Sub(last)), a
	}
	return longest
}

func TestNothingAcknowledgedIsLostWhenThePrimaryDies(t *testing.T) {
	world, data, listen := startWorld(t), t.TempDir(), freeAddress(t)
	cluster := startPatroni(t)
	if _, err := openPool(t, cluster.dsn("postgres", "postgres")).Exec("CREATE DATABASE gelombang"); err != nil {
		t.Fatal(err)
	}
	dsn := cluster.dsn("postgres", "gelombang")
	node := newNode(t, "serve", append(worldFlags(world.Addresses(), "http://"+listen, data, dsn), "--listen", listen)...)
	t.Cleanup(func() { t.Logf("the server's last complaints: %s", node.complaints()) })
	s := startSurge(t, "http://"+listen, 16)
	for _, fault := range []struct {
		name          string
		strike, after func(*machine)
		left          int
	}{
		{"the primary's PostgreSQL is killed", func(m *machine) { m.signalPostgres(syscall.SIGKILL) }, func(*machine) {}, 3},
		{"the primary's machine freezes and comes back", (*machine).freeze, (*machine).thaw, 3},
		{"the primary's machine is killed", (*machine).kill, func(*machine) {}, 2},
	} {
		s.more(t, 500)
		primary, _ := cluster.primary(t)
		at, told := time.Now(), s.sorries()
		fault.strike(primary)
		s.more(t, 500)
		fault.after(primary)
		cluster.whole(t, fault.left)
		t.Logf("%s: %v without service, %d people were told", fault.name, s.gap(at).Round(10*time.Millisecond), s.sorries()-told)
	}
	s.goHome()
	for _, w := range s.wrong[:min(len(s.wrong), 10)] {
		t.Error(w)
	}
	if len(s.wrong) > 0 {
		t.Errorf("%d wrong answers", len(s.wrong))
	}
	expectAllThere(t, openPool(t, dsn), s.heard)
	expectNoPromiseWithoutAStandby(t, cluster, s)
}

// expectNoPromiseWithoutAStandby freezes the last standby: a registration may then be
// on the primary's disk, and sending the form again may find it there, but neither is
// a promise, as the primary may be the next to die.
func expectNoPromiseWithoutAStandby(t *testing.T, cluster *patroni, s *surge) {
	t.Helper()
	v := newVisitor(t, s.base, "id")
	v.client.Timeout = clusterWithin
	form := v.filled(v.get("/register"), "/register", map[string]string{"address": "alone@example.com", "consent": "yes"})
	_, standbys := cluster.primary(t)
	for _, m := range standbys {
		m.signalPostgres(syscall.SIGSTOP)
	}
	for turn := range 2 {
		began := time.Now()
		got, err := v.tryPost("/register", form)
		if err != nil {
			t.Fatal(err)
		}
		if got.status == http.StatusAccepted {
			t.Errorf("acknowledged at the %d. try, although no standby has it", turn+1)
		} else if got.status != http.StatusServiceUnavailable {
			t.Errorf("answered %d: %s", got.status, got.text("main"))
		}
		t.Logf("no standby answers: %d after %v", got.status, time.Since(began).Round(10*time.Millisecond))
	}
	for _, m := range standbys {
		m.signalPostgres(syscall.SIGCONT)
	}
	eventually(t, "the same form is taken", clusterWithin, func() bool {
		got, err := v.tryPost("/register", form)
		return err == nil && got.status == http.StatusAccepted
	})
}

// expectAllThere looks for the whole registration of each: the challenge, its account,
// the claim to the address and the message.
func expectAllThere(t *testing.T, pool *sql.DB, heard []acknowledged) {
	t.Helper()
	rows, err := pool.QueryContext(t.Context(), `SELECT c.id FROM challenge c JOIN account a ON a.id = c.account
		JOIN email_claim e ON e.account = a.id JOIN message m ON m.id = c.message`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	there := map[int64]bool{}
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		there[id] = true
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	lost := 0
	for _, a := range heard {
		if !there[a.challenge] {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d acknowledged registrations are lost", lost, len(heard))
	}
	t.Logf("%d registrations acknowledged, %d there, %d lost", len(heard), len(there), lost)
}
