package identity_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"gelombang/identity"
	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/limit"
)

func TestErrorsStopAndDoubtsAskOnce(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		account := s.account(t, true)
		doubtful := form("0001")
		doubtful.BirthDate.Day = 2 // the NIK says 1: lawful, but worth a look
		got := expectKind(t, s.Submit(t.Context(), account, doubtful), fault.Invalid, "")
		if len(got.Fields) != 1 || got.Fields[0].Name != "nik" || !got.Fields[0].Soft || got.Fields[0].Args["digit"] != 8 {
			t.Fatalf("doubt %+v", got.Fields)
		}
		wrong := doubtful
		wrong.Warned, wrong.Name, wrong.KK = true, "", "123"
		got = expectKind(t, s.Submit(t.Context(), account, wrong), fault.Invalid, "")
		if names := fieldNames(got.Fields); !slices.Equal(names, []string{"name", "nik", "kk"}) {
			t.Fatalf("fields %q", names)
		}
		s.expectState(t, account, identity.None)
		doubtful.Warned = true
		s.submit(t, account, doubtful)
		s.runDue(t)
		s.expectState(t, account, identity.Matched)
	})
}

func fieldNames(fields []fault.Field) []string {
	var names []string
	for _, f := range fields {
		names = append(names, f.Name)
	}
	return names
}

func TestWhatIsKeptIsClean(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		account := s.account(t, true)
		typed := form("0001")
		typed.Name, typed.KK, typed.BirthPlace, typed.Warned = "  Nur’aini   Putri ", "3201-0101-0110-0001", " Kab.  Bogor", true
		s.submit(t, account, typed)
		want := form("0001")
		want.Name, want.NIK, want.KK, want.BirthPlace = "Nur'aini Putri", "3201014107900001", "3201010101100001", "Kab. Bogor"
		if got := s.record(t, account).Form; got != want {
			t.Errorf("kept %+v", got)
		}
		s.submit(t, account, typed) // the same, typed the same way
		if got := s.history(t, account); !slices.Equal(got, []string{"submitted"}) {
			t.Errorf("history %q", got)
		}
	})
}

func TestTwoTabsSendingOneFormAreOneSubmission(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		account := s.account(t, true)
		s.submitAtOnce(t, account, form("9104"))
		if n := s.runDue(t); n != 1 {
			t.Errorf("%d questions", n)
		}
		s.submitAtOnce(t, account, form("0001")) // the correction, twice at once too
		if n := s.runDue(t); n != 1 {
			t.Errorf("%d questions about the correction", n)
		}
		s.submitAtOnce(t, account, form("0001")) // and a reload after the answer
		if r := s.record(t, account); r.State != identity.Matched || r.Tries != 1 {
			t.Errorf("%+v", r)
		}
		if got := s.history(t, account); !slices.Equal(got, []string{"submitted", "not_found", "corrected", "matched"}) {
			t.Errorf("history %q", got)
		}
	})
}

func (s *scene) submitAtOnce(t *testing.T, account int64, f identity.Form) {
	t.Helper()
	var tabs sync.WaitGroup
	for range 8 {
		tabs.Go(func() {
			if err := s.Submit(t.Context(), account, f); err != nil {
				t.Error(err)
			}
		})
	}
	tabs.Wait()
}

func TestAMatchIsFinal(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		account := s.account(t, false)
		s.submit(t, account, form("0001"))
		s.runDue(t)
		expectKind(t, s.Submit(t.Context(), account, form("0002")), fault.Refused, "identity.already_matched")
		if got := s.facts(t, account).NIK; got != "3201014107900001" {
			t.Error("the refused NIK was kept")
		}
	})
}

