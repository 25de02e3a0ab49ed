package rehearsal

import (
	"bytes"
	"context"
	"math/rand/v2"
	"strconv"
	"time"

	"gelombang/rehearsal/browser"
	"gelombang/rehearsal/crowd"
	"gelombang/rehearsal/people"
)

// step makes one exchange of somebody's way. Every page is asked for as a browser
// would, redirects included; what is counted, the server has acknowledged.
func (j *journey) step(ctx context.Context, c *browser.Conn, p *person) *crowd.Next {
	switch p.stage {
	case atDoor, atWait, inLine, called:
		return j.enrol(ctx, c, p, nil)
	case atForm:
		return j.register(ctx, c, p)
	case mailCode:
		return j.typeCode(ctx, c, p, passwordPage)
	case passwordPage:
		return j.proved(ctx, c, p)
	case phoneForm:
		return j.look(ctx, c, p, "/phone", phoneSend)
	case phoneSend:
		return j.sendPhone(ctx, c, p)
	case phoneCode:
		return j.openPhoneCode(ctx, c, p)
	case smsCode:
		return j.typeCode(ctx, c, p, afterPhone)
	case afterPhone:
		return j.look(ctx, c, p, p.path, identityForm)
	case identityForm, identitySend, identityReview, identityStatus, identityNews:
		return j.identify(ctx, c, p)
	}
	return j.join(ctx, c, p)
}

// look opens a page with a form and reads it for a while.
func (j *journey) look(ctx context.Context, c *browser.Conn, p *person, path string, then stage) *crowd.Next {
	a, instead := j.ask(ctx, c, p, get, path, nil)
	if instead != nil {
		return instead
	}
	if a.Status != 200 {
		return j.unexpected(get, path, a)
	}
	if found := browser.Token(a.Page()); found != "" {
		p.token = found
	}
	p.stage = then
	return j.thinking()
}

// follow sends a form whose answer is a redirect, and goes on there.
func (j *journey) follow(ctx context.Context, c *browser.Conn, p *person, path string, body []byte, then stage) *crowd.Next {
	a, instead := j.ask(ctx, c, p, post, path, body)
	if instead != nil {
		return instead
	}
	if a.Status != 303 {
		return j.unexpected(post, path, a)
	}
	p.path, p.stage = local(a.Location), then
	return crowd.Go()
}

func (j *journey) register(ctx context.Context, c *browser.Conn, p *person) *crowd.Next {
	to := j.people.Address(p.number, p.fate)
	reads := p.fate != people.MailboxFull && p.fate != people.WrongAddress && p.fate != people.CodeUnread
	if reads && p.tries == 0 {
		j.mail.expect(to, p) // before it can come
	}
	return j.press(ctx, c, p, func(a *browser.Answer, p *person) *crowd.Next {
		j.count(countRegistered)
		if !reads {
			return j.loses(p.fate)
		}
		p.path, p.token, p.stage = string(a.Place), browser.Token(a.Page()), mailCode
		p.limit = j.crowd.Clock() + codeWithin
		return crowd.Go()
	})
}

// typeCode waits for the code of the page that is open, and types it.
func (j *journey) typeCode(ctx context.Context, c *browser.Conn, p *person, then stage) *crowd.Next {
	if p.code == "" {
		p.code = j.takeMail(p)
		switch now := j.crowd.Clock(); {
		case p.code != "":
			return j.thinking()
		case now >= p.limit:
			return j.giveUp("a code never came")
		default:
			return crowd.Sleep(p.limit - now)
		}
	}
	n := j.follow(ctx, c, p, p.path, browser.Form("form_token", p.token, "code", p.code), then)
	if p.stage == then {
		p.code = ""
	}
	return n
}

// proved opens the page after the first proof. The password can wait; most let it.
func (j *journey) proved(ctx context.Context, c *browser.Conn, p *person) *crowd.Next {
	n := j.look(ctx, c, p, p.path, phoneForm)
	if p.stage != phoneForm {
		return n
	}
	j.count(countContact)
	if p.fate == people.FormLeft {
		return j.loses(p.fate)
	}
	return n
}

func (j *journey) sendPhone(ctx context.Context, c *browser.Conn, p *person) *crowd.Next {
	if p.fate != people.SMSLost && p.tries == 0 {
		j.mail.expect(j.people.PhoneSent(p.number, p.fate), p)
	}
	p.limit = j.crowd.Clock() + codeWithin
	number := j.people.Phone(p.number, p.fate)
	return j.follow(ctx, c, p, "/phone", browser.Form("form_token", p.token, "address", number, "read", number), phoneCode)
}

func (j *journey) openPhoneCode(ctx context.Context, c *browser.Conn, p *person) *crowd.Next {
	n := j.look(ctx, c, p, p.path, smsCode)
	if p.stage == smsCode && p.fate == people.SMSLost {
		return j.loses(p.fate)
	}
	return n
}

func (j *journey) identify(ctx context.Context, c *browser.Conn, p *person) *crowd.Next {
	switch p.stage {
	case identityForm:
		return j.openIdentity(ctx, c, p)
	case identitySend:
		return j.sendIdentity(ctx, c, p)
	case identityReview:
		p.limit = j.crowd.Clock() + answerWithin
		return j.follow(ctx, c, p, "/identity/review", j.card(p), identityStatus)
	}
	return j.awaitAnswer(ctx, c, p)
}

