package audit_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"gelombang/audit"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
)

func write(t *testing.T, db *sqldb.DB, es ...audit.Entry) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
		for _, e := range es {
			if err := audit.Write(tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEntriesOfASubjectAreReadNewestFirst(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		start := clock.Now()
		write(t, db, audit.Entry{Actor: audit.Staff(7), Action: "person.look", SubjectKind: "account", SubjectID: 42, Reason: "menelepon"})
		clock.Add(time.Minute)
		write(t, db,
			audit.Entry{Actor: audit.Staff(8), Action: "person.reveal", SubjectKind: "account", SubjectID: 42, Reason: "surat kuasa"},
			audit.Entry{Actor: audit.System, Action: "wave.open", SubjectKind: "wave", SubjectID: 42})
		var about, all []audit.Entry
		err := db.Read(t.Context(), func(rx *sqldb.Rx) (err error) {
			if about, err = audit.OfSubject(rx, "account", 42, 10); err != nil {
				return err
			}
			all, err = audit.Newest(rx, 2)
			return err
		})
		if err != nil || len(about) != 2 || len(all) != 2 {
			t.Fatalf("%v %v %v", about, all, err)
		}
		if about[0].Action != "person.reveal" || about[1].Reason != "menelepon" || !about[1].At.Equal(start) || about[1].Actor != audit.Staff(7) {
			t.Errorf("%+v", about)
		}
		if all[0].Action != "wave.open" || all[0].Actor != audit.System {
			t.Errorf("%+v", all)
		}
	})
}

func TestADeedThatIsUndoneLeavesNoEntry(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, _ *sqldbtest.Clock) {
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			if err := audit.Write(tx, audit.Entry{Actor: audit.System, Action: "wave.open", SubjectKind: "wave", SubjectID: 1}); err != nil {
				return err
			}
			return audit.Write(tx, audit.Entry{Actor: audit.System, Action: "wave.unheard_of"})
		})
		if err == nil {
			t.Fatal("an unknown action was accepted")
		}
		err = db.Read(t.Context(), func(rx *sqldb.Rx) error {
			all, err := audit.Newest(rx, 5)
			if len(all) != 0 {
				t.Errorf("%+v", all)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestOnlyClosedWordsAreWrittenAndReasonsAreBounded(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Open(t, sqldb.SQLite, sqldbtest.NewClock())
	for _, e := range []audit.Entry{
		{Actor: audit.Actor{Kind: "ghost"}, Action: "wave.open"},
		{Actor: audit.System, Action: ""},
		{Actor: audit.System, Action: "wave.open", SubjectKind: "planet"},
	} {
		if err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return audit.Write(tx, e) }); err == nil {
			t.Errorf("%+v was accepted", e)
		}
	}
	write(t, db, audit.Entry{Actor: audit.Citizen(1), Action: "account.export", SubjectKind: "account", SubjectID: 1, Reason: strings.Repeat("é", 2*audit.ReasonMost)})
	err := db.Read(t.Context(), func(rx *sqldb.Rx) error {
		all, err := audit.Newest(rx, 1)
		if err == nil && utf8.RuneCountInString(all[0].Reason) != audit.ReasonMost {
			t.Errorf("%d letters kept", utf8.RuneCountInString(all[0].Reason))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
