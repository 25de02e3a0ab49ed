package identity

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"gelombang/identity/registry"
	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
)

// QueueName is the queue of the questions to the registry. Its slots bound how
// many are under way at once in a process.
const QueueName = "registry"

// KindVerify asks the registry about one submission.
const KindVerify = "identity.verify"

// question is the args of KindVerify.
type question struct {
	Account    int64   `json:"account"`
	Submission int64   `json:"submission"`
	Urgency    urgency `json:"urgency,omitempty"`
}

// Handlers are the job kinds of this package.
func (s *Service) Handlers() map[string]jobs.Handler {
	return map[string]jobs.Handler{KindVerify: s.verify, KindTend: s.tend}
}

// proceed goes on with a parked submission that nothing holds back, as the mode has it.
// The row is held.
func (s *Service) proceed(tx *sqldb.Tx, account int64) error {
	setting, err := s.Mode(tx)
	if err != nil {
		return err
	}
	switch setting.Mode {
	case Off:
		return s.pass(tx, account, setting)
	case Park, File:
		return nil
	}
	r, err := s.load(tx, account)
	if err != nil {
		return err
	}
	return s.enqueue(tx, []waiting{r.waiting()})
}

// enqueue asks about submissions, each as urgently as it is. A less urgent question
// that is on its way already finds itself out of date.
func (s *Service) enqueue(tx *sqldb.Tx, list []waiting) error {
	news := make([]jobs.New, len(list))
	for i, w := range list {
		now := w.urgency(tx.Now())
		if err := setUrgency(tx, w.account, now); err != nil {
			return err
		}
		news[i] = jobs.New{Kind: KindVerify, Queue: QueueName, Priority: jobs.Priority(now), RunAt: w.place(tx.Now()),
			Args: question{w.account, w.submission, now}}
	}
	if err := s.config.Jobs.Enqueue(tx, news...); err != nil {
		return fmt.Errorf("enqueue verification: %w", err)
	}
	return nil
}

// place is the moment by which a question stands in the line: when it fell due.
func (w waiting) place(now time.Time) time.Time {
	if !w.due.IsZero() {
		return w.due
	}
	if w.submitted.IsZero() || w.submitted.After(now) {
		return now
	}
	return w.submitted
}

// verify asks once, outside of any transaction. Without a verdict the job comes
// back later, for as long as it takes; that never counts as a failed try. It may
// run twice: the verdict on a submission is written once.
func (s *Service) verify(ctx context.Context, j jobs.Job) error {
	var asked question
	if err := j.Decode(&asked); err != nil {
		return err
	}
	var r row
	var setting Setting
	err := s.config.DB.Read(ctx, func(rx *sqldb.Rx) (err error) {
		if r, err = s.load(rx, asked.Account); err == nil {
			setting, err = s.Mode(rx)
		}
		return err
	})
	if err != nil || !r.waits(asked) {
		return err
	}
	if setting.Mode != Online {
		return s.rest(ctx, asked)
	}
	answer := s.config.Registry.Verify(ctx, r.form.query())
	if ctx.Err() != nil { // we are being stopped: that says nothing about the registry
		return jobs.Later(r.waiting().place(s.config.Now()), "stopped while asking")
	}
	return s.settle(ctx, asked, answer)
}

// rest leaves a submission without a question under way, until the mode is another.
// Should that have happened just now, the next tend finds it.
func (s *Service) rest(ctx context.Context, asked question) error {
	return s.config.DB.Write(ctx, func(tx *sqldb.Tx) error {
		r, err := s.lock(tx, asked.Account)
		if err != nil || !r.waits(asked) {
			return err
		}
		return setUrgency(tx, asked.Account, urgencyIdle)
	})
}

// waits says whether a question is still the one about what the row holds.
func (r row) waits(asked question) bool {
	return r.state == Parked && r.held == "" && r.submission == asked.Submission && r.urgency == asked.Urgency
}

func (f Form) query() registry.Query {
	return registry.Query{NIK: f.NIK, KK: f.KK, Name: f.Name, BirthPlace: f.BirthPlace,
		BirthDate: f.BirthDate.String(), Sex: string(f.Sex)}
}

// settle writes what became of a question. A submission that was changed
// meanwhile has a job of its own; the answer about the old one is dropped.
func (s *Service) settle(ctx context.Context, asked question, answer registry.Answer) error {
	var later error
	luck := rand.Float64()
	counted := s.tally.add(answer, s.config.Now())
	err := s.config.DB.Write(ctx, func(tx *sqldb.Tx) error {
		later = nil
		if err := counted.write(tx); err != nil {
			return err
		}
		r, err := s.lock(tx, asked.Account)
		if err != nil || !r.waits(asked) {
			return err
		}
		st, differs, said := verdictOf(answer)
		if !said {
			later, err = s.wait(tx, r, answer, luck)
			return err
		}
		return s.conclude(tx, r, st, differs)
	})
	if err != nil {
		s.tally.giveBack(counted)
		return err
	}
	return later
}

// wait leaves a submission parked and says when its job is to come back.
func (s *Service) wait(tx *sqldb.Tx, r row, answer registry.Answer, luck float64) (later, err error) {
	if answer.Unasked {
		return jobs.Later(r.waiting().place(tx.Now()), string(answer.Cause)), hush(tx, r.account, causeOf(answer))
	}
	pauses := backOff{first: s.config.RetryFirst, most: s.config.RetryMost}
	next := pauses.next(tx.Now(), r.unanswered+1, answer.RetryAfter, luck).Truncate(time.Millisecond)
	cause := causeOf(answer)
	return jobs.Later(next, string(cause)), putOff(tx, r.account, cause, r.unanswered+1, next)
}

// conclude writes a verdict, claims the NIK when that is possible, and tells.
func (s *Service) conclude(tx *sqldb.Tx, r row, st State, differs []registry.Field) error {
	if err := judge(tx, r.account, st, differs); err != nil {
		return err
	}
	if st != Matched {
		if err := s.tellIfTaken(tx, r.account, NIK(r.form.NIK)); err != nil {
			return err
		}
	}
	if st == Matched {
		proven, err := s.config.PhoneProvenOf(tx, r.account)
		if err != nil {
			return err
		}
		if proven {
			if taken, err := s.claim(tx, r.account, NIK(r.form.NIK)); taken || err != nil {
				return err
			}
		}
	}
	return s.announce(tx, r.account, st)
}

// announce notes a state on the timeline, tells the person, and whoever listens.
func (s *Service) announce(tx *sqldb.Tx, account int64, st State) error {
	if err := note(tx, account, string(st)); err != nil {
		return err
	}
	if err := s.tell(tx, account, tellings[st]); err != nil {
		return err
	}
	return s.changed(tx, account, st)
}
