package registry_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gelombang/identity/registry"
)

const threshold = 80

var somebody = registry.Query{
	NIK: "3174015506920001", KK: "3174011203200002", Name: "Siti Rahayu",
	BirthPlace: "Jakarta", BirthDate: "1992-06-15", Sex: "female",
}

// verdicts is a record in which every field is said to match, with changes.
func verdicts(changes map[string]any) map[string]any {
	record := map[string]any{
		"NIK": "Sesuai", "NO_KK": "Sesuai", "NAMA_LGKP": "Sesuai (100)",
		"TMPT_LHR": "Sesuai", "TGL_LHR": "Sesuai", "JENIS_KLMIN": "Sesuai",
	}
	for name, value := range changes {
		record[name] = value
		if value == nil {
			delete(record, name)
		}
	}
	return record
}

func content(records ...map[string]any) string {
	return asJSON(map[string]any{"content": records, "lastPage": true, "numberOfElements": len(records), "sort": nil})
}

func asJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func differs(fields ...registry.Field) registry.Answer {
	return registry.Answer{Outcome: registry.Differs, Fields: fields}
}

func none(cause registry.Cause) registry.Answer {
	return registry.Answer{Outcome: registry.NoAnswer, Cause: cause}
}

func TestEveryWordOfTheRegistryHasOneOutcome(t *testing.T) {
	t.Parallel()
	words := map[string]registry.Answer{
		"Data Tidak Ditemukan":                        {Outcome: registry.NotFound},
		"Data tidak ditemukan.":                       {Outcome: registry.NotFound},
		"Meninggal Dunia":                             {Outcome: registry.Deceased},
		"Data Ganda":                                  {Outcome: registry.Duplicate},
		"Data Inactive":                               {Outcome: registry.Inactive},
		"Kuota Akses Hari ini telah Habis":            none(registry.CauseQuota),
		"Login Gagal":                                 none(registry.CauseLogin),
		"User ID Tidak Aktif":                         none(registry.CauseLogin),
		"Instansi Tidak Aktif":                        none(registry.CauseLogin),
		"IP Address Tidak Sesuai":                     none(registry.CauseIP),
		"IP Client  Tidak terdaftar":                  none(registry.CauseIP),
		"Parameter Tidak Lengkap":                     none(registry.CauseRequest),
		"Layanan cek meninggal dunia sedang gangguan": none(registry.CauseGarbage),
		"Sesuai": none(registry.CauseGarbage),
		"":       none(registry.CauseGarbage),
	}
	for word, want := range words {
		said := map[string]any{"RESPON": word, "RESPONSE_CODE": "05"}
		forms := map[string]string{
			"list":                    content(said),
			"record":                  asJSON(map[string]any{"content": said}),
			"bare":                    asJSON(said),
			"without a code":          content(map[string]any{"RESPON": word}),
			"beside matching fields":  content(verdicts(said)),
			"beside matching content": asJSON(map[string]any{"RESPON": word, "content": []any{verdicts(nil)}}),
		}
		if want.Outcome == registry.NotFound { // what is not there cannot be compared
			delete(forms, "beside matching fields")
			delete(forms, "beside matching content")
		}
		for form, body := range forms {
			if diff := cmp.Diff(want, registry.Classify([]byte(body), somebody, threshold)); diff != "" {
				t.Errorf("%q as %s: %s", word, form, diff)
			}
		}
	}
}

