package transcript_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	. "gelombang/draw/transcript"
)

func TestHonestBundleIsFine(t *testing.T) {
	t.Parallel()
	b := drawnScene(t, fixedHeader(), 40)
	r := verified(t, written(t, b), Options{Root: &b.Root, Key: operator("key").VerifierKey()})
	fine(t, r)
	if !r.Complete || r.Stage != StageDrawn || r.Listed != 40 {
		t.Fatalf("report %+v", r)
	}
	if diff := cmp.Diff(b.Cutoffs, r.Cutoffs); diff != "" {
		t.Fatal(diff)
	}
}

func TestWithoutRootOnlyInnerConsistencyIsClaimed(t *testing.T) {
	t.Parallel()
	r := verified(t, written(t, drawnScene(t, fixedHeader(), 20)), Options{})
	fine(t, r)
	if r.Complete || !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, "--root") }) {
		t.Fatalf("complete %t, notes %q", r.Complete, r.Notes)
	}
}

func TestBundleBeginsWithTheFrozenList(t *testing.T) {
	t.Parallel()
	b := drawnScene(t, fixedHeader(), 20)
	var list bytes.Buffer
	if err := WriteFrozen(&list, &b.Frozen); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(written(t, b), list.Bytes()) {
		t.Fatal("the bundle rewrites the frozen list")
	}
	r := verified(t, list.Bytes(), Options{Root: &b.Root})
	fine(t, r)
	if r.Stage != StageFrozen {
		t.Fatalf("stage %s", r.Stage)
	}
}

