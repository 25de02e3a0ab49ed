package application_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"gelombang/application"
	"gelombang/draw/drawtest"
	"gelombang/draw/transcript"
	"gelombang/eligibility"
	"gelombang/identity"
	"gelombang/internal/fault"
	"gelombang/internal/locale"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
)

func refused(t *testing.T, err error, key string) *fault.Error {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Key != key {
		t.Fatalf("want %s, got %v", key, err)
	}
	return f
}

func places(t *testing.T, w *drawtest.World, account int64) []application.Place {
	t.Helper()
	return drawtest.Read(t, w.DB, func(q sqldb.Querier) ([]application.Place, error) { return w.Apps.Places(q, account) })
}

// toldKeys are the keys of what an account was told.
func toldKeys(w *drawtest.World, account int64) (keys []string) {
	for _, m := range w.Told() {
		if m.Account == account {
			keys = append(keys, m.Key)
		}
	}
	return keys
}

func TestJoiningGivesASignedReceiptOfTheCommitment(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		w.Set(t, 1, drawtest.NewPerson(1, 1))
		w.Set(t, 2, drawtest.NewPerson(2, 1))
		id := w.Wave(t, "1").ID
		one, two := w.Join(t, 1, id, "a"), w.Join(t, 2, id, "b")
		r, err := transcript.OpenReceipt([]byte(one.Signed))
		if err != nil || r.Key != w.Signer.VerifierKey() || r.Commitment().String() != one.Code() || r.Stratum != "jawa" || r.Wave != "1" {
			t.Errorf("%v %+v", err, r)
		}
		if one.Receipt.Household != two.Receipt.Household || one.Receipt.Nonce == two.Receipt.Nonce {
			t.Error("one family has one tag, each receipt its own nonce")
		}
		if held := places(t, w, 1); len(held) != 1 || held[0].Signed != one.Signed || held[0].Wave.Name != "1" {
			t.Errorf("%+v", held)
		}
	})
}

func TestTwoTabsAndAReplayedFormGiveOneReceipt(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		w.Set(t, 1, drawtest.NewPerson(1, 1))
		id := w.Wave(t, "1").ID
		var wg sync.WaitGroup
		var mu sync.Mutex
		receipts := map[string]bool{}
		for i := range 20 {
			wg.Go(func() {
				p, err := w.Apps.Join(t.Context(), 1, id, strings.Repeat("x", i%2))
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Errorf("a tab was refused: %v", err)
				}
				receipts[p.Signed] = true
			})
		}
		wg.Wait()
		if len(receipts) != 1 || len(places(t, w, 1)) != 1 {
			t.Errorf("%d receipts", len(receipts))
		}
	})
}

func TestOneNIKHasOnePlaceHoweverManyAccountsJoinAtOnce(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		const rivals = 8
		for account := range int64(rivals) {
			w.Set(t, account+1, drawtest.NewPerson(1, 1))
		}
		id := w.Wave(t, "1").ID
		var wg sync.WaitGroup
		errs := make([]error, rivals)
		for i := range errs {
			wg.Go(func() { _, errs[i] = w.Apps.Join(t.Context(), int64(i+1), id, "") })
		}
		wg.Wait()
		joined := 0
		for _, err := range errs {
			if err == nil {
				joined++
				continue
			}
			refused(t, err, application.KeyTaken)
		}
		if joined != 1 {
			t.Errorf("%d of %d rivals joined", joined, rivals)
		}
	})
}

func TestRulesRefuseWithAReasonAndAskForWhatIsMissing(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		id := w.Wave(t, "1").ID
		ctx := t.Context()
		_, err := w.Apps.Join(ctx, 1, id, "")
		if f := refused(t, err, application.KeyNotEligible); len(f.Fields) != 1 || f.Fields[0].Key != "rule.phone" {
			t.Errorf("%+v", f.Fields)
		}
		p := drawtest.NewPerson(1, 1)
		p.State = identity.None
		w.Set(t, 1, p)
		_, err = w.Apps.Join(ctx, 1, id, "")
		if f := refused(t, err, application.KeyMissing); len(f.Fields) != 1 || f.Fields[0].Name != string(eligibility.StepIdentity) {
			t.Errorf("%+v", f.Fields)
		}
		p = drawtest.NewPerson(1, 1)
		p.BirthDate = identity.Date{Year: 2009, Month: 1, Day: 1}
		w.Set(t, 1, p)
		if err := w.Apps.SaveStatements(ctx, 1, application.Statements{"citizen": false}); err != nil {
			t.Fatal(err)
		}
		_, err = w.Apps.Join(ctx, 1, id, "")
		if f := refused(t, err, application.KeyNotEligible); len(f.Fields) != 2 || f.Fields[0].Key != "rule.citizen" || f.Fields[1].Key != "rule.age" {
			t.Errorf("%+v", f.Fields)
		}
		p = drawtest.NewPerson(1, 1)
		p.Claimed = false
		w.Set(t, 2, p)
		_, err = w.Apps.Join(ctx, 2, id, "")
		refused(t, err, application.KeyUnclaimed)
		standing, err := w.Apps.Standing(ctx, 3, id)
		if err != nil || standing.Verdict.Eligible || len(standing.Steps) != 2 {
			t.Errorf("%v %+v", err, standing)
		}
	})
}

