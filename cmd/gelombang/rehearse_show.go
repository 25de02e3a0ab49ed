package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"gelombang/rehearsal"
	"gelombang/rehearsal/people"
)

// rehearsed is what a rehearsal came to; its fields are what --json gives.
type rehearsed struct {
	Scenario         string   `json:"scenario"`
	Engine           string   `json:"engine"`
	Applicants       int64    `json:"applicants"`
	Acknowledged     int64    `json:"acknowledged"`
	Lost             *int64   `json:"lost"` // null: not counted
	Errors           int64    `json:"errors"`
	Seconds          float64  `json:"seconds"`
	PerSecond        float64  `json:"per_second"`
	P50MS            float64  `json:"p50_ms"`
	P99MS            float64  `json:"p99_ms"`
	NoopPerSecond    float64  `json:"noop_per_second"`
	RatioToNoop      float64  `json:"ratio_to_noop"`
	CeilingPerSecond *float64 `json:"engine_ceiling_per_second"`
	RatioToCeiling   *float64 `json:"ratio_to_ceiling"`

	Retries        int64            `json:"retries"`
	Unexplained    int64            `json:"retries_without_retry_after"`
	Faults         map[string]int64 `json:"faults,omitempty"`
	ClientCPU      *float64         `json:"client_cpu_share"`
	ServerCPU      *float64         `json:"server_cpu_share"`
	EngineCPU      *float64         `json:"engine_cpu_share"`
	ServerMemory   int64            `json:"server_memory_bytes,omitempty"`
	FormsPerSecond float64          `json:"forms_per_second,omitempty"`

	Waited         int64    `json:"waited,omitempty"`
	WaitedP50S     float64  `json:"waited_p50_s,omitempty"`
	WaitedP99S     float64  `json:"waited_p99_s,omitempty"`
	LeftLine       int64    `json:"left_the_line,omitempty"`
	LongestGapS    float64  `json:"longest_gap_s,omitempty"`
	Polls          int64    `json:"status_polls,omitempty"`
	PollsPerSecond *float64 `json:"status_per_second,omitempty"`
	PollsToNoop    *float64 `json:"status_ratio_to_noop,omitempty"`

	Funnel  []rehearsal.Count `json:"funnel,omitempty"`
	Losses  map[string]int64  `json:"losses,omitempty"`
	Console []rehearsal.Count `json:"console_funnel,omitempty"`
	Agrees  *bool             `json:"funnel_agrees,omitempty"`
}

// take notes what the crowd counted.
func (r *rehearsed) take(t *rehearsal.Report, m *cpuMeter) {
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	r.Acknowledged, r.Errors, r.Retries, r.Unexplained, r.Faults = t.Acknowledged, t.Errors, t.Retries, t.Unexplained, t.Faults
	r.Seconds, r.PerSecond, r.P50MS, r.P99MS = t.Took.Seconds(), t.PerSecond(), ms(t.P50), ms(t.P99)
	r.NoopPerSecond, r.RatioToNoop = t.NoopPerSec, t.PerSecond()/t.NoopPerSec
	r.ClientCPU, r.ServerCPU, r.EngineCPU = m.part(m.ours), m.part(m.theirs), m.part(m.engines)
	r.ServerMemory = m.memory
	if t.FormsTook > 0 {
		r.FormsPerSecond = float64(t.Applicants) / t.FormsTook.Seconds()
	}
	r.Waited, r.LeftLine, r.Polls = t.Waited, t.LeftLine, t.Polls
	r.WaitedP50S, r.WaitedP99S, r.LongestGapS = t.WaitedP50.Seconds(), t.WaitedP99.Seconds(), t.LongestGap.Seconds()
	if t.PollsPerSec > 0 {
		r.PollsPerSecond, r.PollsToNoop = &t.PollsPerSec, &t.PollsToNoop
	}
	r.Funnel, r.Losses = t.Funnel, t.Losses
}

func (r *rehearsed) ceilingIs(perSecond float64) {
	ratio := r.PerSecond / perSecond
	r.CeilingPerSecond, r.RatioToCeiling = &perSecond, &ratio
}

// sound says that everybody got through and nothing is missing.
func (r *rehearsed) sound() bool {
	return r.Errors == 0 && (r.Lost == nil || *r.Lost == 0) && (r.Agrees == nil || *r.Agrees)
}

func (r *rehearsed) tell(w io.Writer, asJSON bool) error {
	if asJSON {
		out := json.NewEncoder(w)
		out.SetIndent("", "  ")
		return out.Encode(r)
	}
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	r.table(func(name, format string, args ...any) {
		_, _ = fmt.Fprintf(t, "  %s\t%s\n", name, fmt.Sprintf(format, args...))
	})
	return t.Flush()
}

