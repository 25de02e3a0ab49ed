package transcript_test

import (
	"slices"
	"strings"
	"testing"

	. "gelombang/draw/transcript"
)

func issued(t *testing.T, r Receipt, s *Signer) []byte {
	t.Helper()
	text, err := IssueReceipt(r, s)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(text)
}

func TestReceiptCarriesEveryInputOfItsCommitment(t *testing.T) {
	t.Parallel()
	want := receiptOf(fixedHeader(), 5)
	got, err := OpenReceipt(issued(t, want, operator("key")))
	if err != nil {
		t.Fatal(err)
	}
	want.Key = operator("key").VerifierKey()
	if got != want || got.Commitment() != want.Commitment() {
		t.Fatalf("got %+v, want %+v", got, want)
	}
}

func TestReceiptSurvivesWindowsLineEnds(t *testing.T) {
	t.Parallel()
	text := string(issued(t, receiptOf(fixedHeader(), 5), operator("key")))
	if _, err := OpenReceipt([]byte("\r\n" + strings.ReplaceAll(text, "\n", "\r\n") + "\r\n")); err != nil {
		t.Fatal(err)
	}
}

func TestAnyChangedByteSpoilsTheReceipt(t *testing.T) {
	t.Parallel()
	text := issued(t, receiptOf(fixedHeader(), 5), operator("key"))
	for at := range len(text) - 1 { // the last newline may go
		changed := slices.Clone(text)
		changed[at] ^= 1
		if _, err := OpenReceipt(changed); err == nil {
			t.Fatalf("byte %d went from %q to %q unseen", at, text[at], changed[at])
		}
	}
}

func TestUnfitReceiptsAreNotIssued(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*Receipt){
		"a short NIK":       func(r *Receipt) { r.NIK = "317401" },
		"no nonce":          func(r *Receipt) { r.Nonce = Digest{} },
		"a line in the id":  func(r *Receipt) { r.Stratum = "31\nnik 1" },
		"no time of issue":  func(r *Receipt) { r.IssuedMs = 0 },
		"a wave without id": func(r *Receipt) { r.Wave = "" },
	} {
		r := receiptOf(fixedHeader(), 5)
		spoil(&r)
		if _, err := IssueReceipt(r, operator("key")); err == nil {
			t.Errorf("%s: issued", name)
		}
	}
}

func TestReceiptProvesItsEntryAndRank(t *testing.T) {
	t.Parallel()
	b := drawnScene(t, fixedHeader(), 40)
	file := written(t, b)
	for n := range 40 {
		receipt := receiptOf(b.Header, n)
		r := verified(t, file, Options{Root: &b.Root, Receipt: issued(t, receipt, operator("key"))})
		fine(t, r)
		i := slices.IndexFunc(b.Entries, func(e Entry) bool { return e.Commitment == receipt.Commitment() })
		if err := r.Finding.Inclusion.Check(b.Root, b.Entries[i]); err != nil || r.Finding.State != b.Entries[i].State {
			t.Fatalf("finding %+v: %v", r.Finding, err)
		}
		at := slices.IndexFunc(b.Results, func(r Result) bool { return r.Commitment == receipt.Commitment() })
		if (at < 0) != (r.Finding.Result == nil) || at >= 0 && *r.Finding.Result != b.Results[at] {
			t.Fatalf("applicant %d: finding %+v", n, r.Finding)
		}
	}
}

func TestInclusionHoldsForItsOwnEntryAndRootAlone(t *testing.T) {
	t.Parallel()
	f := frozenScene(t, fixedHeader(), 23)
	for i, e := range f.Entries {
		proof, err := Include(f, i)
		if err != nil || proof.Check(f.Root, e) != nil {
			t.Fatalf("entry %d: %v", i, err)
		}
		if proof.Check(digest("root"), e) == nil || proof.Check(f.Root, f.Entries[(i+1)%len(f.Entries)]) == nil {
			t.Fatalf("the proof of entry %d proves something else", i)
		}
	}
}

func TestReceiptLeftOutIsEvidence(t *testing.T) {
	t.Parallel()
	b := drawnScene(t, fixedHeader(), 20)
	r := verified(t, written(t, b), Options{Root: &b.Root, Receipt: issued(t, receiptOf(b.Header, 20), operator("key"))})
	contains(t, failing(t, r, CheckReceipt), "left out", "evidence")
	if r.Finding.Listed {
		t.Fatal("listed")
	}
}

func TestReceiptOfAnotherDrawIsNamed(t *testing.T) {
	t.Parallel()
	b := drawnScene(t, fixedHeader(), 20)
	other := receiptOf(b.Header, 3)
	other.Wave = "6"
	late := receiptOf(b.Header, 33)
	late.IssuedMs = b.Header.FrozenMs + 1
	file := written(t, b)
	for want, receipt := range map[string][]byte{
		"the receipt is for wave 6":           issued(t, other, operator("key")),
		"issued after this list":              issued(t, late, operator("key")),
		"none of this draw's":                 issued(t, receiptOf(b.Header, 3), operator("forger")),
		"this is not a receipt":               []byte("hello"),
		"its commitment does not follow from": []byte(strings.Replace(string(issued(t, late, operator("key"))), "nik 3", "nik 1", 1)),
	} {
		contains(t, failing(t, verified(t, file, Options{Receipt: receipt}), CheckReceipt), want)
	}
}

func TestEntryMovedToAnotherHouseholdIsSeenByItsHolder(t *testing.T) {
	t.Parallel()
	h := fixedHeader()
	households, entries := scene(h, 10)
	entries[4].Household = digest("stranger")
	f, err := Freeze(h, households, entries, operator("key"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := Run(f, roundOf(h.Round))
	if err != nil {
		t.Fatal(err)
	}
	r := verified(t, written(t, b), Options{Root: &f.Root, Receipt: issued(t, receiptOf(h, 4), operator("key"))})
	contains(t, failing(t, r, CheckReceipt), digest("stranger").String())
}

func TestOlderKeysStillOpenReceipts(t *testing.T) {
	t.Parallel()
	h := fixedHeader()
	h.Keys = []string{operator("older").VerifierKey()}
	b := drawnScene(t, h, 10)
	fine(t, verified(t, written(t, b), Options{Receipt: issued(t, receiptOf(h, 2), operator("older"))}))
}
