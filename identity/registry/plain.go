package registry

import (
	"encoding/json"
	"net/http"
)

// simple is the plain shape: POST /v1/verify with the sign-in in the header, the
// HTTP status for everything that is not about the person, and one closed word about
// the person. The NIK is echoed, so that an answer that belongs to another question is
// seen to do so.
//
//	{"nik": "…", "kk": "…", "name": "…", "birth_place": "…", "birth_date": "1992-06-15", "sex": "female", "name_threshold": 80}
//	{"nik": "…", "result": "mismatch", "fields": {"kk": "match", "name": "mismatch", …}, "name_score": 41}
type simple struct{}

func (simple) endpoint(Config) string { return "/v1/verify" }

func (simple) question(c Config, q Query) (any, bool) {
	return map[string]any{
		"nik": q.NIK, "kk": q.KK, "name": q.Name, "birth_place": q.BirthPlace, "birth_date": q.BirthDate, "sex": q.Sex,
		"name_threshold": c.NameThreshold,
	}, (q.BirthDate == "" || wireDate(q.BirthDate) != "") && (q.Sex == "" || wireSex[q.Sex] != "")
}

func (simple) sign(req *http.Request, c Config) {
	req.SetBasicAuth(c.User, c.Password)
	req.Header.Set("X-Agency", c.Agency)
}

func (simple) read(status int, body []byte, q Query, threshold int) Answer {
	switch status {
	case http.StatusOK:
		return classifyPlain(body, q, threshold)
	case http.StatusBadRequest:
		return noAnswer(CauseRequest)
	case http.StatusUnauthorized:
		return noAnswer(CauseLogin)
	case http.StatusForbidden:
		return noAnswer(CauseIP)
	case http.StatusPaymentRequired: // what was paid for the day is used up
		return noAnswer(CauseQuota)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return noAnswer(CauseBusy)
	}
	return noAnswer(CauseHTTP)
}

type plainAnswer struct {
	NIK       string            `json:"nik"`
	Result    string            `json:"result"`
	Fields    map[string]string `json:"fields"`
	NameScore *float64          `json:"name_score"`
}

const (
	plainMatch    = "match"
	plainMismatch = "mismatch"
)

// plainStates are the results that are about the person as a whole.
var plainStates = map[string]Outcome{
	"not_found": NotFound, "deceased": Deceased, "duplicate": Duplicate, "inactive": Inactive,
}

func classifyPlain(body []byte, q Query, threshold int) Answer {
	var said plainAnswer
	if json.Unmarshal(body, &said) != nil || repeats(body) || said.NIK != q.NIK {
		return noAnswer(CauseGarbage)
	}
	if state, ok := plainStates[said.Result]; ok {
		if state == NotFound && (len(said.Fields) > 0 || said.NameScore != nil) {
			return noAnswer(CauseGarbage) // compared with what it does not have
		}
		return Answer{Outcome: state}
	}
	differing, ok := said.compare(q, threshold)
	switch {
	case ok && said.Result == plainMatch && len(differing) == 0:
		return Answer{Outcome: Matched}
	case ok && said.Result == plainMismatch && len(differing) > 0:
		return Answer{Outcome: Differs, Fields: differing}
	}
	return noAnswer(CauseGarbage)
}

// compare reads the verdict on every field that was asked for; false when one is
// missing, unreadable, or its word and its score disagree.
func (a plainAnswer) compare(q Query, threshold int) (differing []Field, ok bool) {
	for _, w := range wire {
		if w.value(q) == "" || w.field == FieldNIK {
			continue
		}
		said := a.Fields[string(w.field)]
		if w.field == FieldName && a.NameScore != nil {
			scored, ok := a.nameWord(threshold)
			if !ok || (said != "" && said != scored) {
				return nil, false
			}
			said = scored
		}
		switch said {
		case plainMatch:
		case plainMismatch:
			differing = append(differing, w.field)
		default:
			return nil, false
		}
	}
	// A NIK that does not agree has no person to compare the rest with.
	return differing, a.Fields["nik"] == "" || a.Fields["nik"] == plainMatch
}

func (a plainAnswer) nameWord(threshold int) (string, bool) {
	score := *a.NameScore
	if score < 0 || score > 100 {
		return "", false
	}
	if score >= float64(threshold) {
		return plainMatch, true
	}
	return plainMismatch, true
}
