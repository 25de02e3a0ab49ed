package report_test

import (
	"testing"

	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/report"
)

func TestWhomAnOfficialDeclinedDoesNotWaitForTheRegistry(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s, c := start(t, db, clock)
		c.add(3, person{contact: true, identity: "parked"})
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(`UPDATE identity SET held = 'review', submission = 5, declined = 5`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		c.add(1, person{contact: true, identity: "parked"})
		f, err := s.Funnel(t.Context(), wave)
		if want := (report.FunnelRow{Stage: report.Identity, Lost: 4, Top: report.Declined, TopCount: 3}); err != nil || f.Rows[2] != want {
			t.Errorf("%+v %v", f.Rows[2], err)
		}
		figures, err := s.Figures(t.Context())
		if err != nil || figures.Parked.N != 1 {
			t.Errorf("%+v %v", figures.Parked, err)
		}
	})
}