func TestBundleReadsBackAsWritten(t *testing.T) {
	t.Parallel()
	b := drawnScene(t, fixedHeader(), 30)
	got, err := ReadBundle(bytes.NewReader(written(t, b)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestAnyChangedByteFails(t *testing.T) {
	t.Parallel()
	file := written(t, drawnScene(t, fixedHeader(), 12))
	rapid.Check(t, func(t *rapid.T) {
		changed := bytes.Clone(file)
		at := rapid.IntRange(0, len(file)-1).Draw(t, "at")
		changed[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "flip"))
		if r := verified(t, changed, Options{}); r.OK() {
			t.Fatalf("byte %d went from %q to %q unseen", at, file[at], changed[at])
		}
	})
}

func TestEveryByteOfAVoidBundleCounts(t *testing.T) {
	t.Parallel()
	f := frozenScene(t, fixedHeader(), 4)
	b, err := RunVoid(f, Void{Reason: RevealMissing, DecidedMs: f.Header.FallbackFrom().UnixMilli()})
	if err != nil {
		t.Fatal(err)
	}
	file := written(t, b)
	for at := range file {
		for _, flip := range []byte{1, 0x20} { // the next digit or letter, and the other case
			changed := bytes.Clone(file)
			changed[at] ^= flip
			if verified(t, changed, Options{}).OK() {
				t.Fatalf("byte %d went from %q to %q unseen", at, file[at], changed[at])
			}
		}
	}
}

func TestAnyLineLeftOutFails(t *testing.T) {
	t.Parallel()
	lines := bytes.SplitAfter(written(t, drawnScene(t, fixedHeader(), 12)), []byte("\n"))
	for i := range len(lines) - 1 {
		if r := verified(t, bytes.Join(slices.Delete(slices.Clone(lines), i, i+1), nil), Options{}); r.OK() {
			t.Fatalf("line %d is not missed: %s", i+1, lines[i])
		}
	}
}

func TestEntryLeftOutIsNamed(t *testing.T) {
	t.Parallel()
	b := drawnScene(t, fixedHeader(), 30)
	gone := slices.IndexFunc(b.Entries, func(e Entry) bool { return e.Commitment == b.Results[3].Commitment })
	b.Entries = slices.Delete(slices.Clone(b.Entries), gone, gone+1)
	r := verified(t, written(t, b), Options{Root: &b.Root})
	contains(t, failing(t, r, CheckList), "the list has 31: 1 left out")
	contains(t, failing(t, r, CheckRoot), "not the list that was published")
	contains(t, failing(t, r, CheckRanks), b.Results[3].Commitment.String(), "not in the list of receipts")
}

func TestSwappedRanksAreNamed(t *testing.T) {
	t.Parallel()
	b := drawnScene(t, fixedHeader(), 30)
	b.Results[1].Commitment, b.Results[2].Commitment = b.Results[2].Commitment, b.Results[1].Commitment
	r := verified(t, written(t, b), Options{Root: &b.Root})
	contains(t, failing(t, r, CheckRanks), "stratum 31 rank 2", "stratum 31 rank 3", b.Results[2].Commitment.String())
	if bad := slices.DeleteFunc(slices.Clone(r.Checks), func(c Check) bool { return c.OK }); len(bad) != 1 {
		t.Fatalf("other checks fail too: %+v", bad)
	}
}

func TestChangedOutcomeAndCutoffAreNamed(t *testing.T) {
	t.Parallel()
	b := drawnScene(t, fixedHeader(), 30)
	b.Cutoffs[1].LastSelected++
	at := slices.IndexFunc(b.Results, func(r Result) bool { return r.Outcome == NotSelected })
	b.Results[at].Outcome = Selected
	contains(t, failing(t, verified(t, written(t, b), Options{}), CheckRanks), "stratum 51 should read", "not_selected")
}

func TestSealShowsAChangeAfterwards(t *testing.T) {
	t.Parallel()
	f := frozenScene(t, fixedHeader(), 6)
	b, err := RunVoid(f, Void{Reason: RevealMissing, DecidedMs: f.Header.FallbackFrom().UnixMilli() + 1000})
	if err != nil {
		t.Fatal(err)
	}
	file := written(t, b)
	from := bytes.Index(file, []byte(`"decided_ms":`)) + len(`"decided_ms":`)
	file[from+12]++
	contains(t, failing(t, verified(t, file, Options{}), CheckSeal), "changed after")
}

func TestAnotherKeyIsNamed(t *testing.T) {
	t.Parallel()
	b := drawnScene(t, fixedHeader(), 10)
	r := verified(t, written(t, b), Options{Key: operator("published").VerifierKey()})
	contains(t, failing(t, r, CheckKey), operator("published").VerifierKey())
}

func TestListMadeAnewAfterTheDrawFailsTheAnnouncedRoot(t *testing.T) {
	t.Parallel()
	h := fixedHeader()
	announced := frozenScene(t, h, 20).Root
	r := verified(t, written(t, drawnScene(t, h, 21)), Options{Root: &announced})
	contains(t, failing(t, r, CheckRoot), announced.String())
	if c, _ := r.Check(CheckList); !c.OK {
		t.Fatal("the new list should be consistent in itself: only the announced root tells")
	}
}

func TestLateFreezeStopsTheDrawAndVerifiesAsVoid(t *testing.T) {
	t.Parallel()
	h := fixedHeader()
	h.FrozenMs = h.FreezeDeadlineMs + 1
	f := frozenScene(t, h, 10)
	if _, err := Run(f, roundOf(h.Round)); err == nil {
		t.Fatal("drawn from a late list")
	}
	b, err := RunVoid(f, Void{Reason: LateFreeze, DecidedMs: h.FrozenMs})
	if err != nil {
		t.Fatal(err)
	}
	r := verified(t, written(t, b), Options{Root: &f.Root})
	fine(t, r)
	if r.Stage != StageVoid {
		t.Fatalf("stage %s", r.Stage)
	}
	drawnAnyway := &Bundle{Frozen: *f, Source: Source{Beacon: new(roundOf(h.Round))}}
	drawnAnyway.Results, drawnAnyway.Cutoffs = Rank(h, f.Households, f.Entries, Seed(f.Root, drawnAnyway.Beacon.Randomness))
	contains(t, failing(t, verified(t, written(t, drawnAnyway), Options{}), CheckTiming), "a late freeze stops the draw")
}

func TestDrawnListCannotBeCalledVoid(t *testing.T) {
	t.Parallel()
	f := frozenScene(t, fixedHeader(), 10)
	voids := []Void{
		{Reason: LateFreeze, DecidedMs: f.Header.FrozenMs},
		{Reason: RevealMissing, DecidedMs: f.Header.FallbackFrom().UnixMilli() - 1},
		{Reason: RevealMissing, DecidedMs: f.Header.FallbackFrom().UnixMilli(), Values: [2]string{officialValues[0].String(), officialValues[1].String()}},
		{Reason: "unloved", DecidedMs: f.Header.FallbackFrom().UnixMilli()},
	}
	for _, v := range voids {
		if _, err := RunVoid(f, v); err == nil {
			t.Errorf("void accepted: %+v", v)
		}
		failing(t, verified(t, written(t, &Bundle{Frozen: *f, Source: Source{Void: &v}}), Options{}), CheckVoid)
	}
}

func TestFallbackNeedsBothValuesAndThreeDays(t *testing.T) {
	t.Parallel()
	f := frozenScene(t, fixedHeader(), 20)
	good := Fallback{Values: officialValues, OpenedMs: f.Header.FallbackFrom().UnixMilli()}
	b, err := RunFallback(f, good)
	if err != nil {
		t.Fatal(err)
	}
	fine(t, verified(t, written(t, b), Options{Root: &f.Root}))

	early, wrong := good, good
	early.OpenedMs--
	wrong.Values[1] = digest("a better value")
	for _, fallback := range []Fallback{early, wrong} {
		if _, err := RunFallback(f, fallback); err == nil {
			t.Errorf("accepted: %+v", fallback)
		}
		b.Fallback = &fallback
		failing(t, verified(t, written(t, b), Options{}), CheckFallback)
	}
}

func TestOnlyTheNamedRoundDraws(t *testing.T) {
	t.Parallel()
	h := fixedHeader()
	f := frozenScene(t, h, 20)
	if _, err := Run(f, roundOf(h.Round+1)); err == nil {
		t.Fatal("drawn with the next round")
	}
	other := roundOf(h.Round + 1)
	b := &Bundle{Frozen: *f, Source: Source{Beacon: &other}}
	b.Results, b.Cutoffs = Rank(h, f.Households, f.Entries, Seed(f.Root, other.Randomness))
	contains(t, failing(t, verified(t, written(t, b), Options{}), CheckBeacon), "the header named round")
}

func TestUnfitHeadersAreNotFrozen(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*Header){
		"a later round":          func(h *Header) { h.Round++ },
		"an earlier round":       func(h *Header) { h.Round-- },
		"a round fixed at close": func(h *Header) { h.RoundFixedMs = h.ClosesMs },
		"frozen before closing":  func(h *Header) { h.FrozenMs = h.ClosesMs - 1 },
		"deadline before closing": func(h *Header) {
			h.FreezeDeadlineMs = h.ClosesMs - 1
			h.FrozenMs = h.ClosesMs
			h.Round = h.FirstRound()
		},
		"one official twice":      func(h *Header) { h.Officials[1] = h.Officials[0] },
		"a chain of one's own":    func(h *Header) { h.Chain.Demo = false },
		"a short delay in public": func(h *Header) { h.Chain, h.MinDelayS = Quicknet, 599; h.Round = h.FirstRound() },
		"a stratum twice":         func(h *Header) { h.Strata = append(h.Strata, h.Strata[0]) },
		"a stranger's key":        func(h *Header) { h.Keys = []string{"other.example+00000000+AAAA"} },
		"no strata":               func(h *Header) { h.Strata = nil },
		"a control character":     func(h *Header) { h.Name = "a\u2028b" },
	} {
		h := fixedHeader()
		spoil(&h)
		households, entries := scene(fixedHeader(), 3)
		if _, err := Freeze(h, households, entries, operator("key")); err == nil {
			t.Errorf("%s: frozen", name)
		}
	}
}

func TestUnfitListsAreNotFrozen(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*[]Household, *[]Entry){
		"an entry twice":      func(_ *[]Household, e *[]Entry) { *e = append(*e, (*e)[0]) },
		"an unknown stratum":  func(_ *[]Household, e *[]Entry) { (*e)[0].Stratum = "99" },
		"an unknown state":    func(_ *[]Household, e *[]Entry) { (*e)[0].State = "maybe" },
		"a household twice":   func(h *[]Household, _ *[]Entry) { *h = append(*h, (*h)[0]) },
		"a household at cap":  func(h *[]Household, _ *[]Entry) { (*h)[0].Left = 2 },
		"less than no places": func(h *[]Household, _ *[]Entry) { (*h)[0].Left = -1 },
	} {
		households, entries := scene(fixedHeader(), 5)
		spoil(&households, &entries)
		if _, err := Freeze(fixedHeader(), households, entries, operator("key")); err == nil {
			t.Errorf("%s: frozen", name)
		}
	}
}

func TestQuicknetWaveFreezesWithTenMinutes(t *testing.T) {
	t.Parallel()
	h := fixedHeader()
	h.Chain = Quicknet
	h.Round = h.FirstRound()
	f := frozenScene(t, h, 5)
	if at := RoundTime(h.Chain, h.Round); at.Before(time.UnixMilli(h.FreezeDeadlineMs).Add(MinDelay)) {
		t.Fatalf("round at %s", at)
	}
	var list bytes.Buffer
	if err := WriteFrozen(&list, f); err != nil {
		t.Fatal(err)
	}
	fine(t, verified(t, list.Bytes(), Options{}))
}

func contains(tb rapid.TB, says string, parts ...string) {
	tb.Helper()
	for _, part := range parts {
		if !strings.Contains(says, part) {
			tb.Errorf("%q does not say %q", says, part)
		}
	}
}
