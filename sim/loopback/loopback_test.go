package loopback_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"gelombang/sim/loopback"
)

type item struct {
	Key   string `json:"key"`
	Value int    `json:"value"`
}

func open(t *testing.T, dir string) *loopback.Journal[item] {
	t.Helper()
	journal, err := loopback.OpenJournal(dir, "items.jsonl", func(i item) string { return i.Key })
	if err != nil {
		t.Fatal(err)
	}
	return journal
}

func TestJournalKeepsTheNewestItemsAcrossARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	journal := open(t, dir)
	const extra = loopback.Keep + 7 // also enough lines to compact while running
	for i := range loopback.Keep + extra {
		if err := journal.Put(item{strconv.Itoa(i), i}); err != nil {
			t.Fatal(err)
		}
	}
	last := strconv.Itoa(loopback.Keep + extra - 1)
	if err := journal.Put(item{last, -1}); err != nil {
		t.Fatal(err)
	}
	if err := journal.Close(); err != nil {
		t.Fatal(err)
	}
	journal = open(t, dir)
	defer journal.Close()
	kept := journal.Newest(2*loopback.Keep, nil)
	if len(kept) != loopback.Keep || kept[0] != (item{last, -1}) || kept[len(kept)-1].Value != extra {
		t.Fatalf("kept %d items, newest %v, oldest %v", len(kept), kept[0], kept[len(kept)-1])
	}
}

func TestJournalLeavesOutATornLine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := `{"key":"a","value":1}` + "\n" + `{"key":"b","val`
	if err := os.WriteFile(filepath.Join(dir, "items.jsonl"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	journal := open(t, dir)
	if err := journal.Put(item{"c", 3}); err != nil {
		t.Fatal(err)
	}
	_ = journal.Close()
	journal = open(t, dir)
	defer journal.Close()
	kept := journal.Newest(10, nil)
	if len(kept) != 2 || kept[0].Key != "c" || kept[1].Key != "a" {
		t.Fatalf("kept %v", kept)
	}
}

func TestJournalAddsAKeyOnlyOnce(t *testing.T) {
	t.Parallel()
	journal := open(t, "")
	_, first, _ := journal.Add(item{"a", 1})
	known, second, _ := journal.Add(item{"a", 2})
	if !first || second || known.Value != 1 {
		t.Fatalf("first %v, second %v, known %v", first, second, known)
	}
}

func panelServer(t *testing.T) (*loopback.Panel[loopback.Control], string) {
	t.Helper()
	panel := loopback.NewPanel[loopback.Control]([]string{"timeout"})
	mux := http.NewServeMux()
	panel.Mount(mux)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return panel, server.URL + "/control"
}

func TestControlIsReplacedWholeByJSONAndByTheForm(t *testing.T) {
	t.Parallel()
	const form = "application/x-www-form-urlencoded"
	steps := []struct {
		kind, body string
		want       loopback.Control
	}{
		{"application/json", `{"delay_ms":5,"fault":"timeout"}`, loopback.Control{DelayMS: 5, Fault: "timeout"}},
		{form, `{"outage":true}`, loopback.Control{Outage: true}}, // as curl -d sends it
		{form, "capacity_per_second=3&fault=timeout&outage=&delay_ms=0", loopback.Control{CapacityPerSecond: 3, Fault: "timeout"}},
		{"application/json", `{}`, loopback.Control{}},
	}
	panel, url := panelServer(t)
	for _, step := range steps {
		resp, err := http.Post(url, step.kind, strings.NewReader(step.body))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if got := panel.Get(); resp.StatusCode != http.StatusOK || got != step.want {
			t.Errorf("%s: status %d, control %+v", step.body, resp.StatusCode, got)
		}
	}
}

func TestControlRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	panel, url := panelServer(t)
	for _, body := range []string{`{"fault":"tiemout"}`, `{"delay":1}`, `{"delay_ms":-1}`, `[]`} {
		resp, err := http.Post(url, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest || panel.Get() != (loopback.Control{}) {
			t.Errorf("%s: status %d, control %+v", body, resp.StatusCode, panel.Get())
		}
	}
}

func TestCapacityIsCountedPerSecond(t *testing.T) {
	t.Parallel()
	var pace loopback.Pace
	now := time.Unix(1000, 0)
	if !pace.Take(now, 1) || pace.Take(now, 1) || !pace.Take(now, 0) || !pace.Take(now.Add(time.Second), 1) {
		t.Fatal("a capacity of one lets one through in each second, and 0 everything")
	}
}
