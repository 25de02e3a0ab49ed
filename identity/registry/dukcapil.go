package registry

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// dukcapil is the shape that public integrations show: everything, good or bad, in
// one envelope with status 200.
type dukcapil struct{}

func (dukcapil) endpoint(c Config) string {
	return "/dukcapil/get_json/" + url.PathEscape(c.Agency) + "/CALL_VERIFY_BY_ELEMENT"
}

// question puts a query into the registry's words; false when a stated value
// cannot be said in them, so that leaving it out would pass for "not asked".
func (dukcapil) question(c Config, q Query) (any, bool) {
	asked := map[string]string{
		"USER_ID":  c.User,
		"PASSWORD": c.Password,
		"IP_USER":  c.ClientIP,
		"TRESHOLD": strconv.Itoa(c.NameThreshold), // spelt so by the registry
	}
	for _, w := range wire {
		if value := w.value(q); value != "" {
			asked[w.name] = value
		}
	}
	said := (q.BirthDate == "" || asked["TGL_LHR"] != "") && (q.Sex == "" || asked["JENIS_KLMIN"] != "")
	return asked, said
}

// The sign-in is in the question itself.
func (dukcapil) sign(*http.Request, Config) {}

func (dukcapil) read(status int, body []byte, q Query, threshold int) Answer {
	switch status {
	case http.StatusOK:
		return Classify(body, q, threshold)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return noAnswer(CauseBusy)
	}
	return noAnswer(CauseHTTP)
}

// wire are the names of the fields on the wire, in the order in which
// differences are reported.
var wire = []struct {
	field Field
	name  string
	value func(Query) string
}{
	{FieldNIK, "NIK", func(q Query) string { return q.NIK }},
	{FieldKK, "NO_KK", func(q Query) string { return q.KK }},
	{FieldName, "NAMA_LGKP", func(q Query) string { return q.Name }},
	{FieldBirthPlace, "TMPT_LHR", func(q Query) string { return q.BirthPlace }},
	{FieldBirthDate, "TGL_LHR", func(q Query) string { return wireDate(q.BirthDate) }},
	{FieldSex, "JENIS_KLMIN", func(q Query) string { return wireSex[q.Sex] }},
}

var wireSex = map[string]string{"male": "Laki-laki", "female": "Perempuan"}

// responses are the words of RESPON about the whole question, in lower case and
// with single spaces. A word that is not here is no answer: better a parked
// application than an outage told as somebody's mistake.
var responses = map[string]Answer{
	"data tidak ditemukan":             {Outcome: NotFound},
	"meninggal dunia":                  {Outcome: Deceased},
	"data meninggal dunia":             {Outcome: Deceased},
	"data ganda":                       {Outcome: Duplicate},
	"data inactive":                    {Outcome: Inactive},
	"kuota akses hari ini telah habis": {Outcome: NoAnswer, Cause: CauseQuota},
	"login gagal":                      {Outcome: NoAnswer, Cause: CauseLogin},
	"user id tidak aktif":              {Outcome: NoAnswer, Cause: CauseLogin},
	"instansi tidak aktif":             {Outcome: NoAnswer, Cause: CauseLogin},
	"ip address tidak sesuai":          {Outcome: NoAnswer, Cause: CauseIP},
	"ip client tidak terdaftar":        {Outcome: NoAnswer, Cause: CauseIP},
	"parameter tidak lengkap":          {Outcome: NoAnswer, Cause: CauseRequest},
}

// codeOK is the only RESPONSE_CODE with one meaning everywhere; the others
// differ between agencies, so only the word beside them is read.
const codeOK = "00"

// Classify reads a verdict out of an answer to q, or says that there is none.
// threshold is the name score from which a name is the same.
func Classify(body []byte, q Query, threshold int) Answer {
	record, ok := open(body)
	if !ok || repeats(body) {
		return noAnswer(CauseGarbage)
	}
	if word, said := record["RESPON"]; said {
		return respond(plain(text(word)), record, q)
	}
	if !fine(record) {
		return noAnswer(CauseGarbage)
	}
	return compare(record, q, threshold)
}

