package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/rehearsal/people"
	"gelombang/report"
	"gelombang/sim"
)

// rehearse runs the real command and reads what it says. Its temporary things
// are made in a folder of the test, and must be gone at the end.
func rehearse(t *testing.T, args ...string) rehearsed {
	t.Helper()
	cmd, temp := rehearseCommand(t, args...)
	r := told(t, cmd, 0)
	expectEmpty(t, temp)
	return r
}

// told runs a rehearsal that ends with the exit code, and reads its one JSON object.
func told(t *testing.T, cmd *exec.Cmd, code int) (r rehearsed) {
	t.Helper()
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != code {
		t.Fatalf("%v: %v\n%s%s", cmd.Args, err, out.String(), log.String())
	}
	read := json.NewDecoder(&out)
	read.DisallowUnknownFields()
	if err := read.Decode(&r); err != nil || read.More() {
		t.Fatalf("not one JSON object: %v", err)
	}
	return r
}

func rehearseCommand(t *testing.T, args ...string) (cmd *exec.Cmd, temp string) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	// Not t.TempDir: PostgreSQL runs as another user when we are root, and must get in.
	if temp, err = os.MkdirTemp("", "gelombang-rehearse-test-"); err == nil {
		err = os.Chmod(temp, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(temp) })
	cmd = exec.Command(path, append([]string{"rehearse", "--json", "--connections", "32"}, args...)...)
	cmd.Env = append(os.Environ(), "TMPDIR="+temp)
	return cmd, temp
}

func expectEmpty(t *testing.T, dir string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q %v", left, err)
	}
}

// selfOf names an engine, and for PostgreSQL the server of the tests.
func selfOf(t *testing.T, engine sqldb.Engine) []string {
	args := []string{"--self", "--engine", string(engine)}
	if engine == sqldb.Postgres {
		args = append(args, "--db", sqldbtest.DSN(t, engine))
	}
	return args
}

func TestARehearsalOfASurgeLosesNobody(t *testing.T) {
	t.Parallel()
	for _, engine := range []sqldb.Engine{sqldb.SQLite, sqldb.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			r := rehearse(t, append(selfOf(t, engine), "surge", "--applicants", "300", "--rate", "150")...)
			if r.Scenario != "surge" || r.Engine != string(engine) || r.Applicants != 300 || r.Acknowledged != 300 || r.Errors != 0 {
				t.Errorf("%+v", r)
			}
			if r.Lost == nil || *r.Lost != 0 {
				t.Errorf("lost: %v", r.Lost)
			}
			if r.Seconds < 1.9 || r.PerSecond <= 0 || r.P50MS <= 0 || r.P99MS < r.P50MS || r.NoopPerSecond <= 0 || r.RatioToNoop <= 0 || r.FormsPerSecond <= 0 {
				t.Errorf("%+v", r)
			}
			if r.CeilingPerSecond == nil || r.RatioToCeiling == nil || *r.CeilingPerSecond <= 0 || *r.RatioToCeiling <= 0 {
				t.Errorf("no ceiling: %+v", r)
			}
			if r.ServerMemory < 10<<20 {
				t.Errorf("the server has %d bytes", r.ServerMemory)
			}
			if r.ClientCPU == nil || r.ServerCPU == nil || *r.ClientCPU <= 0 || *r.ServerCPU <= 0 || *r.ClientCPU+*r.ServerCPU > 1.1 {
				t.Errorf("CPU: %v and %v", r.ClientCPU, r.ServerCPU)
			}
		})
	}
}

func TestARehearsalOfADayAgreesWithTheConsole(t *testing.T) {
	t.Parallel()
	r := rehearse(t, "day", "--self", "--applicants", "200", "--seed", "5", "--compress", "10000")
	if r.Acknowledged != 200 || r.Errors != 0 || r.Lost == nil || *r.Lost != 0 {
		t.Errorf("%+v", r)
	}
	if r.Agrees == nil || !*r.Agrees || len(r.Funnel) != 6 || len(r.Console) != 6 {
		t.Fatalf("the crowd counted %v, the console %v", r.Funnel, r.Console)
	}
	var lost int64
	for why, n := range r.Losses {
		lost += n
		if word := people.Fate(why).ConsoleWord(); !slices.Contains(report.Losses, report.Loss(word)) {
			t.Errorf("the console does not know %q for %s", word, why)
		}
	}
	joined := r.Funnel[5].People
	if joined == 0 || lost+joined != 200 || len(r.Losses) < 8 {
		t.Errorf("%d joined, lost: %v", joined, r.Losses)
	}
}

