package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
)

// try is one attempt: what was claimed and what was filled in.
type try struct {
	row    row
	filled map[string]string
	over   bool // nothing to send: done by somebody else, or no longer good
}

// send claims the message in a transaction of its own, sends outside of any, then
// writes down what came of it. A process that ends in between leaves "sending";
// the job's next try repeats it under the same reference.
func (s *Service) send(ctx context.Context, id int64) error {
	var t try
	err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		t, err = s.begin(tx, id)
		return err
	})
	if err != nil || t.over {
		return err
	}
	sent, err := s.deliver(ctx, t)
	return s.record(ctx, t.row, sent, err)
}

// begin claims the message and fills in what is not kept with it.
func (s *Service) begin(tx *sqldb.Tx, id int64) (try, error) {
	r, err := claim(tx, id)
	if sqldb.NoRows(err) {
		return try{over: true}, nil
	}
	if err != nil {
		return try{}, fmt.Errorf("claim message: %w", err)
	}
	t := try{row: r}
	if r.fill != 0 && s.fill != nil {
		t.filled, err = s.fill(tx, r.fill)
	}
	switch {
	case err == nil:
		return t, note(tx, r.id, Event{At: tx.Now(), State: Sending, Route: string(r.channel)})
	case outlived(err):
		_, err := s.advance(tx, r.id, Event{State: Failed, Reason: Expired})
		return try{over: true}, err
	}
	return try{}, fmt.Errorf("fill message: %w", err)
}

func (s *Service) deliver(ctx context.Context, t try) (Sent, error) {
	sender, ok := s.senders[t.row.channel]
	if !ok {
		return Sent{}, fmt.Errorf("no sender for %s", t.row.channel)
	}
	m, err := s.open(t.row)
	if err != nil {
		return Sent{}, err
	}
	out, err := s.compose(t.row.id, m, t.filled)
	if err != nil {
		return Sent{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, SendLimit)
	defer cancel()
	return sender.Send(ctx, out)
}

// record writes the outcome although the worker is being stopped: the provider
// may have the message. The returned error sends the job back.
func (s *Service) record(ctx context.Context, r row, sent Sent, failure error) error {
	ctx = context.WithoutCancel(ctx)
	var refused *SendError
	switch {
	case failure == nil:
		return s.db.Write(ctx, func(tx *sqldb.Tx) error { return s.accepted(tx, r, sent) })
	case errors.As(failure, &refused) && refused.Permanent:
		return s.db.Write(ctx, func(tx *sqldb.Tx) error {
			_, err := s.advance(tx, r.id, Event{State: Failed, Reason: refused.Reason})
			return err
		})
	}
	var now time.Time
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		now = tx.Now()
		return release(tx, r)
	})
	if err != nil {
		return errors.Join(err, failure)
	}
	if refused != nil && refused.After > 0 {
		return jobs.Later(now.Add(refused.After), failure.Error())
	}
	return failure
}

// accepted notes that a provider took the message. A receipt may have been
// quicker; then only the provider's reference is new.
func (s *Service) accepted(tx *sqldb.Tx, r row, sent Sent) error {
	if err := setProvider(tx, r.id, sent); err != nil {
		return fmt.Errorf("note provider: %w", err)
	}
	moved, err := s.advance(tx, r.id, Event{State: Accepted, Detail: sent.Detail})
	if err != nil || !moved || !r.channel.awaitsReceipt() {
		return err
	}
	return s.jobs.Enqueue(tx, jobs.New{Kind: KindConfirm, Queue: QueueName, Args: sendArgs{r.id}, RunAt: tx.Now().Add(ReceiptWait)})
}

// advance moves a message to a stronger state, notes the event and tells who has
// to know of a failure. A message that is as far already stays as it is.
func (s *Service) advance(tx *sqldb.Tx, id int64, e Event) (moved bool, err error) {
	m, err := strengthen(tx, id, e)
	if sqldb.NoRows(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("advance message: %w", err)
	}
	e.At, e.Route = believed(e.At, m.created, tx.Now()), string(m.channel)
	if err := note(tx, id, e); err != nil {
		return false, fmt.Errorf("advance message: %w", err)
	}
	if e.State == Failed && m.fill != 0 && s.failed != nil {
		return true, s.failed(tx, m.fill)
	}
	return true, nil
}
