package checks

import (
	"fmt"
	"strings"
	"time"

	"gelombang/identity"
)

// plot is what the registry answered in each minute, as a path of bars for each colour:
// silence stands on top of the answers.
type plot struct {
	Width           int
	Answers, Silent string
	Highest         int
	From, Now       time.Time
}

const (
	plotMinutes = int(plotOver / time.Minute)
	plotHeight  = 20.0
	plotLeast   = 0.4 // it must be seen that something was asked
)

// plotOf draws the minutes up to the one before now: the running one would always look
// as if the registry had just slowed down.
func plotOf(now time.Time, minutes []identity.Minute) plot {
	end := now.Truncate(time.Minute)
	p := plot{Width: plotMinutes, From: end.Add(-plotOver), Now: end}
	for _, m := range minutes {
		p.Highest = max(p.Highest, m.Answers+m.Silent)
	}
	var answers, silent strings.Builder
	for _, m := range minutes {
		at := int(m.At.Sub(p.From) / time.Minute)
		if at < 0 || at >= plotMinutes {
			continue
		}
		foot := bar(&answers, at, plotHeight, m.Answers, p.Highest)
		bar(&silent, at, foot, m.Silent, p.Highest)
	}
	p.Answers, p.Silent = answers.String(), silent.String()
	if p.Answers == "" && p.Silent == "" {
		p.Highest = 0
	}
	return p
}

// bar draws n on a foot, and gives where it ends.
func bar(path *strings.Builder, at int, foot float64, n, highest int) float64 {
	if n == 0 {
		return foot
	}
	height := max(plotLeast, plotHeight*float64(n)/float64(highest))
	fmt.Fprintf(path, "M%d %.2fv-%.2fh.8v%.2fz", at, foot, height, height)
	return foot - height
}