func (r *rehearsed) table(row func(name, format string, args ...any)) {
	row("scenario", "%s, %d applicants, engine %s", r.Scenario, r.Applicants, cmp.Or(r.Engine, "not known"))
	row("acknowledged", "%d in %.1f s: %.0f a second", r.Acknowledged, r.Seconds, r.PerSecond)
	if r.Lost == nil {
		row("lost", "not counted: say --db and --keys")
	} else {
		row("lost", "%d", *r.Lost)
	}
	row("errors", "%d, and %d tried again (%d of them without a Retry-After)", r.Errors, r.Retries, r.Unexplained)
	for _, what := range slices.Sorted(maps.Keys(r.Faults)) {
		row("", "%d × %s", r.Faults[what], what)
	}
	row("from press to answer", "p50 %.1f ms, p99 %.1f ms", r.P50MS, r.P99MS)
	row("no-op", "%.0f a second; registering is %.2f of it", r.NoopPerSecond, r.RatioToNoop)
	if r.CeilingPerSecond != nil {
		row("engine without HTTP", "%.0f a second; registering is %.2f of it", *r.CeilingPerSecond, *r.RatioToCeiling)
	}
	if r.FormsPerSecond > 0 {
		row("forms", "%.0f a second, fetched before", r.FormsPerSecond)
	}
	row("CPU of this machine", "load generator used %s, server %s, PostgreSQL %s", percent(r.ClientCPU), percent(r.ServerCPU), percent(r.EngineCPU))
	if r.ServerMemory > 0 {
		row("memory of the server", "%d MB at most", r.ServerMemory>>20)
	}
	r.lineTable(row)
	r.funnelTable(row)
}

func (r *rehearsed) lineTable(row func(name, format string, args ...any)) {
	if r.Waited == 0 {
		return
	}
	row("waiting room", "%d waited, p50 %.1f s, p99 %.1f s; %d went away", r.Waited, r.WaitedP50S, r.WaitedP99S, r.LeftLine)
	row("", "the longest that nobody was let in: %.1f s", r.LongestGapS)
	if r.PollsPerSecond != nil {
		row("status document", "%d polls; alone %.0f a second, %.2f of the no-op", r.Polls, *r.PollsPerSecond, *r.PollsToNoop)
	}
}

func (r *rehearsed) funnelTable(row func(name, format string, args ...any)) {
	for i, stage := range r.Funnel {
		console := "console not read"
		if i < len(r.Console) {
			console = fmt.Sprintf("console %d", r.Console[i].People)
		}
		row(stage.Stage, "%d (%.1f %%), %s", stage.People, 100*float64(stage.People)/float64(max(r.Funnel[0].People, 1)), console)
	}
	for _, why := range slices.Sorted(maps.Keys(r.Losses)) {
		row("", "%d × %s, in the console %s", r.Losses[why], why, people.Fate(why).ConsoleWord())
	}
	if r.Agrees != nil {
		row("the console agrees", "%t", *r.Agrees)
	}
}

func percent(part *float64) string {
	if part == nil {
		return "not known"
	}
	return fmt.Sprintf("%.0f %%", 100**part)
}

// display is the live part: one line that changes on a terminal, now and then a line
// elsewhere.
type display struct {
	out      *os.File
	terminal bool
	last     time.Time
	open     bool // a line is being rewritten
}

// plainEvery is the pace of lines where nobody looks.
const plainEvery = 5 * time.Second

func newDisplay(out *os.File) *display {
	info, err := out.Stat()
	return &display{out: out, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

const barWidth = 24

func (d *display) progress(p rehearsal.Progress) {
	now := time.Now()
	if !d.terminal && now.Sub(d.last) < plainEvery {
		return
	}
	d.last = now
	var b strings.Builder
	if p.Of > 0 {
		full := int(min(p.Done, p.Of) * barWidth / p.Of)
		fmt.Fprintf(&b, "%s [%s%s] %d/%d", p.Phase, strings.Repeat("#", full), strings.Repeat(".", barWidth-full), p.Done, p.Of)
	} else {
		fmt.Fprintf(&b, "%s %d", p.Phase, p.Done)
	}
	fmt.Fprintf(&b, "  %.0f/s  p99 %.0f ms  errors %d  again %d", p.PerSecond, float64(p.P99)/float64(time.Millisecond), p.Errors, p.Retries)
	for _, c := range p.Funnel {
		fmt.Fprintf(&b, "  %s %d", c.Stage, c.People)
	}
	if !d.terminal {
		_, _ = fmt.Fprintln(d.out, b.String())
		return
	}
	_, _ = fmt.Fprint(d.out, "\r\x1b[K", b.String())
	d.open = true
}

// line says something that stays.
func (d *display) line(text string) {
	d.end()
	_, _ = fmt.Fprintln(d.out, text)
}

// end leaves the line that was being rewritten.
func (d *display) end() {
	if d.open {
		_, _ = fmt.Fprintln(d.out)
		d.open = false
	}
}
