package application_test

import (
	"slices"
	"testing"

	"gelombang/application"
	"gelombang/draw/drawtest"
	"gelombang/identity"
	"gelombang/internal/locale"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/photo"
)

// settledPlaces has a person for each state of a photo join, and settles the wave.
func settledPlaces(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock, o drawtest.Options) map[photo.State]application.Place {
	w := drawtest.New(t, db, clock, o)
	id := w.Wave(t, "1").ID
	for n, st := range photo.States {
		p := drawtest.NewPerson(n+1, n+1)
		p.Photo = st
		w.Set(t, int64(n+1), p)
		w.Join(t, int64(n+1), id, "")
	}
	w.At(t, w.Wave(t, "1").Closes)
	w.At(t, w.Wave(t, "1").SettledBy)
	out, cat := map[photo.State]application.Place{}, drawtest.Catalog(t)
	for n, st := range photo.States {
		p := drawtest.Read(t, db, func(q sqldb.Querier) (application.Place, error) { return w.Apps.Place(q, int64(n+1), id) })
		if p.Reason != "" {
			cat.Text(locale.EN, p.Reason, nil)
			cat.Text(locale.ID, p.Reason, nil)
		}
		out[st] = p
	}
	return out
}

func TestAPhotoThatWeDidNotLookAtRefusesNobody(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		want := map[photo.State]application.State{
			photo.None: application.Refused, photo.Refused: application.Refused, photo.Differs: application.Refused,
			photo.Declined: application.Refused, photo.Replaced: application.Refused,
			photo.Checking: application.Carried, photo.Review: application.Carried, photo.Lost: application.Carried,
			photo.Accepted: application.Joined,
		}
		for st, p := range settledPlaces(t, db, clock, drawtest.Options{Needed: true}) {
			if p.State != want[st] {
				t.Errorf("a photo that is %s: %s (%s)", st, p.State, p.Reason)
			}
		}
	})
}

func TestAPlaceKeepsWhichChecksItPassed(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		for st, p := range settledPlaces(t, db, clock, drawtest.Options{Photos: true}) {
			want := []application.Check{application.CheckRegistry, application.CheckPhotoMissing}
			if st == photo.Accepted {
				want[1] = application.CheckPhoto
			}
			if p.State != application.Joined || !slices.Equal(p.Checks, want) {
				t.Errorf("a photo that is %s: %s, %v", st, p.State, p.Checks)
			}
		}
	})
}

func TestWhoIsLetThroughWithoutTheRegistryTakesPartAndItIsKept(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		id := w.Wave(t, "1").ID
		for n := range int64(2) { // two accounts with one NIK: one of them can have it
			p := drawtest.NewPerson(1, 1)
			p.State, p.Claimed, p.Waived = identity.Parked, false, true
			w.Set(t, n+1, p)
			w.Join(t, n+1, id, "")
		}
		w.At(t, w.Wave(t, "1").Closes)
		w.At(t, w.Wave(t, "1").SettledBy)
		in := 0
		for n := range int64(2) {
			p := places(t, w, n+1)[0]
			switch {
			case p.State == application.Joined && slices.Equal(p.Checks, []application.Check{application.CheckRegistryWaived}):
				in++
			case p.State != application.Refused || p.Reason != application.ReasonTaken:
				t.Errorf("%s (%s), %v", p.State, p.Reason, p.Checks)
			}
		}
		if in != 1 {
			t.Errorf("%d of two accounts with one NIK are in", in)
		}
	})
}
