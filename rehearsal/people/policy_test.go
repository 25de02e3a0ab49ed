package people

import (
	"math"
	"testing"
)

func TestTheFunnelIsThePublishedOne(t *testing.T) {
	t.Parallel()
	p := People{Seed: 3}
	counts := map[Fate]float64{}
	const n = 200_000
	for i := range n {
		counts[p.Fate(i)] += 1.0 / n
	}
	lost := func(lots []lot) (sum float64) {
		for _, l := range lots {
			if counts[l.fate] == 0 {
				t.Errorf("nobody is lost by %s", l.fate)
			}
			sum += counts[l.fate]
		}
		return sum
	}
	contact := 1 - lost(lostBeforeContact)
	identity := contact - lost(lostBeforeIdentity)
	for stage, pair := range map[string][2]float64{
		"e-mail": {contact, 0.7423}, "NIK": {identity, 0.4358}, "joined": {identity - lost(lostBeforeJoining), 0.0543},
	} {
		if math.Abs(pair[0]-pair[1]) > 0.005 {
			t.Errorf("%s: %.4f, published %.4f", stage, pair[0], pair[1])
		}
	}
}

func TestSharesAddUpAndEveryReasonHasAWordInTheConsole(t *testing.T) {
	t.Parallel()
	for _, lots := range [][]lot{lostBeforeContact, lostBeforeIdentity, lostBeforeJoining} {
		sum := 0.0
		for _, l := range lots {
			sum += l.share
			if l.fate.ConsoleWord() == "" {
				t.Errorf("%s has no word", l.fate)
			}
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Errorf("%v adds up to %v", lots, sum)
		}
	}
}

func TestNobodySharesWhatMustBeTheirOwn(t *testing.T) {
	t.Parallel()
	p := People{Seed: 99}
	seen := map[string]int{}
	for i := range 120_000 {
		f := p.Fate(i)
		own := []string{p.Address(i, f), p.Phone(i, f)}
		if f == Joins || f == NoStatements || f == NotPressed { // the registry matches: the NIK becomes theirs
			own = append(own, p.Card(i, f).NIK)
		}
		for _, value := range own {
			if other, taken := seen[value]; taken {
				t.Fatalf("%d and %d both have %s", other, i, value)
			}
			seen[value] = i
		}
	}
}

func TestWhoseAnswerIsDecidedByTheNumberSharesItWithNobody(t *testing.T) {
	t.Parallel()
	p := People{Seed: 5}
	seen := map[string]int{}
	for n := range 400_000 {
		nik := p.Card(n, NotFound).NIK
		if other, twice := seen[nik]; twice {
			t.Fatalf("%d and %d have the number %s", other, n, nik)
		}
		seen[nik] = n
	}
}
