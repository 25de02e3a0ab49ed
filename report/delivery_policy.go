package report

import "time"

const (
	// countEvery is the age that the status page has when all is well.
	countEvery = 10 * time.Second
	// settled is how long a code's minute has been over before the code is judged: the
	// minute itself, and the seconds for which counts stay in the memory of the nodes.
	settled = 90 * time.Second
	// nowSpan is what "now" covers.
	nowSpan = 15 * time.Minute
	// slotWidth is one bar of the last day, and the grain in which counts are kept.
	slotWidth    = 15 * time.Minute
	quartersTold = 96
	daysTold     = 30
	// recount goes back over what a node may still add to: it writes its counts late
	// when the database was away.
	recount = 2 * time.Hour
	// countAtOnce bounds one snapshot; see sqldb.ReadLimit. A day of all operators is
	// some 30,000 rows.
	countAtOnce = 24 * time.Hour
)

// Standing is how a line does, measured by what is usual for it: mail is opened when
// people look, so its share is always lower than that of SMS, and says nothing alone.
type Standing string

// The closed list of standings.
const (
	Few    Standing = "few"    // too few codes to say
	Usual  Standing = "usual"  // as usual
	Slower Standing = "slower" // clearly fewer come through in time than usual
	Poor   Standing = "poor"   // not half as many
)

// Standings is the closed list.
var Standings = []Standing{Few, Usual, Slower, Poor}

const (
	// judgedFrom is from how many codes on a share is more than chance: with 20 the
	// chance that an ordinary 90 % looks like "slower" is under 1 in 100.
	judgedFrom = 20
	// usualFrom is from how many codes on the days before say what is usual, and
	// firstUsual stands in before that: a new installation is measured mildly.
	usualFrom  = 500
	firstUsual = 0.6
	// slowerBelow and poorBelow are parts of the usual share.
	slowerBelow = 0.8
	poorBelow   = 0.5
)

// Standing judges the last quarter of an hour.
func (d Delivery) Standing() Standing { return d.Judge(d.Now) }

// Judge says how a share stands to what is usual for its line. Codes that no provider
// takes are not sent, and would otherwise look like a quiet hour.
func (d Delivery) Judge(s Share) Standing {
	usual := firstUsual
	if d.Before.Sent >= usualFrom {
		usual = d.Before.Of()
	}
	switch part := s.Of(); {
	case s.Sent < judgedFrom && s.Failed >= judgedFrom:
		return Poor
	case s.Sent < judgedFrom:
		return Few
	case part < poorBelow*usual:
		return Poor
	case part < slowerBelow*usual:
		return Slower
	}
	return Usual
}
