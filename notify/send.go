package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
)

// try is one attempt: what was claimed, what was filled in, and by whom it goes.
type try struct {
	row    row
	filled map[string]string
	by     *guard
	over   bool // nothing to send: done by somebody else, or no longer good
}

// paused is why a job comes back later without having cost a try.
const paused = "every provider is paused"

// send claims the message in a transaction of its own, sends outside of any, then
// writes down what came of it. A process that ends in between leaves "sending"; the
// job's next try repeats it by the same provider under the same reference.
func (s *Service) send(ctx context.Context, a sendArgs) error {
	by, opens := s.routes.draw(a.Channel, a.Operator, s.db.Now())
	if by == nil && !opens.IsZero() { // nothing is written for a message that can only wait
		return jobs.Later(opens, paused)
	}
	var t try
	err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		t, err = s.begin(tx, a.Message, by)
		return err
	})
	if err != nil || t.over {
		return err
	}
	out, err := s.outgoing(t)
	if err != nil {
		return s.record(ctx, t, Sent{}, err)
	}
	return s.deliver(ctx, t, out)
}

// begin claims the message for the provider that was drawn for it, unless another one
// may have it, and fills in what is not kept with it.
func (s *Service) begin(tx *sqldb.Tx, id int64, drawn *guard) (try, error) {
	r, err := claim(tx, id, drawn)
	if sqldb.NoRows(err) {
		return try{over: true}, nil
	}
	if err != nil {
		return try{}, fmt.Errorf("claim message: %w", err)
	}
	t := try{row: r, by: drawn}
	if drawn == nil || r.provider != drawn.Name || r.chosenTry < r.attempts {
		if err := s.resume(tx, &t); err != nil {
			return try{}, err
		}
	}
	if err := s.fillIn(tx, &t); err != nil || t.over {
		return t, err
	}
	return t, note(tx, r.id, t.sending(tx.Now()))
}

