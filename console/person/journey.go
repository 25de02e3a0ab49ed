package person

import (
	"gelombang/application"
	"gelombang/identity"
	"gelombang/internal/page"
	"gelombang/wave"
)

// journey is where the person stands on the way, as the applicant sees it.
func journey(p person) []page.Step {
	here := reached(p)
	out := make([]page.Step, len(ways))
	for i, name := range ways {
		s := page.Step{Number: i + 1, Label: page.T("console.way." + name), State: page.StepAhead, Badge: page.Badge{Tone: page.Quiet, Text: page.T("console.step.ahead")}}
		switch {
		case behind(p, name):
			s.State, s.Badge = page.StepDone, page.Badge{Tone: page.Quiet, Text: page.T("console.step.done")}
		case name == "identity" && (p.identity.State == identity.Parked || p.identity.State == identity.Review):
			s.State, s.Badge = page.StepWait, page.Badge{Tone: page.Wait, Text: page.T("identity.state.parked")}
		case name == here:
			s.State, s.Badge = page.StepNow, stuckBadge(p)
		}
		out[i] = s
	}
	return out
}

// ways are the steps of the journey in their order.
var ways = []string{"contact", "phone", "identity", "statements", "join", "result"}

// behind says that a step is done.
func behind(p person, name string) bool {
	switch name {
	case "contact":
		return p.account.EmailProven || p.account.PhoneProven
	case "phone":
		return p.account.PhoneProven
	case "identity":
		return p.identity.State == identity.Matched
	case "statements":
		return len(p.statements) > 0
	case "join":
		return inWave(p)
	}
	return inWave(p) && p.wave.State == wave.Released
}

func inWave(p person) bool {
	for _, one := range p.places {
		if one.Wave.ID == p.wave.ID && one.State == application.Joined {
			return true
		}
	}
	return false
}

// reached is the first step that the person has before them. Waiting for the
// registry keeps nobody from going on.
func reached(p person) string {
	for _, name := range ways {
		if !behind(p, name) && (name != "identity" || p.identity.State != identity.Parked) {
			return name
		}
	}
	return ""
}

// stuckBadge says in a word where the person stands.
func stuckBadge(p person) page.Badge {
	switch here := reached(p); {
	case here == "":
		return page.Badge{Tone: page.Good, Text: page.T("console.stuck.nowhere")}
	case here == "identity" && p.identity.State != identity.None:
		return page.Badge{Tone: page.Look, Text: page.T("identity.state." + string(p.identity.State))}
	case here == "result":
		return page.Badge{Tone: page.Good, Text: page.T("console.stuck.result")}
	default:
		return page.Badge{Tone: page.Look, Text: page.T("console.stuck." + here)}
	}
}

// sayOf is what can be told to the person, in the words that they read themselves.
func sayOf(p person) page.Text {
	switch here := reached(p); {
	case here == "identity" && p.identity.State != identity.None:
		return page.T("identity.state." + string(p.identity.State) + ".next")
	case p.identity.State == identity.Parked && here != "contact" && here != "phone":
		return page.T("identity.state.parked.next")
	case here == "":
		return page.T("console.say.nowhere")
	default:
		return page.T("console.say." + here)
	}
}
