package portal_test

import (
	"strings"
	"testing"
	"time"

	"gelombang/internal/sqldb"
	"gelombang/otp"
)

// guessers type wrong codes all over the programme.
func (s *scene) guessers() {
	s.t.Helper()
	s.must(s.db.Write(s.t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(`INSERT INTO guess_count (minute_ms, correct, wrong) VALUES ($1, 0, $2)`,
			tx.Now().Truncate(time.Minute).UnixMilli(), otp.DefaultRise.Least)
		return err
	}))
	s.clock.Add(time.Minute)
	s.must(s.otp.Judge(s.t.Context()))
}

func TestAnUnknownBrowserIsToldWhyOneCodeIsNotEnoughAndWhatIs(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	owner := s.browser()
	owner.withPassword()
	owner.withPhone(raniPhone)
	s.clock.Add(24 * time.Hour)
	s.guessers()
	b := s.browser()
	asked := b.types(b.send(b.get("/sign-in/code?next=/identity"), "/sign-in/code", "address", rani), rani).expect(200, "/sign-in/second")
	state := asked.words("dl.state")
	if !strings.Contains(state, "banyak kode salah") || !strings.Contains(asked.words("main"), "0812••••7890") {
		t.Errorf("it is not said why, or what is enough: %s", asked.words("main"))
	}
	if asked.count("[role=timer], .countdown") != 1 || asked.count(`.actions a[href^="/sign-in?"]`) != 1 || asked.count(`.actions button.button`) != 1 {
		t.Errorf("no countdown, or not one main action: %s", asked.body)
	}
	if again := b.get("/sign-in/second?next=/identity").expect(200, "/sign-in/second"); again.count("form[action='/sign-in/second']") != 1 {
		t.Error("the page is lost by loading it again")
	}
	sent := b.send(asked, "/sign-in/second")
	b.types(sent, raniPhone).expect(200, "/identity")
	b.get("/sign-in/second").expect(200, "/me")
}

func TestThePasswordIsASecondProof(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.browser().withPassword()
	s.clock.Add(24 * time.Hour)
	s.guessers()
	b := s.browser()
	asked := b.types(b.asks("/sign-in/code", rani), rani).expect(200, "/sign-in/second")
	if asked.count("form[action='/sign-in/second']") != 0 || asked.count("main a.button") != 1 {
		t.Errorf("%s", asked.body)
	}
	form := b.get(asked.attr("main a.button", "href"))
	b.send(form, "/sign-in", "address", rani, "password", raniPassword).expect(200, "/me")
}

func TestWhoeverGaveNoFirstProofSeesNobodysSecond(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.browser().withPassword()
	s.guessers()
	s.browser().get("/sign-in/second").expect(404, "/sign-in/second")
	b := s.browser()
	page := b.get("/sign-in/code")
	b.post("/sign-in/second", page.form("/sign-in/code")).expect(404, "/sign-in/second")
}

func TestTheLimitsSayWhatIsSoWhileWrongCodesRise(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	b := s.browser()
	calm := b.get("/limits").expect(200, "/limits")
	if calm.count(".notice") != 0 || !strings.Contains(calm.words("main"), "200 kode salah atau lebih") {
		t.Fatalf("%s", calm.words("main"))
	}
	s.guessers()
	if rising := b.get("/limits").expect(200, "/limits"); !strings.Contains(rising.words(".notice"), "Sedang berlaku") {
		t.Fatalf("%s", rising.words("main"))
	}
}
