package locale

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // the zones must be known on a machine that has none installed
)

// The three clocks of Indonesia.
var (
	WIB  = zone("Asia/Jakarta")
	WITA = zone("Asia/Makassar")
	WIT  = zone("Asia/Jayapura")
)

func zone(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic("zone " + name + " is not in the embedded list: " + err.Error())
	}
	return loc
}

// Abbreviations stand beside every clock time; a time in any other location,
// UTC and the machine's own included, is shown on the capital's clock.
var abbreviations = map[string]string{
	"Asia/Jakarta":   "WIB",
	"Asia/Pontianak": "WIB",
	"Asia/Makassar":  "WITA",
	"Asia/Jayapura":  "WIT",
}

func local(t time.Time) (time.Time, string) {
	if abbreviation, ok := abbreviations[t.Location().String()]; ok {
		return t, abbreviation
	}
	return t.In(WIB), "WIB"
}

var weekdays = [...]string{"Minggu", "Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu"}

var months = [...]string{"Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli",
	"Agustus", "September", "Oktober", "November", "Desember"}

// Date writes the full date: "Jumat, 7 Agustus 2026".
func Date(lang Lang, t time.Time) string {
	t, _ = local(t)
	if lang == EN {
		return t.Format("Monday, 2 January 2006")
	}
	return weekdays[t.Weekday()] + ", " + day(ID, t)
}

// Day writes the date without its weekday, as for a birth: "15 Juni 1992".
func Day(lang Lang, t time.Time) string {
	t, _ = local(t)
	return day(lang, t)
}

func day(lang Lang, t time.Time) string {
	if lang == EN {
		return t.Format("2 January 2006")
	}
	return fmt.Sprintf("%d %s %d", t.Day(), months[t.Month()-1], t.Year())
}

// Month writes the name of a month.
func Month(lang Lang, m time.Month) string {
	if m < time.January || m > time.December {
		return ""
	}
	if lang == EN {
		return m.String()
	}
	return months[m-1]
}

// Clock writes the time of day with its zone: "23.59 WIB", in English "23:59 WIB".
func Clock(lang Lang, t time.Time) string { return clock(lang, t, "15:04") }

// ClockSeconds writes the time of day to the second.
func ClockSeconds(lang Lang, t time.Time) string { return clock(lang, t, "15:04:05") }

func clock(lang Lang, t time.Time, layout string) string {
	t, abbreviation := local(t)
	return mark(lang, t.Format(layout)) + " " + abbreviation
}

// mark puts a point between hours, minutes and seconds, as Indonesian writes
// them. Format cannot: it reads ".05" as a fraction of a second.
func mark(lang Lang, digits string) string {
	if lang == EN {
		return digits
	}
	return strings.ReplaceAll(digits, ":", ".")
}

// DateTime writes date, time and zone: "Jumat, 7 Agustus 2026, 23.59 WIB".
func DateTime(lang Lang, t time.Time) string { return Date(lang, t) + ", " + Clock(lang, t) }

// DateTimeSeconds is DateTime to the second, for receipts.
func DateTimeSeconds(lang Lang, t time.Time) string {
	return Date(lang, t) + ", " + ClockSeconds(lang, t)
}

// Left writes what a countdown shows: "14.21", "1.02.03", in English with colons.
func Left(lang Lang, d time.Duration) string {
	s := max(0, int64((d+time.Second-1)/time.Second))
	words := fmt.Sprintf("%d:%02d", s/60, s%60)
	if s >= 3600 {
		words = fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return mark(lang, words)
}
