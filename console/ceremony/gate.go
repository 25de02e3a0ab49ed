package ceremony

import (
	"fmt"
	"time"

	"gelombang/draw"
	"gelombang/internal/page"
)

// gate is the release gate as a table and a chart.
type gate struct {
	PMin    float64
	Tests   []test
	Chart   *chart
	Inquiry string
}

type test struct {
	Label page.Text
	draw.Test
	Badge page.Badge
}

// chart draws the share selected of each joining day; the line is the mean. A fair
// draw makes it level.
type chart struct {
	Width int
	Mean  string // y of the line
	Bars  []bar
	Words page.Text
}

type bar struct {
	X, Y, Height, Middle string
	Label                string // day and month, as "3/8"
	Share                float64
}

func gateOf(p draw.Publication) *gate {
	if len(p.Gate.Tests) == 0 {
		return nil
	}
	g := &gate{PMin: p.Gate.PMin, Chart: chartOf(p.Gate.Days), Inquiry: p.Inquiry}
	for _, t := range p.Gate.Tests {
		b := page.Badge{Tone: page.Good, Text: page.T("console.yes")}
		if !t.OK {
			b = page.Badge{Tone: page.Bad, Text: page.T("console.no")}
		}
		g.Tests = append(g.Tests, test{Label: page.T("draw.gate." + string(t.Name)), Test: t, Badge: b})
	}
	return g
}

// The chart's measures, in SVG units.
const (
	dayWidth  = 80
	barWidth  = 28
	chartBase = 72.0
	chartRoom = 64.0 // height of the highest bar
	daysMost  = 14   // of a longer wave the last days are drawn; the table of tests covers all
)

func chartOf(days []draw.Day) *chart {
	if len(days) > daysMost {
		days = days[len(days)-daysMost:]
	}
	joined, selected, most, least := 0, 0, 0.0, 1.0
	for _, d := range days {
		joined, selected = joined+d.Joined, selected+d.Selected
		most, least = max(most, shareOf(d.Selected, d.Joined)), min(least, shareOf(d.Selected, d.Joined))
	}
	if joined == 0 {
		return nil
	}
	mean, scale := shareOf(selected, joined), chartRoom/max(most, 0.000001)
	c := &chart{Width: max(len(days), 3) * dayWidth, Mean: fmt.Sprintf("%.1f", chartBase-mean*scale),
		Words: page.T("console.gate.words", "low", 100*least, "high", 100*most, "mean", 100*mean)}
	for i, d := range days {
		share, x := shareOf(d.Selected, d.Joined), i*dayWidth+(dayWidth-barWidth)/2
		c.Bars = append(c.Bars, bar{X: fmt.Sprint(x), Middle: fmt.Sprint(x + barWidth/2), Share: share, Label: dayLabel(d.Day),
			Y: fmt.Sprintf("%.1f", chartBase-share*scale), Height: fmt.Sprintf("%.1f", share*scale)})
	}
	return c
}

func shareOf(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

func dayLabel(iso string) string {
	t, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return iso
	}
	return fmt.Sprintf("%d/%d", t.Day(), t.Month())
}
