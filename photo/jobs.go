package photo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gelombang/internal/blob"
	"gelombang/internal/fault"
	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
	"gelombang/photo/ktp"
)

// QueueName is the queue of work on pictures. Its slots bound how many are decoded at
// once in a process: each takes a core and up to some 50 MB.
const QueueName = "photo"

// The kinds of jobs.
const (
	KindCheck  = "photo.check"  // look at a photo
	KindTidy   = "photo.tidy"   // delete the parts that a photo was put together from
	KindForget = "photo.forget" // delete a picture that nobody needs any more
)

// about is the args of every kind.
type about struct {
	Photo int64 `json:"photo"`
}

// Handlers are the job kinds of this package.
func (s *Service) Handlers() map[string]jobs.Handler {
	return map[string]jobs.Handler{KindCheck: s.check, KindTidy: s.tidy, KindForget: s.forget}
}

// check looks at a photo outside of any transaction. A store that is away costs nobody
// anything: the job comes back.
func (s *Service) check(ctx context.Context, j jobs.Job) error {
	var of about
	if err := j.Decode(&of); err != nil {
		return err
	}
	p, nik, err := s.asked(ctx, of.Photo)
	if err != nil || p.State != Checking {
		return err
	}
	data, err := s.Picture(ctx, p)
	if fault.Is(err, fault.Unavailable) {
		return jobs.Later(s.c.DB.Now().Add(pause(j.Attempts)), "the object store is away")
	}
	if errors.Is(err, blob.ErrNone) {
		return s.settle(ctx, p, func(tx *sqldb.Tx) error { return s.become(tx, p, outcome{state: Lost}, ktp.Report{}) })
	}
	if err != nil {
		return err
	}
	report, err := ktp.Check(ctx, data, ktp.Options{NIK: nik, ReadNIK: true, Second: s.c.Second})
	if err != nil {
		return err
	}
	return s.settle(ctx, p, func(tx *sqldb.Tx) error {
		return s.become(tx, p, s.c.Policy.judge(report, p.Failures), report)
	})
}

func (s *Service) asked(ctx context.Context, id int64) (p Photo, nik string, err error) {
	err = s.c.DB.Read(ctx, func(rx *sqldb.Rx) (err error) {
		if p, err = s.photo(rx, 0, id); err != nil {
			if fault.Is(err, fault.NotFound) { // erased meanwhile
				p, err = Photo{}, nil
			}
			return err
		}
		nik, err = s.c.NIKOf(rx, p.Account)
		return err
	})
	return p, nik, err
}

// settle writes what a check found unless another photo took its place meanwhile.
func (s *Service) settle(ctx context.Context, p Photo, write func(*sqldb.Tx) error) error {
	return s.c.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if err := s.replaced(tx, p.Account); err != nil { // another node may have taken one at the same moment
			return err
		}
		still, err := s.lock(tx, p.ID)
		if fault.Is(err, fault.NotFound) { // erased meanwhile
			return nil
		}
		if err != nil || still.State != Checking {
			return err
		}
		return write(tx)
	})
}

func (s *Service) become(tx *sqldb.Tx, p Photo, to outcome, r ktp.Report) error {
	scores, err := json.Marshal(r.Scores)
	if err != nil {
		return fmt.Errorf("write scores: %w", err)
	}
	p.State, p.Why, p.Failures = to.state, to.why, to.failures
	p.Verdict, p.Cut, p.NIKMatch, p.DiffersAt, p.NIKRead, p.Scores = r.Verdict, r.Cut, r.NIKMatch, 0, r.NIKRead, string(scores)
	if len(r.DiffersAt) > 0 {
		p.DiffersAt = r.DiffersAt[0]
	}
	if err := s.judged(tx, p); err != nil {
		return err
	}
	if err := s.tell(tx, p.Account, tellings[p.State], nil); err != nil {
		return err
	}
	return s.changed(tx, p.Account, p.State)
}

// tidy deletes the parts of an upload that is a photo.
func (s *Service) tidy(ctx context.Context, j jobs.Job) error {
	var of about
	if err := j.Decode(&of); err != nil {
		return err
	}
	names, err := s.c.Store.Names(ctx, partsOf(of.Photo))
	for _, name := range names {
		err = errors.Join(err, s.c.Store.Delete(ctx, name))
	}
	return err
}

// forget deletes a picture and says so in its row.
func (s *Service) forget(ctx context.Context, j jobs.Job) error {
	var of about
	if err := j.Decode(&of); err != nil {
		return err
	}
	if err := s.c.Store.Delete(ctx, objectName(of.Photo)); err != nil {
		return err
	}
	return s.c.DB.Write(ctx, func(tx *sqldb.Tx) error { return gone(tx, of.Photo) })
}

// Retire enqueues the deletion of pictures whose time is over, and of uploads that were
// never finished, at most so many of each. It is called now and then; nothing is lost
// when it is not.
func (s *Service) Retire(tx *sqldb.Tx, most int) (int64, error) {
	decided, err := kept(tx, tx.Now().Add(-s.c.Policy.KeepFor), most)
	if err != nil {
		return 0, err
	}
	for _, id := range decided {
		if err := s.c.Jobs.Enqueue(tx, jobs.New{Kind: KindForget, Queue: QueueName, Args: about{id}, Priority: jobs.Bulk,
			Once: fmt.Sprintf("%s %d", KindForget, id)}); err != nil {
			return 0, err
		}
	}
	left, err := abandoned(tx, tx.Now().Add(-s.c.Policy.FinishFor-time.Hour), most)
	for _, id := range left {
		if err := s.c.Jobs.Enqueue(tx, jobs.New{Kind: KindTidy, Queue: QueueName, Args: about{id}, Priority: jobs.Bulk}); err != nil {
			return 0, err
		}
	}
	return int64(len(left)), err
}