// resume finds the provider of a message that was tried before. An error undoes the
// claim, so that a message that waits looks as if it had not been touched.
func (s *Service) resume(tx *sqldb.Tx, t *try) error {
	r, now := &t.row, tx.Now()
	opens := now
	t.by = s.routes.of(r.channel, r.provider)
	if t.by != nil {
		opens = t.by.opens(now)
		switch held(now.Sub(r.chosen), t.tries()-1, opens.After(now)) {
		case again:
			return nil
		case wait:
			return jobs.Later(earlier(opens, r.chosen.Add(StickFor)), "its provider is paused")
		}
	}
	next, others := s.routes.draw(r.channel, r.operator, now, r.provider)
	switch {
	case next != nil:
		t.by = next
		return s.choose(tx, t, r.attempts)
	case t.by != nil && !opens.After(now):
		return nil // there is nobody else to ask
	case t.by != nil && others.IsZero():
		return jobs.Later(opens, paused)
	case others.IsZero():
		return fmt.Errorf("no provider for %s", r.channel)
	case t.by != nil:
		others = earlier(opens, others)
	}
	return jobs.Later(others, paused)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// choose writes down by whom a message goes from now on; over when a receipt moved it on.
func (s *Service) choose(tx *sqldb.Tx, t *try, since int) error {
	chosen, err := setChoice(tx, t.row.id, t.by.Name, since)
	if err != nil {
		return fmt.Errorf("choose provider: %w", err)
	}
	t.row.provider, t.row.chosen, t.row.chosenTry, t.over = t.by.Name, tx.Now(), since, !chosen
	return nil
}

// fillIn asks for what is not kept with the message, or ends one that is no longer good.
func (s *Service) fillIn(tx *sqldb.Tx, t *try) (err error) {
	if t.row.fill == 0 || s.fill == nil {
		return nil
	}
	t.filled, err = s.fill(tx, t.row.fill)
	switch {
	case err == nil:
		return nil
	case outlived(err):
		t.over = true
		_, err := s.advance(tx, t.row.id, Event{State: Failed, Reason: Expired})
		return err
	}
	return fmt.Errorf("fill message: %w", err)
}

func (t try) sending(at time.Time) Event {
	return Event{At: at, State: Sending, Route: t.by.Kind, Detail: t.by.Name}
}

func (s *Service) outgoing(t try) (Outgoing, error) {
	m, err := s.open(t.row)
	if err != nil {
		return Outgoing{}, err
	}
	return s.compose(t.row.id, m, t.filled)
}

// deliver asks one provider after the other as long as the message is free to go on.
// Everyone is asked once. When all of them cannot have this very message, that is final.
func (s *Service) deliver(ctx context.Context, t try, out Outgoing) error {
	var asked []string
	cannot := 0
	for {
		out.ReturnPath = s.returnPath(t.row)
		sent, err := t.by.send(ctx, out, s.db.Now)
		asked = append(asked, t.by.Name)
		if reason := impossible(err); reason != NoReason {
			cannot++
			if cannot == len(s.routes.guards[t.row.channel]) {
				err = &SendError{Permanent: true, Reason: reason, Err: err}
			}
		}
		if !t.free(s.db.Now(), err) || ctx.Err() != nil {
			return s.record(ctx, t, sent, err)
		}
		next, _ := s.routes.draw(t.row.channel, t.row.operator, s.db.Now(), asked...)
		if next == nil {
			return s.record(ctx, t, sent, err)
		}
		if over, err := s.failOver(ctx, &t, next, err); err != nil || over {
			return err
		}
	}
}

// unsent says that a provider is known not to have the message.
func unsent(err error) bool {
	var refused *SendError
	return errors.As(err, &refused) && refused.Unsent && !refused.Permanent
}

// impossible is why a provider that is in no trouble cannot have this one message.
func impossible(err error) Reason {
	var refused *SendError
	if unsent(err) && errors.As(err, &refused) {
		return refused.Reason
	}
	return NoReason
}

// troublesome says that another try may mend it.
func troublesome(err error) bool {
	var refused *SendError
	final := errors.As(err, &refused) && refused.Permanent
	return err != nil && !final
}

// untaken says that the provider cannot have the message: it did not take it, and was
// not asked before. After a try of unknown outcome a refusal of the next one proves nothing.
func (t try) untaken(err error) bool { return unsent(err) && t.tries() == 1 }

// free says whether a message may go to another provider: this one has it not, or may
// have it for long enough.
func (t try) free(now time.Time, err error) bool {
	return t.untaken(err) || troublesome(err) && held(now.Sub(t.row.chosen), t.tries(), false) == moveOn
}

// tries is how often the provider has been asked, this time included.
func (t try) tries() int { return t.row.attempts - t.row.chosenTry + 1 }

// failOver writes down that the next provider is asked, before it is, if the message
// is still to be sent and still good.
func (s *Service) failOver(ctx context.Context, t *try, next *guard, failure error) (over bool, err error) {
	was := t.by
	var moved try
	err = s.db.Write(context.WithoutCancel(ctx), func(tx *sqldb.Tx) error {
		moved = try{row: t.row, by: next}
		if err := s.choose(tx, &moved, moved.row.attempts); err != nil || moved.over {
			return err
		}
		s.countRefusal(tx, moved.row, was, failure)
		if err := s.fillIn(tx, &moved); err != nil || moved.over {
			return err
		}
		return note(tx, moved.row.id, Event{At: tx.Now(), State: Queued, Route: was.Kind, Detail: TryAgain}, moved.sending(tx.Now()))
	})
	*t = moved
	return moved.over, err
}

// countRefusal counts a try that a provider did not take, if it was asked at all and could have.
func (s *Service) countRefusal(tx *sqldb.Tx, r row, by *guard, failure error) {
	if unsent(failure) && !errors.Is(failure, errUnasked) && impossible(failure) == NoReason {
		s.count(tx, r, by.Name, Counts{Failed: 1})
	}
}

// record writes the outcome although the worker is being stopped: the provider may have
// the message. The returned error sends the job back.
func (s *Service) record(ctx context.Context, t try, sent Sent, failure error) error {
	ctx = context.WithoutCancel(ctx)
	var refused *SendError
	switch {
	case failure == nil:
		return s.db.Write(ctx, func(tx *sqldb.Tx) error { return s.accepted(tx, t, sent) })
	case errors.As(failure, &refused) && refused.Permanent:
		return s.db.Write(ctx, func(tx *sqldb.Tx) error {
			_, err := s.advance(tx, t.row.id, Event{State: Failed, Reason: refused.Reason})
			return err
		})
	}
	var now time.Time
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		now = tx.Now()
		return s.release(tx, t, failure)
	})
	if err != nil {
		return errors.Join(err, failure)
	}
	return s.comeBack(t, now, failure)
}

