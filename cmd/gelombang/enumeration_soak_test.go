//go:build soak

package main

import (
	"cmp"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gelombang/account"
	"gelombang/internal/sqldb"
)

const (
	// timedRequests are interleaved on each surface, half of them for known addresses.
	timedRequests = 2000
	// guessedMost is how often the best threshold may tell the two halves apart. Pure chance
	// gives 52 % of so many: a threshold is chosen after the fact.
	guessedMost = 0.55
)

// timing is one request.
type timing struct {
	known bool
	took  time.Duration
}

func TestTheTimeOfAnAnswerTellsNothing(t *testing.T) {
	previous := slog.Default()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	t.Cleanup(func() { slog.SetDefault(previous) })
	for _, engine := range []sqldb.Engine{sqldb.SQLite, sqldb.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			q := openQuiet(t, engine, nil)
			q.populate(timedRequests / 2 * len(surfaces))
			for i, s := range surfaces {
				first := i * timedRequests / 2
				q.report(s.name, q.timed(s, first))
				q.useUp()
				q.report(s.name+", limited", q.timed(s, first))
			}
		})
	}
}

// populate makes accounts with a password; whoever has the others' addresses is nobody.
func (q *quiet) populate(n int) {
	q.t.Helper()
	if err := q.house.account.Populate(q.t.Context(), int64(n), func(int64) {}); err != nil {
		q.t.Fatal(err)
	}
	hashed, err := q.house.passwords.Hash(q.t.Context(), quietPassword)
	if err != nil {
		q.t.Fatal(err)
	}
	q.write(`INSERT INTO password (account, hash, changed_ms) SELECT id, $1, 0 FROM account`, hashed)
}

func (q *quiet) write(statement string, args ...any) {
	q.t.Helper()
	err := q.house.db.Write(q.t.Context(), func(tx *sqldb.Tx) error { _, err := tx.Exec(statement, args...); return err })
	if err != nil {
		q.t.Fatal(err)
	}
}

// useUp takes what is left of every budget of every address that was asked for.
func (q *quiet) useUp() {
	q.t.Helper()
	q.write(`UPDATE limit_use SET used = most, long_used = long_most`)
}

// timed sends a surface's form for known and for unknown addresses in turns that nobody
// can foresee, each address once, each from a browser that was never here.
func (q *quiet) timed(s surface, first int) []timing {
	q.t.Helper()
	v := newVisitor(q.t, q.base, "id")
	form := v.filled(v.get(s.path), s.path, s.fill)
	client := &http.Client{Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	out := make([]timing, 0, timedRequests)
	for n := range timedRequests / 2 {
		known := account.PopulatedAddress(int64(first + n)).Value
		pair := []string{known, strings.Replace(known, "old-", "new-", 1)}
		swap := rand.IntN(2)
		for _, i := range []int{swap, 1 - swap} {
			out = append(out, timing{known: i == 0, took: q.post(client, s.path, form, pair[i])})
		}
	}
	return out
}

func (q *quiet) post(client *http.Client, path string, form url.Values, address string) time.Duration {
	q.t.Helper()
	form.Set("address", address)
	if form.Has("read") {
		form.Set("read", address)
	}
	body := form.Encode()
	begun := time.Now()
	resp, err := client.Post(q.base+path, "application/x-www-form-urlencoded", strings.NewReader(body))
	if err != nil {
		q.t.Fatal(err)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	took := time.Since(begun)
	if err := cmp.Or(err, resp.Body.Close()); err != nil || resp.StatusCode >= http.StatusInternalServerError {
		q.t.Fatalf("%s answered %d, %v", path, resp.StatusCode, err)
	}
	return took
}

// report says how well the best threshold tells known from unknown.
func (q *quiet) report(what string, all []timing) {
	q.t.Helper()
	right := bestThreshold(all)
	q.t.Logf("%-40s median %8s known, %8s unknown; the best threshold is right in %.1f %%", what,
		middle(all, true).Round(time.Microsecond), middle(all, false).Round(time.Microsecond), 100*right)
	if right > guessedMost {
		q.t.Errorf("%s: a clock tells known addresses in %.1f %%", what, 100*right)
	}
}

// bestThreshold is the share of right guesses of who calls "known" whatever took longer
// than a threshold, or less long, with the best threshold there is.
func bestThreshold(all []timing) float64 {
	all = slices.SortedFunc(slices.Values(all), func(a, b timing) int { return cmp.Compare(a.took, b.took) })
	known, below := 0, 0
	for _, x := range all {
		if x.known {
			known++
		}
	}
	best := max(known, len(all)-known)
	for n, x := range all {
		if x.known {
			below++
		}
		right := below + (len(all) - known) - (n + 1 - below) // known below, unknown above
		best = max(best, right, len(all)-right)
	}
	return float64(best) / float64(len(all))
}

func middle(all []timing, known bool) time.Duration {
	var took []time.Duration
	for _, x := range all {
		if x.known == known {
			took = append(took, x.took)
		}
	}
	slices.Sort(took)
	return took[len(took)/2]
}

func TestTheBestThresholdIsFound(t *testing.T) {
	t.Parallel()
	apart := []timing{{true, 1}, {true, 2}, {false, 3}, {false, 4}}
	mixed := []timing{{true, 1}, {false, 2}, {true, 3}, {false, 4}}
	if got := bestThreshold(apart); got != 1 {
		t.Errorf("two halves apart: %v", got)
	}
	if got := bestThreshold(mixed); got != 0.75 {
		t.Errorf("mixed: %v", got)
	}
}
