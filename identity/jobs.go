package identity

import (
	"context"
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
	Account    int64 `json:"account"`
	Submission int64 `json:"submission"`
}

// Handlers are the job kinds of this package.
func (s *Service) Handlers() map[string]jobs.Handler {
	return map[string]jobs.Handler{KindVerify: s.verify}
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
	err := s.config.DB.Read(ctx, func(rx *sqldb.Rx) (err error) {
		r, err = s.load(rx, asked.Account)
		return err
	})
	if err != nil || !r.waits(asked) {
		return err
	}
	answer := s.config.Registry.Verify(ctx, r.form.query())
	if ctx.Err() != nil { // we are being stopped: that says nothing about the registry
		return jobs.Later(s.config.Now(), "stopped while asking")
	}
	return s.settle(ctx, asked, answer)
}

// waits says whether a question is still about what the row holds.
func (r row) waits(asked question) bool {
	return r.state == Parked && r.submission == asked.Submission
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
	err := s.config.DB.Write(ctx, func(tx *sqldb.Tx) error {
		later = nil
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
		return err
	}
	return later
}

// wait leaves a submission parked and says when its job is to come back.
func (s *Service) wait(tx *sqldb.Tx, r row, answer registry.Answer, luck float64) (later, err error) {
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