func TestStatementsAreAnsweredWhole(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		err := w.Apps.SaveStatements(t.Context(), 1, application.Statements{"pilot": true})
		if f, ok := fault.As(err); !ok || f.Kind != fault.Invalid || len(f.Fields) != 2 {
			t.Errorf("%v", err)
		}
	})
}

func TestAClosedWaveNamesTheNextOpening(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		w.Set(t, 1, drawtest.NewPerson(1, 1))
		first, second := w.Wave(t, "1"), w.Wave(t, "2")
		_, err := w.Apps.Join(t.Context(), 1, second.ID, "")
		if f := refused(t, err, application.KeyNotYet); f.Args["opens"] != second.Opens {
			t.Errorf("%+v", f.Args)
		}
		w.At(t, first.Closes)
		_, err = w.Apps.Join(t.Context(), 1, first.ID, "")
		f := refused(t, err, application.KeyOverNext)
		says := drawtest.Catalog(t).Text(locale.ID, f.Key, f.Args)
		if want := "Gelombang 1 sudah ditutup. Gelombang 2 dibuka Sabtu, 15 Agustus 2026, 09.00 WIB."; says != want {
			t.Errorf("%q", says)
		}
		w.At(t, second.Opens)
		w.At(t, second.Closes)
		_, err = w.Apps.Join(t.Context(), 1, second.ID, "")
		refused(t, err, application.KeyOver)
	})
}

func TestWithdrawingKeepsTheReceiptAndJoiningAgainGivesANewOne(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{Changes: 4})
		w.Set(t, 1, drawtest.NewPerson(1, 1))
		id := w.Wave(t, "1").ID
		ctx := t.Context()
		if f := refused(t, w.Apps.Withdraw(ctx, 1, id), application.KeyNone); f.Kind != fault.NotFound {
			t.Errorf("%v", f)
		}
		first := w.Join(t, 1, id, "form")
		if err := w.Apps.Withdraw(ctx, 1, id); err != nil {
			t.Fatal(err)
		}
		if p := w.Join(t, 1, id, "form"); p.State != application.Withdrawn || p.Signed != first.Signed {
			t.Errorf("an old form joined again: %s", p.State)
		}
		second := w.Join(t, 1, id, "another form")
		held := places(t, w, 1)
		if len(held) != 2 || held[0].Signed != second.Signed || held[1].Signed != first.Signed || held[1].State != application.Withdrawn {
			t.Errorf("%+v", held)
		}
		w.Set(t, 2, drawtest.NewPerson(1, 1)) // the NIK is taken while the second place lives
		_, err := w.Apps.Join(ctx, 2, id, "")
		refused(t, err, application.KeyTaken)
		if err := w.Apps.Withdraw(ctx, 1, id); err != nil {
			t.Fatal(err)
		}
		w.Join(t, 2, id, "")
		_, err = w.Apps.Join(ctx, 1, id, "once more")
		if f := refused(t, err, application.KeyChanges); f.Kind != fault.Limited || !f.Until.Equal(clock.Now().Add(24*time.Hour)) {
			t.Errorf("%v until %v", f, f.Until)
		}
	})
}

