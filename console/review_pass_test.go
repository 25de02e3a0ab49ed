package console_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"gelombang/identity"
	"gelombang/staff"
)

func TestANewcomerIsDeclinedAndTheSecondLookIsAnothers(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, s *scene) {
		s.rani()
		newcomer := s.crowded()
		at := fmt.Sprintf("/console/review/identity/%d", newcomer)
		agent, supervisor := s.desk(staff.Agent), s.desk(staff.Supervisor)
		before := agent.get("/console/review/next").expect(http.StatusOK, at)
		before.holds(".choices", "boleh meminta pemeriksaan kedua", true)
		agent.send(before, at, "decision", "decline").expect(http.StatusUnprocessableEntity, at)
		gone := agent.send(before, at, "decision", "decline", "reason", "kartunya milik orang lain").expect(http.StatusOK, "/console/review")
		gone.holds(".notice.good", "NIK tidak diteruskan. Pemiliknya diberi tahu alasannya.", true)
		s.identityIs(newcomer, identity.Declined)
		agent.send(before, at, "decision", "admit", "reason", "kartunya milik orang lain").expect(http.StatusConflict, at)
		agent.get(at).expect(http.StatusConflict, at)
		if got := s.deeds("account", newcomer); got[0] != "identity.decline kartunya milik orang lain" {
			t.Errorf("the person reads %q", got)
		}
		s.world.Clock.Add(time.Minute)
		s.must(s.identity.Appeal(t.Context(), newcomer))

		agent.get("/console/review/next").expect(http.StatusOK, "/console/review")
		own := agent.get(at).expect(http.StatusOK, at)
		own.holds(".notice.warm", "Pemeriksaan kedua diputuskan petugas lain.", true)
		if own.count("main form[action='"+at+"']") != 0 {
			t.Error("who said no is offered to decide again")
		}
		agent.send(before, at, "decision", "admit", "reason", "kartunya milik orang lain").expect(http.StatusConflict, at)
		second := supervisor.get("/console/review/next").expect(http.StatusOK, at)
		second.says(".notice.warm", "Permintaan pemeriksaan kedua: petugas lain tidak meneruskan NIK ini")
		second.holds("main", "Keputusan pertama: tidak diteruskan. Alasan: kartunya milik orang lain", true)
		supervisor.send(second, at, "decision", "admit", "reason", "kartu aslinya ditunjukkan").expect(http.StatusOK, "/console/review")
		s.work()
		s.identityIs(newcomer, identity.Matched)
	})
}

func TestWhatIsHandedOnIsLedToAnother(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, s *scene) {
		p := s.unreadable(s.rani())
		s.world.Clock.Add(time.Minute)
		newcomer := s.crowded()
		at := fmt.Sprintf("/console/review/identity/%d", newcomer)
		agent := s.desk(staff.Agent)
		on := agent.get("/console/review/next").expect(http.StatusOK, photoAt(p))
		ask := agent.get(on.href("a[href$='/pass']")).expect(http.StatusOK, photoAt(p)+"/pass")
		agent.send(ask, ask.path, "reason", "ya").expect(http.StatusUnprocessableEntity, ask.path).says(".summary li", "Tulis alasannya, paling sedikit 5 huruf.")
		next := agent.send(ask, ask.path, "reason", "saya mengenal pemiliknya").expect(http.StatusOK, at)
		next.says(".notice.good", "Diserahkan ke petugas lain. Tempatnya di antrean tetap.")
		ask = agent.get(next.href("a[href$='/pass']")).expect(http.StatusOK, at+"/pass")
		agent.send(ask, ask.path, "reason", "perlu penyelia").expect(http.StatusOK, "/console/review")
		list := agent.get("/console/review")
		list.says("tbody tr:first-child small", "(Anda serahkan ke petugas lain)")
		list.says(".rail .count", "2")
		if got := s.deeds("account", newcomer); got[0] != "review.pass perlu penyelia" {
			t.Errorf("the person reads %q", got)
		}

		supervisor := s.desk(staff.Supervisor)
		other := supervisor.get("/console/review/next").expect(http.StatusOK, photoAt(p))
		other.holds("main", "Diserahkan oleh Petugas agent. Alasan: saya mengenal pemiliknya", true)
		supervisor.send(other, photoAt(p), "decision", "unreadable").expect(http.StatusOK, at)
		agent.get(photoAt(p)+"/pass").expect(http.StatusConflict, photoAt(p)+"/pass")

		s.world.Clock.Add(time.Minute)
		s.must(s.photo.Ask(t.Context(), p.Account, p.ID)) // what comes back waits anew
		agent.get("/console/review/next").expect(http.StatusOK, photoAt(p))
	})
}

func TestAnOfficialsDayIsCountedOnTheCapitalsClock(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, s *scene) {
		first := s.unreadable(s.rani())
		second := s.unreadable(s.newcomer("budi@example.com", "form 2"))
		agent := s.desk(staff.Agent)
		agent.send(agent.get(photoAt(first)), photoAt(first), "decision", "accept").holds(".head p", "Anda: 1 selesai hari ini.", true)
		supervisor := s.desk(staff.Supervisor)
		supervisor.get("/console/review").holds(".head p", "selesai hari ini", false)

		midnight := s.world.Clock.Now().Add(7 * time.Hour).Truncate(24 * time.Hour).Add(17 * time.Hour) // 00.00 WIB
		s.world.Clock.Add(midnight.Sub(s.world.Clock.Now()) - time.Millisecond)
		late := s.browser()
		late.signIn("agent@example.com").expect(http.StatusOK, "/console")
		late.get("/console/review").holds(".head p", "Anda: 1 selesai hari ini.", true)
		s.world.Clock.Add(time.Millisecond)
		late.get("/console/review").holds(".head p", "selesai hari ini", false)
		late.send(late.get(photoAt(second)), photoAt(second), "decision", "accept").holds(".head p", "Anda: 1 selesai hari ini.", true)
	})
}
