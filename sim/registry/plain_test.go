package registry_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/sim/registry"
)

// plainly asks in the plain shape.
func plainly(t *testing.T, server *registry.Server, nik, password string) (status int, answer map[string]any) {
	t.Helper()
	text, _ := json.Marshal(map[string]any{"nik": nik, "kk": "3201010101100001", "name": "ANI", "birth_place": "BOGOR",
		"birth_date": "1990-07-01", "sex": "female", "name_threshold": 90})
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL()+"/v1/verify", bytes.NewReader(text))
	req.SetBasicAuth("pmo", password)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = json.Unmarshal(body, &answer)
	return resp.StatusCode, answer
}

func TestThePlainShapeSaysTheSame(t *testing.T) {
	t.Parallel()
	server := start(t, registry.Config{})
	same := map[string]any{"kk": "match", "name": "match", "birth_place": "match", "birth_date": "match", "sex": "match"}
	status, got := plainly(t, server, woman+"0001", "sandi")
	if diff := cmp.Diff(map[string]any{"nik": woman + "0001", "result": "match", "fields": same}, got); diff != "" || status != 200 {
		t.Errorf("status %d: %s", status, diff)
	}
	same["kk"], same["name"] = "mismatch", "mismatch"
	_, got = plainly(t, server, woman+"9206", "sandi")
	if diff := cmp.Diff(map[string]any{"nik": woman + "9206", "result": "mismatch", "fields": same}, got); diff != "" {
		t.Error(diff)
	}
	for serial, result := range map[string]string{"9101": "deceased", "9102": "duplicate", "9103": "inactive", "9104": "not_found"} {
		_, got := plainly(t, server, woman+serial, "sandi")
		if diff := cmp.Diff(map[string]any{"nik": woman + serial, "result": result}, got); diff != "" {
			t.Error(diff)
		}
	}
	for serial, want := range map[string]int{"9002": 500, "9003": 402, "9004": 401, "9005": 403} {
		if status, _ := plainly(t, server, woman+serial, "sandi"); status != want {
			t.Errorf("%s: status %d", serial, status)
		}
	}
	if status, _ := plainly(t, server, woman+"0001", "salah"); status != 401 {
		t.Errorf("a wrong password: status %d", status)
	}
}

func TestTheQuotaOfADayEndsAtMidnightInJakarta(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 8, 7, 16, 59, 0, 0, time.UTC)
	server := start(t, registry.Config{QuotaPerDay: 1, Now: func() time.Time { return now }})
	if got := content(t, server, question(woman+"0001")); got["NAMA_LGKP"] == "" {
		t.Errorf("%v", got)
	}
	if got := content(t, server, question(woman+"0001")); got["RESPON"] != words["9003"] {
		t.Errorf("beyond the quota: %v", got)
	}
	now = now.Add(time.Minute)
	if got := content(t, server, question(woman+"0001")); got["NAMA_LGKP"] == "" {
		t.Errorf("the next day: %v", got)
	}
}

func TestALyingRegistryLiesInEveryWayThatIsKnown(t *testing.T) {
	t.Parallel()
	server := start(t, registry.Config{})
	if _, body, err := ask(t.Context(), server, question(woman+"9009")); err != nil || !bytes.Contains(body, []byte("<h1>")) {
		t.Errorf("HTML: %s, %v", body, err)
	}
	if _, _, err := ask(t.Context(), server, question(woman+"9010")); err == nil {
		t.Error("half an answer came whole")
	}
	if got := content(t, server, question(woman+"9011")); got["NIK"] == woman+"9011" || got["NO_KK"] != "Sesuai" {
		t.Errorf("another's: %v", got)
	}
	if got := content(t, server, question(woman+"9012")); got["RESPON"] != words["9104"] || got["NO_KK"] != "Sesuai" {
		t.Errorf("contradictory: %v", got)
	}
}