func TestACorrectionKeepsThePlaceWithANewReceipt(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		wrong := drawtest.NewPerson(77, 1)
		wrong.State, wrong.Claimed = identity.Parked, false
		w.Set(t, 1, wrong)
		w.Set(t, 2, drawtest.NewPerson(77, 2)) // whose NIK it is
		id := w.Wave(t, "1").ID
		before := w.Join(t, 1, id, "")
		w.Join(t, 2, id, "") // a NIK that was only typed blocks nobody
		wrong.State = identity.NotFound
		w.Set(t, 1, wrong)
		if held := places(t, w, 1); len(held) != 1 || held[0].State != application.Joined {
			t.Fatalf("a verdict that may still be corrected cost the place: %+v", held)
		}
		w.Set(t, 1, drawtest.NewPerson(1, 1))
		held := places(t, w, 1)
		if len(held) != 2 || held[0].State != application.Joined || held[0].Receipt.NIK == before.Receipt.NIK || held[1].Reason != application.ReasonCorrected {
			t.Fatalf("%+v", held)
		}
		if told := toldKeys(w, 1); len(told) != 1 || told[0] != application.TellReissued {
			t.Errorf("%v", told)
		}
		w.At(t, w.Wave(t, "1").Closes)
		w.At(t, w.Wave(t, "1").SettledBy)
		for account := range int64(2) {
			if p := places(t, w, account+1)[0]; p.State != application.Joined || p.Settled.IsZero() {
				t.Errorf("account %d: %s %s", account+1, p.State, p.Reason)
			}
		}
	})
}

func TestSettlingRefusesOnlyWhomTheRegistryOrARuleRefuses(t *testing.T) {
	t.Parallel()
	tests := map[identity.State]struct {
		claimed bool
		state   application.State
		told    string
	}{
		identity.Matched:   {true, application.Joined, ""},
		identity.Parked:    {false, application.Carried, application.TellCarried},
		identity.Differs:   {false, application.Refused, application.TellRefused},
		identity.Deceased:  {false, application.Refused, application.TellRefused},
		identity.Duplicate: {false, application.Refused, application.TellRefused},
		identity.Inactive:  {false, application.Refused, application.TellRefused},
		identity.NotFound:  {false, application.Refused, application.TellRefused},
		identity.InUse:     {false, application.Refused, application.TellRefused},
	}
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		id := w.Wave(t, "1").ID
		for n, st := range identity.States {
			p := drawtest.NewPerson(n+1, n+1)
			p.State, p.Claimed = identity.Parked, false
			w.Set(t, int64(n+1), p)
			w.Join(t, int64(n+1), id, "")
			if want, ok := tests[st]; ok {
				p.State, p.Claimed = st, want.claimed
				w.Set(t, int64(n+1), p)
			}
		}
		w.At(t, w.Wave(t, "1").Closes)
		w.At(t, w.Wave(t, "1").SettledBy)
		cat := drawtest.Catalog(t)
		for n, st := range identity.States {
			want, ok := tests[st]
			if !ok {
				continue
			}
			p := drawtest.Read(t, db, func(q sqldb.Querier) (application.Place, error) { return w.Apps.Place(q, int64(n+1), id) })
			told := strings.Join(toldKeys(w, int64(n+1)), " ")
			if p.State != want.state || told != want.told {
				t.Errorf("%s: %s (%s), told %q", st, p.State, p.Reason, told)
			}
			if p.Reason != "" {
				cat.Text(locale.EN, p.Reason, nil)
			}
		}
		for _, m := range w.Told() {
			for _, part := range []string{".subject", ".text", ".sms"} {
				cat.Text(locale.ID, m.Key+part, m.Args)
				cat.Text(locale.EN, m.Key+part, m.Args)
			}
		}
	})
}

func TestWhoeverIsCarriedWithNoWaveAheadIsToldSo(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		w.At(t, w.Wave(t, "1").Closes)
		w.At(t, w.Wave(t, "2").Opens)
		last := w.Wave(t, "2")
		p := drawtest.NewPerson(1, 1)
		p.State, p.Claimed = identity.Parked, false
		w.Set(t, 1, p)
		w.Join(t, 1, last.ID, "")
		w.At(t, last.Closes)
		w.At(t, last.SettledBy)
		if told := toldKeys(w, 1); len(told) != 1 || told[0] != application.TellUnsettled {
			t.Errorf("%v", told)
		}
	})
}

func TestEveryReasonAndStepHasWords(t *testing.T) {
	t.Parallel()
	cat := drawtest.Catalog(t)
	for _, st := range identity.States {
		if st != identity.Matched && !cat.Has("application.reason."+string(st)) {
			t.Errorf("no words for a person who is %s", st)
		}
	}
	for _, st := range application.States {
		if !cat.Has("application.state." + string(st)) {
			t.Errorf("no words for %s", st)
		}
	}
}
