package registry_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gelombang/identity/registry"
)

func plainly(t *testing.T, handler http.HandlerFunc) *registry.Client {
	t.Helper()
	cfg := serve(t, handler)
	cfg.Shape = registry.Plain
	return registry.New(cfg)
}

func TestThePlainQuestionIsPlain(t *testing.T) {
	t.Parallel()
	var path, user string
	var asked map[string]any
	c := plainly(t, func(w http.ResponseWriter, r *http.Request) {
		name, password, _ := r.BasicAuth()
		path, user = r.Method+" "+r.URL.Path, name+" "+password+" "+r.Header.Get("X-Agency")
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, asJSON(simply("match", nil)))
	})
	if got := c.Verify(t.Context(), somebody); got.Outcome != registry.Matched {
		t.Fatalf("%+v", got)
	}
	want := map[string]any{"nik": somebody.NIK, "kk": somebody.KK, "name": "Siti Rahayu", "birth_place": "Jakarta",
		"birth_date": "1992-06-15", "sex": "female", "name_threshold": 80.0}
	if diff := cmp.Diff(want, asked); diff != "" || path != "POST /v1/verify" || user != "user secret PRAKERJA" {
		t.Errorf("%s by %q: %s", path, user, diff)
	}
}

// simply is a plain answer in which every field matches, with changes; nil deletes.
func simply(result string, changes map[string]string) map[string]any {
	fields := map[string]string{"kk": "match", "name": "match", "birth_place": "match", "birth_date": "match", "sex": "match"}
	maps.Copy(fields, changes)
	maps.DeleteFunc(fields, func(_, word string) bool { return word == "" })
	return map[string]any{"nik": somebody.NIK, "result": result, "fields": fields}
}

func with(answer map[string]any, key string, value any) map[string]any {
	answer = maps.Clone(answer)
	answer[key] = value
	if value == nil {
		delete(answer, key)
	}
	return answer
}

func TestAPlainAnswerIsReadAsWhatItSays(t *testing.T) {
	t.Parallel()
	garbage := none(registry.CauseGarbage)
	onlyNIK := func(result string) map[string]any { return map[string]any{"nik": somebody.NIK, "result": result} }
	cases := []struct {
		name   string
		status int
		answer any
		want   registry.Answer
	}{
		{"match", 200, simply("match", nil), registry.Answer{Outcome: registry.Matched}},
		{"one differs", 200, simply("mismatch", map[string]string{"kk": "mismatch"}), differs(registry.FieldKK)},
		{"two differ", 200, simply("mismatch", map[string]string{"sex": "mismatch", "name": "mismatch"}), differs(registry.FieldName, registry.FieldSex)},
		{"a score at the threshold", 200, with(simply("match", map[string]string{"name": ""}), "name_score", 80), registry.Answer{Outcome: registry.Matched}},
		{"a score below it", 200, with(simply("mismatch", map[string]string{"name": ""}), "name_score", 79.9), differs(registry.FieldName)},
		{"not found", 200, onlyNIK("not_found"), registry.Answer{Outcome: registry.NotFound}},
		{"deceased", 200, onlyNIK("deceased"), registry.Answer{Outcome: registry.Deceased}},
		{"duplicate", 200, onlyNIK("duplicate"), registry.Answer{Outcome: registry.Duplicate}},
		{"inactive", 200, onlyNIK("inactive"), registry.Answer{Outcome: registry.Inactive}},

		{"another person's", 200, with(simply("match", nil), "nik", "3273015506920001"), garbage},
		{"nobody's", 200, with(simply("match", nil), "nik", nil), garbage},
		{"another's death", 200, with(onlyNIK("deceased"), "nik", "3273015506920001"), garbage},
		{"match with a mismatch", 200, simply("match", map[string]string{"kk": "mismatch"}), garbage},
		{"mismatch without one", 200, simply("mismatch", nil), garbage},
		{"a field missing", 200, simply("match", map[string]string{"sex": ""}), garbage},
		{"an unknown word", 200, simply("match", map[string]string{"sex": "maybe"}), garbage},
		{"an unknown result", 200, onlyNIK("unavailable"), garbage},
		{"no result", 200, with(simply("match", nil), "result", nil), garbage},
		{"word against score", 200, with(simply("match", nil), "name_score", 12), garbage},
		{"a score over 100", 200, with(simply("match", nil), "name_score", 101), garbage},
		{"not found, yet compared", 200, with(simply("not_found", nil), "name_score", 90), garbage},
		{"its own NIK differs", 200, simply("mismatch", map[string]string{"nik": "mismatch", "kk": "mismatch"}), garbage},
		{"HTML", 200, nil, garbage},
		{"400", 400, onlyNIK("not_found"), none(registry.CauseRequest)},
		{"401", 401, onlyNIK("not_found"), none(registry.CauseLogin)},
		{"402", 402, onlyNIK("not_found"), none(registry.CauseQuota)},
		{"403", 403, onlyNIK("not_found"), none(registry.CauseIP)},
		{"404", 404, onlyNIK("not_found"), none(registry.CauseHTTP)},
		{"429", 429, onlyNIK("not_found"), none(registry.CauseBusy)},
		{"500", 500, simply("match", nil), none(registry.CauseHTTP)},
		{"503", 503, simply("match", nil), none(registry.CauseBusy)},
	}
	for _, c := range cases {
		body := "<html>502</html>"
		if c.answer != nil {
			body = asJSON(c.answer)
		}
		got := plainly(t, says(c.status, body)).Verify(t.Context(), somebody)
		if c.want.Cause == registry.CauseQuota {
			c.want.RetryAfter = got.RetryAfter
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}
