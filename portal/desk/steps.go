package desk

import (
	"net/http"

	"gelombang/identity"
	"gelombang/internal/page"
	"gelombang/wave"
)

// Step is a part of the journey. The words are those that eligibility rules use
// for where a refusal can be mended.
type Step string

// The closed list of steps, in their order.
const (
	StepAccount    Step = "account"
	StepContact    Step = "contact"
	StepPhone      Step = "phone"
	StepIdentity   Step = "identity"
	StepStatements Step = "statements"
	StepJoin       Step = "join"
	StepResult     Step = "result"
)

// Task is one row of the journey. It is open when all before it are Done or
// Waiting: waiting is never the person's fault and never stops them.
type Task struct {
	Name  Step
	Path  string
	Title string // catalog key
	Done  func(Citizen) bool
	Wait  func(Citizen) bool   // begun, and somebody else's turn
	Seen  func(Citizen) string // where a finished step is looked at again; "" nowhere
}

var steps = []Task{
	{Name: StepAccount, Path: "/register", Title: "portal.step.account", Done: always},
	{Name: StepContact, Path: "/email", Title: "portal.step.contact", Done: Citizen.contactProven},
	{Name: StepPhone, Path: "/phone", Title: "portal.step.phone", Done: Citizen.phoneProven, Seen: at("/phone")},
	{Name: StepIdentity, Path: "/identity", Title: "portal.step.identity",
		Done: Citizen.IdentityMatched, Wait: Citizen.IdentityParked, Seen: at("/identity/status")},
	{Name: StepStatements, Path: "/statements", Title: "portal.step.statements", Done: Citizen.declared, Seen: at("/statements")},
	{Name: StepJoin, Path: "/join", Title: "portal.step.join", Done: Citizen.Joined, Seen: Citizen.ReceiptPath},
	{Name: StepResult, Path: "/me", Title: "portal.step.result", Done: Citizen.Drawn, Wait: Citizen.Joined, Seen: Citizen.resultPath},
}

func always(Citizen) bool { return true }

func at(path string) func(Citizen) string { return func(Citizen) string { return path } }

func (c Citizen) contactProven() bool { return c.Account.EmailProven || c.Account.PhoneProven }
func (c Citizen) phoneProven() bool   { return c.Account.PhoneProven }
func (c Citizen) declared() bool      { return len(c.Statements) > 0 }

// IdentityMatched says that the registry has confirmed every field.
func (c Citizen) IdentityMatched() bool { return c.Identity.State == identity.Matched }

// IdentityParked says that the registry has not answered yet, or an official looks first.
func (c Citizen) IdentityParked() bool {
	return c.Identity.State == identity.Parked || c.Identity.State == identity.Review
}

// IdentityRefused says that the registry has answered, and not with a match.
func (c Citizen) IdentityRefused() bool {
	return c.Identity.State != identity.None && !c.IdentityMatched() && !c.IdentityParked()
}

// Turn is the first step that is neither done nor waiting: the person's turn.
// When everything is done it is the result.
func (c Citizen) Turn() Task {
	for _, s := range steps {
		if !s.settled(c) {
			return s
		}
	}
	return steps[len(steps)-1]
}

func (s Task) settled(c Citizen) bool { return s.Done(c) || (s.Wait != nil && s.Wait(c)) }

// Open says whether a step may be entered: all before it are settled.
func (c Citizen) Open(name Step) bool {
	for _, s := range steps {
		if s.Name == name {
			return true
		}
		if !s.settled(c) {
			return false
		}
	}
	return false
}

// Entered sends whoever comes too early to the step whose turn it is.
func (c Citizen) Entered(w http.ResponseWriter, req *http.Request, name Step) bool {
	if c.Open(name) {
		return true
	}
	To(w, req, c.Turn().Path)
	return false
}

// Progress says where on the way a page is. The result is no task of the
// person, so it is not counted.
func Progress(name Step) *page.Progress {
	for at, s := range steps {
		if s.Name == name {
			return &page.Progress{Step: at + 1, Of: len(steps) - 1, Label: page.T(s.Title)}
		}
	}
	return nil
}

// Tasks lists the journey for the person's own page.
func (c Citizen) Tasks() []page.Step {
	turn := c.Turn().Name
	list := make([]page.Step, 0, len(steps))
	for at, s := range steps {
		t := page.Step{Number: at + 1, Label: page.T(s.Title), State: page.StepAhead,
			Badge: page.Badge{Tone: page.Quiet, Text: page.T("portal.step.ahead")}}
		switch {
		case s.Done(c):
			t.State, t.Badge.Text = page.StepDone, page.T(s.Title+".done")
		case s.Wait != nil && s.Wait(c):
			t.State, t.Badge = page.StepWait, page.Badge{Tone: page.Wait, Text: page.T(s.Title + ".wait")}
			t.More = page.T(s.Title + ".wait.more")
		case s.Name == turn:
			t.State, t.Badge = page.StepNow, page.Badge{Tone: page.Look, Text: page.T("portal.step.now")}
			t.More = page.T(s.Title + ".more")
			t.Action = &page.Link{Href: s.Path, Text: page.T(s.Title + ".go")}
			if c.Stage() == stageClosed {
				t.More, t.Action = page.T("portal.step.join.closed"), nil
			}
		}
		if s.Seen != nil && t.State != page.StepAhead {
			t.Href = s.Seen(c)
		}
		list = append(list, t)
		if s.Name == StepIdentity && c.Photo.State != "" {
			list = append(list, c.photoRow())
		}
	}
	return list
}

// The stages beside the steps.
const (
	stageClosed Step = "wait"  // ready to join, but no wave is open
	stageDrawn  Step = "drawn" // the result is out
)

// Stage is the turn, with the join step told apart by what the wave allows.
func (c Citizen) Stage() Step {
	switch turn := c.Turn().Name; {
	case turn == StepJoin && c.Wave.State != wave.Open:
		return stageClosed
	case turn == StepResult && c.Drawn():
		return stageDrawn
	default:
		return turn
	}
}
