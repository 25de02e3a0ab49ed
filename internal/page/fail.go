package page

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/locale"
)

// comeBack is told to a browser when an outage has no known end.
const comeBack = 30 * time.Second

// soon is when a time left says more than a clock without seconds.
const soon = 2 * time.Minute

// failure is what the error page shows.
type failure struct {
	Title, Lead Text
	State       State
	Items       []Text // what to mend, when no page took the fields
	Countdown   *Countdown
	Actions     Actions
	Incident    string // for the phone, when it is ours
	Kept        *Kept  // what was typed, to be sent again
	Later       bool   // sending it again is not the main thing to do now
}

// Fail writes the error page of err. A fault of ours, Internal or Unavailable,
// never looks like the person's: it says so, what is kept, and when to come
// back. A form that was sent and may pass later stays on the page, to be sent
// again with one button. The ways are what else can be done now, the best one first.
func (r *Renderer) Fail(w http.ResponseWriter, req *http.Request, err error, ways ...Link) {
	f, known := fault.As(err)
	if !known {
		f = &fault.Error{Kind: fault.Internal, Err: err}
	}
	status := statusOf(f)
	if ours(f.Kind) {
		r.log.ErrorContext(req.Context(), "page.fail", "kind", f.Kind, "request", RequestIDOf(req), "route", req.Pattern, "error", err)
	}
	if seconds := r.retryAfter(f); seconds > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	w.Header().Set("Cache-Control", "no-store")
	var kept *Kept
	if f.Kind == fault.Unavailable || f.Kind == fault.Limited {
		kept = KeptOf(w, req)
	}
	r.writeFailure(w, req, status, r.failure(req, f, ways, kept))
}

func ours(kind fault.Kind) bool { return kind == fault.Internal || kind == fault.Unavailable }

func statusOf(f *fault.Error) int {
	var tooBig *http.MaxBytesError
	if errors.As(f.Err, &tooBig) {
		return http.StatusRequestEntityTooLarge
	}
	switch f.Kind {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Refused:
		return http.StatusConflict
	case fault.Limited:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Forbidden:
		return http.StatusForbidden
	}
	return http.StatusInternalServerError
}

func (r *Renderer) retryAfter(f *fault.Error) int64 {
	left := f.Until.Sub(r.now())
	switch {
	case f.Kind != fault.Limited && f.Kind != fault.Unavailable:
		return 0
	case f.Until.IsZero():
		left = comeBack
	}
	return max(1, int64((left+time.Second-1)/time.Second))
}

// plainFailures are the pages that need no more than a title and a lead; a
// fault's own key takes the lead's place.
var plainFailures = map[fault.Kind]failure{
	fault.Invalid:   {Title: T("page.fail.invalid.title"), Lead: T("page.fail.invalid.lead")},
	fault.Refused:   {Title: T("page.fail.refused.title"), Lead: T("page.fail.refused.lead")},
	fault.NotFound:  {Title: T("page.fail.not_found.title"), Lead: T("page.fail.not_found.lead")},
	fault.Forbidden: {Title: T("page.fail.forbidden.title"), Lead: T("page.fail.forbidden.lead")},
}

func (r *Renderer) failure(req *http.Request, f *fault.Error, ways []Link, kept *Kept) failure {
	var v failure
	switch f.Kind {
	case fault.Internal, fault.Unavailable:
		v = r.oursFailed(req, f, kept)
	case fault.Limited:
		v = r.limited(f)
	default:
		v = plainFailures[f.Kind]
		if f.Key != "" {
			v.Lead = textOf(f.Key, f.Args)
		}
	}
	for _, field := range f.Fields {
		v.Items = append(v.Items, textOf(field.Key, field.Args))
	}
	if len(ways) == 0 {
		ways = r.wayOut(req, f.Kind, kept)
	}
	if v.Kept, v.Later = kept, f.Kind == fault.Limited; kept != nil && !v.Later {
		v.Actions = Actions{Button: T("page.kept.send"), Links: ways}
		return v
	}
	v.Actions = Actions{Button: ways[0].Text, Href: ways[0].Href, Links: ways[1:]}
	return v
}

