package main

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"gelombang/internal/jobs"
	"gelombang/sim"
)

const (
	// throngSize is the number of browsers that register at once, each one person after the other.
	throngSize = 24
	// hangsAt is when an answer is too late to be one: people look at a blank page meanwhile.
	hangsAt = 7 * time.Second
	// inFlight bounds the letters that may be on their way to the mail server at one instant.
	inFlight = 32
	// delivered is within what time the last letter comes: a job that was under way when
	// something broke comes back when its lease ends.
	delivered = jobs.LeaseFor + time.Minute
)

// throng registers without a pause and remembers who was told yes.
type throng struct {
	name string
	base string
	web  *http.Transport
	wait sync.WaitGroup
	quit chan struct{}

	mu      sync.Mutex
	told    map[string]string // acknowledged address → path of its code page
	last    time.Time         // the newest acknowledgement
	gap     time.Duration     // the longest time without one
	slowest time.Duration     // the longest wait for an answer of any kind
	away    int               // pages that said to come back
	silent  int               // requests without an answer
	wrong   []string          // answers that nobody should get
}

func gather(t *testing.T, name, base string) *throng {
	t.Helper()
	c := &throng{name: name, base: base, web: &http.Transport{MaxIdleConnsPerHost: throngSize}, quit: make(chan struct{}), told: map[string]string{}, last: time.Now()}
	for seat := range throngSize {
		c.wait.Go(func() { c.sit(t, seat) })
	}
	t.Cleanup(func() {
		c.leave()
		if t.Failed() {
			told, away, silent := c.count()
			t.Logf("%d told yes, %d told to come back, %d heard nothing, slowest answer %v, wrong: %.3q", told, away, silent, c.slowest, c.wrong)
		}
	})
	return c
}

// leave ends the throng and waits until nobody has a request under way.
func (c *throng) leave() {
	c.mu.Lock()
	select {
	case <-c.quit:
	default:
		close(c.quit)
	}
	c.mu.Unlock()
	c.wait.Wait()
	c.web.CloseIdleConnections()
}

func (c *throng) sit(t *testing.T, seat int) {
	pause := time.NewTicker(50 * time.Millisecond)
	defer pause.Stop()
	for n := 0; ; n++ {
		select {
		case <-c.quit:
			return
		default:
		}
		if c.register(t, fmt.Sprintf("%s-%d-%d@example.com", c.name, seat, n)) {
			continue
		}
		select { // whoever was turned away does not come back at once
		case <-c.quit:
			return
		case <-pause.C:
		}
	}
}

// register is one person's visit: the form, the line before the door while there is
// one, and the answer.
func (c *throng) register(t *testing.T, address string) bool {
	v := newVisitor(t, c.base, "id")
	v.client.Transport = c.web
	req, err := http.NewRequest(http.MethodGet, c.base+"/register", nil)
	if err != nil {
		return false
	}
	a, ok := c.ask("", func() (answer, error) { return v.do(req) })
	for ok && a.status != http.StatusAccepted {
		typed, fill := address, map[string]string{"address": address, "consent": "yes"}
		next := a.one(`form[action^="/register"]`) // the form, or what a place in the line keeps of it
		if next == nil {
			typed, fill, next = "", nil, a.one(`form[action="/waiting"]`)
		}
		if next == nil || a.one("live-turn") != nil && !c.linger() {
			return false
		}
		action := attr(next, "action")
		form := v.filled(a, action, fill)
		a, ok = c.ask(typed, func() (answer, error) { return v.tryPost(action, form) })
	}
	if ok {
		c.tell(address, a.header.Get("Content-Location"))
	}
	return ok
}

// linger is how people stand in line.
func (c *throng) linger() bool {
	turn := time.NewTimer(500 * time.Millisecond)
	defer turn.Stop()
	select {
	case <-c.quit:
		return false
	case <-turn.C:
		return true
	}
}

func (c *throng) tell(address, path string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	c.gap, c.last = max(c.gap, now.Sub(c.last)), now
	c.told[address] = path
}

