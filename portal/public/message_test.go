package public_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"gelombang/internal/sqldb"
	"gelombang/notify"
)

func (s *scene) queued(m notify.Message) int64 {
	s.t.Helper()
	m.Key, m.Lang = "test.hello", "id"
	var ids []int64
	s.must(s.db.Write(s.t.Context(), func(tx *sqldb.Tx) (err error) {
		ids, err = s.notify.Queue(tx, m)
		return err
	}))
	return ids[0]
}

func TestAMessageOfOursIsKnownByItsMark(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	id := s.queued(notify.Message{Channel: notify.SMS, To: "+6281234567890", Args: map[string]string{"secret": "rahasia"}})
	s.clock.Add(3 * time.Hour)
	if form := s.get("/message", "id"); form.status != 200 || len(form.all("form[action='/message'] input[name=mark]")) != 1 || len(form.all(".button")) != 1 {
		t.Fatalf("%d %s", form.status, form.body)
	}
	p := s.ask("#" + strings.ToLower(s.notify.Mark(id)))
	if p.status != 200 || !strings.HasPrefix(p.words("h1"), "Ya") {
		t.Fatalf("%d %s", p.status, p.words("main"))
	}
	facts := p.words(".facts")
	for _, want := range []string{"Senin, 3 Agustus 2026, 09.00 WIB", "SMS", "••••90"} {
		if !strings.Contains(facts, want) {
			t.Errorf("%q is not in %s", want, facts)
		}
	}
	if strings.Contains(p.body, "rahasia") || strings.Contains(p.body, "7890") {
		t.Error("the answer tells more than two characters")
	}
}

func TestAMessageThatWeNeverSentIsCalledSo(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	p := s.ask(s.notify.Mark(s.db.NewID()))
	if p.status != 200 || !strings.HasPrefix(p.words("h1"), "Tidak") || len(p.all(".state")) != 1 || len(p.all(".facts")) != 0 {
		t.Errorf("%d %s", p.status, p.words("main"))
	}
}

func TestASlipKeepsWhatWasTypedAndSaysWhatToLookAt(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for typed, want := range map[string]string{"": "belum diisi", "AB3": "ini 3", "O123456789": "tidak memakai O", "<b>&\"": "tidak memakai <", "AAAAAAAAAB": "tidak utuh"} {
		p := s.ask(typed)
		if p.status != http.StatusUnprocessableEntity || len(p.all(".summary")) != 1 || !strings.Contains(p.words(".field .error"), want) {
			t.Errorf("%q: %d %s", typed, p.status, p.words("main"))
		}
		if in := p.all("input[name=mark]"); len(in) != 1 || !strings.Contains(p.body, `name="mark"`) {
			t.Errorf("%q: %d inputs", typed, len(in))
		}
	}
}

func TestPastTheBudgetThePageSaysUntilWhen(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	wrong := s.notify.Mark(s.db.NewID())
	s.ask(wrong)
	s.must(s.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(`UPDATE limit_use SET used = most WHERE name = $1`, notify.Budgets()[0].Name)
		return err
	}))
	if p := s.ask(wrong); p.status != http.StatusTooManyRequests || p.header.Get("Retry-After") != "3600" || !strings.Contains(p.words("main"), "10.00 WIB") {
		t.Errorf("%d %v %s", p.status, p.header, p.words("main"))
	}
}
