package limit

import "time"

// endless is the most of a longer window that a budget does not have.
const endless = 1 << 30

// longer is the budget's second window; one that it does not have never fills and
// ends with the first.
func (b Budget) longer() Tier {
	if b.Long == (Tier{}) {
		return Tier{Most: endless, Window: b.Window}
	}
	return b.Long
}

// counter is the state of one budget for one key.
type counter struct {
	used, long     int // in the window, and in the longer one
	ends, longEnds time.Time
	granted        int // of what the present call wanted
}

// opened is the counter as it stands now: a window has ended at its last moment, and
// the next would begin.
func (c counter) opened(b Budget, now time.Time) counter {
	if !now.Before(c.ends) {
		c.used, c.ends = 0, now.Add(b.Window)
	}
	if !now.Before(c.longEnds) {
		c.long, c.longEnds = 0, now.Add(b.longer().Window)
	}
	return c
}

// judge says whether one more use fits.
func judge(b Budget, c counter) Verdict {
	long := b.longer()
	v := Verdict{Used: c.used, Most: b.Most, Left: max(0, min(b.Most-c.used, long.Most-c.long))}
	if v.Allowed = v.Left > 0; v.Allowed {
		return v
	}
	v.Opens = c.ends
	if full := c.long >= long.Most; full && (c.used < b.Most || c.longEnds.After(c.ends)) {
		v.Opens, v.Long, v.Used, v.Most = c.longEnds, true, c.long, long.Most
	}
	return v
}

// share hands what was granted to the uses in their order: the first come through.
func share(uses []Use, counters map[id]counter) []Verdict {
	given := map[id]int{}
	out := make([]Verdict, len(uses))
	for i, u := range uses {
		c := counters[u.id()]
		n := given[u.id()]
		given[u.id()]++
		if n >= c.granted {
			out[i] = judge(u.Budget, c)
			out[i].Allowed = false
			continue
		}
		later := c.granted - n - 1 // uses of this call that come after
		c.used, c.long = c.used-later, c.long-later
		out[i] = judge(u.Budget, c)
		out[i].Allowed, out[i].Opens, out[i].Used, out[i].Most, out[i].Long = true, time.Time{}, c.used, u.Budget.Most, false
	}
	return out
}
