package application

import (
	"context"
	"fmt"
	"time"

	"gelombang/eligibility"
	"gelombang/internal/fault"
	"gelombang/internal/jobs"
	"gelombang/internal/locale"
	"gelombang/internal/sqldb"
	"gelombang/notify"
	"gelombang/wave"
)

// QueueName is the queue of this package's jobs.
const QueueName = "application"

// KindRemind is the job that reminds one page of people that a wave closes.
const KindRemind = "application.remind"

type remindArgs struct {
	Wave  int64 `json:"wave"`
	After int64 `json:"after"`
}

// Handlers are the jobs that this package does.
func (s *Service) Handlers() map[string]jobs.Handler {
	return map[string]jobs.Handler{KindRemind: s.remindPage}
}

// Opened plans the reminders of a wave, in the transaction that opens it.
func (s *Service) Opened(tx *sqldb.Tx, w wave.Wave) error {
	at, useful := remindFrom(w)
	if !useful {
		return nil
	}
	return s.remindNext(tx, remindArgs{Wave: w.ID}, at)
}

func (s *Service) remindNext(tx *sqldb.Tx, args remindArgs, at time.Time) error {
	return s.c.Jobs.Enqueue(tx, jobs.New{Kind: KindRemind, Queue: QueueName, Args: args, Priority: jobs.Bulk, RunAt: at,
		Once: fmt.Sprintf("%s:%d:%d", KindRemind, args.Wave, args.After)})
}

// call is whom to remind of what.
type call struct {
	account int64
	step    eligibility.Step
}

// remindPage reminds the next people by day, and enqueues the page after it with what it
// told. Who the people are is read before, in a snapshot: nobody waits for the rules.
func (s *Service) remindPage(ctx context.Context, j jobs.Job) error {
	var args remindArgs
	if err := j.Decode(&args); err != nil {
		return err
	}
	now := s.c.DB.Now()
	if morning := notify.Daytime(now); morning.After(now) {
		return jobs.Later(morning, "night")
	}
	w, calls, last, err := s.callsAfter(ctx, args)
	if err != nil || last == 0 {
		return err
	}
	return s.c.DB.Write(ctx, func(tx *sqldb.Tx) error {
		for _, c := range calls {
			if err := s.remind(tx, w, c); err != nil {
				return fmt.Errorf("remind account %d: %w", c.account, err)
			}
		}
		return s.remindNext(tx, remindArgs{Wave: w.ID, After: last}, time.Time{})
	})
}

// callsAfter looks at a page of accounts; last is 0 when there are no more, or when the
// wave takes nobody any more.
func (s *Service) callsAfter(ctx context.Context, args remindArgs) (w wave.Wave, calls []call, last int64, err error) {
	err = s.c.DB.Read(ctx, func(rx *sqldb.Rx) error {
		if w, err = s.c.Waves.Get(rx, args.Wave); err != nil || !remindable(w, rx.Now()) {
			return err
		}
		accounts, err := s.c.Members(rx, args.After, pageMost)
		if err != nil || len(accounts) == 0 {
			return err
		}
		last = accounts[len(accounts)-1]
		calls, err = s.calls(ctx, rx, w, accounts)
		return err
	})
	return w, calls, last, err
}

// calls picks out those who may join and never have. Who withdrew has decided.
func (s *Service) calls(ctx context.Context, q sqldb.Querier, w wave.Wave, accounts []int64) ([]call, error) {
	placed, err := placedAmong(q, w.ID, accounts)
	if err != nil {
		return nil, err
	}
	var out []call
	for _, account := range accounts {
		if placed[account] {
			continue
		}
		st, err := s.standing(ctx, q, w, account)
		if fault.Is(err, fault.NotFound) { // erased while we read
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("standing of account %d: %w", account, err)
		}
		if step, may := lacking(st); may {
			out = append(out, call{account, step})
		}
	}
	return out, nil
}

// remind tells somebody, unless it was done before.
func (s *Service) remind(tx *sqldb.Tx, w wave.Wave, c call) error {
	fresh, err := markReminded(tx, w.ID, c.account)
	if err != nil || !fresh {
		return err
	}
	args := waveArgs(w)
	args["closes"] = w.Closes
	if c.step == eligibility.StepNone {
		return s.tell(tx, c.account, TellRemindJoin, args)
	}
	args["step"] = locale.Key(KeyMissing + "." + string(c.step))
	return s.tell(tx, c.account, TellRemindStep, args)
}
