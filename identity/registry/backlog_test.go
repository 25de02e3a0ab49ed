package registry_test

import (
	"container/heap"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"text/tabwriter"
	"time"

	"gelombang/identity/registry"
)

// phase is a time during which the registry bears so many questions a second; 0: it
// is down. The last one has no end.
type phase struct {
	capacity int
	lasts    time.Duration
}

// changing is a registry whose capacity changes. It is asked without a network, in
// simulated time.
type changing struct {
	phases []phase
	began  time.Time
	queues bool // beyond its capacity it lets wait, and refuses only when very many do

	mu       sync.Mutex
	luck     *rand.Rand
	second   int64
	used     int
	free     time.Time // queues: when the last one in line is done
	calls    int       // outside of the grace after a change
	refusals int
}

const grace = 5 * time.Second

// at gives the capacity, and how long it has been so.
func (r *changing) at(now time.Time) (capacity int, since time.Duration) {
	age := now.Sub(r.began)
	for i, p := range r.phases {
		if age < p.lasts || i == len(r.phases)-1 {
			return p.capacity, age
		}
		age -= p.lasts
	}
	return 0, 0
}

// offered is how many questions could have been answered until now.
func (r *changing) offered(now time.Time) (all float64) {
	age := now.Sub(r.began)
	for i, p := range r.phases {
		spell := min(age, p.lasts)
		if i == len(r.phases)-1 {
			spell = age
		}
		all += float64(p.capacity) * spell.Seconds()
		age -= spell
	}
	return all
}

var errDown = errors.New("connection refused")

func (r *changing) RoundTrip(req *http.Request) (*http.Response, error) {
	var asked map[string]string
	if err := json.NewDecoder(req.Body).Decode(&asked); err != nil {
		return nil, err
	}
	wait, ok, err := r.admit(time.Now())
	if err != nil {
		return nil, err
	}
	select {
	case <-time.After(wait):
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	if !ok {
		return &http.Response{StatusCode: 503, Header: http.Header{}, Body: io.NopCloser(&nothing{})}, nil
	}
	return response(truth(asked["NIK"], r.rare(200)).body), nil
}

type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, io.EOF }

func (r *changing) rare(n int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.luck.IntN(n) == 0
}

func (r *changing) admit(now time.Time) (wait time.Duration, ok bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	capacity, since := r.at(now)
	if capacity == 0 {
		return 0, false, errDown
	}
	// Log-normal with a median of 80 ms: one in a hundred takes over 250 ms.
	wait = time.Duration(80 * math.Exp(0.5*r.luck.NormFloat64()) * float64(time.Millisecond))
	ok = r.fits(now, capacity, &wait)
	if since >= grace {
		r.calls++
		if !ok {
			r.refusals++
		}
	}
	if !ok {
		wait = 5 * time.Millisecond
	}
	return wait, ok, nil
}

func (r *changing) fits(now time.Time, capacity int, wait *time.Duration) bool {
	if r.queues {
		if r.free.Before(now) {
			r.free = now
		}
		if r.free.Sub(now) > 2*time.Second {
			return false
		}
		r.free = r.free.Add(time.Second / time.Duration(capacity))
		*wait += r.free.Sub(now)
		return true
	}
	if now.Unix() != r.second {
		r.second, r.used = now.Unix(), 0
	}
	r.used++
	return r.used <= capacity
}

// known is what the registry holds of somebody, and how it says so.
type known struct {
	outcome registry.Outcome
	body    string
}

// truth depends on the number alone. One answer in two hundred is of the kinds that
// registries give on bad days, and says nothing about anybody.
func truth(nik string, spoilt bool) known {
	var n int
	_, _ = fmt.Sscan(nik[8:], &n)
	k := known{registry.Matched, content(verdicts(map[string]any{"NIK": nik}))}
	switch {
	case n%100 == 7:
		k = known{registry.Differs, content(verdicts(map[string]any{"NIK": nik, "NO_KK": "Tidak Sesuai"}))}
	case n%200 == 13:
		k = known{registry.NotFound, content(map[string]any{"RESPON": "Data Tidak Ditemukan"})}
	case n%500 == 17:
		k = known{registry.Deceased, content(map[string]any{"RESPON": "Meninggal Dunia"})}
	}
	if spoilt {
		k.body = []string{"<html>502</html>", k.body[:len(k.body)/2], content(verdicts(map[string]any{"NIK": "3174015506920001"})),
			content(map[string]any{"RESPON": "Login Gagal"})}[n%4]
	}
	return k
}

// parked is one application in the line, as identity keeps it: by when its question
// falls due, and in the order in which it came.
type parked struct {
	n          int
	due        time.Time
	unanswered int
}

type line []parked

func (l line) Len() int           { return len(l) }
func (l line) Less(i, j int) bool { return l[i].due.Before(l[j].due) }
func (l line) Swap(i, j int)      { l[i], l[j] = l[j], l[i] }
func (l *line) Push(x any)        { *l = append(*l, x.(parked)) }
func (l *line) Pop() any {
	last := (*l)[len(*l)-1]
	*l = (*l)[:len(*l)-1]
	return last
}