func TestFieldsAreReadOneByOne(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		changes map[string]any
		want    registry.Answer
	}{
		{"all match", nil, registry.Answer{Outcome: registry.Matched}},
		{"other cases and spaces", map[string]any{"NO_KK": " SESUAI ", "TMPT_LHR": "sesuai"}, registry.Answer{Outcome: registry.Matched}},
		{"the NIK is echoed", map[string]any{"NIK": somebody.NIK}, registry.Answer{Outcome: registry.Matched}},
		{"the NIK is echoed as a number", map[string]any{"NIK": json.Number(somebody.NIK)}, registry.Answer{Outcome: registry.Matched}},
		{"a code that says fine", map[string]any{"RESPONSE_CODE": "00"}, registry.Answer{Outcome: registry.Matched}},
		{"NIK", map[string]any{"NIK": "Tidak Sesuai"}, differs(registry.FieldNIK)},
		{"KK", map[string]any{"NO_KK": "Tidak Sesuai"}, differs(registry.FieldKK)},
		{"name", map[string]any{"NAMA_LGKP": "Tidak Sesuai (41)"}, differs(registry.FieldName)},
		{"place", map[string]any{"TMPT_LHR": "Tidak Sesuai"}, differs(registry.FieldBirthPlace)},
		{"date", map[string]any{"TGL_LHR": "Tidak Sesuai"}, differs(registry.FieldBirthDate)},
		{"sex", map[string]any{"JENIS_KLMIN": "TIDAK  SESUAI"}, differs(registry.FieldSex)},
		{"name and KK", map[string]any{"NAMA_LGKP": "Tidak Sesuai", "NO_KK": "Tidak Sesuai"},
			differs(registry.FieldKK, registry.FieldName)},
		{"score at the threshold", map[string]any{"NAMA_LGKP": 80}, registry.Answer{Outcome: registry.Matched}},
		{"score as text", map[string]any{"NAMA_LGKP": "91,5"}, registry.Answer{Outcome: registry.Matched}},
		{"score below the threshold", map[string]any{"NAMA_LGKP": 79.9}, differs(registry.FieldName)},
		{"the word decides over its score", map[string]any{"NAMA_LGKP": "Sesuai (79)"}, registry.Answer{Outcome: registry.Matched}},
	}
	for _, c := range cases {
		got := registry.Classify([]byte(content(verdicts(c.changes))), somebody, threshold)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestWhatWasNotAskedIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	body := []byte(content(map[string]any{"NIK": "Sesuai", "NAMA_LGKP": "Sesuai (88)"}))
	q := registry.Query{NIK: somebody.NIK, Name: somebody.Name}
	if got := registry.Classify(body, q, threshold); got.Outcome != registry.Matched {
		t.Errorf("asked for two fields: %+v", got)
	}
	q.KK = somebody.KK
	if diff := cmp.Diff(none(registry.CauseGarbage), registry.Classify(body, q, threshold)); diff != "" {
		t.Errorf("asked for the KK too: %s", diff)
	}
}

