package identity_test

import (
	"testing"
	"time"

	"gelombang/identity"
)

func TestParseDateTakesDaysThatExist(t *testing.T) {
	t.Parallel()
	for iso, ok := range map[string]bool{
		"1992-08-15": true, "2000-02-29": true, "1900-02-29": false, "1992-13-01": false, "1992-00-01": false,
		"1992-06-31": false, "15-08-1992": false, "1992-8-15": false, "0000-01-01": false, "": false,
	} {
		d, got := identity.ParseDate(iso)
		if got != ok || ok && d.String() != iso {
			t.Errorf("ParseDate(%q) = %q, %v", iso, d, got)
		}
	}
	if _, ok := identity.NewDate(31, 6, 1992); ok {
		t.Error("31 June was accepted")
	}
	if d, ok := identity.NewDate(15, 8, 1992); !ok || d.String() != "1992-08-15" {
		t.Errorf("%s %v", d, ok)
	}
}

func TestAgeChangesOnTheBirthday(t *testing.T) {
	t.Parallel()
	cases := []struct {
		birth, at string
		age       int
	}{
		{"2008-08-07", "2026-08-06", 17}, {"2008-08-07", "2026-08-07", 18}, {"2008-08-07", "2026-12-31", 18},
		{"2008-02-29", "2026-02-28", 17}, {"2008-02-29", "2026-03-01", 18}, {"2026-08-07", "2026-08-07", 0},
	}
	for _, c := range cases {
		birth, _ := identity.ParseDate(c.birth)
		at, _ := identity.ParseDate(c.at)
		if got := birth.Age(at); got != c.age {
			t.Errorf("born %s is %d on %s; want %d", c.birth, got, c.at, c.age)
		}
	}
}

func TestTheDayBeginsInJakarta(t *testing.T) {
	t.Parallel()
	last := time.Date(2026, 8, 6, 16, 59, 59, 0, time.UTC)
	if got := identity.DateAt(last).String(); got != "2026-08-06" {
		t.Errorf("one second to midnight is %s", got)
	}
	if got := identity.DateAt(last.Add(time.Second)).String(); got != "2026-08-07" {
		t.Errorf("midnight is %s", got)
	}
}
