package identity_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"gelombang/identity"
	"gelombang/identity/registry"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	sim "gelombang/sim/registry"
)

// envelope is one way in which the registry answers, and what it must become.
type envelope struct {
	word  string
	state identity.State
	cause registry.Cause // Parked: why
	told  string         // "": nothing
}

var envelopes = []envelope{
	{"matched", identity.Matched, "", "matched"},
	{"name_differs", identity.Differs, "", "differs"},
	{"kk_differs", identity.Differs, "", "differs"},
	{"birth_date_differs", identity.Differs, "", "differs"},
	{"birth_place_differs", identity.Differs, "", "differs"},
	{"sex_differs", identity.Differs, "", "differs"},
	{"name_kk_differ", identity.Differs, "", "differs"},
	{"deceased", identity.Deceased, "", "person_state"},
	{"duplicate", identity.Duplicate, "", "person_state"},
	{"inactive", identity.Inactive, "", "person_state"},
	{"not_found", identity.NotFound, "", "not_found"},
	{"http500", identity.Parked, registry.CauseHTTP, ""},
	{"quota", identity.Parked, registry.CauseQuota, ""},
	{"login", identity.Parked, registry.CauseLogin, ""},
	{"ip", identity.Parked, registry.CauseIP, ""},
	{"garbage", identity.Parked, registry.CauseGarbage, ""},
	{"reset", identity.Parked, registry.CauseUnreachable, ""},
	{"html", identity.Parked, registry.CauseGarbage, ""},
	{"half", identity.Parked, registry.CauseUnreachable, ""},
	{"another", identity.Parked, registry.CauseGarbage, ""},
	{"contradictory", identity.Parked, registry.CauseGarbage, ""},
	{"timeout", identity.Parked, registry.CauseTimeout, ""},
}

// The steps at which an answer can come: to a first submission, to a correction after a
// "no", and to a question that was put off before.
var steps = map[string]func(t *testing.T, s *scene, account int64, serial string){
	"first": func(t *testing.T, s *scene, account int64, serial string) {
		t.Helper()
		s.submit(t, account, form(serial))
	},
	"correction": func(t *testing.T, s *scene, account int64, serial string) {
		t.Helper()
		s.client = answers{differingName}
		s.submit(t, account, form(serial))
		s.runDue(t)
		s.submit(t, account, form(serial))
	},
	"again": func(t *testing.T, s *scene, account int64, serial string) {
		t.Helper()
		s.client = answers{registry.Answer{Outcome: registry.NoAnswer, Cause: registry.CauseTimeout}}
		s.submit(t, account, form(serial))
		s.runDue(t)
		s.clock.Set(s.record(t, account).NextTry)
	},
}

func TestEveryEnvelopeAtEveryStepHasItsClassAndItsWords(t *testing.T) {
	t.Parallel()
	languages := []map[string]string{catalog(t, "id"), catalog(t, "en")}
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		serial := 0
		for _, shape := range registry.Shapes {
			for step, reach := range steps {
				for _, e := range envelopes {
					serial++
					account := s.account(t, true)
					name := fmt.Sprintf("%s, %s, %s", shape, step, e.word)
					reach(t, s, account, fmt.Sprintf("%04d", serial))
					s.mu.Lock()
					s.told = nil
					s.mu.Unlock()
					s.answer(t, shape, e.word)
					s.expectEnvelope(t, name, account, e)
					for _, words := range languages {
						expectWords(t, name, words, e)
					}
					s.heal(t, account)
				}
			}
		}
	})
}

// answer has the registry answer so to everybody, and the question asked.
func (s *scene) answer(t *testing.T, shape registry.Shape, word string) {
	t.Helper()
	control := sim.Control{Fault: word}
	if word == "matched" {
		control = sim.Control{}
	}
	s.control(t, control)
	patience := 5 * time.Second
	if word == "timeout" {
		patience = 50 * time.Millisecond
	}
	s.client = s.askIn(shape, patience)
	s.runDue(t)
}

func (s *scene) expectEnvelope(t *testing.T, name string, account int64, e envelope) {
	t.Helper()
	r := s.record(t, account)
	if r.State != e.state || r.NoAnswer != e.cause || (r.State == identity.Differs) != (len(r.Fields) > 0) {
		t.Errorf("%s: %+v", name, r)
	}
	var told []string
	if e.told != "" {
		told = []string{telling(account, e.told)}
	}
	if !slices.Equal(s.told, told) {
		t.Errorf("%s: told %q", name, s.told)
	}
}

func expectWords(t *testing.T, name string, words map[string]string, e envelope) {
	t.Helper()
	keys := []string{".happened", ".next", ".when"}
	for i := range keys {
		keys[i] = "identity.state." + string(e.state) + keys[i]
	}
	if e.told != "" {
		keys = append(keys, "identity.told."+e.told+".subject", "identity.told."+e.told+".text", "identity.told."+e.told+".sms")
	}
	for _, key := range keys {
		if words[key] == "" {
			t.Errorf("%s: no words for %s", name, key)
		}
	}
}

// heal gives somebody who still waits their answer, so that they are in nobody's way.
func (s *scene) heal(t *testing.T, account int64) {
	t.Helper()
	s.control(t, sim.Control{})
	s.client = answers{registry.Answer{Outcome: registry.Matched}}
	if r := s.record(t, account); r.State == identity.Parked {
		s.clock.Set(r.NextTry)
		s.runDue(t)
		s.expectState(t, account, identity.Matched)
	}
}
