package message

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gelombang/internal/page"
	"gelombang/notify"
)

// spendPart is what codes by SMS cost, and what is held back.
type spendPart struct {
	Hour, Day spendFigure
	Plot      spendPlot
	Held      []heldRow
	Prefixes  []prefixRow
}

// spendFigure is what was spent of a budget.
type spendFigure struct {
	Spent, Most int64
	Ends        time.Time
	Bar         page.Bar
}

type heldRow struct {
	What  page.Text
	Until time.Time
	Why   page.Text
	Badge page.Badge
}

type prefixRow struct {
	Prefix   string
	Operator page.Text
	Sent     int64
	Typed    float64
	Bar      page.Bar
}

func spendOf(s notify.Spending) spendPart {
	p := spendPart{Hour: figureOf(s.Hour, s.HourMost, s.HourEnds), Day: figureOf(s.Day, s.DayMost, s.DayEnds), Plot: spendPlotOf(s)}
	for _, h := range s.Held {
		p.Held = append(p.Held, heldRowOf(h))
	}
	for _, x := range s.Prefixes {
		row := prefixRow{Prefix: numbersFrom(x.Prefix), Operator: operator(x.Operator), Sent: x.Sent, Typed: float64(x.Typed) / float64(max(1, x.Sent))}
		row.Bar = page.Bar{Percent: 100 * row.Typed}
		if row.Typed < notify.SpendTyped {
			row.Bar.Tone = page.Look
			if x.Sent >= notify.SpendFewest {
				row.Bar.Tone = page.Bad
			}
		}
		p.Prefixes = append(p.Prefixes, row)
	}
	return p
}

// nearly is the part of a budget from which on somebody should look at it.
const nearly = 0.8

func figureOf(spent, most int64, ends time.Time) spendFigure {
	return spendFigure{Spent: spent, Most: most, Ends: ends, Bar: page.Bar{Percent: 100 * min(1, float64(spent)/float64(most)), Tone: toneOf(spent, most)}}
}

func toneOf(spent, most int64) page.Tone {
	switch part := float64(spent) / float64(most); {
	case part >= 1:
		return page.Bad
	case part >= nearly:
		return page.Look
	}
	return page.Calm
}

func heldRowOf(h notify.Held) heldRow {
	row := heldRow{What: page.T("console.spend.all"), Until: h.Until, Why: page.T("console.spend.money", "cost", h.Cost),
		Badge: page.Badge{Tone: page.Bad, Text: page.T("console.spend.held")}}
	if h.Rule == notify.RulePrefix {
		row.What, row.Why = page.Plain(numbersFrom(h.Prefix)), page.T("console.spend.untyped", "typed", h.Typed, "n", h.Sent)
	}
	if h.Recorded {
		row.Badge = page.Badge{Tone: page.Look, Text: page.T("console.spend.recorded")}
	}
	return row
}

// numbersFrom writes the beginning of numbers as people here know them.
func numbersFrom(prefix string) string {
	national, ours := strings.CutPrefix(prefix, "62")
	switch {
	case !ours:
		return "+" + prefix + " …"
	case len(national) <= 3:
		return "0" + national + "…"
	}
	return "0" + national[:3] + "-" + national[3:] + "…"
}

// spendPlot is the money of each hour as bars: a path for each colour, and a line for the
// budget when the hours come near it.
type spendPlot struct {
	Width           int
	Calm, Look, Bad string
	Budget          string
	Highest         int64
	From, Now       time.Time
}

const spendHeight = 20.0

func spendPlotOf(s notify.Spending) spendPlot {
	p := spendPlot{Width: len(s.Hours), Highest: slices.Max(s.Hours), From: s.From, Now: s.HourEnds}
	top := max(1, p.Highest)
	if s.HourMost <= 4*top {
		top = max(top, s.HourMost)
		p.Budget = fmt.Sprintf("M0 %.1fh%d", spendHeight*(1-float64(s.HourMost)/float64(top)), p.Width)
	}
	paths := map[page.Tone]*strings.Builder{page.Calm: {}, page.Look: {}, page.Bad: {}}
	for at, rp := range s.Hours {
		if rp == 0 {
			continue
		}
		height := max(0.4, spendHeight*float64(rp)/float64(top)) // it must be seen that something was spent
		fmt.Fprintf(paths[toneOf(rp, s.HourMost)], "M%d %.0fv-%.1fh.8v%.1fz", at, spendHeight, height, height)
	}
	p.Calm, p.Look, p.Bad = paths[page.Calm].String(), paths[page.Look].String(), paths[page.Bad].String()
	return p
}
