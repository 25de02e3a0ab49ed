package console

import (
	"cmp"
	"slices"
	"time"

	"gelombang/console/checks"
	"gelombang/console/desk"
	"gelombang/draw"
	"gelombang/identity"
	"gelombang/internal/page"
	"gelombang/report"
	"gelombang/waitroom"
	"gelombang/wave"
)

// From when on something is shown as worth a look, or as calling for hands.
const (
	staleFrom   = 30 * time.Second // an older figure says so
	waitLook    = time.Minute      // a job that has been due for longer
	parkedLook  = 10 * time.Minute // a person who waits for the registry for longer
	parkedAct   = time.Hour
	modeAct     = 24 * time.Hour // a registry that nobody asks for longer: nobody may have thought of it
	reviewAct   = 24 * time.Hour // somebody who waits for an official for longer
	failedLook  = 0.03           // share of the messages whose fate is known
	failedAct   = 0.10
	decidedSome = 20 // fewer decided messages say nothing
)

// tally is what became of messages.
type tally struct{ all, arrived, failed, silent int64 }

// share is the part of the decided messages that failed.
func (t tally) share() float64 {
	if t.decided() == 0 {
		return 0
	}
	return float64(t.failed) / float64(t.decided())
}

func (t tally) decided() int64 { return t.arrived + t.failed + t.silent }

// outcomes adds up the messages of a channel, or of all.
func outcomes(counts []report.MessageCount, channel string) (t tally) {
	for _, m := range counts {
		if channel != "" && m.Channel != channel {
			continue
		}
		t.all += m.N
		switch m.State {
		case "confirmed":
			t.arrived += m.N
		case "sent": // a mail server's word is the last that most mails ever get
			if m.Channel == "email" {
				t.arrived += m.N
			}
		case "failed":
			t.failed += m.N
		case "unconfirmed":
			t.silent += m.N
		}
	}
	return t
}

func systems(f facts) []system {
	list := []system{channel(f, "email"), channel(f, "sms"), registry(f)}
	if f.wave.Round != 0 {
		list = append(list, beacon(f))
	}
	return list
}

func channel(f facts, name string) system {
	t := outcomes(f.figures.Messages, name)
	s := system{Name: page.T("console.channel." + name), Words: page.T("console.system.messages", "arrived", t.arrived, "of", t.all), Share: width(percent(t.arrived, t.all))}
	switch {
	case t.decided() < decidedSome:
		s.Badge = page.Badge{Tone: page.Quiet, Text: page.T("console.system.quiet")}
	case t.share() > failedAct:
		s.Badge = page.Badge{Tone: page.Bad, Text: page.T("console.system.bad")}
	case t.share() > failedLook:
		s.Badge = page.Badge{Tone: page.Look, Text: page.T("console.system.look")}
	default:
		s.Badge = page.Badge{Tone: page.Good, Text: page.T("console.system.good")}
	}
	return s
}

func registry(f facts) system {
	p := f.figures.Parked
	s := system{Name: page.T("console.system.registry"), Words: page.T("console.system.answers", "n", f.figures.Answers, "waiting", p.N),
		Share: width(percent(f.figures.Answers, f.figures.Answers+p.N))}
	wait := age(f.now, p.Oldest)
	switch {
	case f.checks.Mode != identity.Online || f.checks.Down:
		s.Badge = checks.Badge(f.checks)
	case p.N == 0:
		s.Badge = page.Badge{Tone: page.Good, Text: page.T("console.system.nobody_waits")}
	case wait > parkedAct:
		s.Badge = page.Badge{Tone: page.Bad, Text: page.T("console.system.bad")}
	case wait > parkedLook:
		s.Badge = page.Badge{Tone: page.Look, Text: page.T("console.system.slow")}
	default:
		s.Badge = page.Badge{Tone: page.Good, Text: page.T("console.system.good")}
	}
	return s
}

// beacon looks at the one round that the wave waits for.
func beacon(f facts) system {
	s := system{Name: page.T("console.system.beacon"), Words: page.T("console.system.round", "round", f.wave.Round), Share: width(0)}
	switch {
	case f.drawn.Source == draw.FromBeacon:
		s.Share, s.Badge = width(100), page.Badge{Tone: page.Good, Text: page.T("console.system.out")}
	case f.now.Before(f.wave.RoundAt):
		s.Badge = page.Badge{Tone: page.Quiet, Text: page.T("console.system.not_due")}
	case f.wave.State == wave.Frozen:
		s.Badge = page.Badge{Tone: page.Look, Text: page.T("console.system.round_late")}
	default:
		s.Badge = page.Badge{Tone: page.Wait, Text: page.T("console.system.waiting")}
	}
	return s
}

func percent(part, whole int64) float64 {
	if whole <= 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}

// todos lists what calls for hands first, then what calls for eyes.
func todos(f facts) []todo {
	var list []todo
	list = append(list, drawTodo(f)...)
	list = append(list, roomTodo(f)...)
	list = append(list, jobTodo(f)...)
	list = append(list, reviewTodo(f)...)
	list = append(list, messageTodo(f)...)
	list = append(list, registryTodo(f)...)
	slices.SortStableFunc(list, func(a, b todo) int { return cmp.Compare(harm(a), harm(b)) })
	return list
}

// harm puts what is to be done now before everything else.
func harm(t todo) int {
	if t.Badge.Tone == act.Tone {
		return 0
	}
	return 1
}

var (
	act   = page.Badge{Tone: page.Bad, Text: page.T("console.todo.act")}
	turn  = page.Badge{Tone: page.Look, Text: page.T("console.todo.turn")}
	watch = page.Badge{Tone: page.Look, Text: page.T("console.todo.watch")}
)