func TestCorrectionsAreLimitedPerDayAndSayWhenTheyOpen(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		account := s.account(t, true)
		s.submit(t, account, form("9201"))
		s.runDue(t)
		opens := clock.Now().Add(24 * time.Hour)
		for _, serial := range []string{"9202", "9203"} {
			s.submit(t, account, form(serial))
			s.runDue(t)
			clock.Add(time.Hour)
		}
		got := expectKind(t, s.Submit(t.Context(), account, form("0001")), fault.Limited, "identity.corrections")
		if !got.Until.Equal(opens) || got.Args["most"] != 2 {
			t.Fatalf("%+v", got)
		}
		if r := s.record(t, account); r.State != identity.Differs || r.Tries != 2 || r.TriesMost != 2 || !r.TriesOpen.Equal(opens) {
			t.Fatalf("%+v", r)
		}
		clock.Set(opens.Add(-time.Millisecond))
		expectKind(t, s.Submit(t.Context(), account, form("0001")), fault.Limited, "identity.corrections")
		clock.Set(opens)
		s.submit(t, account, form("0001"))
		s.runDue(t)
		s.expectState(t, account, identity.Matched)
		for _, want := range []limit.Budget{{Name: "identity.corrections", Most: 2, Window: 24 * time.Hour},
			{Name: "identity.nik_accounts", Most: 8, Window: 7 * 24 * time.Hour}} {
			if !slices.Contains(s.Limits(), want) {
				t.Errorf("%+v is not in what is published: %+v", want, s.Limits())
			}
		}
	})
}

func TestParallelCorrectionsCannotShareATry(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		account := s.account(t, true)
		s.submit(t, account, form("9201"))
		s.runDue(t)
		var wait sync.WaitGroup
		results := make([]error, 6)
		for i := range results {
			wait.Go(func() {
				results[i] = s.Submit(context.WithoutCancel(t.Context()), account, form(fmt.Sprintf("%04d", i+1)))
			})
		}
		wait.Wait()
		accepted := 0
		for _, err := range results {
			if err == nil {
				accepted++
			} else if !fault.Is(err, fault.Limited) {
				t.Error(err)
			}
		}
		if accepted != 2 {
			t.Errorf("%d corrections accepted", accepted)
		}
	})
}

// stored reads what a table holds, every column, as bytes.
func stored(t *testing.T, s *scene, table string) (all []byte) {
	t.Helper()
	s.read(t, func(rx *sqldb.Rx) error {
		rows, err := sqldb.All(rx, rawRow, `SELECT * FROM `+table+` LIMIT 100`)
		all = bytes.Join(rows, []byte("\n"))
		return err
	})
	return all
}

func rawRow(rows *sql.Rows) ([]byte, error) {
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	values := make([]any, len(columns))
	for i := range values {
		values[i] = new(any)
	}
	err = rows.Scan(values...)
	var line []byte
	for _, v := range values {
		switch value := (*v.(*any)).(type) {
		case []byte:
			line = append(append(line, value...), '|')
		default:
			line = fmt.Appendf(line, "%v|", value)
		}
	}
	return line, err
}

func TestNothingThatNamesAPersonIsReadableAtRest(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		account := s.account(t, true)
		s.submit(t, account, form("9201"))
		tables := []string{"identity", "nik_claim", "nik_try", "nik_decline", "identity_event", "identity_remark", "identity_mode", "job", "limit_use"}
		s.expectUnreadable(t, tables)
		s.runDue(t)
		s.submit(t, account, form("0001"))
		s.runDue(t)
		s.expectUnreadable(t, tables)
		if !bytes.Contains(stored(t, s, "identity"), []byte("job_seeker")) || len(stored(t, s, "nik_claim")) == 0 {
			t.Error("the rows were not read")
		}
	})
}

func (s *scene) expectUnreadable(t *testing.T, tables []string) {
	t.Helper()
	// Four digits of a year alone would now and then stand in a blind index by chance.
	secrets := []string{"410790", "3201010101100001", "Siti", "Rahayu", "Bogor", "1990-07", "1990 7", "Year", "female"}
	for _, table := range tables {
		all := stored(t, s, table)
		for _, secret := range secrets {
			if bytes.Contains(all, []byte(secret)) {
				t.Errorf("%s holds %q", table, secret)
			}
		}
	}
}
