package registry

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"gelombang/sim/loopback"
)

// question is what was asked, every value as text: integrations send numbers
// both bare and quoted.
type question map[string]string

func (q question) lacks(keys ...string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return q[key] == "" })
}

func (q *question) UnmarshalJSON(text []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	*q = question{}
	for key, value := range raw {
		var word string
		if json.Unmarshal(value, &word) != nil {
			word = string(value)
		}
		(*q)[key] = word
	}
	return nil
}

// envelope is around every answer, good or bad.
type envelope struct {
	Content          []map[string]string `json:"content"`
	LastPage         bool                `json:"lastPage"`
	NumberOfElements int                 `json:"numberOfElements"`
	Sort             *string             `json:"sort"`
	TotalElements    int                 `json:"totalElements"`
	FirstPage        bool                `json:"firstPage"`
	Number           int                 `json:"number"`
	Size             int                 `json:"size"`
}

func (s *Server) verify(w http.ResponseWriter, r *http.Request) {
	var q question
	ok, bad := s.receive(w, r, &q)
	if !ok {
		return
	}
	found := s.found(q, bad)
	if s.settled(w, r, r.PathValue("agency"), q, found) {
		return
	}
	loopback.JSON(w, http.StatusOK, enveloped(found.content(q)))
}

// receive reads a question; false when the request is over.
func (s *Server) receive(w http.ResponseWriter, r *http.Request, into any) (ok bool, bad error) {
	if !loopback.Hold(w, r, s.panel.Get()) || !loopback.Wait(r.Context(), s.delay()) {
		return false, nil
	}
	return true, json.NewDecoder(http.MaxBytesReader(w, r.Body, loopback.MaxBody)).Decode(into)
}

// found judges a question, in the order in which a busy office does.
func (s *Server) found(q question, bad error) outcome {
	control, now := s.panel.Get(), s.config.Now()
	switch {
	case bad != nil:
		return named("incomplete")
	case !s.pace.Take(now, control.CapacityPerSecond):
		return named("over_capacity")
	case !s.quota.take(now, s.config.QuotaPerDay):
		return named("quota")
	}
	return s.config.decide(q, control.Fault)
}

func (s *Server) note(agency, nik, word string) error {
	lookup := Lookup{
		ID: s.lastID.Add(1), AtMS: s.config.Now().UnixMilli(),
		Agency: agency, NIK: masked(nik), Answer: word,
	}
	if err := s.lookups.Put(lookup); err != nil {
		return fmt.Errorf("note lookup: %w", err)
	}
	return nil
}

// settled keeps what was asked, and does what an answer is not made of; false when an
// answer is due.
func (s *Server) settled(w http.ResponseWriter, r *http.Request, agency string, q question, o outcome) bool {
	if err := s.note(agency, q["NIK"], o.word); err != nil {
		http.Error(w, "cannot keep the request", http.StatusInternalServerError)
		return true
	}
	switch {
	case o.act == hangs:
		loopback.Hang(w, r)
	case o.act == resets:
		loopback.Reset(w)
	case o.act == talksGarbage:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"content":[{"NIK":<html><title>Gateway`))
	case o.act == talksHTML:
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!doctype html><title>Sesuai</title><h1>Layanan sedang dalam pemeliharaan</h1>`))
	case o.act == breaksOff:
		whole, _ := json.Marshal(enveloped(named("matched").content(q)))
		w.Header().Set("Content-Length", strconv.Itoa(len(whole)))
		_, _ = w.Write(whole[:len(whole)/2])
	case o.act == isSlow:
		return !loopback.Wait(r.Context(), s.config.SlowDelay)
	case o.status != 0:
		http.Error(w, http.StatusText(o.status), o.status)
	default:
		return false
	}
	return true
}

func enveloped(row map[string]string) envelope {
	return envelope{Content: []map[string]string{row}, LastPage: true, FirstPage: true,
		NumberOfElements: 1, TotalElements: 1, Size: 1}
}

// strangers is a NIK that nobody asks for.
const strangers = "9912310101010000"

func (o outcome) content(q question) map[string]string {
	if o.say != "" {
		return map[string]string{"RESPONSE_CODE": o.code, "RESPON": o.say}
	}
	compared := map[string]string{"NIK": q["NIK"]}
	switch o.act {
	case mistakesPerson:
		compared["NIK"] = strangers
	case contradicts:
		compared["RESPON"] = named("not_found").say
	}
	for _, field := range fields {
		if q[field] == "" {
			continue
		}
		compared[field] = "Sesuai"
		if slices.Contains(o.differ, field) {
			compared[field] = "Tidak Sesuai"
		} else if field == "NAMA_LGKP" {
			compared[field] = "Sesuai (100)" // names are scored
		}
	}
	return compared
}
