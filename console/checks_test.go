package console_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"gelombang/audit"
	"gelombang/identity"
	"gelombang/internal/sqldb"
	registrysim "gelombang/sim/registry"
	"gelombang/staff"
)

const (
	checksPath = "/console/checks"
	switchPath = "/console/checks/mode"
	quiet      = "kantor data kependudukan meminta jeda"
)

// waits sends a newcomer's data, which nobody has answered about yet.
func (s *scene) waits(n int) int64 {
	s.t.Helper()
	id := s.newcomer(fmt.Sprintf("pemohon%d@example.com", n), fmt.Sprint("form ", n))
	f := raniForm
	f.NIK = fmt.Sprintf("320101410790%04d", n)
	s.must(s.identity.Submit(s.t.Context(), id, f))
	return id
}

func (s *scene) health() (h identity.Health) {
	s.t.Helper()
	s.must(s.world.DB.Read(s.t.Context(), func(rx *sqldb.Rx) (err error) {
		h, err = s.identity.Health(rx)
		return err
	}))
	return h
}

func (s *scene) factsOf(account int64) (f identity.Facts) {
	s.t.Helper()
	s.must(s.world.DB.Read(s.t.Context(), func(rx *sqldb.Rx) (err error) {
		f, err = s.identity.Facts(rx, account)
		return err
	}))
	return f
}

func (s *scene) setMode(m identity.Mode) {
	s.t.Helper()
	s.must(s.identity.SetMode(s.t.Context(), m, audit.Staff(1), quiet))
}

func TestTheWayOfCheckingIsSwitchedWithAReasonAndKept(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, s *scene) {
		b := s.desk(staff.Operator)
		on := b.get(checksPath).expect(http.StatusOK, checksPath)
		on.says("live-part .badge", "Ditanya langsung")
		on.says(".rail [aria-current]", "Pencocokan")
		on.holds("main", "Belum pernah diubah", true)
		if on.count("input[type=radio][name=mode]") != 4 || on.attr("input[checked]", "value") != "online" || on.count("a[href*='?mode=']") != 0 {
			t.Errorf("four ways, the one in force chosen, and nothing to go back to: %s", on.words("form"))
		}
		wrong := b.send(on, switchPath, "mode", "park", "reason", " ").expect(http.StatusUnprocessableEntity, switchPath)
		wrong.says(".summary li", "Tulis alasannya, paling sedikit 5 huruf.")
		if wrong.attr("input[checked]", "value") != "park" {
			t.Error("what was chosen is forgotten")
		}
		b.send(on, switchPath, "mode", "online", "reason", quiet).says(".summary li", "Cara ini sudah berlaku. Pilih cara lain.")
		b.send(on, switchPath, "mode", "guess", "reason", "").says(".summary li", "Pilih salah satu cara pencocokan. Tulis alasannya, paling sedikit 5 huruf.")
		if h := s.health(); h.Mode != identity.Online || !h.Since.IsZero() {
			t.Fatalf("a mistake switched: %+v", h)
		}

		s.world.Clock.Add(time.Minute)
		done := b.send(wrong, switchPath, "mode", "park", "reason", quiet).expect(http.StatusOK, checksPath)
		done.says("live-part .badge", "Dijeda")
		done.says(".notice.good p", "Pencocokan dijeda. Tidak ada yang ditanyakan lagi.")
		done.holds(".timeline", "Dijeda. Petugas operator: "+quiet, true)
		if got := s.modeDeeds(); !slices.Equal(got, []string{"identity.mode park: " + quiet}) {
			t.Errorf("audited %q", got)
		}
		back := b.get(done.href("a[href*='?mode=']"))
		if back.attr("input[checked]", "value") != "online" {
			t.Error("the way back is not chosen beforehand")
		}
		s.world.Clock.Add(time.Minute)
		b.send(back, switchPath, "mode", "online", "reason", "jeda selesai").says("live-part .badge", "Ditanya langsung")
		if s.health().Mode != identity.Online {
			t.Error("it is not asked directly again")
		}
	})
}

// modeDeeds are the audit log's changes of mode, the newest first.
func (s *scene) modeDeeds() (out []string) {
	s.t.Helper()
	s.must(s.world.DB.Read(s.t.Context(), func(rx *sqldb.Rx) error {
		list, err := audit.Newest(rx, 50)
		for _, e := range list {
			if e.Action == "identity.mode" {
				out = append(out, e.Action+" "+e.Reason)
			}
		}
		return err
	}))
	return out
}

func TestLettingPeoplePassUncheckedIsAskedTwice(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, s *scene) {
		s.setMode(identity.Park)
		id := s.waits(1)
		b := s.desk(staff.Supervisor)
		ask := b.send(b.get(checksPath), switchPath, "mode", "off", "reason", "keputusan rapat").expect(http.StatusUnprocessableEntity, switchPath)
		ask.says("h1", "Matikan pencocokan?")
		ask.says("main .lead", "1 orang yang sedang menunggu langsung lolos tanpa dicocokkan. Begitu juga semua yang mengirim sesudah ini.")
		ask.says(".facts dd", "keputusan rapat")
		if s.health().Mode != identity.Park {
			t.Fatal("asking switched it off")
		}
		b.send(ask, switchPath).expect(http.StatusOK, checksPath).says("live-part .badge", "Tanpa pencocokan")
		s.work()
		if f := s.factsOf(id); f.State != identity.Parked || !f.Waived {
			t.Errorf("%+v", f)
		}
		b.get(switchPath).expect(http.StatusOK, checksPath) // a reload of the question
	})
}