// drawTodo is the next step of the draw that only staff can take.
func drawTodo(f facts) []todo {
	w, p := f.wave, f.drawn
	link := page.Link{Href: desk.Path("/console/waves/", w.ID), Text: page.T("console.todo.wave")}
	one := func(b page.Badge, name string, args ...any) []todo {
		args = append([]any{"wave", desk.Key(w.TitleKey())}, args...)
		return []todo{{Badge: b, Strong: page.T("console.todo."+name, args...), Text: page.T("console.todo." + name + ".why"), Link: link}}
	}
	switch {
	case w.State == wave.Frozen && p.Source != draw.FromNone && p.Ranked == 0:
		return one(turn, "run")
	case w.State == wave.Frozen && p.Source == draw.FromNone && f.now.After(p.Header.FallbackFrom()):
		return one(act, "reveal")
	case w.State == wave.Drawn && p.Held():
		return one(act, "held")
	case w.State == wave.Drawn && len(p.Approvals) < w.Approvals:
		return one(turn, "approve", "have", len(p.Approvals), "need", w.Approvals)
	case w.State == wave.Drawn:
		return one(turn, "release")
	}
	return nil
}

// roomTodo says that newcomers wait, for an hour or because more come than the house bears.
func roomTodo(f facts) []todo {
	switch r := f.room; {
	case !r.Engaged:
		return nil
	case r.Why == waitroom.AnOpening && f.now.Before(r.Opens):
		return []todo{{Badge: watch, Strong: page.T("console.todo.crowd", "n", r.Issued, "at", r.Opens), Text: page.T("console.todo.crowd.why")}}
	default:
		return []todo{{Badge: watch, Strong: page.T("console.todo.line", "n", max(0, r.Issued-r.Front), "pace", r.PerMinute),
			Text: page.T("console.todo.line." + string(r.Why))}}
	}
}

func jobTodo(f facts) []todo {
	var dead int64
	for _, h := range f.health {
		dead += h.Dead
	}
	var list []todo
	link := page.Link{Href: "/console/jobs", Text: page.T("console.todo.jobs")}
	if dead > 0 {
		list = append(list, todo{Badge: act, Strong: page.T("console.todo.dead", "n", dead), Text: page.T("console.todo.dead.why"), Link: link})
	}
	if wait := age(f.now, oldestJob(f.health)); wait > waitLook {
		list = append(list, todo{Badge: watch, Strong: page.T("console.todo.wait", "wait", wait), Text: page.T("console.todo.wait.why"), Link: link})
	}
	return list
}

// reviewTodo says that people wait for a look at their card or their NIK.
func reviewTodo(f facts) []todo {
	if f.review.N == 0 {
		return nil
	}
	wait, b := age(f.now, f.review.Since), turn
	if wait > reviewAct {
		b = act
	}
	return []todo{{Badge: b, Strong: page.T("console.todo.review", "n", f.review.N, "wait", wait), Text: page.T("console.todo.review.why"),
		Link: page.Link{Href: reviewPath, Text: page.T("console.todo.review.go")}}}
}

func messageTodo(f facts) (list []todo) {
	for _, name := range []string{"email", "sms"} {
		t := outcomes(f.figures.Messages, name)
		if t.decided() < decidedSome || t.share() <= failedLook {
			continue
		}
		b := watch
		if t.share() > failedAct {
			b = act
		}
		list = append(list, todo{Badge: b,
			Strong: page.T("console.todo.failing", "channel", desk.Key("console.channel."+name), "percent", 100*t.share()),
			Text:   page.T("console.todo.failing.why", "n", t.failed, "of", t.decided()),
			Link:   page.Link{Href: "/console/messages?channel=" + name + "&state=failed", Text: page.T("console.todo.messages")}})
	}
	return list
}

func registryTodo(f facts) []todo {
	p, link := f.figures.Parked, page.Link{Href: checks.Path, Text: page.T("console.todo.checks.go")}
	wait := age(f.now, p.Oldest)
	switch {
	case f.checks.Mode != identity.Online:
		return modeTodo(f, link)
	case f.checks.Down:
		return []todo{{Badge: act, Strong: page.T("console.todo.checks.down", "n", p.N), Text: whyParked(p, "console.todo.checks.down.why"), Link: link}}
	case p.N == 0 || wait <= parkedLook:
		return nil
	}
	b := watch
	if wait > parkedAct {
		b = act
	}
	return []todo{{Badge: b, Strong: page.T("console.todo.parked", "n", p.N, "wait", wait), Text: whyParked(p, "console.todo.parked.why"), Link: link}}
}

// whyParked names what keeps most people from an answer, where that is known.
func whyParked(p report.Parked, otherwise string) page.Text {
	if p.Cause == "" {
		return page.T(otherwise)
	}
	return page.T("console.todo.parked.cause", "cause", desk.Key("console.cause."+p.Cause))
}

// modeTodo reminds of a registry that nobody asks, for as long as somebody waits for it
// or the way of checking is an old one.
func modeTodo(f facts, link page.Link) []todo {
	m, b := f.checks.Setting, watch
	old := age(f.now, m.Since)
	if old <= modeAct && age(f.now, f.figures.Parked.Oldest) <= parkedLook {
		return nil
	}
	if old > modeAct {
		b = act
	}
	return []todo{{Badge: b, Strong: page.T("console.todo.checks.mode", "age", old, "mode", checks.ModeText(m.Mode)),
		Text: page.T("console.todo.checks."+string(m.Mode), "n", f.checks.Parked), Link: link}}
}
