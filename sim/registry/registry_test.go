package registry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/sim/registry"
)

const (
	path  = "/dukcapil/get_json/PMO/CALL_VERIFY_BY_ELEMENT"
	woman = "320101410790" // Bogor, 1 July 1990, day + 40
)

func start(t *testing.T, config registry.Config) *registry.Server {
	t.Helper()
	config.User, config.Password = "pmo", "sandi"
	config.SlowDelay = 100 * time.Millisecond
	server, err := registry.Start(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close(t.Context()) })
	return server
}

func question(nik string) map[string]any {
	return map[string]any{
		"USER_ID": "pmo", "PASSWORD": "sandi", "IP_USER": "10.0.0.1", "TRESHOLD": 90, "NIK": nik,
		"NO_KK": "3201010101100001", "NAMA_LGKP": "ANI", "TMPT_LHR": "BOGOR", "TGL_LHR": "01-07-1990", "JENIS_KLMIN": "Perempuan",
	}
}

func ask(ctx context.Context, server *registry.Server, q map[string]any) (status int, body []byte, err error) {
	text, _ := json.Marshal(q)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL()+path, bytes.NewReader(text))
	if err != nil {
		return 0, nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	return resp.StatusCode, body, err
}

// content expects status 200 and the envelope around one row.
func content(t *testing.T, server *registry.Server, q map[string]any) map[string]string {
	t.Helper()
	status, body, err := ask(t.Context(), server, q)
	if err != nil || status != http.StatusOK {
		t.Fatalf("status %d, %v", status, err)
	}
	var envelope struct {
		Content  []map[string]string `json:"content"`
		LastPage bool                `json:"lastPage"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil || len(envelope.Content) != 1 || !envelope.LastPage {
		t.Fatalf("envelope %s, %v", body, err)
	}
	return envelope.Content[0]
}

func matched(nik string) map[string]string {
	return map[string]string{
		"NIK": nik, "NO_KK": "Sesuai", "NAMA_LGKP": "Sesuai (100)", "TMPT_LHR": "Sesuai", "TGL_LHR": "Sesuai", "JENIS_KLMIN": "Sesuai",
	}
}

func TestAnyPlausiblePersonMatches(t *testing.T) {
	t.Parallel()
	server := start(t, registry.Config{})
	for _, nik := range []string{woman + "0001", "3174043112850042"} {
		if diff := cmp.Diff(matched(nik), content(t, server, question(nik))); diff != "" {
			t.Error(diff)
		}
	}
}

func TestOnlyWhatWasAskedIsAnswered(t *testing.T) {
	t.Parallel()
	server := start(t, registry.Config{})
	q := question(woman + "0001")
	delete(q, "NO_KK")
	q["TMPT_LHR"] = ""
	want := matched(woman + "0001")
	delete(want, "NO_KK")
	delete(want, "TMPT_LHR")
	if diff := cmp.Diff(want, content(t, server, q)); diff != "" {
		t.Error(diff)
	}
}

func TestMagicSerialsNameTheFieldsThatDiffer(t *testing.T) {
	t.Parallel()
	server := start(t, registry.Config{})
	for serial, fields := range map[string][]string{
		"9201": {"NAMA_LGKP"}, "9202": {"NO_KK"}, "9203": {"TGL_LHR"},
		"9204": {"TMPT_LHR"}, "9205": {"JENIS_KLMIN"}, "9206": {"NAMA_LGKP", "NO_KK"},
	} {
		want := matched(woman + serial)
		for _, field := range fields {
			want[field] = "Tidak Sesuai"
		}
		if diff := cmp.Diff(want, content(t, server, question(woman+serial))); diff != "" {
			t.Errorf("%s: %s", serial, diff)
		}
	}
}

var words = map[string]string{
	"9003": "Kuota Akses Hari ini telah Habis", "9004": "Login Gagal", "9005": "IP Address Tidak Sesuai",
	"9101": "Meninggal Dunia", "9102": "Data Ganda", "9103": "Data Inactive", "9104": "Data Tidak Ditemukan",
}

func TestMagicSerialsAnswerInTheSameEnvelope(t *testing.T) {
	t.Parallel()
	server := start(t, registry.Config{})
	for serial, word := range words {
		got := content(t, server, question(woman+serial))
		if got["RESPON"] != word || got["RESPONSE_CODE"] == "" || len(got) != 2 {
			t.Errorf("%s: %v", serial, got)
		}
	}
}

func TestRequestsOfTheWrongShapeAreAnsweredAsTheRegistryDoes(t *testing.T) {
	t.Parallel()
	server := start(t, registry.Config{})
	tests := []struct {
		change map[string]any
		want   string
	}{
		{map[string]any{"PASSWORD": "salah"}, "Login Gagal"},
		{map[string]any{"USER_ID": "lain"}, "Login Gagal"},
		{map[string]any{"USER_ID": nil}, "Parameter Tidak Lengkap"},
		{map[string]any{"USER_ID": ""}, "Parameter Tidak Lengkap"},
		{map[string]any{"NIK": ""}, "Parameter Tidak Lengkap"},
		{map[string]any{"NIK": "320101410790000"}, "Data Tidak Ditemukan"},
		{map[string]any{"NIK": "3201013207900001"}, "Data Tidak Ditemukan"},
	}
	for _, test := range tests {
		q := question(woman + "0001")
		maps.Copy(q, test.change)
		if got := content(t, server, q); got["RESPON"] != test.want {
			t.Errorf("%v: %v", test.change, got)
		}
	}
}

func TestMagicSerialsFailBelowTheEnvelope(t *testing.T) {
	t.Parallel()
	server := start(t, registry.Config{})
	checkFailures(t, server, func(fault string) string {
		return woman + map[string]string{"timeout": "9001", "http500": "9002", "garbage": "9006", "reset": "9007"}[fault]
	})
	began := time.Now()
	if diff := cmp.Diff(matched(woman+"9008"), content(t, server, question(woman+"9008"))); diff != "" {
		t.Error(diff)
	}
	if took := time.Since(began); took < 100*time.Millisecond {
		t.Errorf("the slow answer came after %v", took)
	}
}

func checkFailures(t *testing.T, server *registry.Server, nik func(fault string) string) {
	t.Helper()
	hurried, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := ask(hurried, server, question(nik("timeout"))); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("timeout: %v", err)
	}
	if status, _, err := ask(t.Context(), server, question(nik("http500"))); status != http.StatusInternalServerError {
		t.Errorf("http500: status %d, %v", status, err)
	}
	if status, body, err := ask(t.Context(), server, question(nik("garbage"))); status != http.StatusOK || json.Valid(body) {
		t.Errorf("garbage: status %d, %s, %v", status, body, err)
	}
	if status, _, err := ask(t.Context(), server, question(nik("reset"))); err == nil {
		t.Errorf("reset: status %d", status)
	}
}

func TestControlFaultsHitEverybody(t *testing.T) {
	t.Parallel()
	server := start(t, registry.Config{})
	set := func(c registry.Control) {
		if err := server.SetControl(c); err != nil {
			t.Fatal(err)
		}
	}
	checkFailures(t, server, func(fault string) string {
		set(registry.Control{Fault: fault})
		return woman + "0001"
	})
	for fault, word := range map[string]string{"quota": words["9003"], "login": words["9004"], "ip": words["9005"]} {
		set(registry.Control{Fault: fault})
		if got := content(t, server, question(woman+"0001")); got["RESPON"] != word {
			t.Errorf("%s: %v", fault, got)
		}
	}
	set(registry.Control{Outage: true})
	if status, _, err := ask(t.Context(), server, question(woman+"0001")); err == nil {
		t.Errorf("outage: status %d", status)
	}
	set(registry.Control{DelayMS: 100})
	began := time.Now()
	if content(t, server, question(woman+"0001")); time.Since(began) < 100*time.Millisecond {
		t.Errorf("the delayed answer came after %v", time.Since(began))
	}
}

func TestBeyondItsCapacityTheRegistryIsUnavailable(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	server := start(t, registry.Config{Now: func() time.Time { return now }})
	if err := server.SetControl(registry.Control{CapacityPerSecond: 2}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{200, 200, 503} {
		if status, _, err := ask(t.Context(), server, question(woman+"0001")); status != want {
			t.Errorf("request %d: status %d, %v", i, status, err)
		}
	}
}

func TestTheLastRequestsAreKeptMasked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := start(t, registry.Config{Dir: dir})
	content(t, server, question(woman+"0001"))
	content(t, server, question(woman+"9101"))
	if err := server.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	server = start(t, registry.Config{Dir: dir})
	content(t, server, question(woman+"0002"))
	for _, page := range []string{"/requests", "/"} {
		resp, err := http.Get(server.URL() + page)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || strings.Contains(string(body), woman) || !strings.Contains(string(body), "32••••••••••9101") {
			t.Errorf("%s shows %s, %v", page, body, err)
		}
		if page != "/requests" {
			continue
		}
		var view struct{ Counts map[string]int }
		if err := json.Unmarshal(body, &view); err != nil || view.Counts["matched"] != 2 || view.Counts["deceased"] != 1 {
			t.Errorf("counts %v, %v", view.Counts, err)
		}
	}
}
