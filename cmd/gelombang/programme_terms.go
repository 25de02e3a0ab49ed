package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	maxWaves  = 200
	maxStrata = 100
	maxPlaces = 10_000_000
	// minBeaconDelay is the least time between the published checkpoint and the
	// randomness that nobody can know yet: long enough for strangers to copy the checkpoint.
	minBeaconDelay = 10 * time.Minute
	// worstOdds is what a guesser who knows nothing may have against one address in one day.
	worstOdds = 10_000
)

// provinces are the codes of the civil registry, all 38 since 2022, in their order.
var provinces = strings.Fields(`11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36 51 52 53
	61 62 63 64 65 71 72 73 74 75 76 81 82 91 92 93 94 95 96`)

func checkDraw(d *document, t DrawTerms) {
	least := minBeaconDelay
	switch t.Chain {
	case "demo":
		least = time.Second
	case "quicknet":
	default:
		if d.present("draw.chain") {
			d.add("draw.chain", "must be quicknet or demo")
		}
	}
	within(d, "draw.beacon_delay", t.BeaconDelay, least, day)
	within(d, "draw.approvals", t.Approvals, 1, 5)
	within(d, "draw.p_min", t.PMin, 1e-9, 0.05)
	within(d, "draw.household.cap", t.Household.Cap, 1, 20)
	d.present("draw.household.count_earlier")
}

func checkWaves(d *document, p *Programme) {
	d.count("waves", len(p.Waves), 1, maxWaves)
	seen := map[string]bool{}
	for i, w := range p.Waves {
		at := fmt.Sprintf("waves[%d]", i)
		d.name(at+".name", w.Name, waveForm, seen)
		d.text(at+".title", w.Title)
		within(d, at+".settle", w.Settle, time.Minute, 30*day)
		checkTimes(d, at, w, p)
		checkStrata(d, at+".strata", w.Strata)
		if i > 0 {
			checkOrder(d, at+".opens", p.Waves[i-1], w)
		}
	}
}

// checkTimes compares only what is written and of one sort: a distance from the
// first start and a date can stand in any order.
func checkTimes(d *document, at string, w WavePlan, p *Programme) {
	sort := p.Waves[0].Opens.IsRelative
	moments := []struct {
		name string
		Moment
	}{{"opens", w.Opens}, {"closes", w.Closes}, {"announce", w.Announce}}
	for _, m := range moments {
		field := at + "." + m.name
		if !d.present(field) || d.unread[field] {
			return
		}
		if m.IsRelative != sort && !d.unread["waves[0].opens"] {
			d.add(field, "mixes dates with distances from now; use one sort in the whole file")
			return
		}
	}
	if !w.Opens.before(w.Closes) {
		d.add(at+".closes", "must be after opens")
	}
	known := w.Closes.add(w.Settle + p.Draw.BeaconDelay)
	if !known.before(w.Announce) {
		d.add(at+".announce", "must be after closes, settle and the draw's beacon_delay")
	}
}

// checkOrder keeps the waves in line: whoever is still parked at closing is carried to the next one.
func checkOrder(d *document, at string, earlier, later WavePlan) {
	if earlier.Closes.IsRelative == later.Opens.IsRelative && later.Opens.before(earlier.Closes) {
		d.add(at, "must not be before the wave above it closes")
	}
}

func checkStrata(d *document, at string, strata []Stratum) {
	d.count(at, len(strata), 1, maxStrata)
	seen, owner, rest := map[string]bool{}, map[string]string{}, ""
	for i, s := range strata {
		one := fmt.Sprintf("%s[%d]", at, i)
		d.name(one+".name", s.Name, nameForm, seen)
		d.text(one+".title", s.Title)
		within(d, one+".places", s.Places, 1, maxPlaces)
		if d.has(one + ".reserve") {
			within(d, one+".reserve", s.Reserve, 0, maxPlaces)
		}
		checkProvinces(d, one, s, owner)
		if s.Else && rest != "" {
			d.add(one+".else", "stratum %q takes the rest already", rest)
		}
		if s.Else {
			rest = s.Name
		}
	}
	if left := uncovered(owner); rest == "" && len(strata) > 0 && len(left) > 0 {
		d.add(at, "no stratum for the provinces %s; list them or add one with else: true", strings.Join(left, " "))
	}
}

func checkProvinces(d *document, at string, s Stratum, owner map[string]string) {
	switch {
	case s.Else && len(s.Provinces) > 0:
		d.add(at+".else", "a stratum has provinces or else, not both")
	case !s.Else && len(s.Provinces) == 0:
		d.add(at+".provinces", "must list at least one province, or say else: true")
	}
	for i, code := range s.Provinces {
		field := fmt.Sprintf("%s.provinces[%d]", at, i)
		switch {
		case !slices.Contains(provinces, code):
			d.add(field, "%q is not a province code", code)
		case owner[code] != "":
			d.add(field, "province %s is in stratum %q already", code, owner[code])
		default:
			owner[code] = s.Name
		}
	}
}

func uncovered(owner map[string]string) (left []string) {
	for _, code := range provinces {
		if _, ok := owner[code]; !ok {
			left = append(left, code)
		}
	}
	return left
}