// respond reads a word about the whole question. Beside another person's NIK, beside
// a second word, or as "not found" beside a comparison it contradicts itself, and is
// no verdict.
func respond(word string, record map[string]json.RawMessage, q Query) Answer {
	answer, known := responses[word]
	if !known {
		return noAnswer(CauseGarbage)
	}
	if answer.Outcome == NoAnswer {
		return answer
	}
	inner, _ := inside(record["content"])
	for _, part := range []map[string]json.RawMessage{record, inner} {
		if said, twice := part["RESPON"]; twice && plain(text(said)) != word {
			return noAnswer(CauseGarbage)
		}
		if nik := text(part["NIK"]); len(nik) == len(q.NIK) && nik != q.NIK {
			return noAnswer(CauseGarbage)
		}
		if answer.Outcome == NotFound && compared(part) {
			return noAnswer(CauseGarbage)
		}
	}
	return answer
}

// compared says whether a record speaks of any field as one that it looked up.
func compared(record map[string]json.RawMessage) bool {
	for _, w := range wire {
		if _, ok := verdict(text(record[w.name])); ok {
			return true
		}
	}
	return false
}

// open finds the one record of an answer: the only entry of "content", "content"
// itself, or the answer itself, which is also where words about the whole
// question may stand beside a content that then means nothing. No entry is not
// "not found", and two entries are not one person.
func open(body []byte) (map[string]json.RawMessage, bool) {
	var outer map[string]json.RawMessage
	if json.Unmarshal(body, &outer) != nil || outer == nil {
		return nil, false
	}
	content, wrapped := outer["content"]
	if _, said := outer["RESPON"]; said || !wrapped {
		return outer, true
	}
	if !fine(outer) {
		return nil, false
	}
	return inside(content)
}

func inside(content json.RawMessage) (map[string]json.RawMessage, bool) {
	var list []map[string]json.RawMessage
	if json.Unmarshal(content, &list) == nil {
		if len(list) != 1 {
			return nil, false
		}
		return list[0], list[0] != nil
	}
	var single map[string]json.RawMessage
	if json.Unmarshal(content, &single) != nil {
		return nil, false
	}
	return single, single != nil
}

// fine: no code, or the one that says so.
func fine(record map[string]json.RawMessage) bool {
	code, said := record["RESPONSE_CODE"]
	return !said || text(code) == codeOK
}

// compare reads the verdict on every field that was asked for; one that is
// missing or unreadable spoils the whole answer.
func compare(record map[string]json.RawMessage, q Query, threshold int) Answer {
	var differing []Field
	for _, w := range wire {
		asked := w.value(q)
		if asked == "" {
			continue
		}
		said := text(record[w.name])
		same, ok := verdict(said)
		switch {
		case !ok && w.field == FieldNIK:
			// Some answers echo the NIK in place of a verdict. Another NIK is an answer
			// about another person.
			same, ok = true, said == asked
		case !ok && w.field == FieldName:
			same, ok = scored(said, threshold)
		}
		if !ok {
			return noAnswer(CauseGarbage)
		}
		if !same {
			differing = append(differing, w.field)
		}
	}
	if len(differing) > 0 {
		return Answer{Outcome: Differs, Fields: differing}
	}
	return Answer{Outcome: Matched}
}

// verdictForm is "Sesuai" or "Tidak Sesuai", with or without a score behind it.
// The score explains the word, it does not overrule it: the registry was given
// our threshold with the question.
var verdictForm = regexp.MustCompile(`^(tidak )?sesuai(?: ?\([0-9]{1,3}(?:[.,][0-9]+)?\))?$`)

func verdict(said string) (same, ok bool) {
	m := verdictForm.FindStringSubmatch(plain(said))
	if m == nil {
		return false, false
	}
	return m[1] == "", true
}

var scoreForm = regexp.MustCompile(`^[0-9]{1,3}(\.[0-9]+)?$`)

// scored reads a bare score of 0 to 100.
func scored(said string, threshold int) (same, ok bool) {
	said = strings.Replace(strings.TrimSpace(said), ",", ".", 1)
	if !scoreForm.MatchString(said) {
		return false, false
	}
	score, err := strconv.ParseFloat(said, 64)
	if err != nil || score > 100 {
		return false, false
	}
	return score >= float64(threshold), true
}

// text is a JSON string's value, or a number as it is written; "" for anything else.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil {
		return n.String()
	}
	return ""
}

// plain evens out case, spaces and a final stop, in which installations differ.
func plain(word string) string {
	return strings.TrimRight(strings.Join(strings.Fields(strings.ToLower(word)), " "), ".!")
}

// wireDate turns 1992-08-15 into 15-08-1992; "" when it is no date.
func wireDate(iso string) string {
	t, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return ""
	}
	return t.Format("02-01-2006")
}
