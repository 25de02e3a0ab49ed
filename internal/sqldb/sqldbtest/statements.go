package sqldbtest

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"gelombang/internal/sqldb"
)

// Statements keeps what is asked of a database.
type Statements struct {
	mu   sync.Mutex
	list []string
}

// Watch begins to keep the statements of a database, until the test ends.
func Watch(t testing.TB, db *sqldb.DB) *Statements {
	t.Helper()
	s := &Statements{}
	db.Watch(func(statement string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.list = append(s.list, strings.Join(strings.Fields(statement), " "))
	})
	t.Cleanup(func() { db.Watch(nil) })
	return s
}

// Taken gives the statements since it was asked last, in their order, white space folded.
func (s *Statements) Taken() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.Clone(s.list)
	s.list = nil
	return out
}
