package registry_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gelombang/identity/registry"
)

// Whatever is wrong on the way, however it is combined, nobody is judged by it.
func TestNoAnswerOfTheInfrastructureIsEverAVerdict(t *testing.T) {
	t.Parallel()
	troubles := []string{"Kuota Akses Hari ini telah Habis", "Login Gagal", "IP Address Tidak Sesuai", "IP Client Tidak terdaftar",
		"User ID Tidak Aktif", "Instansi Tidak Aktif", "Parameter Tidak Lengkap", "Internal Server Error", "Maintenance", ""}
	rapid.Check(t, func(t *rapid.T) {
		status := rapid.SampledFrom([]int{200, 200, 200, 201, 204, 301, 302, 400, 401, 402, 403, 404, 408, 429, 500, 502, 503, 504}).Draw(t, "status")
		body := drawTrouble(t, status, troubles)
		shape := rapid.SampledFrom(registry.Shapes).Draw(t, "shape")
		breaks := rapid.IntRange(0, 3).Draw(t, "breaks") == 0
		cfg := inMemory(func(*http.Request) (*http.Response, error) {
			if breaks {
				return nil, errors.New("broken")
			}
			r := response(body)
			r.StatusCode = status
			return r, nil
		})
		cfg.Shape, cfg.Patience = shape, time.Millisecond
		if got := registry.New(cfg).Verify(context.Background(), somebody); got.Outcome != registry.NoAnswer || got.Cause == "" {
			t.Fatalf("%s: %d %s: %+v", shape, status, body, got)
		}
	})
}

// drawTrouble makes a body that holds no verdict on somebody: words of trouble, alone or
// among fields; a true answer, but with a status that says otherwise, broken off, of
// another person, or within something else.
func drawTrouble(t *rapid.T, status int, troubles []string) string {
	word := map[string]any{"RESPON": rapid.SampledFrom(troubles).Draw(t, "word"), "RESPONSE_CODE": rapid.SampledFrom([]string{"00", "05", "13"}).Draw(t, "code")}
	verdictsThen := []string{content(verdicts(nil)), content(map[string]any{"RESPON": "Data Tidak Ditemukan"}),
		asJSON(simply("match", nil)), asJSON(map[string]any{"nik": somebody.NIK, "result": "deceased"})}
	truth := rapid.SampledFrom(verdictsThen).Draw(t, "truth")
	bodies := []string{content(word), asJSON(word), content(verdicts(word)), asJSON(map[string]any{"RESPON": word["RESPON"], "content": []any{verdicts(nil)}}),
		truth[:rapid.IntRange(0, len(truth)-1).Draw(t, "cut")], "<html>" + truth + "</html>", truth + truth, "[" + truth + "]",
		content(verdicts(map[string]any{"NIK": "3273015506920001"})), asJSON(with(simply("match", nil), "nik", "3273015506920001")),
		content(verdicts(map[string]any{rapid.SampledFrom([]string{"NO_KK", "TGL_LHR", "NAMA_LGKP", "JENIS_KLMIN"}).Draw(t, "missing"): nil})),
		asJSON(map[string]any{"error": rapid.SampledFrom([]string{"quota", "login", "down"}).Draw(t, "error")}),
	}
	if status != 200 {
		bodies = append(bodies, verdictsThen...)
	}
	return rapid.SampledFrom(bodies).Draw(t, "body")
}

// FuzzPlain is FuzzClassify for the other shape.
func FuzzPlain(f *testing.F) {
	f.Add(asJSON(simply("match", nil)))
	f.Add(asJSON(simply("mismatch", map[string]string{"kk": "mismatch"})))
	f.Add(`{"nik":"3174015506920001","result":"deceased","result":"match"}`)
	f.Fuzz(func(t *testing.T, body string) {
		cfg := inMemory(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
		})
		cfg.Shape = registry.Plain
		got := registry.New(cfg).Verify(t.Context(), somebody)
		if got.Outcome == registry.NoAnswer {
			return
		}
		var said struct{ NIK, Result string }
		known := []string{"match", "mismatch", "not_found", "deceased", "duplicate", "inactive"}
		if json.Unmarshal([]byte(body), &said) != nil || said.NIK != somebody.NIK || !slices.Contains(known, said.Result) {
			t.Fatalf("%q: %+v", body, got)
		}
		if (got.Outcome == registry.Differs) != (len(got.Fields) > 0) {
			t.Fatalf("%+v", got)
		}
	})
}
