package waitroom

import (
	"context"
	"slices"
	"time"

	"gelombang/internal/batch"
	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
)

// entry asks for an admission.
type entry struct{ ticket, episode int64 }

// admission is the answer.
type admission struct {
	until time.Time
	fresh bool // the row is new: somebody came
}

// Enter makes a called ticket into a pass, by one row per ticket. The same ticket
// gives the same pass again: a lost answer can be repeated, and a copied ticket opens
// one place.
func (r *Room) Enter(ctx context.Context, ticket string) (pass string, err error) {
	t, place := r.look(ticket)
	switch place.Standing {
	case Called:
		return r.enter(ctx, entry{t.id, t.episode}, true)
	case Waiting:
		return "", fault.LimitedUntil("waitroom.waiting", r.c.Now().Add(place.Wait), nil)
	case Missed:
		return "", fault.New(fault.Refused, "waitroom.missed", nil)
	}
	return "", fault.New(fault.NotFound, "waitroom.stranger", nil)
}

// Straight lets somebody in without a ticket: a crowd is on, but nobody waits and
// there is room before the next beat.
func (r *Room) Straight(ctx context.Context) (pass string, ok bool, err error) {
	v := r.view.Load()
	someone := v.counts.late.Load() > v.told.late // took a ticket since the beat
	if v.Why == None || someone || v.straight.Add(-1) < 0 {
		return "", false, nil
	}
	pass, err = r.enter(ctx, entry{random(idBits), v.Episode}, false)
	return pass, err == nil, err
}

// EnterForm makes a form that was shown before this crowd into a pass, by one row per
// form: its sender was inside already, and it is no more than any ticket. The caller
// knows that the token is ours and from before.
func (r *Room) EnterForm(ctx context.Context, token string) (pass string, err error) {
	episode := r.view.Load().Episode
	return r.enter(ctx, entry{r.formID(token, episode), episode}, false)
}

// Opened says whether a pass is the one that a ticket became.
func (r *Room) Opened(ticket, pass string) bool {
	t, ours := r.parse(ticket)
	id, _, ok := r.parsePass(pass)
	return ours && ok && t.id == id
}

// enter admits. Only who was called counts as one of the called who came.
func (r *Room) enter(ctx context.Context, e entry, called bool) (string, error) {
	a, err := r.enters.Do(ctx, e)
	if err != nil {
		return "", err
	}
	if !r.c.Now().Before(a.until) { // entered before, and the pass has ended meanwhile
		return "", fault.New(fault.Refused, "waitroom.pass_ended", nil)
	}
	if c := r.view.Load().counts; a.fresh && called && c.episode == e.episode {
		c.entered.Add(1)
	}
	return r.pass(e.ticket, a.until), nil
}

// Use counts one registration by a pass, and compares in the same statement.
func (r *Room) Use(ctx context.Context, pass string) error {
	until, ok := r.Admitted(pass)
	if !ok {
		return fault.New(fault.Refused, "waitroom.pass_ended", nil)
	}
	ticket, _, _ := r.parsePass(pass)
	free, err := r.uses.Do(ctx, ticket)
	if err != nil {
		return err
	}
	if !free {
		return fault.LimitedUntil("waitroom.pass_used", until, fault.Args{"most": r.p.UsesMost})
	}
	return nil
}

// Unuse takes back one Use from which no registration came.
func (r *Room) Unuse(ctx context.Context, pass string) error {
	ticket, _, ok := r.parsePass(pass)
	if !ok {
		return fault.New(fault.Refused, "waitroom.pass_ended", nil)
	}
	_, err := r.unuses.Do(ctx, ticket)
	return err
}

// admit serves a batch of entries. A ticket that is named twice is fresh once.
func (r *Room) admit(tx *sqldb.Tx, items []entry) ([]batch.Result[admission], error) {
	until := tx.Now().Add(r.p.Stay)
	fresh, err := addAdmissions(tx, items, until)
	if err != nil {
		return nil, err
	}
	var known map[int64]time.Time
	if len(fresh) < len(items) {
		if known, err = readAdmissions(tx, items); err != nil {
			return nil, err
		}
	}
	out := make([]batch.Result[admission], len(items))
	for i, e := range items {
		out[i].Out = admission{until: until, fresh: fresh[e.ticket]}
		if at, ok := known[e.ticket]; ok {
			out[i].Out.until = at
		}
		fresh[e.ticket] = false
	}
	return out, nil
}

// count serves batches of uses, or of uses that are taken back. A statement touches a row
// once, so a pass that is named several times in one batch is counted in several; one
// that is full, or empty, is not asked again, so there are at most UsesMost and one.
func (r *Room) count(by int) batch.Run[int64, bool] {
	return func(tx *sqldb.Tx, items []int64) ([]batch.Result[bool], error) {
		out := make([]batch.Result[bool], len(items))
		rest := make([]int, len(items))
		for i := range items {
			rest[i] = i
		}
		for len(rest) > 0 {
			now, later := firsts(items, rest)
			done, err := countUses(tx, pick(items, now), by, r.p.UsesMost)
			if err != nil {
				return nil, err
			}
			for _, i := range now {
				out[i].Out = done[items[i]]
			}
			rest = slices.DeleteFunc(later, func(i int) bool { return !done[items[i]] })
		}
		return out, nil
	}
}

// firsts splits the indexes of items into those that name a ticket for the first time
// and the others.
func firsts(items []int64, of []int) (first, others []int) {
	named := make(map[int64]bool, len(of))
	for _, i := range of {
		if named[items[i]] {
			others = append(others, i)
			continue
		}
		named[items[i]] = true
		first = append(first, i)
	}
	return first, others
}

func pick(items []int64, of []int) []int64 {
	out := make([]int64, len(of))
	for i, at := range of {
		out[i] = items[at]
	}
	return out
}

// Sweep removes admissions whose pass ended long ago and what was counted of earlier
// crowds, at most so many rows of each.
func Sweep(tx *sqldb.Tx, most int) (int64, error) { return sweep(tx, most) }
