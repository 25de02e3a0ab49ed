package enrol

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/locale"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/notify"
	"gelombang/otp"
	"gelombang/portal/desk"
)

type codePage struct {
	page.Summary
	otp.View
	Progress  *page.Progress // only while an account is being made
	Token     string
	Next      string // where to go after signing in
	Link      string // the part of the mail's link that names it
	Elsewhere bool   // a link was opened in a browser that did not ask for it
	Code      page.Code
	Timeline  page.Timeline
	Resend    *page.Countdown // until another sending is possible; nil: now
	Final     bool            // the delivery changes no more
	Change    page.Link
	Ended     string // catalog stem when the code is no longer good
	Hint      string // operator of a phone number
}

// codeSteps is the step of the journey that a code belongs to. Without an account
// every code is about the first address, be it a phone's.
var codeSteps = map[otp.Purpose]desk.Step{otp.ProveEmail: desk.StepContact, otp.ProvePhone: desk.StepPhone}

// codeChanges is where another address is given.
var codeChanges = map[otp.Purpose]string{otp.ProveEmail: "/register", otp.ProvePhone: "/register", otp.SignIn: "/sign-in/code",
	otp.Reset: "/recover", otp.Recover: "/recover", otp.Undo: "/undo"}

// nextOf is where to go afterwards, as the address or the form that was read says.
func nextOf(req *http.Request) string {
	if req.PostForm != nil {
		return desk.Ours(req.PostForm.Get("next"))
	}
	return desk.Ours(req.URL.Query().Get("next"))
}

func (p *Pages) codePage(w http.ResponseWriter, req *http.Request) {
	p.showCode(w, req, http.StatusOK, nil)
}

// showCode shows the page of a code, with err's message at the input.
func (p *Pages) showCode(w http.ResponseWriter, req *http.Request, status int, wrong error) {
	id := desk.Number(req, "id")
	data, err := p.codePageOf(req, id, p.Browser(req))
	if err != nil {
		p.Page.Fail(w, req, err)
		return
	}
	if err := locked(data.View); err != nil {
		p.Page.Fail(w, req, err, p.elsewhere(req, data.View)...)
		return
	}
	if wrong != nil && data.Ended != "" && refusedAfter(wrong) {
		p.Page.Fail(w, req, wrong, p.elsewhere(req, data.View)...)
		return
	}
	if wrong != nil && data.Ended == "" {
		ok := false
		if data.Summary, ok = page.Mend(wrong, &data.Code); !ok {
			p.Page.Fail(w, req, wrong, p.otherWays(req, data.View)...)
			return
		}
	}
	p.Page.Render(w, req, status, "code", data)
}

// refusedAfter says that an error is not about the code, which was right, but about what
// it was for; the page of a code that is over would hide it.
func refusedAfter(err error) bool {
	f, ok := fault.As(err)
	return !ok || f.Kind != fault.Invalid && !strings.HasPrefix(f.Key, "otp.")
}

// locked says until when no guess is taken any more, for this code or for the address.
func locked(v otp.View) error {
	switch {
	case v.State == otp.Exhausted && v.Expires.After(v.GuessesOpen):
		return fault.LimitedUntil("portal.code.locked", v.Expires, nil)
	case v.State == otp.Exhausted, v.State == otp.Open && !v.GuessesOpen.IsZero():
		return fault.LimitedUntil("portal.code.locked", v.GuessesOpen, nil)
	}
	return nil
}

func (p *Pages) codePageOf(req *http.Request, challenge int64, browser string) (*codePage, error) {
	var view otp.View
	err := p.Read(req, func(rx *sqldb.Rx) (err error) {
		view, err = p.OTP.View(rx, challenge, browser)
		return err
	})
	if err != nil {
		return nil, err
	}
	return p.codePageFor(req, view), nil
}

func (p *Pages) codePageFor(req *http.Request, view otp.View) *codePage {
	data := &codePage{View: view, Token: p.Token(), Next: nextOf(req)}
	data.dress(p.Now(), page.LangOf(req))
	if p.Person(req) != 0 {
		data.Change.Href = changeSignedIn[data.Purpose]
		data.Progress = desk.Progress(codeSteps[data.Purpose])
		data.Hint = p.Sessions.GetString(req.Context(), desk.HintKey)
	}
	return data
}

var changeSignedIn = map[otp.Purpose]string{otp.ProveEmail: "/email", otp.ProvePhone: "/phone", otp.SignIn: "/sign-in/code",
	otp.Reset: "/recover", otp.Recover: "/recover", otp.Undo: "/undo"}

