package smsgw

import (
	"net/http"
	"slices"

	"gelombang/sim/loopback"
)

const pageSize = 200

func (s *Server) handler() http.Handler {
	pages := loopback.ParsePages(files)
	mux := http.NewServeMux()
	s.panel.Mount(mux)
	mux.HandleFunc("POST /v1/messages", s.send)
	mux.HandleFunc("GET /v1/messages/{id}", s.status)
	mux.HandleFunc("POST /api/sendsms", s.sendForm)
	mux.HandleFunc("POST /{version}/{number}/messages", s.sendWhatsApp)
	mux.HandleFunc("GET /messages", func(w http.ResponseWriter, r *http.Request) {
		loopback.JSON(w, http.StatusOK, s.newest(r.URL.Query().Get("to")))
	})
	mux.HandleFunc("GET /stream", s.arrivals.Stream(arrived))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		settings := s.panel.Settings()
		list := phones(s.messages.Newest(loopback.Keep, nil))
		list = list[:min(len(list), pageSize)]
		pages.Show(w, r, "phones", loopback.View{Title: "Phones", Settings: &settings, Data: list})
	})
	mux.HandleFunc("GET /phone/{number}", func(w http.ResponseWriter, r *http.Request) {
		messages := s.newest(r.PathValue("number"))
		slices.Reverse(messages) // a phone shows the newest at the bottom
		pages.Show(w, r, "phone", loopback.View{Title: "Phones", Data: struct {
			Number   string
			Messages []Message
		}{normal(r.PathValue("number")), messages}})
	})
	return mux
}

// arrived is a message on the stream, when it is one that reaches its phone.
func arrived(m Message) (any, bool) { return m, !slices.Contains(failures, string(m.Outcome)) }

// newest lists the messages to a phone, or to all if number is empty.
func (s *Server) newest(number string) []Message {
	number = normal(number)
	return s.messages.Newest(pageSize, func(m Message) bool { return number == "" || m.To == number })
}
