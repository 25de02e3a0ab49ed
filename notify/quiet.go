package notify

import (
	"time"

	"gelombang/internal/locale"
)

// Nobody is woken by what can wait: reminders go out between these hours of Jakarta. In
// the east of the country that is two hours later, still before midnight.
const (
	quietUntil = 7
	quietFrom  = 21
)

// Daytime is t, or the next morning when t is in the night.
func Daytime(t time.Time) time.Time {
	there := t.In(locale.WIB)
	day := there.Day()
	switch {
	case there.Hour() >= quietFrom:
		day++
	case there.Hour() >= quietUntil:
		return t
	}
	return time.Date(there.Year(), there.Month(), day, quietUntil, 0, 0, 0, locale.WIB).UTC()
}