func TestWhoMayOnlyLookSeesNoFormAndCannotSwitch(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	operator := s.desk(staff.Operator)
	form := operator.get(checksPath)
	for _, role := range []staff.Role{staff.Agent, staff.Auditor} {
		b := s.desk(role)
		on := b.get(checksPath).expect(http.StatusOK, checksPath)
		if on.count("main form") != 0 {
			t.Errorf("%s is offered the switch", role)
		}
		on.holds("main", "hanya melihat. Operator atau supervisor yang mengubahnya.", true)
		b.send(form, switchPath, "mode", "park", "reason", quiet).expect(http.StatusForbidden, switchPath)
	}
	if s.health().Mode != identity.Online {
		t.Error("it was switched all the same")
	}
}

func TestASwitchOfWhoDidNotSeeTheLastOneIsAskedToLookAgain(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	b := s.desk(staff.Operator)
	old := b.get(checksPath)
	s.setMode(identity.File)
	again := b.send(old, switchPath, "mode", "park", "reason", quiet).expect(http.StatusUnprocessableEntity, switchPath)
	again.says(".summary li", "Petugas lain baru saja mengubahnya menjadi: Lewat berkas. Periksa dulu, lalu pilih lagi.")
	if s.health().Mode != identity.File {
		t.Error("it was switched")
	}
	b.send(again, switchPath, "mode", "park", "reason", quiet).says("live-part .badge", "Dijeda")
}

func TestCheckingByFileShowsTheTwoCommands(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.setMode(identity.File)
	b := s.desk(staff.Auditor)
	b.lang = "en"
	on := b.get(checksPath)
	on.says("pre", "gelombang registry export --out questions.sealed --passphrase-file secret gelombang registry import answers.sealed --passphrase-file secret")
	on.says(".notice h2", "Checked by file")
	s.setMode(identity.Online)
	if b.get(checksPath).count("pre") != 0 {
		t.Error("the commands are shown while the registry is asked")
	}
}

func TestAnswersAndSilenceAreDrawnByTheMinute(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, s *scene) {
		b := s.desk(staff.Operator)
		b.get(checksPath).holds("main", "Sampai menit yang lalu tidak ada yang ditanyakan dalam sejam terakhir.", true)
		for n := range 3 {
			s.waits(n + 1)
			s.work()
			s.world.Clock.Add(time.Minute)
		}
		s.silence(t)
		on := b.get(checksPath)
		on.says("live-part .badge", "Tidak menjawab")
		on.says(".notice h2", "Data kependudukan tidak menjawab")
		on.says(".stat:nth-of-type(1) dd", "1 ditanyakan menurut urutan")
		on.says(".stat:nth-of-type(3) dd", "– lajunya belum diketahui")
		on.says(".stat:nth-of-type(4) dd", "3 100 % cocok")
		on.says("table.verdicts tbody tr", "Cocok 3 100 %")
		if answers, silent := on.attr("svg.surge path", "d"), on.attr("svg.surge path.silent", "d"); strings.Count(answers, "M") != 3 || silent == "" {
			t.Errorf("answers %q, silence %q", answers, silent)
		}
		on = b.get("/console")
		on.holds(".todo", "Data kependudukan tidak menjawab; 1 orang menunggu.", true)
		if on.count(`.todo a[href="`+checksPath+`"]`) != 1 {
			t.Error("the overview does not lead there")
		}
	})
}

// silence lets the registry fall silent for long enough that it counts as down.
func (s *scene) silence(t *testing.T) {
	t.Helper()
	s.must(s.registry.SetControl(registrysim.Control{Fault: "http500"}))
	s.waits(9)
	for range 8 {
		s.work()
		s.world.Clock.Add(time.Minute)
	}
	if h := s.health(); !h.Down {
		t.Fatalf("%+v", h)
	}
}

func TestTheOverviewRemindsOfARegistryThatNobodyAsks(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	b := s.desk(staff.Operator)
	s.setMode(identity.Park)
	on := b.get("/console")
	on.holds("main table", "Data kependudukan 0 jawaban per 10 menit, 0 menunggu Dijeda", true)
	if on.count(`.todo a[href="`+checksPath+`"]`) != 0 {
		t.Error("a pause that harms nobody is something to do")
	}
	s.waits(1)
	s.world.Clock.Add(11 * time.Minute)
	on = b.get("/console")
	on.holds(".todo", "Pantau Cara pencocokan sudah 11 menit: Dijeda. 1 orang menunggu dan tidak ada yang ditanyakan.", true)
	on.holds(".todo", "Pencocokan berjalan sendiri", false)
	s.world.Clock.Add(24 * time.Hour)
	b.signIn("operator@example.com")
	b.get("/console").holds(".todo", "Tindakan Cara pencocokan sudah 1 hari: Dijeda.", true)
}
