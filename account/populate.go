package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
	"gelombang/notify"
)

const (
	// populateRound is how many accounts are in memory at once. The claims of a round
	// are written in the order of their index: in no order each would touch another
	// page of it, and a full database would be ten times as slow to make.
	populateRound = 1 << 19
	// populateRows bounds the rows of a transaction.
	populateRows = 4096
	// populateAge is how long ago the invented people registered.
	populateAge = 120 * 24 * time.Hour
	// populateConsent is the consent version that they agreed to.
	populateConsent = "rehearsal"
)

// PopulatedAddress is the address of the n-th invented account, counted from 0.
func PopulatedAddress(n int64) Address {
	return Address{Channel: notify.Email, Value: fmt.Sprintf("old-%d@example.com", n)}
}

// Populate fills the database with n invented accounts that proved their e-mail months
// ago, to rehearse against a full one. It is done once per database: the addresses
// are always the same. progress hears how many there are, from one goroutine.
func (s *Service) Populate(ctx context.Context, n int64, progress func(done int64)) error {
	for first := int64(0); first < n; first += populateRound {
		r := s.populating(first, min(n-first, populateRound))
		claims := make(chan error, 1)
		go func() { claims <- r.writeClaims(ctx) }()
		err := r.writeAccounts(ctx, progress)
		if err := errors.Join(err, <-claims); err != nil {
			return fmt.Errorf("populate: %w", err)
		}
	}
	return nil
}

// populating is one round.
type populating struct {
	*Service
	first      int64
	ids        []int64 // of the accounts, ascending
	registered time.Time
	versions   []seal.Version
}

func (s *Service) populating(first, n int64) populating {
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = s.db.NewID()
	}
	return populating{Service: s, first: first, ids: ids, registered: sqldb.IDTime(ids[0]).Add(-populateAge), versions: s.keys.Versions()}
}

func (p populating) writeAccounts(ctx context.Context, progress func(done int64)) error {
	done := p.first
	for ids := range slices.Chunk(p.ids, populateRows) {
		from := done
		rows := inParallel(len(ids), func(i int) row {
			return row{id: ids[i], state: Active, lang: "id", consentVersion: populateConsent, consent: p.registered, created: p.registered,
				email: contact{sealed: p.sealAddress(ids[i], PopulatedAddress(from+int64(i))), proven: p.registered}}
		})
		if err := p.db.Write(ctx, func(tx *sqldb.Tx) error { return insertRows(tx, rows) }); err != nil {
			return err
		}
		done += int64(len(ids))
		progress(done)
	}
	return nil
}

func (p populating) writeClaims(ctx context.Context) error {
	proven := sqldb.Millis(p.registered)
	claims := inParallel(len(p.ids)*len(p.versions), func(i int) claim {
		n, version := i/len(p.versions), p.versions[i%len(p.versions)]
		a := PopulatedAddress(p.first + int64(n))
		return claim{index: p.keys.IndexAt(version, indexKinds[a.Channel], a.Value), account: p.ids[n], proven: proven}
	})
	slices.SortFunc(claims, func(a, b claim) int {
		return cmp.Or(cmp.Compare(a.index.Version, b.index.Version), strings.Compare(a.index.Sum, b.index.Sum))
	})
	for part := range slices.Chunk(claims, populateRows) {
		if err := p.db.Write(ctx, func(tx *sqldb.Tx) error { return insertProven(tx, part) }); err != nil {
			return err
		}
	}
	return nil
}

// inParallel makes n values on all cores: sealing and indexing are the larger part
// of the work.
func inParallel[T any](n int, one func(i int) T) []T {
	out := make([]T, n)
	var wait sync.WaitGroup
	cores := runtime.NumCPU()
	for core := range cores {
		wait.Go(func() {
			for i := core * n / cores; i < (core+1)*n/cores; i++ {
				out[i] = one(i)
			}
		})
	}
	wait.Wait()
	return out
}