// ask notes how an answer came. typed is what a page that turns a form away must keep.
func (c *throng) ask(typed string, do func() (answer, error)) (answer, bool) {
	begun := time.Now()
	a, err := do()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slowest = max(c.slowest, time.Since(begun))
	switch {
	case err != nil:
		c.silent++
	case a.status == http.StatusServiceUnavailable, a.status == http.StatusTooManyRequests:
		c.away++
		if fault := unkind(a, typed); fault != "" {
			c.wrong = append(c.wrong, fault)
		}
	case a.status != http.StatusOK && a.status != http.StatusAccepted:
		c.wrong = append(c.wrong, fmt.Sprintf("%d: %s", a.status, a.text("h1")))
	default:
		return a, true
	}
	return a, false
}

// unkind says what is wrong with a page that says to come back; nothing, when it says
// when, blames nobody and keeps what was typed.
func unkind(a answer, typed string) string {
	after, err := strconv.Atoi(a.header.Get("Retry-After"))
	switch {
	case err != nil || after < 1:
		return fmt.Sprintf("%d without a time to come back", a.status)
	case a.text("h1") == "" || a.one(blame) != nil:
		return fmt.Sprintf("%d blames or says nothing: %s", a.status, a.text("main"))
	case typed != "" && a.one(fmt.Sprintf(`form[action="/register"] input[name=address][value=%q]`, typed)) == nil:
		return fmt.Sprintf("%d forgets what was typed: %s", a.status, a.text("main"))
	}
	return ""
}

func (c *throng) count() (told, away, silent int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.told), c.away, c.silent
}

// more waits until n more were told yes, and says how long that took.
func (c *throng) more(t *testing.T, n int, within time.Duration) time.Duration {
	t.Helper()
	begun := time.Now()
	before, _, _ := c.count()
	eventually(t, fmt.Sprintf("%d more registrations", n), within, func() bool { told, _, _ := c.count(); return told >= before+n })
	return time.Since(begun)
}

// expectLetters waits for a letter to everybody who was told yes. A second letter must
// be the first one again, and there may be as many as could be on their way at once.
func (c *throng) expectLetters(t *testing.T, o *office, most int) {
	t.Helper()
	eventually(t, "a letter to everybody who was told yes", delivered, func() bool {
		for address := range c.told {
			if len(o.to(address)) == 0 {
				return false
			}
		}
		return true
	})
	twice := 0
	for address := range c.told {
		got := o.to(address)
		for _, again := range got[1:] {
			twice++
			if again != got[0] {
				t.Errorf("%s got two different letters: %v", address, got)
			}
		}
	}
	t.Logf("%d letters, %d of them sent again", len(c.told), twice)
	if twice > most {
		t.Errorf("%d letters went twice; %d could be on their way", twice, most)
	}
}

// expectProofs lets some of those who were told yes prove their address.
func (c *throng) expectProofs(t *testing.T, o *office, some int) {
	t.Helper()
	for address, path := range c.told {
		v := newVisitor(t, c.base, "id")
		if a := v.send(v.get(path), path, map[string]string{"code": o.to(address)[0].code}); a.status != http.StatusOK || a.path != "/password" {
			t.Errorf("%s cannot prove its address: %d %s %s", address, a.status, a.path, a.text("h1"))
		}
		if some--; some == 0 {
			return
		}
	}
}

// expectGoodAnswers looks at what everybody heard: never nothing, never late, never wrong.
func (c *throng) expectGoodAnswers(t *testing.T) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	t.Logf("%d told yes, %d told to come back, %.1f s without service, slowest answer %.1f s", len(c.told), c.away, c.gap.Seconds(), c.slowest.Seconds())
	if c.silent > 0 {
		t.Errorf("%d requests had no answer", c.silent)
	}
	if c.slowest > hangsAt {
		t.Errorf("an answer took %v", c.slowest)
	}
	if n := len(c.wrong); n > 0 {
		t.Errorf("%d wrong answers, such as %s", n, c.wrong[0])
	}
}

// outside is a world whose letters an office counts.
func outside(t *testing.T) (sim.Addresses, *office) {
	t.Helper()
	world, err := sim.Start(sim.Config{SMSKey: "key", SMSReceiptSecret: "secret", RegistryUser: "user", RegistryPassword: "password"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = world.Close(t.Context()) })
	at, o := world.Addresses(), openOffice(t)
	at.SMTP = o.addr
	return at, o
}