func TestARehearsalOnASiteThatRunsReadsItsDatabaseAndChangesNothingElse(t *testing.T) {
	t.Parallel()
	world, err := sim.Start(sim.Config{SMSKey: "key", SMSReceiptSecret: "secret", RegistryUser: "user", RegistryPassword: "password"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = world.Close(context.Background()) })
	data, dsn := t.TempDir(), sqldbtest.DSN(t, sqldb.SQLite)
	p := startServe(t, freeAddress(t), world.Addresses(), data, dsn)
	counted := []string{"surge", "--target", p.base, "--applicants", "50", "--seed", "5", "--db", dsn, "--keys", filepath.Join(data, "keyset.json")}
	r := rehearse(t, counted...)
	if r.Engine != "sqlite" || r.Acknowledged != 50 || r.Lost == nil || *r.Lost != 0 || r.CeilingPerSecond != nil || r.ServerCPU != nil {
		t.Errorf("%+v", r)
	}
	if r := rehearse(t, "surge", "--target", p.base, "--applicants", "50"); r.Engine != "" || r.Acknowledged != 50 || r.Lost != nil {
		t.Errorf("%+v", r)
	}
	// Once more the same people: they are there, whatever becomes of what they send now.
	for _, many := range []string{"50", "1", "7000"} {
		cmd, _ := rehearseCommand(t, append(counted, "--applicants", many)...)
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "people of --seed 5 are in this database already") {
			t.Errorf("%s people of the same seed: %v\n%s", many, err, out)
		}
	}
}

// The site's cookies have other names over https.
func TestAFaultOfTheServerMakesTheRehearsalFail(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method == http.MethodPost {
			w.WriteHeader(http.StatusInternalServerError)
		}
		_, _ = w.Write([]byte(`<input type="hidden" name="form_token" value="t">`))
	}))
	t.Cleanup(server.Close)
	cmd, _ := rehearseCommand(t, "surge", "--target", server.URL, "--applicants", "3")
	if r := told(t, cmd, 1); r.Errors != 3 || r.Retries != 0 || r.Acknowledged != 0 || r.Faults["gave up: POST /register answered 500"] != 3 {
		t.Errorf("%+v", r)
	}
}

// What is set for the operator's own house is not for one that is made for a rehearsal.
func TestARehearsalOfItsOwnTakesNothingFromTheOperatorsEnvironment(t *testing.T) {
	t.Parallel()
	cmd, temp := rehearseCommand(t, "surge", "--self", "--applicants", "20")
	cmd.Env = append(cmd.Env, "GELOMBANG_NO_MIGRATE=true", "GELOMBANG_DB=sqlite:/nowhere/mine.db", "GELOMBANG_LISTEN=192.0.2.1:1",
		"GELOMBANG_PUBLIC_URL=not a URL", "GELOMBANG_OPENINGS="+time.Now().Add(time.Minute).Format(time.RFC3339))
	if r := told(t, cmd, 0); r.Acknowledged != 20 || r.Waited != 0 || r.Lost == nil || *r.Lost != 0 {
		t.Errorf("%+v", r)
	}
	expectEmpty(t, temp)
}

func TestARehearsalSaysWhatItNeeds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, want string }{
		{"surge", "either --self or --target"},
		{"surge --self --target http://127.0.0.1:1", "either --self or --target"},
		{"surge --target https://enrol.example", "--really enrol.example"},
		{"surge --target http://127.0.0.1:1 --db sqlite:x.db", "--db and --keys"},
		{"day --target http://127.0.0.1:1", "--inbox and --phone"},
		{"surge --target http://127.0.0.1:1 --work", "are for --self"},
		{"surge --target http://127.0.0.1:1 --db sqlite:/nowhere.db --keys k", "no such file"},
		{"flood --self", "must be one of"},
	} {
		cmd, _ := rehearseCommand(t, strings.Fields(c.args)...)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), c.want) {
			t.Errorf("rehearse %s: %v, and not %q in:\n%s", c.args, err, c.want, out)
		}
	}
}