// dress turns the view of a challenge into the parts of the page.
func (d *codePage) dress(now time.Time, lang locale.Lang) {
	if _, ok := codeSteps[d.Purpose]; ok {
		d.Progress = desk.Progress(desk.StepContact)
	}
	d.Code = page.Code{Name: "code", Label: page.T("portal.code.label"),
		Hint: page.T("portal.code.hint", "until", locale.Clock(lang, d.Expires), "tries", d.TriesLeft)}
	d.Change = page.Link{Href: codeChanges[d.Purpose], Text: page.T("portal.code.change")}
	d.Resend = page.CountdownTo(now, d.ResendAt)
	d.Timeline = delivery(d.Message, d.State == otp.Open)
	d.Final = d.Message.State == notify.Confirmed || d.Message.State == notify.Failed
	if d.State != otp.Open {
		d.Ended = "portal.code.ended." + string(d.State)
	}
}

// delivery tells a message's way, oldest first.
func delivery(m notify.Status, waiting bool) page.Timeline {
	t := page.Timeline{Clock: true}
	for _, e := range m.Events {
		t.Events = append(t.Events, deliveryEvent(m.Channel, e))
	}
	if waiting && m.State != notify.Failed {
		t.Events = append(t.Events, page.Event{State: page.Now, When: page.T("portal.now"),
			Title: page.T("portal.delivery.waiting"), Text: page.T("portal.delivery.waiting." + string(m.Channel))})
	}
	return t
}

func deliveryEvent(channel notify.Channel, e notify.Event) page.Event {
	out := page.Event{At: e.At, Text: page.T("portal.delivery." + string(e.State) + "." + string(channel))}
	switch {
	case e.State == notify.Failed:
		out.State, out.Title = page.Failed, desk.Undelivered(e.Reason)
	case e.Detail == notify.TryAgain:
		out.Text = page.T("portal.delivery.again")
	case e.Detail == notify.Delayed:
		out.Text = page.T("portal.delivery.delayed")
	}
	return out
}

// codeCheck hands the digits to the one who counts the tries.
func (p *Pages) codeCheck(w http.ResponseWriter, req *http.Request) {
	values, err := p.Form(w, req, page.FieldRule{Name: "code", Max: 20}, page.FieldRule{Name: "next"})
	if err == nil && !values.Has("code") {
		err = desk.Field("code", "portal.code.missing")
	}
	if err != nil {
		p.showCode(w, req, http.StatusUnprocessableEntity, err)
		return
	}
	browser := p.MarkBrowser(w, req)
	signed, err := p.Account.Prove(req.Context(), desk.Number(req, "id"), values.Get("code"), browser)
	if err != nil {
		p.showCode(w, req, http.StatusUnprocessableEntity, err)
		return
	}
	p.proved(w, req, signed, values.Get("next"))
}

// codeResend asks for the message again; the budget is the destination's.
func (p *Pages) codeResend(w http.ResponseWriter, req *http.Request) {
	values, err := p.Form(w, req, page.FieldRule{Name: "next"})
	if err != nil {
		p.showCode(w, req, http.StatusUnprocessableEntity, err)
		return
	}
	id, err := p.Account.Resend(req.Context(), desk.Number(req, "id"), p.Browser(req))
	if err != nil {
		p.showCode(w, req, http.StatusUnprocessableEntity, err)
		return
	}
	desk.To(w, req, desk.CodePath(id, desk.Ours(values.Get("next"))))
}

// toCode answers whoever comes back to where a message was asked for again.
func toCode(w http.ResponseWriter, req *http.Request) {
	desk.To(w, req, desk.CodePath(desk.Number(req, "id"), ""))
}

// otherWays are the ways that a used-up budget leaves open, the best first. The code
// sent before may still be typed.
func (p *Pages) otherWays(req *http.Request, v otp.View) []page.Link {
	back := page.Link{Href: desk.CodePath(v.Challenge, ""), Text: page.T("portal.code.back")}
	return slices.Insert(p.elsewhere(req, v), 1, back)
}

// elsewhere are the ways that do not need this code.
func (p *Pages) elsewhere(req *http.Request, v otp.View) []page.Link {
	limits := page.Link{Href: "/limits", Text: page.T("portal.nav.limits.all")}
	switch {
	case !v.Purpose.Proves():
		return []page.Link{{Href: "/sign-in", Text: page.T("portal.sign_in.password")}, limits}
	case p.Person(req) != 0:
		return []page.Link{{Href: "/me", Text: page.T("portal.nav.me")}, limits}
	}
	return []page.Link{{Href: "/register", Text: page.T("portal.code.other")}, limits}
}
