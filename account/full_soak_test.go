//go:build soak

package account_test

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/account"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/notify"
)

const (
	// fullEnv says how many accounts a full database has; fullAccounts holds otherwise:
	// more than half of the people who were ever in such a programme.
	fullEnv      = "GELOMBANG_SOAK_ACCOUNTS"
	fullAccounts = 10_000_000
	// What a full database may cost.
	fullRateLeast = 0.8
	fullBytesMost = 512 << 20

	soakRounds = 7
	soakCrowd  = 256    // people who register at once
	soakRound  = 10_000 // registrations of a round
)

func TestAFullDatabaseTakesRegistrationsNearlyAsFastAsAnEmptyOne(t *testing.T) {
	for _, engine := range []sqldb.Engine{sqldb.SQLite, sqldb.Postgres} {
		t.Run(string(engine), func(t *testing.T) { fullAndEmpty(t, engine) })
	}
}

// fullAndEmpty measures both in turn, so that whatever else the machine does meets both.
func fullAndEmpty(t *testing.T, engine sqldb.Engine) {
	empty, full := soakWorld(t, engine), soakWorld(t, engine)
	fillUp(full, soakAccounts(t))
	var rates [2][]float64
	var bytes int64
	for round := range soakRounds {
		for i, w := range []*world{empty, full} {
			rates[i] = append(rates[i], w.registerRound(round))
			bytes = max(bytes, residentBytes(t))
		}
	}
	before, after := median(rates[0]), median(rates[1])
	t.Logf("registrations/s: %.0f empty, %.0f full, ratio %.2f; %d MiB resident", before, after, after/before, bytes>>20)
	if after < fullRateLeast*before {
		t.Errorf("a full database takes %.0f registrations/s, an empty one %.0f: %v and %v", after, before, rates[1], rates[0])
	}
	if bytes > fullBytesMost {
		t.Errorf("%d MiB resident", bytes>>20)
	}
}

func soakWorld(t *testing.T, engine sqldb.Engine) *world {
	clock := sqldbtest.NewClock()
	return newWorld(t, sqldbtest.Open(t, engine, clock), clock)
}

func soakAccounts(t *testing.T) int64 {
	t.Helper()
	text := os.Getenv(fullEnv)
	if text == "" {
		return fullAccounts
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q, not a number of accounts", fullEnv, text)
	}
	return n
}

func fillUp(w *world, n int64) {
	w.Helper()
	before, start := diskBytes(w), time.Now()
	populate(w, n)
	took := time.Since(start)
	disk := diskBytes(w) - before
	w.Logf("%d accounts in %s (%.0f/s), %d MiB on disk (%d bytes each)", n, took.Round(time.Millisecond), float64(n)/took.Seconds(), disk>>20, disk/n)
	debug.FreeOSMemory() // a server has not populated anything
}

// registerRound registers a crowd and gives the rate.
func (w *world) registerRound(round int) float64 {
	w.Helper()
	var wait sync.WaitGroup
	var serial atomic.Int64
	start := time.Now()
	for range soakCrowd {
		wait.Go(func() {
			for n := serial.Add(1); n <= soakRound; n = serial.Add(1) {
				a := account.Address{Channel: notify.Email, Value: fmt.Sprintf("soak-%d-%d@example.com", round, n)}
				if _, err := w.accounts.Register(w.Context(), form(a, a.Value, a.Value)); err != nil {
					w.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	return soakRound / time.Since(start).Seconds()
}

// diskBytes is what the database has on disk.
func diskBytes(w *world) int64 {
	return read(w, func(q sqldb.Querier) (n int64, err error) {
		query := `SELECT pg_database_size(current_database())`
		if w.db.Engine() == sqldb.SQLite {
			query = `SELECT page_count * page_size FROM pragma_page_count, pragma_page_size`
		}
		err = q.QueryRow(query).Scan(&n)
		return n, err
	})
}

// residentBytes is this process's memory, as the kernel counts it.
func residentBytes(t *testing.T) int64 {
	t.Helper()
	f, err := os.Open("/proc/self/status")
	if err != nil {
		t.Fatalf("memory on %s: %v", runtime.GOOS, err)
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, found := strings.CutPrefix(lines.Text(), "VmRSS:"); found {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kib << 10
		}
	}
	t.Fatal("/proc/self/status has no VmRSS")
	return 0
}

func median(values []float64) float64 {
	return slices.Sorted(slices.Values(values))[len(values)/2]
}
