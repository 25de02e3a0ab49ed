package identity_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
	"time"

	"gelombang/identity"
	"gelombang/identity/registry"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
)

// questions exports, and reads what the registry's office reads.
func (s *scene) questions(t *testing.T) [][]string {
	t.Helper()
	var file bytes.Buffer
	n, err := s.Export(t.Context(), &file)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&file).ReadAll()
	if err != nil || len(lines) != n+1 || strings.Join(lines[0], ",") != "ref,nik,kk,name,birth_place,birth_date,sex" {
		t.Fatalf("%d questions in %q, %v", n, lines, err)
	}
	return lines[1:]
}

func (s *scene) importing(t *testing.T, lines ...string) identity.Imported {
	t.Helper()
	got, err := s.Import(t.Context(), strings.NewReader("ref,nik,result,differs\n"+strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestAFileOfAnswersJudgesOnceAndOnlyWhomItIsAbout(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		s.mode(t, identity.File)
		var accounts []int64
		for i := range 8 {
			clock.Add(time.Second)
			accounts = append(accounts, s.account(t, true))
			s.submit(t, accounts[i], form(fmt.Sprintf("%04d", i+1)))
		}
		asked := s.questions(t)
		if want := []string{asked[0][0], "3201014107900001", "3201010101100001", "Siti Rahayu", "Bogor", "1990-07-01", "female"}; len(asked) != 8 || fmt.Sprint(asked[0]) != fmt.Sprint(want) {
			t.Fatalf("%q", asked)
		}
		line := func(i int, result, differs string) string {
			return strings.Join([]string{asked[i][0], asked[i][1], result, differs}, ",")
		}
		s.submit(t, accounts[6], form("0077")) // changed after the export
		answered := []string{line(0, "match", ""), line(1, "mismatch", "name kk"), line(2, "deceased", ""),
			line(3, "mismatch", ""), line(3, "busy", ""), line(3, "match", "kk"), "half a line",
			asked[4][0] + "," + asked[5][1] + ",match,", "nonsense,3201014107900005,match,", line(6, "match", "")}
		want := identity.Imported{Judged: 3, Stale: 1, Mute: 4, Wrong: 2}
		if got := s.importing(t, answered...); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		states := map[int]identity.State{0: identity.Matched, 1: identity.Differs, 2: identity.Deceased,
			3: identity.Parked, 4: identity.Parked, 5: identity.Parked, 6: identity.Parked, 7: identity.Parked}
		for i, st := range states {
			s.expectState(t, accounts[i], st)
		}
		if r := s.record(t, accounts[1]); fmt.Sprint(r.Fields) != "[kk name]" {
			t.Errorf("%v differ", r.Fields)
		}
		told := len(s.told)
		if got := s.importing(t, answered...); got != (identity.Imported{Stale: 4, Mute: 4, Wrong: 2}) || len(s.told) != told {
			t.Errorf("the second time: %+v, told %q", got, s.told[told:])
		}
		s.mode(t, identity.Online)
		s.expectState(t, accounts[7], identity.Matched)
		s.expectState(t, accounts[2], identity.Deceased)
	})
}

func TestAFileOfSomethingElseIsRefused(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		for _, text := range []string{"", "nik,result\n", "<html>"} {
			if _, err := s.Import(t.Context(), strings.NewReader(text)); err != registry.ErrHeading { //nolint:errorlint // given as it is
				t.Errorf("%q: %v", text, err)
			}
		}
	})
}

func TestALongFileIsReadAndWrittenInPages(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		s.mode(t, identity.File)
		for i := range 450 {
			s.submit(t, s.account(t, false), form(fmt.Sprintf("%04d", i+1)))
		}
		var answers []string
		seen := map[string]bool{}
		for _, q := range s.questions(t) {
			seen[q[1]] = true
			answers = append(answers, q[0]+","+q[1]+",match,")
		}
		if len(seen) != 450 {
			t.Errorf("%d different questions", len(seen))
		}
		if got := s.importing(t, answers...); got.Judged != 450 {
			t.Errorf("%+v", got)
		}
	})
}
