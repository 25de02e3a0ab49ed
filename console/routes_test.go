package console_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"gelombang/internal/sqldb"
	"gelombang/notify"
	"gelombang/otp"
	"gelombang/staff"
)

// pump asks for codes to numbers that nobody reads, which arrive all the same.
func (s *scene) pump(n int) {
	s.t.Helper()
	rs := make([]otp.Request, n)
	for i := range rs {
		rs[i] = otp.Request{Purpose: otp.ProvePhone, Channel: notify.SMS, Destination: fmt.Sprintf("+62812345%04d", i), Browser: fmt.Sprint("bot ", i), Lang: "id"}
	}
	for part := range slices.Chunk(rs, 50) {
		var issued []otp.Issued
		s.must(s.world.DB.Write(s.t.Context(), func(tx *sqldb.Tx) (err error) {
			issued, err = s.otp.Issue(tx, part...)
			return err
		}))
		s.work()
		for _, i := range issued {
			s.must(s.notify.Receipt(s.t.Context(), notify.Receipt{MessageID: i.Message, State: notify.Confirmed}))
		}
	}
	s.must(s.notify.Flush(s.t.Context()))
}

func TestTheRoutesSayThatNothingWasSpentAndNothingIsHeld(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	on := s.desk(staff.Operator).get("/console/routes").expect(http.StatusOK, "/console/routes")
	on.holds("main", "Dalam 24 jam terakhir tidak ada biaya SMS yang tercatat.", true)
	on.holds("main", "Tidak ada yang ditahan.", true)
	if on.count("svg.surge, table.held, table.typed") != 0 {
		t.Errorf("something is drawn: %s", on.words("main"))
	}
}

func TestTheRoutesShowWhatCodesCostAndWhoIsHeld(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.pump(notify.SpendFewest)
	desk := s.desk(staff.Operator)
	s.world.Clock.Add(15 * time.Minute)
	on := desk.get("/console/routes")
	on.says("table.typed tbody tr", "0812-3… Telkomsel 100 0 %")
	on.says(".stat:nth-of-type(1) dd", "Rp 35.000 dari Rp 40.000, sampai 10.00 WIB")
	on.says(".stat:nth-of-type(2) dd", "Rp 35.000 dari Rp 100.000, sampai 00.00 WIB")
	if on.count("svg.surge path.look") != 1 || on.count("svg.surge path.bad") != 0 || on.count("svg.surge path.cap") != 1 || on.count("svg.bullet.bad") != 1 {
		t.Error("an hour that is nearly spent is not drawn so")
	}
	s.must(s.notify.JudgeSpending(t.Context()))
	on = desk.get("/console/routes")
	on.says("table.held tbody tr", "0812-3… Ditahan 3 Agustus 2026, 10.15 WIB 0 dari 100 kode diketik")
}

func TestARouteSpentToTheEndIsToldInEnglishToo(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.pump(120)
	s.must(s.notify.JudgeSpending(t.Context()))
	desk := s.desk(staff.Operator)
	desk.lang = "en"
	on := desk.get("/console/routes")
	on.says("table.held tbody tr", "All numbers Held back 3 August 2026, 10:00 WIB Budget spent: Rp 42,000")
	if on.count("svg.surge path.bad") != 1 {
		t.Error("a spent hour is not drawn so")
	}
}
