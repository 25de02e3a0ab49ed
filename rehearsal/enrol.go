package rehearsal

import (
	"bytes"
	"context"
	"time"

	"gelombang/rehearsal/browser"
	"gelombang/rehearsal/crowd"
)

// enrol makes a step of the way to a registration; then is what a person does who is
// registered, nil when that is all.
func (t *tour) enrol(ctx context.Context, c *browser.Conn, p *person, then func(*browser.Answer, *person) *crowd.Next) *crowd.Next {
	switch p.stage {
	case atDoor:
		return t.openForm(ctx, c, p)
	case atForm:
		return t.press(ctx, c, p, then)
	}
	return t.wait(ctx, c, p)
}

// openForm asks for the form; a crowd is sent to the waiting room instead.
func (t *tour) openForm(ctx context.Context, c *browser.Conn, p *person) *crowd.Next {
	a, instead := t.ask(ctx, c, p, get, "/register", nil)
	if instead != nil {
		return instead
	}
	if a.Status == 303 && bytes.Contains(a.Location, []byte("/waiting")) {
		return t.toLine(p, local(a.Location))
	}
	if p.token = browser.Token(a.Page()); a.Status != 200 || p.token == "" {
		return t.unexpected(get, "/register", a)
	}
	t.leaveLine(p)
	p.stage = atForm
	return crowd.Go()
}

// press sends the form. Until it is acknowledged the same form is sent again, token
// and all, so that a lost answer makes no second registration.
func (t *tour) press(ctx context.Context, c *browser.Conn, p *person, then func(*browser.Answer, *person) *crowd.Next) *crowd.Next {
	if p.began == unset {
		p.began = t.crowd.Clock()
	}
	a, instead := t.ask(ctx, c, p, post, "/register", browser.Form("form_token", p.token, "address", t.Address(p.number), "read", t.Address(p.number), "consent", "yes"))
	if instead != nil {
		return instead
	}
	if a.Status == 303 && bytes.Contains(a.Location, []byte("/waiting")) {
		return t.toLine(p, local(a.Location))
	}
	if a.Status != 202 || !bytes.HasPrefix(a.Place, []byte("/code/")) {
		return t.unexpected(post, "/register", a)
	}
	t.presses.Add(t.crowd.Clock() - p.began)
	t.acknowledge(p.number)
	if then != nil {
		return then(a, p)
	}
	return t.done()
}

const unset = time.Duration(-1)
