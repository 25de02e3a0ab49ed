package notify

import (
	"context"
	"fmt"
	"log/slog"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
)

// Receipt takes a provider's report. Reports may come in any order, twice, and
// before we know the provider's reference. One that fits no message is answered
// with nil, so that the provider stops repeating it, and logged.
func (s *Service) Receipt(ctx context.Context, r Receipt) error {
	if !r.reportable() {
		return fault.Wrap(fmt.Errorf("receipt %q %q", r.State, r.Reason), fault.Invalid, "")
	}
	known := false
	err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		known, err = s.report(tx, r)
		return err
	})
	if err == nil && !known {
		slog.WarnContext(ctx, "notify.receipt_unknown", "provider", r.Provider, "state", r.State)
	}
	return err
}

func (s *Service) report(tx *sqldb.Tx, r Receipt) (known bool, err error) {
	id, err := find(tx, r)
	if sqldb.NoRows(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("find message of receipt: %w", err)
	}
	_, err = s.advance(tx, id, Event{At: r.At, State: r.State, Reason: r.Reason, Detail: r.Provider})
	return true, err
}

// silent gives up waiting for a receipt. One that comes later still counts.
func (s *Service) silent(ctx context.Context, id int64) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := s.advance(tx, id, Event{State: Unconfirmed})
		return err
	})
}
