package mailbox

import (
	"net/http"
	"strconv"

	"gelombang/sim/loopback"
)

const (
	pageSize = 50
	jsonSize = 200
)

func (s *Server) handler() http.Handler {
	pages := loopback.ParsePages(files)
	mux := http.NewServeMux()
	s.panel.Mount(mux)
	mux.HandleFunc("GET /messages", s.listJSON)
	mux.HandleFunc("GET /stream", s.arrivals.Stream(told))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		to, settings := r.URL.Query().Get("to"), s.panel.Settings()
		pages.Show(w, r, "inbox", loopback.View{Title: "Inbox", Settings: &settings, Data: struct {
			To       string
			Messages []Message
		}{to, s.newest(to, pageSize)}})
	})
	mux.HandleFunc("GET /message/{id}", func(w http.ResponseWriter, r *http.Request) {
		message, ok := s.messages.Get(r.PathValue("id"))
		if !ok {
			http.NotFound(w, r)
			return
		}
		pages.Show(w, r, "message", loopback.View{Title: "Inbox", Data: parse(message)})
	})
	return mux
}

// told is a message on the stream: for programs that read codes, so without HTML.
func told(r record) (any, bool) {
	m := parse(r)
	m.HTML = ""
	return m, true
}

func (s *Server) listJSON(w http.ResponseWriter, r *http.Request) {
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || limit < 1 || limit > jsonSize {
		limit = jsonSize
	}
	loopback.JSON(w, http.StatusOK, s.newest(r.URL.Query().Get("to"), limit))
}
