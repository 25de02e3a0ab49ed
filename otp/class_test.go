package otp_test

import (
	"strings"
	"testing"
	"time"

	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/notify"
	"gelombang/otp"
)

// classes are of who is known to live on an island, and of an operator that is slow.
func classes() []otp.Class {
	slow, island := otp.DefaultPolicy, otp.DefaultPolicy
	slow.Life, slow.SendsPerDestinationHour, slow.GuessesPerChallenge = 30*time.Minute, 5, 3
	island.SendsPerDestinationHour, island.SendsPerDestinationDay = 6, 12
	return []otp.Class{
		{Name: "island", When: otp.Criteria{Browser: otp.KnownBrowser, Provinces: []string{"91", "94"}}, Policy: island},
		{Name: "slow", When: otp.Criteria{Channel: notify.SMS, Operators: []string{notify.Smartfren}}, Policy: slow},
	}
}

func eachClass(t *testing.T, test func(w *world)) {
	t.Helper()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		test(newWorldOf(t, db, clock, otp.Config{Classes: classes()}))
	})
}

func TestAClassHasLimitsOfItsOwnAndKeepsThemForACode(t *testing.T) {
	t.Parallel()
	eachClass(t, func(w *world) {
		r := otp.Request{Purpose: otp.ProvePhone, Channel: notify.SMS, Destination: "+628811234567", Account: 7, Browser: mine, Lang: "id"}
		v := w.issue(r)[0].View
		if v.TriesLeft != 3 || v.SendsLeft != 4 || !v.Expires.Equal(w.clock.Now().Add(30*time.Minute)) {
			w.Fatalf("%+v", v)
		}
		w.clock.Add(20 * time.Minute) // past half of its life: another code, of the same class
		heir, err := w.codes.Resend(w.Context(), v.Challenge, theirs)
		if err != nil || heir == v.Challenge {
			w.Fatalf("%d %v", heir, err)
		}
		if v := w.view(heir, mine); v.TriesLeft != 3 || v.SendsLeft != 3 || !v.Expires.Equal(w.clock.Now().Add(30*time.Minute)) {
			w.Fatalf("%+v", v)
		}
		r.Destination = phone
		if v := w.issue(r)[0].View; v.TriesLeft != 5 || v.SendsLeft != 2 {
			w.Fatalf("another operator: %+v", v)
		}
	})
}

func TestWhereSomebodyLivesShowsInAKnownBrowserAlone(t *testing.T) {
	t.Parallel()
	eachClass(t, func(w *world) {
		r := asking(theirs)
		r.Province = "94"
		if v := w.issue(r)[0].View; v.SendsLeft != 2 {
			w.Fatalf("a stranger sees that somebody of the province has the address: %+v", v)
		}
		r.Browser, r.Known = mine, true
		if v := w.issue(r)[0].View; v.SendsLeft != 5 {
			w.Fatalf("%+v", v)
		}
	})
}

func TestTheLimitsOfAClassArePublishedWhereTheyDiffer(t *testing.T) {
	t.Parallel()
	eachClass(t, func(w *world) {
		base, found := len(otp.DefaultPolicy.Limits()), map[string]int{}
		for _, row := range w.codes.Limits()[base:] {
			found[row.Class+" "+row.Name] = row.Most
		}
		for row, most := range map[string]int{"island otp.send.hour": 6, "island otp.send.day": 12, "island otp.send.back": 12,
			"slow otp.send.hour": 5, "slow otp.guess.challenge": 3, " otp.rise": 200} {
			if found[row] != most {
				w.Errorf("%s is published as %d", row, found[row])
			}
			delete(found, row)
		}
		if len(found) != 0 {
			w.Errorf("published besides: %v", found)
		}
	})
}

func TestAClassThatCannotBeIsRefusedAtStart(t *testing.T) {
	t.Parallel()
	clock := sqldbtest.NewClock()
	db := sqldbtest.Open(t, sqldb.SQLite, clock)
	good := newWorld(t, db, clock, otp.DefaultPolicy).config
	for name, c := range map[string]struct {
		spoil func(*otp.Class)
		words string
	}{
		"a stranger's province":     {func(c *otp.Class) { c.When = otp.Criteria{Provinces: []string{"94"}} }, "need the browser to be known"},
		"everybody":                 {func(c *otp.Class) { c.When = otp.Criteria{} }, "everybody"},
		"no such channel":           {func(c *otp.Class) { c.When.Channel = "pigeon" }, `no channel "pigeon"`},
		"no such browser":           {func(c *otp.Class) { c.When.Browser = "nice" }, `not "nice"`},
		"operator of another world": {func(c *otp.Class) { c.When.Operators = []string{notify.Gmail} }, `operator "gmail"`},
		"no name":                   {func(c *otp.Class) { c.Name = "" }, "no name of its own"},
		"codes that can be guessed": {func(c *otp.Class) { c.Policy.GuessesPerDestinationDay = 101 }, "blind guesser"},
		"other digits":              {func(c *otp.Class) { c.Policy.Digits = 8 }, "6 digits for everybody"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			class := classes()[1]
			c.spoil(&class)
			config := good
			config.Classes = []otp.Class{class}
			if _, err := otp.New(config); err == nil || !strings.Contains(err.Error(), c.words) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestAClassThatIsNoMoreLeavesItsCodesToEverybodysLimits(t *testing.T) {
	t.Parallel()
	eachClass(t, func(w *world) {
		r := otp.Request{Purpose: otp.ProvePhone, Channel: notify.SMS, Destination: "+628811234567", Account: 7, Browser: mine, Lang: "id"}
		id := w.challenge(r)
		without := w.config
		without.Classes = nil
		codes, err := otp.New(without)
		if err != nil {
			w.Fatal(err)
		}
		w.codes = codes
		if v := w.view(id, mine); v.SendsLeft != 2 || v.TriesLeft != 3 {
			w.Fatalf("%+v", v)
		}
		if err := w.check(id, w.codeOf(id)); err != nil {
			w.Fatal(err)
		}
	})
}