// oursFailed speaks the same words for an outage and for a bug: to the person
// they are the same. A fault with a key of its own says more exactly what happened.
func (r *Renderer) oursFailed(req *http.Request, f *fault.Error, kept *Kept) failure {
	title, happened := T("page.fail.ours.title"), T("page.fail.ours.happened")
	if f.Kind == fault.Unavailable && f.Key != "" {
		happened = textOf(f.Key, f.Args)
		if r.cfg.Catalog.Has(f.Key + ".title") {
			title = T(f.Key + ".title")
		}
	}
	return failure{
		Title: title,
		Lead:  T("page.fail.ours.lead"),
		State: State{
			{Term: T("page.state.happened"), Text: happened},
			{Term: T("page.state.kept"), Text: keptWords(req, kept)},
			r.comeBackAt(req, f.Until),
		},
		Incident: RequestIDOf(req),
	}
}

func keptWords(req *http.Request, kept *Kept) Text {
	switch {
	case kept != nil && kept.Secrets:
		return T("page.fail.ours.kept_but_secret")
	case kept != nil:
		return T("page.fail.ours.kept_here")
	case req.Method == http.MethodPost:
		return T("page.fail.ours.kept_form")
	}
	return T("page.fail.ours.kept")
}

// comeBackAt says when to try again: within minutes as a time left, as a clock of
// minutes would say "now".
func (r *Renderer) comeBackAt(req *http.Request, until time.Time) StateRow {
	row := StateRow{Term: T("page.state.when")}
	switch left := until.Sub(r.now()); {
	case left <= 0:
		row.Text = T("page.fail.ours.soon")
	case left < soon:
		row.Strong = T("page.fail.ours.in", "left", left.Round(time.Second))
	default:
		row.Strong = T("page.fail.ours.from", "until", locale.Text{Plain: locale.Clock(LangOf(req), until)})
	}
	return row
}

func (r *Renderer) limited(f *fault.Error) failure {
	reason := T("page.fail.limited.reason")
	if f.Key != "" {
		reason = textOf(f.Key, f.Args)
	}
	v := failure{
		Title: T("page.fail.limited.title"),
		State: Happened(reason, T("page.fail.limited.next"), Text{}),
	}
	if v.Countdown = CountdownTo(r.now(), f.Until); v.Countdown != nil {
		v.Countdown.Big = true
	}
	return v
}

// wayOut is the one way forward when the caller knows none: again, when it was
// ours or a matter of time, and else the beginning.
func (r *Renderer) wayOut(req *http.Request, kind fault.Kind, kept *Kept) []Link {
	home := r.spareFrame(req).Home
	if ours(kind) && kept == nil || kind == fault.Limited || kind == fault.Invalid {
		return []Link{{Href: again(req), Text: T("page.fail.again")}, {Href: home, Text: T("page.fail.home")}}
	}
	return []Link{{Href: home, Text: T("page.fail.home")}}
}

// again is the page to go back to: this one, or the form that was sent.
func again(req *http.Request) string {
	if req.Method == http.MethodGet || req.Method == http.MethodHead {
		return samePath(req.URL)
	}
	from, err := url.Parse(req.Referer())
	if err != nil || from.Host != req.Host {
		return samePath(&url.URL{Path: req.URL.Path})
	}
	return samePath(from)
}

// writeFailure renders with the parts alone, so that it works for every
// renderer; if even that fails, plain words remain.
func (r *Renderer) writeFailure(w http.ResponseWriter, req *http.Request, status int, f failure) {
	err := r.render(w, req, status, failurePage, f)
	if err == nil {
		return
	}
	r.log.ErrorContext(req.Context(), "page.fail", "request", RequestIDOf(req), "error", err)
	r.headers(w.Header())
	words := string(r.cfg.Catalog.HTML(LangOf(req), "page.fail.ours.title", nil))
	w.WriteHeader(http.StatusInternalServerError)
	w.Write([]byte("<!doctype html><title>" + words + "</title><h1>" + words + "</h1>")) //nolint:errcheck // nobody to tell
}

// failurePage is the name of the error page among the pages. A slash in front keeps it apart from any file.
const failurePage = "/fail"

const failureTemplate = `{{define "title"}}{{tx .Title}}{{end}}{{define "main"}}{{template "failure" .}}{{end}}`

// NotFound answers every address that no route has.
func (r *Renderer) NotFound() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.Fail(w, req, fault.New(fault.NotFound, "", nil))
	})
}
