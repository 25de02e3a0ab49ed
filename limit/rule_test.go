package limit_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"gelombang/limit"
)

func TestARuleEnforcesUnlessItIsToldToRecord(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode   limit.Mode
		refuse bool
		acts   bool
	}{
		{"", true, true}, {limit.Enforce, true, true}, {"recrod", true, true}, {limit.Record, true, false},
		{limit.Enforce, false, false}, {limit.Record, false, false},
	} {
		for _, book := range []*limit.Book{nil, {}} {
			if got := book.Decide(limit.Rule{Name: "a.rule", Mode: c.mode}, c.refuse); got != c.acts {
				t.Errorf("mode %q, refuse %v: acts %v", c.mode, c.refuse, got)
			}
		}
	}
}

func TestEveryDecisionIsWrittenDownWithItsRule(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	book := &limit.Book{Log: slog.New(slog.NewTextHandler(&out, nil))}
	rule := limit.Rule{Name: "a.rule", Mode: limit.Record}
	book.Decide(rule, true, slog.Int("wrong", 7))
	book.Decide(rule, true)
	book.Decide(rule, false)
	if line, _, _ := strings.Cut(out.String(), "\n"); !strings.Contains(line, "msg=limit.decided rule=a.rule mode=record refused=true wrong=7") {
		t.Errorf("said %q", line)
	}
	want := []limit.Count{{Rule: "a.rule", Mode: limit.Record, N: 1}, {Rule: "a.rule", Mode: limit.Record, Refused: true, N: 2}}
	if got := book.Counts(); len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("counted %+v", got)
	}
	var none *limit.Book
	if none.Counts() != nil {
		t.Error("a book that is not there has counts")
	}
}
