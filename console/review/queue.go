package review

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"gelombang/console/desk"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
)

const (
	// queueMost bounds what a page lists of each kind. Who waits behind it comes up as the
	// queue is worked down.
	queueMost = 100
	// waitLook is from when on somebody has waited too long: the next working day.
	waitLook = 24 * time.Hour
	// countFor is how old the figure beside the area's name may be.
	countFor = 5 * time.Second
)

// item is one thing that waits for a look.
type item struct {
	path    string
	account int64
	since   time.Time
	why     page.Text
	barred  int64 // the official who may not decide: they said no before
}

// passed says whether an item was handed on since it waits.
func (i item) passed(by map[string]time.Time) bool {
	at, there := by[i.path]
	return there && !at.Before(i.since)
}

// Backlog is how many wait, and since when the first one does; zero when nobody does.
type Backlog struct {
	N     int64
	Since time.Time
}

func (b *Backlog) add(n int64, since time.Time) {
	if b.N += n; n > 0 && (b.Since.IsZero() || since.Before(b.Since)) {
		b.Since = since
	}
}

// count keeps a Backlog for a moment: every page of the console shows it.
type count struct {
	mu   sync.Mutex
	last Backlog
	at   time.Time
}

func (c *count) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = time.Time{}
}

// Waiting counts what waits at the desk.
func (c *Area) Waiting(ctx context.Context) (Backlog, error) {
	c.count.mu.Lock()
	defer c.count.mu.Unlock()
	now := c.Now()
	if !c.count.at.IsZero() && now.Sub(c.count.at) < countFor {
		return c.count.last, nil
	}
	var b Backlog
	err := c.DB.Read(ctx, func(rx *sqldb.Rx) (err error) {
		b, err = c.backlog(rx)
		return err
	})
	if err == nil {
		c.count.last, c.count.at = b, now
	}
	return b, err
}

func (c *Area) backlog(q sqldb.Querier) (b Backlog, err error) {
	n, since, err := c.Identity.Waiting(q)
	if err != nil {
		return b, err
	}
	b.add(n, since)
	if c.Photo == nil {
		return b, nil
	}
	first, waiting, err := c.Photo.Reviews(q, 1)
	if err == nil && len(first) > 0 {
		b.add(int64(waiting), first[0].Since)
	}
	return b, err
}

// waiting lists the items, who waits longest first.
func (c *Area) waiting(q sqldb.Querier) (list []item, err error) {
	held, err := c.Identity.Reviews(q, queueMost)
	if err != nil {
		return nil, err
	}
	for _, h := range held {
		list = append(list, heldItem(h))
	}
	if c.Photo != nil {
		photos, _, err := c.Photo.Reviews(q, queueMost)
		if err != nil {
			return nil, err
		}
		for _, p := range photos {
			list = append(list, photoItem(p))
		}
	}
	slices.SortStableFunc(list, func(a, b item) int { return a.since.Compare(b.since) })
	return list, nil
}

type queuePage struct {
	Flash   *page.Notice
	Backlog backlogHead
	Rows    []queueRow
	More    int64 // who waits behind those that are listed
}

// backlogHead is the line beside the title: what waits, and what the official did today.
type backlogHead struct {
	N    int64
	Age  time.Duration
	Done int64
}

func (c *Area) head(q sqldb.Querier, req *http.Request) (h backlogHead, err error) {
	b, err := c.backlog(q)
	if err != nil {
		return h, err
	}
	if h.N = b.N; b.N > 0 {
		h.Age = max(0, c.Now().Sub(b.Since)).Truncate(time.Second)
	}
	h.Done, err = c.Staff.DecidedToday(q, desk.At(req).ID)
	return h, err
}

type queueRow struct {
	Path   string
	Number string
	Why    page.Text
	Since  time.Time
	Age    time.Duration
	Late   bool
	Own    bool // an appeal against the reader's own decision
	Passed bool // the reader handed it on
}

func (c *Area) queue(w http.ResponseWriter, req *http.Request) {
	var list []item
	var head backlogHead
	var passed map[string]time.Time
	now, me := c.Now(), desk.At(req).ID
	err := c.Read(req, func(rx *sqldb.Rx) (err error) {
		if list, err = c.waiting(rx); err != nil {
			return err
		}
		if passed, err = c.Staff.HandedOnBy(rx, me); err != nil {
			return err
		}
		head, err = c.head(rx, req)
		return err
	})
	if err != nil {
		c.Page.Fail(w, req, err)
		return
	}
	v := queuePage{Flash: c.Flashed(req), Backlog: head, More: head.N - int64(len(list))}
	for _, i := range list {
		age := max(0, now.Sub(i.since)).Truncate(time.Second)
		v.Rows = append(v.Rows, queueRow{Path: i.path, Number: strconv.FormatInt(i.account, 10), Why: i.why, Since: i.since,
			Age: age, Late: age > waitLook, Own: i.barred == me, Passed: i.passed(passed)})
	}
	c.Show(w, req, "review/queue", v)
}

// next leads to the item that waits longest, or to the one behind "after". It leaves out
// what another official has open, what this one may not decide and what they handed on.
func (c *Area) next(w http.ResponseWriter, req *http.Request) {
	var list []item
	var passed map[string]time.Time
	me := desk.At(req).ID
	err := c.Read(req, func(rx *sqldb.Rx) (err error) {
		if list, err = c.waiting(rx); err != nil {
			return err
		}
		passed, err = c.Staff.HandedOnBy(rx, me)
		return err
	})
	if err != nil {
		c.Page.Fail(w, req, err)
		return
	}
	after := req.URL.Query().Get("after")
	from := slices.IndexFunc(list, func(i item) bool { return i.path == after }) + 1
	for _, i := range list[from:] {
		if i.barred != me && !i.passed(passed) && c.seats.free(i.path, me, c.Now()) {
			desk.To(w, req, i.path)
			return
		}
	}
	desk.To(w, req, root)
}
