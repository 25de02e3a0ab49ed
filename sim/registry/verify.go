package registry

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

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
	control := s.panel.Get()
	if !loopback.Hold(w, r, control) {
		return
	}
	var q question
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, loopback.MaxBody)).Decode(&q)
	var found outcome
	switch {
	case err != nil:
		found = named("incomplete")
	case !s.pace.Take(s.config.Now(), control.CapacityPerSecond):
		found = named("over_capacity")
	default:
		found = s.config.decide(q, control.Fault)
	}
	if err := s.note(r.PathValue("agency"), q["NIK"], found.word); err != nil {
		http.Error(w, "cannot keep the request", http.StatusInternalServerError)
		return
	}
	s.give(w, r, q, found)
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

func (s *Server) give(w http.ResponseWriter, r *http.Request, q question, o outcome) {
	switch {
	case o.act == hangs:
		loopback.Hang(w, r)
		return
	case o.act == resets:
		loopback.Reset(w)
		return
	case o.act == talksGarbage:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"content":[{"NIK":<html><title>Gateway`))
		return
	case o.act == isSlow && !loopback.Wait(r.Context(), s.config.SlowDelay):
		return
	case o.status != 0:
		http.Error(w, http.StatusText(o.status), o.status)
		return
	}
	loopback.JSON(w, http.StatusOK, envelope{
		Content: []map[string]string{o.content(q)}, LastPage: true, FirstPage: true,
		NumberOfElements: 1, TotalElements: 1, Size: 1,
	})
}

func (o outcome) content(q question) map[string]string {
	if o.say != "" {
		return map[string]string{"RESPONSE_CODE": o.code, "RESPON": o.say}
	}
	compared := map[string]string{"NIK": q["NIK"]}
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
