package ceremony

import (
	"net/http"
	"slices"

	"gelombang/announce"
	"gelombang/console/desk"
	"gelombang/draw"
	"gelombang/internal/page"
	"gelombang/wave"
)

// ceremony is the way of a wave to its result as steps. The step whose turn it is
// carries the button, for those who may press it.
func (c *Area) ceremony(req *http.Request, w wave.Wave, p draw.Publication, told announce.Progress, names map[int64]string) []page.Step {
	here := standing(w, p)
	texts := []page.Text{
		stepOpen(w), stepClose(w), stepFreeze(w, p), stepRound(w, p), stepRun(p), stepApprove(w, p, names), stepRelease(w, p, told),
	}
	out := make([]page.Step, len(texts))
	for i, more := range texts {
		name := ceremonySteps[i]
		out[i] = page.Step{Number: i + 1, Label: page.T("console.step." + name), More: more}
		switch {
		case i < here:
			out[i].State, out[i].Badge = page.StepDone, page.Badge{Tone: page.Quiet, Text: page.T("console.step.done")}
		case i > here || w.State == wave.Void:
			out[i].State, out[i].Badge = page.StepAhead, page.Badge{Tone: page.Quiet, Text: page.T("console.step.ahead")}
		default:
			out[i].State, out[i].Badge = page.StepNow, c.turn(w, p)
			out[i].Action = c.button(req, w, p)
		}
	}
	return out
}

var ceremonySteps = []string{"open", "close", "freeze", "round", "run", "approve", "release"}

// standing is the step whose turn it is.
func standing(w wave.Wave, p draw.Publication) int {
	switch w.State {
	case wave.Scheduled:
		return 0
	case wave.Open:
		return 1
	case wave.Settling:
		return 2
	case wave.Frozen:
		if p.Source == draw.FromNone {
			return 3
		}
		return 4
	case wave.Drawn:
		if p.Held() || len(p.Approvals) < w.Approvals {
			return 5
		}
		return 6
	case wave.Released:
		return len(ceremonySteps)
	case wave.Void:
	}
	return -1
}

// turn says what the step waits for.
func (c *Area) turn(w wave.Wave, p draw.Publication) page.Badge {
	switch {
	case w.State == wave.Drawn && p.Held():
		return page.Badge{Tone: page.Bad, Text: page.T("console.step.held")}
	case w.State == wave.Drawn && len(p.Approvals) < w.Approvals:
		return page.Badge{Tone: page.Look, Text: page.T("console.step.approvals", "have", len(p.Approvals), "need", w.Approvals)}
	case w.State == wave.Settling, w.State == wave.Frozen && p.Source == draw.FromNone, w.State == wave.Open, p.Ranked > 0 && p.Ran.IsZero():
		return page.Badge{Tone: page.Wait, Text: page.T("console.step.waits")}
	}
	return page.Badge{Tone: page.Look, Text: page.T("console.todo.turn")}
}

// own are the verbs that stand as the button of their step.
var own = []string{"open", "close", "run", "inquire", "approve", "release"}

func (c *Area) button(req *http.Request, w wave.Wave, p draw.Publication) *page.Link {
	for _, name := range next(w, p) {
		if slices.Contains(own, name) && desk.At(req).May(verbNamed(name).permission) && !approvedBy(p, desk.At(req).ID) {
			return &page.Link{Href: desk.Path("/console/waves/", w.ID) + "/" + name, Text: page.T("console.do." + name)}
		}
	}
	return nil
}

// approvedBy says that this official has agreed and others have not yet.
func approvedBy(p draw.Publication, id int64) bool {
	return p.Wave.State == wave.Drawn && len(p.Approvals) < p.Wave.Approvals &&
		slices.ContainsFunc(p.Approvals, func(a draw.Approval) bool { return a.Staff == id })
}

// more are the verbs beside the step's own: the officials' values.
func (c *Area) more(req *http.Request, w wave.Wave, p draw.Publication) (links []page.Link) {
	for _, name := range next(w, p) {
		if !slices.Contains(own, name) && desk.At(req).May(verbNamed(name).permission) {
			links = append(links, page.Link{Href: desk.Path("/console/waves/", w.ID) + "/" + name, Text: page.T("console.do." + name)})
		}
	}
	return links
}

func stepOpen(w wave.Wave) page.Text {
	if w.Round == 0 {
		return page.T("console.step.open.plan", "at", w.Opens)
	}
	return page.T("console.step.open.more", "at", w.Opens, "round", w.Round)
}

func stepClose(w wave.Wave) page.Text { return page.T("console.step.close.more", "at", w.Closes) }

func stepFreeze(w wave.Wave, p draw.Publication) page.Text {
	if p.Frozen.IsZero() {
		return page.T("console.step.freeze.plan", "settled", w.SettledBy, "by", w.FreezeBy)
	}
	return page.T("console.step.freeze.more", "listed", p.Listed, "in", p.TakingPart, "root", desk.Short(p.Root.String()), "at", p.Frozen)
}

func stepRound(w wave.Wave, p draw.Publication) page.Text {
	switch {
	case w.Round == 0:
		return page.T("console.step.round.plan")
	case p.Source != draw.FromNone:
		return page.T("console.step.round.done", "source", desk.Key("draw.source."+string(p.Source)), "round", w.Round, "at", p.SourceAt)
	}
	return page.T("console.step.round.more", "round", w.Round, "at", w.RoundAt)
}

func stepRun(p draw.Publication) page.Text {
	switch {
	case !p.Ran.IsZero():
		return page.T("console.step.run.done", "n", p.Ranked, "at", p.Ran)
	case p.Ranked > 0:
		return page.T("console.step.run.going", "n", p.Ranked, "of", p.TakingPart)
	}
	return page.T("console.step.run.plan")
}

func stepApprove(w wave.Wave, p draw.Publication, names map[int64]string) page.Text {
	switch {
	case p.Held():
		return page.T("console.step.approve.held")
	case len(p.Approvals) > 0:
		last := p.Approvals[len(p.Approvals)-1]
		return page.T("console.step.approve.more", "who", names[last.Staff], "at", last.At, "have", len(p.Approvals), "need", w.Approvals)
	}
	return page.T("console.step.approve.plan", "need", w.Approvals)
}

func stepRelease(w wave.Wave, p draw.Publication, told announce.Progress) page.Text {
	switch {
	case !told.Finished.IsZero():
		return page.T("console.step.release.done", "at", p.Released, "told", told.Told)
	case !p.Released.IsZero():
		return page.T("console.step.release.going", "at", p.Released, "told", told.Told)
	}
	return page.T("console.step.release.plan", "at", w.Announce)
}
