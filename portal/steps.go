package portal

import (
	"net/http"

	"gelombang/identity"
	"gelombang/internal/page"
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

// step is one row of the journey. A step is open when all before it are Done or
// Waiting: waiting is never the person's fault and never stops them.
type step struct {
	Name  Step
	Path  string
	Title string // catalog key
	Done  func(citizen) bool
	Wait  func(citizen) bool   // begun, and somebody else's turn
	Seen  func(citizen) string // where a finished step is looked at again; "" nowhere
}

var steps = []step{
	{Name: StepAccount, Path: "/register", Title: "portal.step.account", Done: always},
	{Name: StepContact, Path: "/email", Title: "portal.step.contact", Done: citizen.contactProven},
	{Name: StepPhone, Path: "/phone", Title: "portal.step.phone", Done: citizen.phoneProven, Seen: at("/phone")},
	{Name: StepIdentity, Path: "/identity", Title: "portal.step.identity",
		Done: citizen.identityMatched, Wait: citizen.identityParked, Seen: at("/identity/status")},
	{Name: StepStatements, Path: "/statements", Title: "portal.step.statements", Done: citizen.declared, Seen: at("/statements")},
	{Name: StepJoin, Path: "/join", Title: "portal.step.join", Done: citizen.joined, Seen: citizen.receiptPath},
	{Name: StepResult, Path: "/me", Title: "portal.step.result", Done: citizen.drawn, Wait: citizen.joined, Seen: citizen.resultPath},
}

func always(citizen) bool { return true }

func at(path string) func(citizen) string { return func(citizen) string { return path } }

func (c citizen) contactProven() bool   { return c.Account.EmailProven || c.Account.PhoneProven }
func (c citizen) phoneProven() bool     { return c.Account.PhoneProven }
func (c citizen) identityMatched() bool { return c.Identity.State == identity.Matched }
func (c citizen) identityParked() bool  { return c.Identity.State == identity.Parked }
func (c citizen) declared() bool        { return len(c.Statements) > 0 }

// turn is the first step that is neither done nor waiting: the person's turn.
// When everything is done it is the result.
func (c citizen) turn() step {
	for _, s := range steps {
		if !s.settled(c) {
			return s
		}
	}
	return steps[len(steps)-1]
}

func (s step) settled(c citizen) bool { return s.Done(c) || (s.Wait != nil && s.Wait(c)) }

// open says whether a step may be entered: all before it are settled.
func (c citizen) open(name Step) bool {
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

// entered sends whoever comes too early to the step whose turn it is.
func (c citizen) entered(w http.ResponseWriter, req *http.Request, name Step) bool {
	if c.open(name) {
		return true
	}
	to(w, req, c.turn().Path)
	return false
}

// progress says where on the way a page is. The result is no task of the
// person, so it is not counted.
func progress(name Step) *page.Progress {
	for at, s := range steps {
		if s.Name == name {
			return &page.Progress{Step: at + 1, Of: len(steps) - 1, Label: page.T(s.Title)}
		}
	}
	return nil
}

// tasks lists the journey for the person's own page.
func (c citizen) tasks() []page.Step {
	turn := c.turn().Name
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
			if c.stage() == stageClosed {
				t.More, t.Action = page.T("portal.step.join.closed"), nil
			}
		}
		if s.Seen != nil && t.State != page.StepAhead {
			t.Href = s.Seen(c)
		}
		list = append(list, t)
	}
	return list
}
