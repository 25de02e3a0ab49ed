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

// report writes first and asks afterwards: nearly every receipt is a message's first.
func (s *Service) report(tx *sqldb.Tx, r Receipt) (known bool, err error) {
	id := r.MessageID
	if id == 0 {
		if id, err = find(tx, r); sqldb.NoRows(err) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("find message of receipt: %w", err)
		}
	}
	e := Event{At: r.At, State: r.State, Reason: r.Reason, Detail: r.Provider}
	m, err := strengthen(tx, id, e, r.answerable())
	if sqldb.NoRows(err) {
		known, err = exists(tx, id)
		if err != nil {
			return false, fmt.Errorf("find message of receipt: %w", err)
		}
		return known, nil
	}
	if err != nil {
		return false, fmt.Errorf("advance message: %w", err)
	}
	by := m.provider
	if r.Provider != "" { // the one before may have brought it after all
		by = r.Provider
	}
	return true, s.advanced(tx, m, e, by)
}

// answerable is the provider that a message must still be with for this receipt to
// matter. That it arrived is true whoever brought it; that one provider failed says
// nothing about a message that has gone on to another.
func (r Receipt) answerable() string {
	if r.State == Confirmed {
		return ""
	}
	return r.Provider
}

// silent gives up waiting for a receipt. One that comes later still counts.
func (s *Service) silent(ctx context.Context, a sendArgs) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := s.advance(tx, a.Message, Event{State: Unconfirmed})
		return err
	})
}

// Typed says that the code of a message was really typed, or the button of its mail
// pressed, which proves that it arrived. It counts once; a message that is not there
// any more counts nothing.
func (s *Service) Typed(tx *sqldb.Tx, message int64) error {
	r, err := setTyped(tx, message)
	if sqldb.NoRows(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("note typed code: %w", err)
	}
	s.count(tx, r, r.provider, countedTyped(r, tx.Now()))
	return nil
}
