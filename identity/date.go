package identity

import (
	"fmt"
	"time"
)

// wib is the zone in which the programme's days begin: birthdays and deadlines
// are counted by the calendar of Jakarta, wherever a server stands.
var wib = time.FixedZone("WIB", 7*60*60)

// Date is a day of the calendar, without a time or a zone. The zero Date is "not stated".
type Date struct {
	Year, Month, Day int
}

// NewDate makes a Date from what three inputs say; false when there is no such day.
func NewDate(day, month, year int) (Date, bool) {
	d := Date{Year: year, Month: month, Day: day}
	return d, d.Valid()
}

// ParseDate reads an ISO date such as 1992-08-15; false when it is none.
func ParseDate(iso string) (Date, bool) {
	t, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return Date{}, false
	}
	return NewDate(t.Day(), int(t.Month()), t.Year())
}

// DateAt gives the day that it is in Jakarta at t.
func DateAt(t time.Time) Date {
	year, month, day := t.In(wib).Date()
	return Date{Year: year, Month: int(month), Day: day}
}

// Valid says whether the calendar has this day.
func (d Date) Valid() bool {
	if d.Year < 1 || d.Year > 9999 || d.Month < 1 || d.Month > 12 {
		return false
	}
	// Day 0 of the next month is the last of this one.
	last := time.Date(d.Year, time.Month(d.Month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return d.Day >= 1 && d.Day <= last
}

// String gives the ISO form, and "" for the zero Date.
func (d Date) String() string {
	if d == (Date{}) {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// After says whether d is a later day than other.
func (d Date) After(other Date) bool {
	if d.Year != other.Year {
		return d.Year > other.Year
	}
	if d.Month != other.Month {
		return d.Month > other.Month
	}
	return d.Day > other.Day
}

// Age counts the birthdays from d up to and including at. Who was born on 29
// February has the birthday on 1 March in a common year.
func (d Date) Age(at Date) int {
	age := at.Year - d.Year
	if (Date{Year: at.Year, Month: d.Month, Day: d.Day}).After(at) {
		age--
	}
	return age
}
