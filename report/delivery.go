package report

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"gelombang/identity"
	"gelombang/internal/locale"
	"gelombang/internal/sqldb"
)

// Deliveries is how codes arrive, and how identities are checked: what the public status
// page tells. It is counted in the background and kept in memory, so that it can be told,
// with its age, while the database is away.
type Deliveries struct {
	At       time.Time // when it was counted
	Until    time.Time // codes queued before this are in it
	Quarters time.Time // where Delivery.Quarters begin
	Days     time.Time // where Delivery.Days begin: a midnight of the capital
	Lines    []Delivery
	Checks   identity.Health // no Mode: nobody was named to ask
}

// Delivery is how the codes of one channel and operator arrive.
type Delivery struct {
	Channel  string
	Operator string // "" stands for all of the channel
	Now      Share  // the last quarter of an hour
	Today    Share
	Before   Share   // the days before today
	Quarters []Share // the last 24 hours by the quarter of an hour, oldest first
	Days     []Share // 30 days, oldest first, today the last
}

// Share is how many of the codes that a provider took came through within a minute of
// their queuing: the operator confirmed them, or they were typed.
type Share struct {
	Sent, Soon int64
	Failed     int64 // tries that no provider took, and failures reported later
}

// Of is the share of 1; 0 when nothing was sent.
func (s Share) Of() float64 {
	if s.Sent == 0 {
		return 0
	}
	return float64(s.Soon) / float64(s.Sent)
}

func (s Share) plus(o Share) Share {
	return Share{s.Sent + o.Sent, s.Soon + o.Soon, s.Failed + o.Failed}
}

// Deliveries gives the newest count; nil when there was none since the start.
func (s *Service) Deliveries() *Deliveries { return s.deliveries.last.Load() }

// WatchDeliveries counts anew every few seconds, until ctx ends.
func (s *Service) WatchDeliveries(ctx context.Context) {
	for ctx.Err() == nil {
		if err := s.CountDeliveries(ctx); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "report.deliveries", "error", err)
		}
		pause := time.NewTimer(countEvery)
		select {
		case <-ctx.Done():
		case <-pause.C:
		}
		pause.Stop()
	}
}

// CountDeliveries counts once. When it fails, the count before stays.
func (s *Service) CountDeliveries(ctx context.Context) error {
	d := &s.deliveries
	d.mu.Lock()
	defer d.mu.Unlock()
	p := periodAt(s.now())
	counted := map[slot]Share{}
	from := p.changing(d.until)
	for begin := from; begin.Before(p.until); begin = begin.Add(countAtOnce) {
		err := s.db.Read(ctx, func(rx *sqldb.Rx) error {
			return arrivals(rx, begin, earlier(begin.Add(countAtOnce), p.until), slotWidth, counted)
		})
		if err != nil {
			return err
		}
	}
	lately := map[slot]Share{}
	var checks identity.Health
	err := s.db.Read(ctx, func(rx *sqldb.Rx) (err error) {
		if s.checks != nil {
			if checks, err = s.checks(rx); err != nil {
				return err
			}
		}
		return arrivals(rx, p.until.Add(-nowSpan), p.until, time.Minute, lately)
	})
	if err != nil {
		return err
	}
	d.take(counted, from, p)
	told := p.told(d.slots, lately)
	told.Checks = checks
	d.last.Store(told)
	return nil
}

// deliveries is what is kept from one count to the next: a quarter of an hour that
// ended long ago is not counted again.
type deliveries struct {
	mu    sync.Mutex
	slots map[slot]Share
	until time.Time // of the last count; zero before the first
	last  atomic.Pointer[Deliveries]
}

// slot is one stretch of time of one channel and operator; at counts the stretches
// since 1970.
type slot struct {
	channel, operator string
	at                int64
}

// take puts the counts in the place of those from the same time on, and forgets what
// is older than all that is told.
func (d *deliveries) take(counted map[slot]Share, from time.Time, p period) {
	if d.slots == nil {
		d.slots = map[slot]Share{}
	}
	again, oldest := slotOf(from), slotOf(p.days)
	for at := range d.slots {
		if at.at >= again || at.at < oldest {
			delete(d.slots, at)
		}
	}
	for at, share := range counted {
		d.slots[at] = share
	}
	d.until = p.until
}

func slotOf(t time.Time) int64 { return t.UnixMilli() / slotWidth.Milliseconds() }

// period is what one count covers.
type period struct {
	at, until, quarters, days time.Time
}

func periodAt(now time.Time) period {
	until := now.Add(-settled).Truncate(time.Minute)
	local := until.In(locale.WIB)
	today := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, locale.WIB)
	return period{at: now, until: until,
		quarters: until.Add(-time.Minute).Truncate(slotWidth).Add(-(quartersTold - 1) * slotWidth),
		days:     today.AddDate(0, 0, 1-daysTold)}
}

// changing is from when on counts may have changed since a count that ended there.
func (p period) changing(counted time.Time) time.Time {
	from := counted.Add(-recount).Truncate(slotWidth)
	if counted.IsZero() || from.Before(p.days) {
		return p.days
	}
	return from
}

// told puts the counts into lines, the whole of a channel before its operators.
func (p period) told(slots, lately map[slot]Share) *Deliveries {
	lines := map[slot]*Delivery{}
	of := func(channel, operator string) *Delivery {
		name := slot{channel: channel, operator: operator}
		if lines[name] == nil {
			lines[name] = &Delivery{Channel: channel, Operator: operator, Quarters: make([]Share, quartersTold), Days: make([]Share, daysTold)}
		}
		return lines[name]
	}
	for at, share := range slots {
		p.add(of(at.channel, at.operator), at.at, share)
		p.add(of(at.channel, ""), at.at, share)
	}
	for at, share := range lately {
		for _, d := range []*Delivery{of(at.channel, at.operator), of(at.channel, "")} {
			d.Now = d.Now.plus(share)
		}
	}
	told := &Deliveries{At: p.at, Until: p.until, Quarters: p.quarters, Days: p.days}
	for _, d := range lines {
		told.Lines = append(told.Lines, *d)
	}
	slices.SortFunc(told.Lines, func(a, b Delivery) int {
		return cmp.Or(cmp.Compare(a.Channel, b.Channel), cmp.Compare(operatorOrder(a.Operator), operatorOrder(b.Operator)))
	})
	return told
}

// operatorOrder puts "other" after everything that has a name.
func operatorOrder(operator string) string {
	if operator == "other" {
		return "~"
	}
	return operator
}

func (p period) add(d *Delivery, at int64, share Share) {
	begins := time.UnixMilli(at * slotWidth.Milliseconds())
	day := int(begins.Sub(p.days) / (24 * time.Hour)) // the capital's clock is never put forward
	if day < 0 || day >= daysTold {
		return
	}
	d.Days[day] = d.Days[day].plus(share)
	if day == daysTold-1 {
		d.Today = d.Today.plus(share)
	} else {
		d.Before = d.Before.plus(share)
	}
	if quarter := int(begins.Sub(p.quarters) / slotWidth); !begins.Before(p.quarters) && quarter < quartersTold {
		d.Quarters[quarter] = d.Quarters[quarter].plus(share)
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
