package application

import (
	"context"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
)

// SaveStatements keeps a person's answers. All of them are asked at once; later
// answers replace earlier ones, and count when settling ends.
func (s *Service) SaveStatements(ctx context.Context, account int64, st Statements) error {
	if err := fault.InvalidFields(checkStatements(s.c.Statements, st)); err != nil {
		return err
	}
	return s.c.DB.Write(ctx, func(tx *sqldb.Tx) error { return putStatements(tx, account, st) })
}

// Statements gives a person's answers and when they were given; empty and zero
// when none were.
func (s *Service) Statements(q sqldb.Querier, account int64) (Statements, time.Time, error) {
	return statementsOf(q, account)
}
