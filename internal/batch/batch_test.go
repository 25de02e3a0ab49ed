package batch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/internal/batch"
	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
)

var errBad = errors.New("bad item")

// insertAll writes a batch in one statement; a negative item fails the statement.
func insertAll(calls *atomic.Int64) batch.Run[int, int] {
	return func(tx *sqldb.Tx, items []int) ([]batch.Result[int], error) {
		calls.Add(1)
		if !slices.IsSorted(items) {
			return nil, fmt.Errorf("not sorted: %v", items)
		}
		args := make([]any, 0, len(items)*5)
		out := make([]batch.Result[int], len(items))
		for i, n := range items {
			if n < 0 {
				return nil, errBad
			}
			args = append(args, fmt.Sprint(n), "batch", int64(n), []byte{}, int64(0))
			out[i].Out = 2 * n
		}
		_, err := tx.Exec(`INSERT INTO session (token_hash, realm, subject, data, expiry_ms) VALUES `+sqldb.Values(len(items), 5, 1), args...)
		return out, err
	}
}

func self(n int) int { return n }

func TestACrowdSharesStatementsAndEachHearsItsOwnAnswer(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, _ *sqldbtest.Clock) {
		var calls atomic.Int64
		b := batch.New(db, self, insertAll(&calls))
		defer b.Close()
		const crowd = 2000
		var wait sync.WaitGroup
		for n := range crowd {
			wait.Go(func() {
				if got, err := b.Do(t.Context(), n); err != nil || got != 2*n {
					t.Errorf("%d got %d, %v", n, got, err)
				}
			})
		}
		wait.Wait()
		if c := calls.Load(); c > crowd/4 {
			t.Errorf("%d calls became %d statements", crowd, c)
		}
	})
}

func TestABadItemTakesNoOtherWithIt(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, _ *sqldbtest.Clock) {
		var calls atomic.Int64
		b := batch.New(db, self, insertAll(&calls))
		defer b.Close()
		var wait sync.WaitGroup
		for n := range 200 {
			wait.Go(func() {
				in, want := n, error(nil)
				if n%50 == 7 {
					in, want = -n, errBad
				}
				if _, err := b.Do(t.Context(), in); !errors.Is(err, want) {
					t.Errorf("%d: %v", in, err)
				}
			})
		}
		wait.Wait()
	})
}

func TestAClosedBatcherSaysUnavailableAndLosesNothingItTook(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Open(t, sqldb.SQLite, sqldbtest.NewClock())
	var calls atomic.Int64
	b := batch.New(db, self, insertAll(&calls))
	var wait sync.WaitGroup
	var kept, refused atomic.Int64
	for n := range 300 {
		wait.Go(func() {
			switch _, err := b.Do(context.Background(), n); {
			case err == nil:
				kept.Add(1)
			case fault.Is(err, fault.Unavailable):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	b.Close()
	wait.Wait()
	var rows int64
	err := db.Read(t.Context(), func(rx *sqldb.Rx) error { return rx.QueryRow(`SELECT COUNT(*) FROM session`).Scan(&rows) })
	if err != nil || rows != kept.Load() || kept.Load()+refused.Load() != 300 {
		t.Errorf("%d rows, %d kept, %d refused, %v", rows, kept.Load(), refused.Load(), err)
	}
	if _, err := b.Do(t.Context(), 1); !fault.Is(err, fault.Unavailable) {
		t.Error(err)
	}
}

func TestTheLoadTellsHowLongTheOldestCallHasWaited(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		under, goOn := make(chan struct{}), make(chan struct{})
		b := batch.New(db, self, func(_ *sqldb.Tx, items []int) ([]batch.Result[int], error) {
			close(under)
			<-goOn
			return make([]batch.Result[int], len(items)), nil
		})
		defer b.Close()
		var wait sync.WaitGroup
		wait.Go(func() { _, _ = b.Do(t.Context(), 1) })
		<-under
		clock.Add(time.Second)
		if _, oldest := b.Load(); oldest != time.Second {
			t.Errorf("a call is under way, and the oldest has waited %v", oldest)
		}
		close(goOn)
		wait.Wait()
		if took, oldest := b.Load(); took <= 0 || oldest != 0 {
			t.Errorf("idle again: a batch took %v, the oldest has waited %v", took, oldest)
		}
	})
}

func TestAnIdleBatcherForgetsThatItsBatchesWereSlow(t *testing.T) {
	t.Parallel()
	clock := sqldbtest.NewClock()
	db := sqldbtest.Open(t, sqldb.SQLite, clock)
	b := batch.New(db, self, func(_ *sqldb.Tx, items []int) ([]batch.Result[int], error) {
		clock.Add(2 * time.Second)
		return make([]batch.Result[int], len(items)), nil
	})
	defer b.Close()
	if _, err := b.Do(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	was, _ := b.Load()
	if was <= 0 {
		t.Fatalf("a slow batch took %v", was)
	}
	clock.Add(10 * time.Second)
	if now, _ := b.Load(); now > was/100 {
		t.Errorf("ten seconds later it takes %v, was %v", now, was)
	}
}
