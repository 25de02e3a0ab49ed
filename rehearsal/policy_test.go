package rehearsal

import (
	"math"
	"testing"
	"time"

	"gelombang/rehearsal/people"
)

func TestTheDayBeginsWithTheWorstMinuteAndGoesOnToItsEnd(t *testing.T) {
	t.Parallel()
	const minute = 1.0 / (21 * 60)
	before := -1.0
	for i := range 10_001 {
		at := arrivalAt(float64(i) / 10_001)
		if at < before || at >= 1 {
			t.Fatalf("share %d comes at %v after %v", i, at, before)
		}
		before = at
	}
	if at := arrivalAt(WorstMinute / float64(people.Registered)); math.Abs(at-minute) > 1e-9 {
		t.Errorf("the worst minute ends at %v", at)
	}
	if arrivalAt(0) != 0 || before < 0.95 {
		t.Errorf("from %v to %v", arrivalAt(0), before)
	}
}

func TestTheCodeIsTheSixDigitsThatStandAlone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Kode: 123456\nBerlaku 15 menit": "123456", "order 1234567, code 654321": "654321", "12345": "", "": "", "000000": "000000",
	} {
		if got := sixDigits(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestOnlyWhatMayPassIsTriedAgain(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{200: false, 202: false, 303: false, 400: false, 403: false, 404: false, 422: false, 429: true,
		500: false, 501: false, 502: true, 503: true, 504: true, 505: false} {
		if again(status) != want {
			t.Errorf("%d is tried again: %v", status, !want)
		}
	}
}

func TestComingBackIsNeverEarlyAndPausesAreBounded(t *testing.T) {
	t.Parallel()
	for _, luck := range []float64{0, 0.5, 0.999} {
		if got := comeBack(time.Second, luck); got < time.Second || got > 2*time.Second {
			t.Errorf("asked for %v, came after %v", time.Second, got)
		}
		for n := range triesMost {
			if got := backOff(n, luck); got <= 0 || got > 3*time.Second {
				t.Errorf("try %d waits %v", n, got)
			}
		}
	}
}
