package main

import (
	"time"
)

// cpuMeter takes the CPU time of everybody during the measured part, and the server's memory.
type cpuMeter struct {
	server, engine int // process ids; 0: not known
	cores          int
	began          time.Time
	took           time.Duration
	ours           share
	theirs         share
	engines        share
	memory         int64 // of the server, at most so far; 0: not known
}

// share is a CPU time, first at the beginning and then over the measured part.
type share struct {
	spent time.Duration
	known bool
}

func (m *cpuMeter) measure(on bool) {
	now := time.Now()
	ours, theirs, engines := cpuOfUs(), cpuOf(m.server), cpuOfTree(m.engine)
	if on {
		m.began, m.ours, m.theirs, m.engines = now, ours, theirs, engines
		return
	}
	m.took, m.memory = now.Sub(m.began), memoryOf(m.server)
	m.ours, m.theirs, m.engines = ours.since(m.ours), theirs.since(m.theirs), engines.since(m.engines)
}

func (s share) since(before share) share {
	return share{s.spent - before.spent, s.known && before.known}
}

// part is a share of all the CPU that there was; nil when it is not known.
func (m *cpuMeter) part(s share) *float64 {
	if !s.known || m.took <= 0 {
		return nil
	}
	part := s.spent.Seconds() / m.took.Seconds() / float64(m.cores)
	return &part
}