// comeBack says when a message that nobody took is tried again: when the first provider
// opens, if none may be asked now; when it may leave a provider that may have it; else
// with a try the less.
func (s *Service) comeBack(t try, now time.Time, failure error) error {
	if unsent(failure) {
		if by, opens := s.routes.draw(t.row.channel, t.row.operator, now); by == nil {
			return jobs.Later(opens, failure.Error())
		}
	}
	var refused *SendError
	if errors.As(failure, &refused) && refused.After > 0 {
		return jobs.Later(now.Add(min(refused.After, restMost)), failure.Error())
	}
	leaves := t.row.chosen.Add(StickFor)
	if !t.untaken(failure) && t.tries() >= stickTries && leaves.After(now) && len(s.routes.guards[t.row.channel]) > 1 {
		return jobs.Later(leaves, failure.Error())
	}
	return failure
}

// release gives the message back for its next try, unless a receipt moved it on. What
// the provider may have stays with it; what it has not is free for any.
func (s *Service) release(tx *sqldb.Tx, t try, failure error) error {
	provider := t.row.provider
	if t.untaken(failure) {
		provider = ""
	}
	s.countRefusal(tx, t.row, t.by, failure)
	released, err := setReleased(tx, t.row.id, provider)
	if err != nil || !released {
		return err
	}
	return note(tx, t.row.id, Event{At: tx.Now(), State: Queued, Route: t.by.Kind, Detail: TryAgain})
}

// accepted notes that a provider took the message, and its reference, in one statement.
// A receipt may have been quicker; then only the reference is new, and the last word may
// still be missing.
func (s *Service) accepted(tx *sqldb.Tx, t try, sent Sent) error {
	s.count(tx, t.row, t.by.Name, Counts{Sent: 1, Cost: int64(t.by.Price)})
	moved, err := setAccepted(tx, t.row.id, t.by.Name, sent.Ref)
	if err != nil {
		return fmt.Errorf("note acceptance: %w", err)
	}
	state := Accepted
	if moved {
		err = note(tx, t.row.id, Event{At: tx.Now(), State: Accepted, Route: t.by.Kind, Detail: sent.Detail})
	} else {
		state, err = setReference(tx, t.row.id, t.by.Name, sent.Ref)
	}
	if err != nil {
		return fmt.Errorf("note acceptance: %w", err)
	}
	if state != Accepted || !t.row.channel.awaitsReceipt() {
		return nil
	}
	return s.jobs.Enqueue(tx, jobs.New{Kind: KindConfirm, Queue: QueueName, Args: sendArgs{Message: t.row.id}, RunAt: tx.Now().Add(ReceiptWait)})
}

// advance moves a message to a stronger state, notes the event, counts it and tells who
// has to know of a failure. A message that is as far already stays as it is.
func (s *Service) advance(tx *sqldb.Tx, id int64, e Event) (moved bool, err error) {
	m, err := strengthen(tx, id, e, "")
	if sqldb.NoRows(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("advance message: %w", err)
	}
	return true, s.advanced(tx, m, e, m.provider)
}

// advanced does what follows from a stronger state, which a provider is the cause of.
func (s *Service) advanced(tx *sqldb.Tx, m row, e Event, provider string) error {
	e.At, e.Route = believed(e.At, m.created, tx.Now()), s.routes.kind(m.channel, provider)
	if err := note(tx, m.id, e); err != nil {
		return fmt.Errorf("advance message: %w", err)
	}
	s.count(tx, m, provider, counted(m, e, tx.Now()))
	if e.State == Failed && m.fill != 0 && s.failed != nil {
		return s.failed(tx, m.fill)
	}
	return nil
}
