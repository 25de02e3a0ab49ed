package limit

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
)

// Mode is what a rule's verdict does. Everything else stands for Enforce, so that a
// mode that was forgotten or misspelt never opens a door.
type Mode string

// The modes.
const (
	Enforce Mode = "enforce"
	Record  Mode = "record" // only write down that it would have refused
)

// Rule is a guard's rule: its closed name, such as "otp.rise", and what its verdict
// does.
type Rule struct {
	Name string
	Mode Mode
}

// mode is the one that holds.
func (r Rule) mode() Mode {
	if r.Mode == Record {
		return Record
	}
	return Enforce
}

// Book writes down what rules decide: each decision in the log, with its rule, and a
// count of each kind. A nil Book writes nothing down and decides all the same.
type Book struct {
	Log *slog.Logger // nil: only counted

	mu     sync.Mutex
	counts map[countOf]int64
}

// Count is how often a rule decided so since the start.
type Count struct {
	Rule    string
	Mode    Mode
	Refused bool
	N       int64
}

type countOf struct {
	rule    string
	mode    Mode
	refused bool
}

// Decide writes a verdict down and says whether to act on it: a rule that only records
// never refuses. Attributes say what the verdict rests on; they never hold an address,
// a code or a key made of one.
func (b *Book) Decide(r Rule, refuse bool, attrs ...slog.Attr) bool {
	if b != nil {
		b.count(countOf{r.Name, r.mode(), refuse})
		b.log(r, refuse, attrs)
	}
	return refuse && r.mode() == Enforce
}

func (b *Book) count(of countOf) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.counts == nil {
		b.counts = map[countOf]int64{}
	}
	b.counts[of]++
}

// log tells of a refusal where everybody reads, and of a pass only to who asks for it:
// on an opening day nearly all pass.
func (b *Book) log(r Rule, refuse bool, attrs []slog.Attr) {
	if b.Log == nil {
		return
	}
	level := slog.LevelDebug
	if refuse {
		level = slog.LevelInfo
	}
	own := []slog.Attr{slog.String("rule", r.Name), slog.String("mode", string(r.mode())), slog.Bool("refused", refuse)}
	b.Log.LogAttrs(context.Background(), level, "limit.decided", append(own, attrs...)...)
}

// Counts gives what was decided since the start, by rule, mode and verdict.
func (b *Book) Counts() []Count {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]Count, 0, len(b.counts))
	for of, n := range b.counts {
		out = append(out, Count{of.rule, of.mode, of.refused, n})
	}
	slices.SortFunc(out, func(x, y Count) int {
		return cmp.Or(cmp.Compare(x.Rule, y.Rule), cmp.Compare(x.Mode, y.Mode), boolRank(x.Refused)-boolRank(y.Refused))
	})
	return out
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}
