package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Moment is a time in the programme: a date, or a distance from the first start.
// A programme of distances always has an open wave when it is tried out.
type Moment struct {
	Absolute   time.Time
	Relative   time.Duration
	IsRelative bool
}

// Resolve gives the time. The caller stores it at the first start, so that a
// restart does not move the wave.
func (m Moment) Resolve(now time.Time) time.Time {
	if m.IsRelative {
		return now.Add(m.Relative)
	}
	return m.Absolute
}

// before compares moments of the same sort; mixed ones cannot be compared before the first start.
func (m Moment) before(other Moment) bool {
	var origin time.Time
	return m.Resolve(origin).Before(other.Resolve(origin))
}

func (m Moment) add(d time.Duration) Moment {
	m.Relative += d
	m.Absolute = m.Absolute.Add(d)
	return m
}

func parseMoment(s string) (Moment, error) {
	if rest, ok := strings.CutPrefix(s, "now"); ok {
		d, err := parseOffset(rest)
		return Moment{Relative: d, IsRelative: true}, err
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return Moment{}, fmt.Errorf("%q is not a time like 2026-08-03T09:00:00+07:00 or now+6d", s)
	}
	return Moment{Absolute: t.UTC()}, nil
}

func parseOffset(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	d, err := parseSpan(s[1:])
	switch {
	case err != nil || s[0] != '+' && s[0] != '-':
		return 0, fmt.Errorf("%q is not a time like 2026-08-03T09:00:00+07:00 or now+6d", "now"+s)
	case s[0] == '-':
		return -d, nil
	}
	return d, nil
}

var (
	spanForm = regexp.MustCompile(`^(?:(\d{1,4})d)?((?:\d{1,5}h)?(?:\d{1,5}m)?(?:\d{1,6}s)?)$`)
	day      = 24 * time.Hour
)

// parseSpan reads "30m", "72h" or "6d12h". A day is 24 hours: no zone of the country changes its clock.
func parseSpan(s string) (time.Duration, error) {
	parts := spanForm.FindStringSubmatch(s)
	if parts == nil || s == "" {
		return 0, fmt.Errorf("%q is not a duration like 30m, 72h or 6d12h", s)
	}
	var d time.Duration
	if parts[1] != "" {
		days, err := strconv.Atoi(parts[1])
		if err != nil {
			return 0, err
		}
		d = time.Duration(days) * day
	}
	if parts[2] == "" {
		return d, nil
	}
	rest, err := time.ParseDuration(parts[2])
	return d + rest, err
}

// spanText writes a duration the way an operator would: 10m, not 10m0s.
func spanText(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
