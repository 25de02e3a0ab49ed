package notify

import (
	"sync"
	"time"

	"gelombang/internal/sqldb"
)

// Counts is what became of the codes of some time. A migration tells what each means.
type Counts struct {
	Sent, Confirmed, ConfirmedSoon, Typed, TypedSoon, ArrivedSoon, Failed, Silent int64
	Cost                                                                          int64 // rupiah
}

func (c Counts) plus(d Counts) Counts {
	return Counts{
		Sent: c.Sent + d.Sent, Confirmed: c.Confirmed + d.Confirmed, ConfirmedSoon: c.ConfirmedSoon + d.ConfirmedSoon,
		Typed: c.Typed + d.Typed, TypedSoon: c.TypedSoon + d.TypedSoon, ArrivedSoon: c.ArrivedSoon + d.ArrivedSoon,
		Failed: c.Failed + d.Failed, Silent: c.Silent + d.Silent, Cost: c.Cost + d.Cost,
	}
}

// lane is what weights are learnt for: one provider towards one operator.
type lane struct {
	channel            Channel
	operator, provider string
}

// minute is a lane's codes that were queued in one minute.
type minute struct {
	lane
	at int64 // its first millisecond
}

func minuteOf(l lane, queued time.Time) minute {
	return minute{l, queued.Truncate(time.Minute).UnixMilli()}
}

// tally counts in memory. A row per message would cost the database more than the
// message does.
type tally struct {
	mu     sync.Mutex
	counts map[minute]Counts
}

func (t *tally) add(m minute, c Counts) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = map[minute]Counts{}
	}
	t.counts[m] = t.counts[m].plus(c)
}

// take hands over what was counted, to be written.
func (t *tally) take() map[minute]Counts {
	t.mu.Lock()
	defer t.mu.Unlock()
	taken := t.counts
	t.counts = nil
	return taken
}

func (t *tally) giveBack(counts map[minute]Counts) {
	for m, c := range counts {
		t.add(m, c)
	}
}

// count counts once the transaction is durable, so that a retried or undone one
// counts nothing. Messages other than codes are not counted.
func (s *Service) count(tx *sqldb.Tx, r row, provider string, c Counts) {
	if r.fill == 0 || provider == "" || c == (Counts{}) {
		return
	}
	m := minuteOf(lane{r.channel, r.operator, provider}, r.created)
	tx.AfterCommit(func() { s.tally.add(m, c) })
	s.countSpend(tx, r, c)
}
