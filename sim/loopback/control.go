package loopback

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Control is what can be turned on every simulator; the zero value is health.
// A restart heals everything: a forgotten outage must not outlive the session
// in which somebody wanted it.
type Control struct {
	DelayMS           int    `json:"delay_ms"`
	CapacityPerSecond int    `json:"capacity_per_second"` // 0 is unlimited
	Fault             string `json:"fault"`
	Outage            bool   `json:"outage"`
}

// Base returns the part that every simulator shares.
func (c Control) Base() Control { return c }

// Controlled is Control itself or a struct that embeds it.
type Controlled interface{ Base() Control }

// Panel holds the current control and serves it: GET answers it, POST replaces
// the whole of it, so that POST {} heals.
type Panel[C Controlled] struct {
	mu      sync.RWMutex
	current C
	faults  []string
}

// NewPanel makes a healthy panel that knows these faults and no other.
func NewPanel[C Controlled](faults []string) *Panel[C] {
	return &Panel[C]{faults: faults}
}

// Get is the current control.
func (p *Panel[C]) Get() C {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.current
}

// Set replaces the control, or refuses an unknown fault or a negative number.
func (p *Panel[C]) Set(c C) error {
	base := c.Base()
	if base.Fault != "" && !slices.Contains(p.faults, base.Fault) {
		return fmt.Errorf("unknown fault %q, known: %q", base.Fault, p.faults)
	}
	if base.DelayMS < 0 || base.CapacityPerSecond < 0 {
		return fmt.Errorf("negative delay_ms or capacity_per_second")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.current = c
	return nil
}

// Settings is what the form on a simulator's page shows.
type Settings struct {
	Control
	Faults []string
}

// Settings is the panel as its form shows it.
func (p *Panel[C]) Settings() Settings {
	return Settings{Control: p.Get().Base(), Faults: p.faults}
}

// Mount serves the panel at /control: JSON for programs, a form for people.
func (p *Panel[C]) Mount(mux *http.ServeMux) {
	mux.HandleFunc("GET /control", func(w http.ResponseWriter, _ *http.Request) {
		JSON(w, http.StatusOK, p.Get())
	})
	mux.HandleFunc("POST /control", p.post)
}

func (p *Panel[C]) post(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "application/x-www-form-urlencoded" {
		p.postForm(w, r)
		return
	}
	var c C
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields() // a misspelt fault that does nothing wastes an afternoon
	err := decoder.Decode(&c)
	if err == nil {
		err = p.Set(c)
	}
	if err != nil {
		JSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	JSON(w, http.StatusOK, c)
}

// curl sends a body without a type as a form; such a body is JSON all the same.
func (p *Panel[C]) postForm(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var c C
	err := json.Unmarshal(formJSON(r.PostForm), &c)
	if err == nil {
		err = p.Set(c)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if r.PostForm.Has("from_page") {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	JSON(w, http.StatusOK, c)
}

// formJSON writes a form's fields as the JSON object that they stand for.
func formJSON(form url.Values) []byte {
	if len(form) == 1 {
		for key := range form { // curl -d '{"outage":true}'
			if json.Valid([]byte(key)) {
				return []byte(key)
			}
		}
	}
	fields := map[string]any{}
	for key := range form {
		value := form.Get(key)
		number, err := strconv.Atoi(value)
		switch {
		case err == nil:
			fields[key] = number
		case value == "true":
			fields[key] = true
		case value != "":
			fields[key] = value
		}
	}
	text, _ := json.Marshal(fields) // strings, numbers and booleans only
	return text
}

// Hold applies outage and delay to an HTTP request; false means that the
// request is over and nothing must be written.
func Hold(w http.ResponseWriter, r *http.Request, c Control) bool {
	if c.Outage {
		Reset(w)
		return false
	}
	return Wait(r.Context(), time.Duration(c.DelayMS)*time.Millisecond)
}

// Pace counts what happens in each second.
type Pace struct {
	mu     sync.Mutex
	second int64
	used   int
}

// Take counts one more at now and reports whether the capacity allows it.
func (p *Pace) Take(now time.Time, perSecond int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if second := now.Unix(); second != p.second {
		p.second, p.used = second, 0
	}
	p.used++
	return perSecond == 0 || p.used <= perSecond
}

// Magic is a value that makes a simulator misbehave for one address only.
type Magic struct {
	Value  string // what to enter
	Effect string
}

// JSON answers with v.
func JSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client may have left
}