func (j *journey) openIdentity(ctx context.Context, c *browser.Conn, p *person) *crowd.Next {
	a, instead := j.ask(ctx, c, p, get, "/identity", nil)
	if instead != nil {
		return instead
	}
	if a.Status != 200 {
		return j.unexpected(get, "/identity", a)
	}
	j.listed.Do(func() {
		j.choices.education, j.choices.employment = browser.FirstOption(a.Page(), "education"), browser.FirstOption(a.Page(), "employment")
	})
	p.token, p.stage = browser.Token(a.Page()), identitySend
	return j.thinking()
}

// card is the identity form as it is typed.
func (j *journey) card(p *person) []byte {
	card := j.people.Card(p.number, p.fate)
	return browser.Form("form_token", p.token, "name", card.Name, "nik", card.NIK, "kk", card.KK, "birth_place", card.Place,
		"birth_day", strconv.Itoa(card.Born.Day()), "birth_month", strconv.Itoa(int(card.Born.Month())), "birth_year", strconv.Itoa(card.Born.Year()),
		"sex", card.Sex, "regency", card.Regency, "education", j.choices.education, "employment", j.choices.employment)
}

func (j *journey) sendIdentity(ctx context.Context, c *browser.Conn, p *person) *crowd.Next {
	a, instead := j.ask(ctx, c, p, post, "/identity", j.card(p))
	switch {
	case instead != nil:
		return instead
	case a.Status == 422 && p.fate == people.WrongDigit:
		return j.loses(p.fate)
	case a.Status != 200 || p.fate == people.WrongDigit:
		return j.unexpected(post, "/identity", a)
	}
	p.token, p.stage = browser.Token(a.Page()), identityReview
	return j.thinking()
}

// awaitAnswer opens the page of the check; its script then asks for the news until the
// registry has answered.
func (j *journey) awaitAnswer(ctx context.Context, c *browser.Conn, p *person) *crowd.Next {
	method := get
	if p.stage == identityNews {
		method = news
	}
	a, instead := j.ask(ctx, c, p, method, "/identity/status", []byte("status"))
	if instead != nil {
		return instead
	}
	if a.Status != 200 {
		return j.unexpected(method, "/identity/status", a)
	}
	if !bytes.Contains(a.Page(), []byte("data-done")) {
		if j.crowd.Clock() >= p.limit {
			return j.giveUp("the registry never answered")
		}
		p.stage = identityNews
		every, err := strconv.Atoi(browser.Attribute(a.Page(), "data-every"))
		if err != nil {
			return j.unexpected(method, "/identity/status", a)
		}
		return crowd.Return(time.Duration((0.9 + 0.2*rand.Float64()) * float64(every) * float64(time.Second)))
	}
	matched := !bytes.Contains(a.Page(), []byte(`href="/identity"`))
	if refused := p.fate == people.NotFound || p.fate == people.Differs; matched == refused {
		return j.giveUp("the registry's answer is another one")
	}
	if !matched {
		return j.loses(p.fate)
	}
	j.count(countIdentity)
	j.count(countPhone) // proven before, or the form would not have opened
	if p.fate == people.NoStatements {
		return j.loses(p.fate)
	}
	p.stage = statementsForm
	return j.thinking()
}

func (j *journey) join(ctx context.Context, c *browser.Conn, p *person) *crowd.Next {
	switch p.stage {
	case statementsForm:
		return j.openStatements(ctx, c, p)
	case statementsSend:
		return j.follow(ctx, c, p, "/statements", j.declaration(p), joinForm)
	case joinForm:
		return j.openJoin(ctx, c, p)
	case joinSend:
		return j.follow(ctx, c, p, "/join", browser.Form("form_token", p.token, "wave", p.path, "true", "yes", "agree", "yes"), receiptPage)
	}
	n := j.look(ctx, c, p, p.path, atDoor)
	if p.stage != atDoor {
		return n
	}
	j.count(countJoined)
	return j.done()
}

func (j *journey) openStatements(ctx context.Context, c *browser.Conn, p *person) *crowd.Next {
	a, instead := j.ask(ctx, c, p, get, "/statements", nil)
	if instead != nil {
		return instead
	}
	if a.Status != 200 {
		return j.unexpected(get, "/statements", a)
	}
	j.declared.Do(func() { j.asked = browser.Questions(a.Page()) })
	p.token, p.stage = browser.Token(a.Page()), statementsSend
	return j.thinking()
}

// declaration answers every statement of the page that was read.
func (j *journey) declaration(p *person) []byte {
	pairs := []string{"form_token", p.token}
	for _, name := range j.asked {
		answer := j.Answers[name]
		if answer == "" {
			answer = "no"
		}
		pairs = append(pairs, name, answer)
	}
	return browser.Form(pairs...)
}

func (j *journey) openJoin(ctx context.Context, c *browser.Conn, p *person) *crowd.Next {
	a, instead := j.ask(ctx, c, p, get, "/join", nil)
	if instead != nil {
		return instead
	}
	wave := browser.FieldValue(a.Page(), "wave")
	if a.Status != 200 || wave == "" {
		return j.unexpected(get, "/join", a)
	}
	j.count(countStatements)
	if p.fate == people.NotPressed {
		return j.loses(p.fate)
	}
	p.token, p.path, p.stage = browser.Token(a.Page()), wave, joinSend
	return j.thinking()
}