// asker is Verify, of the client or of what it is compared with.
type asker interface {
	Verify(ctx context.Context, q registry.Query) registry.Answer
}

// desk works a line off with as many hands as a node has slots.
type desk struct {
	t      *testing.T
	asks   asker
	mu     sync.Mutex
	line   line
	left   int
	wrong  int
	lapped int // asked again
}

func (d *desk) hand() {
	for {
		d.mu.Lock()
		if d.left == 0 {
			d.mu.Unlock()
			return
		}
		if len(d.line) == 0 || d.line[0].due.After(time.Now()) {
			d.mu.Unlock()
			time.Sleep(100 * time.Millisecond)
			continue
		}
		p := heap.Pop(&d.line).(parked)
		d.mu.Unlock()
		d.settle(p, d.asks.Verify(context.Background(), registry.Query{NIK: nikOf(p.n), KK: somebody.KK, Name: somebody.Name,
			BirthPlace: somebody.BirthPlace, BirthDate: somebody.BirthDate, Sex: somebody.Sex}))
	}
}

func nikOf(n int) string { return fmt.Sprintf("31740155%08d", n) }

func (d *desk) settle(p parked, a registry.Answer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case a.Outcome != registry.NoAnswer:
		d.left--
		if a.Outcome != truth(nikOf(p.n), false).outcome {
			d.wrong++
		}
		return
	case !a.Unasked:
		p.unanswered++
		d.lapped++
		pause := min(5*time.Second<<min(p.unanswered-1, 10), 5*time.Minute)
		p.due = time.Now().Add(pause)
		if a.RetryAfter.After(p.due) {
			p.due = a.RetryAfter
		}
	}
	heap.Push(&d.line, p)
}

// backlog is what became of a line.
type backlog struct {
	took           time.Duration
	used, overfull float64 // shares
	wrong, lapped  int
}

// workOff settles size parked applications at a registry, in simulated time.
func workOff(t *testing.T, size, hands int, reg *changing, client func(http.RoundTripper) asker) (b backlog) {
	synctest.Test(t, func(t *testing.T) {
		reg.began, reg.luck = time.Now(), rand.New(rand.NewPCG(5, 5))
		d := &desk{t: t, asks: client(reg), left: size}
		for n := range size {
			d.line = append(d.line, parked{n: n, due: reg.began.Add(time.Duration(n) * -time.Millisecond)})
		}
		heap.Init(&d.line)
		var all sync.WaitGroup
		for range hands {
			all.Go(d.hand)
		}
		all.Wait()
		b = backlog{took: time.Since(reg.began), wrong: d.wrong, lapped: d.lapped,
			used:     float64(size) / reg.offered(time.Now()),
			overfull: float64(reg.refusals) / float64(max(reg.calls, 1))}
	})
	return b
}

func paced(rt http.RoundTripper) asker {
	cfg := inMemory(nil)
	cfg.HTTPClient = &http.Client{Transport: rt}
	return registry.New(cfg)
}

// parkedApplications: make bench measures with 100,000, which takes half a minute.
var parkedApplications = flag.Int("parked", 10_000, "how many applications wait in the test of the backlog")

// TestTheBacklogIsWorkedOffAtTheCapacityThatThereIs prints its table with -v. With a
// short line the first seconds, in which the capacity is not yet known, weigh more.
func TestTheBacklogIsWorkedOffAtTheCapacityThatThereIs(t *testing.T) {
	t.Parallel()
	size := *parkedApplications
	least := 0.55
	if size >= 100_000 {
		least = 0.85
	}
	share := func(d time.Duration) time.Duration { return d * time.Duration(size) / 100_000 }
	day := func(queues bool) *changing {
		return &changing{queues: queues, phases: []phase{{200, share(3 * time.Minute)}, {40, share(4 * time.Minute)},
			{0, share(2 * time.Minute)}, {150, 0}}}
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "%d parked\tsimulated\tof the capacity\tover capacity\tasked again\tmisjudged\n", size)
	for _, c := range []struct {
		name string
		reg  *changing
	}{
		{"refuses at 200/s, 40/s, down, 150/s", day(false)},
		{"lets wait at 200/s, 40/s, down, 150/s", day(true)},
	} {
		b := workOff(t, size, 64, c.reg, paced)
		fmt.Fprintf(table, "%s\t%s\t%.1f %%\t%.2f %%\t%d\t%d\n", c.name, b.took.Round(time.Second), 100*b.used, 100*b.overfull, b.lapped, b.wrong)
		if b.used < least || b.overfull > 0.02 || b.wrong > 0 {
			t.Errorf("%s: %+v", c.name, b)
		}
	}
	if testing.Verbose() {
		_ = table.Flush()
	}
}
