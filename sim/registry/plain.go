package registry

import (
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"gelombang/sim/loopback"
)

// plainQuestion is what the plain shape asks; the sign-in stands in the header.
type plainQuestion struct {
	NIK           string `json:"nik"`
	KK            string `json:"kk"`
	Name          string `json:"name"`
	BirthPlace    string `json:"birth_place"`
	BirthDate     string `json:"birth_date"`
	Sex           string `json:"sex"`
	NameThreshold int    `json:"name_threshold"`
}

// plainFields are the names of the fields in the plain shape.
var plainFields = map[string]string{
	"NO_KK": "kk", "NAMA_LGKP": "name", "TMPT_LHR": "birth_place", "TGL_LHR": "birth_date", "JENIS_KLMIN": "sex",
}

// asked puts a plain question into the words that the rest of the simulator knows.
func (p plainQuestion) asked(r *http.Request) question {
	user, password, _ := r.BasicAuth()
	q := question{"USER_ID": user, "PASSWORD": password, "NIK": p.NIK, "NO_KK": p.KK, "NAMA_LGKP": p.Name,
		"TMPT_LHR": p.BirthPlace, "TRESHOLD": strconv.Itoa(p.NameThreshold)}
	if born, err := time.Parse(time.DateOnly, p.BirthDate); err == nil {
		q["TGL_LHR"] = born.Format("02-01-2006")
	}
	q["JENIS_KLMIN"] = map[string]string{"male": "Laki-laki", "female": "Perempuan"}[p.Sex]
	return q
}

// plainStatus is the HTTP status for what is not about a person.
var plainStatus = map[string]int{
	"quota": http.StatusPaymentRequired, "login": http.StatusUnauthorized, "ip": http.StatusForbidden,
	"incomplete": http.StatusBadRequest,
}

type plainAnswer struct {
	NIK       string            `json:"nik"`
	Result    string            `json:"result"`
	Fields    map[string]string `json:"fields,omitempty"`
	NameScore *int              `json:"name_score,omitempty"`
}

func (s *Server) verifyPlain(w http.ResponseWriter, r *http.Request) {
	var p plainQuestion
	ok, bad := s.receive(w, r, &p)
	if !ok {
		return
	}
	q := p.asked(r)
	found := s.found(q, bad)
	if status := plainStatus[found.word]; status != 0 {
		found.status = status
	}
	if s.settled(w, r, r.Header.Get("X-Agency"), q, found) {
		return
	}
	loopback.JSON(w, http.StatusOK, found.plain(q))
}

func (o outcome) plain(q question) plainAnswer {
	answer := plainAnswer{NIK: q["NIK"], Result: o.word}
	if o.say != "" {
		return answer
	}
	answer.Result, answer.Fields = "match", map[string]string{}
	for field, name := range plainFields {
		switch {
		case q[field] == "":
		case slices.Contains(o.differ, field):
			answer.Result, answer.Fields[name] = "mismatch", "mismatch"
		default:
			answer.Fields[name] = "match"
		}
	}
	switch o.act {
	case mistakesPerson:
		answer.NIK = strangers
	case contradicts:
		answer.Result = "not_found"
	}
	return answer
}

// quota counts the questions of a day.
type quota struct {
	mu   sync.Mutex
	day  int64
	used int
}

// wib is where the registry's day begins.
var wib = time.FixedZone("WIB", 7*60*60)

func (k *quota) take(now time.Time, most int) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	local := now.In(wib)
	if day := int64(local.Year())*1000 + int64(local.YearDay()); day != k.day {
		k.day, k.used = day, 0
	}
	k.used++
	return most == 0 || k.used <= most
}

// delay draws how long an answer takes, from a log-normal distribution.
func (s *Server) delay() time.Duration {
	return time.Duration(float64(s.config.Latency) * math.Exp(0.5*rand.NormFloat64()))
}
