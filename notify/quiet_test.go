package notify_test

import (
	"testing"
	"time"

	"gelombang/notify"
)

func TestTheNightOfJakartaIsQuietWhereverTheClockStands(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		"2026-08-03T06:59:59.999+07:00": "2026-08-03T07:00:00+07:00",
		"2026-08-03T07:00:00+07:00":     "2026-08-03T07:00:00+07:00",
		"2026-08-03T20:59:59.999+07:00": "2026-08-03T20:59:59.999+07:00",
		"2026-08-03T21:00:00+07:00":     "2026-08-04T07:00:00+07:00",
		"2026-08-31T23:59:59+07:00":     "2026-09-01T07:00:00+07:00",
		"2026-08-04T00:00:00+07:00":     "2026-08-04T07:00:00+07:00",
		"2026-08-03T16:00:00Z":          "2026-08-04T00:00:00Z",
		"2026-08-03T22:59:59+09:00":     "2026-08-03T22:59:59+09:00",
		"2026-08-03T23:00:00+09:00":     "2026-08-04T09:00:00+09:00",
	} {
		at, err1 := time.Parse(time.RFC3339Nano, from)
		then, err2 := time.Parse(time.RFC3339Nano, want)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if got := notify.Daytime(at); !got.Equal(then) {
			t.Errorf("%s: %s, want %s", from, got, want)
		}
	}
}