func TestWhatIsNoVerdictIsNoAnswer(t *testing.T) {
	t.Parallel()
	other := "3273015506920001"
	bodies := map[string]string{
		"nothing":             "",
		"null":                "null",
		"HTML":                "<html><title>502</title></html>",
		"cut off":             content(verdicts(nil))[:90],
		"trailing text":       content(verdicts(nil)) + "x",
		"a list":              "[" + content(verdicts(nil)) + "]",
		"an empty object":     "{}",
		"no record":           content(),
		"a null record":       `{"content":[null]}`,
		"null content":        `{"content":null}`,
		"content of words":    `{"content":"Sesuai"}`,
		"two records":         content(verdicts(nil), verdicts(nil)),
		"another person":      content(verdicts(map[string]any{"NIK": other})),
		"no NIK":              content(verdicts(map[string]any{"NIK": nil})),
		"a field missing":     content(verdicts(map[string]any{"TGL_LHR": nil})),
		"a field null":        `{"content":[{"NIK":"Sesuai","NO_KK":null}]}`,
		"an unknown word":     content(verdicts(map[string]any{"NO_KK": "Mungkin Sesuai"})),
		"a missing one beats": content(verdicts(map[string]any{"NO_KK": "Tidak Sesuai", "TGL_LHR": nil})),
		"a value returned":    content(verdicts(map[string]any{"TMPT_LHR": "JAKARTA"})),
		"a score for a date":  content(verdicts(map[string]any{"TGL_LHR": 100})),
		"a score over 100":    content(verdicts(map[string]any{"NAMA_LGKP": 101})),
		"a negative score":    content(verdicts(map[string]any{"NAMA_LGKP": -1})),
		"a score in words":    content(verdicts(map[string]any{"NAMA_LGKP": "1e2"})),
		"a true":              content(verdicts(map[string]any{"NAMA_LGKP": true})),
		"a code of trouble":   content(verdicts(map[string]any{"RESPONSE_CODE": "05"})),
		"a code beside":       asJSON(map[string]any{"RESPONSE_CODE": "05", "content": []any{verdicts(nil)}}),
		"RESPON of objects":   `{"content":[{"RESPON":{"text":"Data Tidak Ditemukan"}}]}`,

		"not found, yet compared":         content(verdicts(map[string]any{"RESPON": "Data Tidak Ditemukan"})),
		"not found, yet compared within":  asJSON(map[string]any{"RESPON": "Data Tidak Ditemukan", "content": []any{verdicts(nil)}}),
		"dead and not found":              asJSON(map[string]any{"RESPON": "Meninggal Dunia", "content": []any{map[string]any{"RESPON": "Data Tidak Ditemukan"}}}),
		"somebody else is dead":           content(map[string]any{"RESPON": "Meninggal Dunia", "NIK": other}),
		"somebody else is dead, within":   asJSON(map[string]any{"RESPON": "Meninggal Dunia", "content": map[string]any{"NIK": other}}),
		"the same field twice":            strings.Replace(content(verdicts(nil)), `"NO_KK":"Sesuai"`, `"NO_KK":"Tidak Sesuai","NO_KK":"Sesuai"`, 1),
		"the same field in two spellings": strings.Replace(content(verdicts(nil)), `"NO_KK":"Sesuai"`, `"no_kk":"Tidak Sesuai","NO_KK":"Sesuai"`, 1),
	}
	for name, body := range bodies {
		if diff := cmp.Diff(none(registry.CauseGarbage), registry.Classify([]byte(body), somebody, threshold)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// FuzzClassify holds every verdict against a reader that knows nothing of
// envelopes: a body with no word of the registry in it cannot carry a verdict.
func FuzzClassify(f *testing.F) {
	f.Add(content(verdicts(nil)))
	f.Add(content(verdicts(map[string]any{"NO_KK": "Tidak Sesuai", "NAMA_LGKP": 12})))
	f.Add(content(map[string]any{"RESPON": "Data Ganda", "RESPONSE_CODE": "12"}))
	f.Add(`{"content":{"RESPON":"Kuota Akses Hari ini telah Habis"}}`)
	f.Add(`{"content":[{"NIK":<html><title>Gateway`)
	f.Add(`{"content":[{"NIK":"Sesuai","nik":"Tidak Sesuai"}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		got := registry.Classify([]byte(body), somebody, threshold)
		if complaint := implausible(got, body); complaint != "" {
			t.Fatalf("%q: %+v: %s", body, got, complaint)
		}
	})
}

func implausible(a registry.Answer, body string) string {
	closed := []registry.Outcome{registry.Matched, registry.Differs, registry.Deceased, registry.Duplicate,
		registry.Inactive, registry.NotFound, registry.NoAnswer}
	switch {
	case !slices.Contains(closed, a.Outcome):
		return "not of the closed list"
	case (a.Outcome == registry.Differs) != (len(a.Fields) > 0):
		return "differs and its fields go together"
	case (a.Outcome == registry.NoAnswer) != (a.Cause != ""):
		return "no answer and its cause go together"
	case a.Outcome != registry.NoAnswer && !json.Valid([]byte(body)):
		return "a verdict out of no JSON"
	case a.Outcome == registry.Matched || a.Outcome == registry.Differs:
		return unsaid(body)
	}
	return ""
}

// unsaid names a field that was asked for and does not occur in the decoded answer.
func unsaid(body string) string {
	var decoded any
	_ = json.Unmarshal([]byte(body), &decoded)
	flat := fmt.Sprint(decoded)
	for _, name := range []string{"NIK:", "NO_KK:", "NAMA_LGKP:", "TMPT_LHR:", "TGL_LHR:", "JENIS_KLMIN:"} {
		if !strings.Contains(flat, name) {
			return "no word on " + name
		}
	}
	if !strings.Contains(strings.ToLower(flat), "sesuai") {
		return "no word of comparison"
	}
	return ""
}
