package limit

import "time"

// counter is the state of one budget for one key.
type counter struct {
	used    int
	granted int // of what the present call wanted
	ends    time.Time
}

// judge says whether one more use fits. A window has ended at its last moment.
func judge(b Budget, c counter, now time.Time) Verdict {
	if !now.Before(c.ends) {
		c = counter{ends: now.Add(b.Window)}
	}
	v := Verdict{Allowed: c.used < b.Most, Used: c.used, Most: b.Most}
	if !v.Allowed {
		v.Opens = c.ends
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
		if n < c.granted {
			out[i] = Verdict{Allowed: true, Used: c.used - c.granted + n + 1, Most: u.Budget.Most}
			continue
		}
		out[i] = Verdict{Used: c.used, Most: u.Budget.Most, Opens: c.ends}
	}
	return out
}
