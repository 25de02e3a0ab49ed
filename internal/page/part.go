package page

import "time"

// Tone colours a badge, notice or bar. Bad is for what was refused or is broken
// outside; our own faults are never shown in it.
type Tone string

// The closed list of tones. Which part takes which is in docs/look.md.
const (
	Calm  Tone = ""
	Good  Tone = "good"
	Wait  Tone = "wait"
	Look  Tone = "look"
	Warm  Tone = "warm"
	Bad   Tone = "bad"
	Quiet Tone = "plain" // the plain "done"
)

// Link leads somewhere.
type Link struct {
	Href    string
	Text    Text
	Current bool  // this very page
	Count   int64 // shown beside it when not zero, in the console's rail
}

// Badge is a state in a word.
type Badge struct {
	Tone Tone
	Text Text
}

// Actions are the one main action of a page, a button that submits the form
// around it or a link that looks like one, and then plain links.
type Actions struct {
	Button      Text
	Name, Value string // of a submitting button
	Href        string // makes it a link
	Quiet       bool   // when waiting is the normal thing
	Links       []Link
}

// Progress says where on the way this page is.
type Progress struct {
	Step, Of int
	Label    Text
}

// Dots gives one class per step: done, now, or none.
func (p Progress) Dots() []string {
	dots := make([]string, max(0, p.Of))
	for at := range dots {
		switch {
		case at+1 < p.Step:
			dots[at] = "done"
		case at+1 == p.Step:
			dots[at] = "now"
		}
	}
	return dots
}

// State is the list of what happened, what happens next, and when.
type State []StateRow

// StateRow is one line of a State; Strong stands before Text on its own line.
type StateRow struct{ Term, Strong, Text Text }

// Happened makes the usual State. Empty texts leave their line out.
func Happened(happened, next, when Text) State {
	var s State
	for _, row := range []StateRow{
		{Term: T("page.state.happened"), Text: happened},
		{Term: T("page.state.next"), Text: next},
		{Term: T("page.state.when"), Text: when},
	} {
		if !row.Text.Empty() {
			s = append(s, row)
		}
	}
	return s
}

// Fact is a label with its value, for reading back.
type Fact struct {
	Label  Text
	Value  Text
	Digits []Group // shown instead of Value: a number in groups
	Number bool    // Value is a figure or a code
	At     time.Time
	Badge  *Badge
	Change *Link
}

// StepState is where a task of the journey stands.
type StepState string

// The closed list of step states.
const (
	StepDone  StepState = "done"
	StepNow   StepState = "now"
	StepWait  StepState = "wait"
	StepAhead StepState = "ahead"
)

// Step is one task of the journey.
type Step struct {
	State  StepState
	Number int // 0: it stands beside the others and has none
	Label  Text
	Href   string // done and waiting steps may be looked at again
	Badge  Badge
	More   Text
	Action *Link // the button, in the step whose turn it is
}

// EventState marks an event that is not simply past.
type EventState string

// The closed list of event states.
const (
	Past   EventState = ""
	Now    EventState = "now"
	Failed EventState = "failed"
	Ahead  EventState = "ahead"
)

// Event is one thing that happened.
type Event struct {
	State EventState
	At    time.Time // zero: When alone
	When  Text      // said instead of the time, such as "now"
	Title Text
	Text  Text
}

// Timeline lists events: a delivery oldest first, an account newest first.
type Timeline struct {
	Clock  bool // all of one day: time of day to the second, in a column of its own
	Events []Event
}

// Notice is one thing to know beside the page's matter. At most one on a page.
type Notice struct {
	Tone  Tone
	Title Text
	Text  Text
	Live  bool // said by a screen reader when it appears
}

// Countdown is the time left, beside the clock time when it ends.
type Countdown struct {
	Until time.Time
	Left  time.Duration
	Big   bool
}

// CountdownTo makes a Countdown; nil when until is past or unknown.
func CountdownTo(now, until time.Time) *Countdown {
	if !until.After(now) {
		return nil
	}
	return &Countdown{Until: until, Left: until.Sub(now)}
}

// Seconds is what the script counts down from.
func (c Countdown) Seconds() int64 { return int64((c.Left + time.Second - 1) / time.Second) }

// Bar is a share of a whole. The words beside it say the same, so it is hidden
// from screen readers unless it has a Label.
type Bar struct {
	Percent float64 // 0 to 100
	Tone    Tone
	Label   Text
}

// Group is a run of digits, with at most one of them marked.
type Group struct {
	Before, Mark, After string
	Label               Text
}

// grouping of the 16-digit numbers on Indonesian papers.
var grouping = []int{6, 6, 4}

// Digits reads a number back in groups of 6, 6 and 4 and points at the digit at
// place mark, counted from 1; 0 marks none. Labels name the groups, when given.
func Digits(number string, mark int, labels ...Text) []Group {
	var groups []Group
	rest, start := []rune(number), 1
	for at := 0; len(rest) > 0; at++ {
		size := len(rest)
		if at < len(grouping)-1 {
			size = min(size, grouping[at])
		}
		g := groupOf(rest[:size], mark-start)
		if at < len(labels) {
			g.Label = labels[at]
		}
		groups = append(groups, g)
		rest, start = rest[size:], start+size
	}
	return groups
}

func groupOf(run []rune, mark int) Group {
	if mark < 0 || mark >= len(run) {
		return Group{Before: string(run)}
	}
	return Group{Before: string(run[:mark]), Mark: string(run[mark]), After: string(run[mark+1:])}
}

// Digits gives the whole run.
func (g Group) Digits() string { return g.Before + g.Mark + g.After }
