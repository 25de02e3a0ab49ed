// Package report counts: the funnel, registrations by the hour, messages by state,
// what waits for the registry. It reads the nouns' tables and changes nothing.
//
// Counting everybody takes longer than a page may wait when there are millions.
// So a figure is taken at most every few seconds, over short snapshots of one id
// range each, by whoever asks first; the others get the figure before, which
// carries its age.
package report

import (
	"context"
	"sync"
	"time"

	"gelombang/identity"
	"gelombang/internal/sqldb"
)

// Config makes a Service.
type Config struct {
	DB  *sqldb.DB
	Now func() time.Time

	// Checks says how identities are checked, for the public status page; nil: it does not.
	Checks func(q sqldb.Querier) (identity.Health, error)
}

// Service gives figures.
type Service struct {
	db      *sqldb.DB
	now     func() time.Time
	figures kept[Figures]
	funnels funnels
	checks  func(q sqldb.Querier) (identity.Health, error)

	verdicts kept[[]Verdict]

	deliveries deliveries
}

// New makes the service.
func New(c Config) *Service { return &Service{db: c.DB, now: c.Now, checks: c.Checks} }

// Figures are the counts that no wave is needed for.
type Figures struct {
	At         time.Time
	PerHour    []Hour // registrations of the last 24 hours, oldest first, every hour there
	LastMinute int64  // registrations
	Messages   []MessageCount
	Parked     Parked
	Answers    int64 // verdicts of the registry in the last ten minutes
}

// AnswersOver is the time that Figures.Answers covers.
const AnswersOver = 10 * time.Minute

// Hour is one hour's registrations.
type Hour struct {
	From time.Time
	N    int64
}

// MessageCount counts the messages that were queued in the last hour.
type MessageCount struct {
	Channel string
	State   string
	N       int64
}

// Parked is who waits for the registry.
type Parked struct {
	N      int64
	Oldest time.Time // when the longest-waiting one was sent; zero when nobody waits
	Cause  string    // what kept most of them from an answer; "" when nothing did
}

// Figures gives the counts, a few seconds old at most, or older when counting is slow.
func (s *Service) Figures(ctx context.Context) (Figures, error) {
	return s.figures.get(s.now, func() (f Figures, err error) {
		err = s.db.Read(ctx, func(rx *sqldb.Rx) (err error) {
			f, err = count(rx)
			return err
		})
		return f, err
	})
}

func count(q sqldb.Querier) (Figures, error) {
	now := q.Now()
	f := Figures{At: now}
	counts, err := registeredByHour(q, now.Truncate(time.Hour).Add(-23*time.Hour))
	if err != nil {
		return f, err
	}
	f.PerHour = everyHour(now, counts)
	if f.LastMinute, err = registeredSince(q, now.Add(-time.Minute)); err != nil {
		return f, err
	}
	if f.Messages, err = messagesSince(q, now.Add(-time.Hour)); err != nil {
		return f, err
	}
	if f.Parked, err = parked(q); err != nil {
		return f, err
	}
	f.Answers, err = answersSince(q, now.Add(-AnswersOver))
	return f, err
}

// everyHour puts the counts on the 24 hours that end with the running one.
func everyHour(now time.Time, counts map[int64]int64) []Hour {
	hours := make([]Hour, 24)
	for i := range hours {
		from := now.Truncate(time.Hour).Add(time.Duration(i-23) * time.Hour)
		hours[i] = Hour{From: from, N: counts[from.UnixMilli()/hourMillis]}
	}
	return hours
}

const hourMillis = int64(time.Hour / time.Millisecond)

const (
	// freshFor is how long a figure is good: the console's live parts ask every five seconds.
	freshFor = 4 * time.Second
	// restTimes keeps counting to a twentieth of the time, however long it takes.
	restTimes = 20
)

// kept is one figure with the time from which it may be counted anew.
type kept[T any] struct {
	mu       sync.Mutex
	counting sync.Mutex
	value    T
	has      bool
	next     time.Time
}

// get gives the figure, counted anew if it is time and nobody else is at it. When
// counting fails, an older figure is better than none: it says how old it is.
func (k *kept[T]) get(now func() time.Time, count func() (T, error)) (T, error) {
	if value, ok := k.fresh(now()); ok {
		return value, nil
	}
	if !k.counting.TryLock() {
		if value, ok := k.old(); ok {
			return value, nil
		}
		k.counting.Lock() // the very first: there is nothing older to give
	}
	defer k.counting.Unlock()
	if value, ok := k.fresh(now()); ok {
		return value, nil
	}
	began := now()
	value, err := count()
	if err != nil {
		if old, ok := k.old(); ok {
			return old, nil
		}
		return value, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.value, k.has = value, true
	k.next = now().Add(max(freshFor, restTimes*now().Sub(began)))
	return value, nil
}

func (k *kept[T]) fresh(now time.Time) (T, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.value, k.has && now.Before(k.next)
}

func (k *kept[T]) old() (T, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.value, k.has
}
