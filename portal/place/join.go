package place

import (
	"net/http"
	"strconv"

	"gelombang/application"
	"gelombang/eligibility"
	"gelombang/identity/region"
	"gelombang/internal/locale"
	"gelombang/internal/page"
	"gelombang/notify"
	"gelombang/portal/desk"
	"gelombang/wave"
)

type joinPage struct {
	page.Summary
	Progress *page.Progress
	Token    string
	WaveID   int64
	Title    page.Text
	Closes   page.Text
	Facts    []page.Fact
	Answers  []page.Fact
	Parked   bool
	Open     bool
	When     page.State
	Refused  []refusal
	True     page.Choice
	Agree    page.Choice
}

// refusal is one rule that says no, and where it can be mended.
type refusal struct {
	Reason page.Text
	Href   string
}

// mends is where the steps of the rules are.
var mends = map[eligibility.Step]string{
	eligibility.StepEmail: "/email", eligibility.StepPhone: "/phone", eligibility.StepIdentity: "/identity",
	eligibility.StepProfile: "/identity", eligibility.StepStatements: "/statements",
}

// joinForm reads everything back and says whether the rules admit.
func (p *Pages) joinForm(w http.ResponseWriter, req *http.Request) {
	data, c, err := p.joinPage(req)
	switch {
	case err != nil:
		p.Page.Fail(w, req, err)
	case c.Joined():
		desk.To(w, req, c.ReceiptPath())
	case c.Entered(w, req, desk.StepJoin):
		p.Show(w, req, "join", data)
	}
}

func (p *Pages) joinPage(req *http.Request) (*joinPage, desk.Citizen, error) {
	c, err := p.Load(req)
	if err != nil || !c.Open(desk.StepJoin) || c.Wave.ID == 0 {
		return &joinPage{Progress: desk.Progress(desk.StepJoin), When: p.When(c)}, c, err
	}
	standing, err := p.Application.Standing(req.Context(), p.Person(req), c.Wave.ID)
	if err != nil {
		return nil, c, err
	}
	title := p.Programme.WaveTitle(c.Wave)
	data := &joinPage{Progress: desk.Progress(desk.StepJoin), Token: p.Token(), WaveID: c.Wave.ID, Title: title, When: p.When(c),
		Closes: page.T("portal.join.calm.text", "at", c.Wave.Closes), Parked: c.IdentityParked(), Open: c.Wave.State == wave.Open,
		True:    page.Choice{Name: "true", Label: page.T("portal.join.true"), Required: true},
		Agree:   page.Choice{Name: "agree", Label: page.T("portal.join.agree", "wave", title), Required: true},
		Refused: refusals(standing)}
	data.Facts, data.Answers = p.everything(page.LangOf(req), c), p.answers(c)
	return data, c, nil
}

func refusals(s application.Standing) []refusal {
	var list []refusal
	for _, r := range s.Verdict.Refused {
		list = append(list, refusal{page.T(r.Reason), mends[r.Step]})
	}
	for _, step := range s.Steps {
		list = append(list, refusal{page.T(application.KeyMissing + "." + string(step)), mends[step]})
	}
	return list
}

// everything reads back what joining is about, each with its way to change it.
func (p *Pages) everything(lang locale.Lang, c desk.Citizen) []page.Fact {
	facts := p.IdentityFacts(lang, c.Identity.Form)
	if !c.IdentityMatched() {
		for at := range facts {
			facts[at].Change = &page.Link{Href: "/identity", Text: page.T("portal.join.change")}
		}
	}
	contact := func(label, href, masked string, proven bool) {
		if proven {
			facts = append(facts, page.Fact{Label: page.T(label), Value: page.Plain(masked),
				Badge:  &page.Badge{Tone: page.Good, Text: page.T("portal.join.proven")},
				Change: &page.Link{Href: href, Text: page.T("portal.join.change")}})
		}
	}
	contact("portal.join.email", "/email", notify.MaskAddress(notify.Email, c.Account.Email), c.Account.EmailProven)
	contact("portal.join.phone", "/phone", notify.MaskAddress(notify.SMS, c.Account.Phone), c.Account.PhoneProven)
	if province, ok := region.Lookup(c.Identity.Form.Regency[:min(2, len(c.Identity.Form.Regency))]); ok {
		if stratum, ok := c.Wave.StratumOf(province.Code); ok {
			facts = append(facts, page.Fact{Label: page.T("portal.join.stratum"), Value: p.Programme.StratumTitle(c.Wave, stratum.Name)})
		}
	}
	return facts
}

func (p *Pages) answers(c desk.Citizen) []page.Fact {
	var facts []page.Fact
	for _, s := range p.Programme.Statements {
		facts = append(facts, page.Fact{Label: page.T(s.Key), Value: page.T("portal." + answered(c.Statements, s.Name)),
			Change: &page.Link{Href: "/statements", Text: page.T("portal.join.change")}})
	}
	return facts
}

// join sends the decision. The form token makes a second tap the same receipt.
func (p *Pages) join(w http.ResponseWriter, req *http.Request) {
	v, err := p.Form(w, req, page.FieldRule{Name: "wave"}, page.FieldRule{Name: "true"}, page.FieldRule{Name: "agree"})
	id, _ := strconv.ParseInt(v.Get("wave"), 10, 64) // 0 is no wave, and Join says so
	err = desk.Together(err, ticked(v, "true"), ticked(v, "agree"))
	var place application.Place
	if err == nil {
		place, err = p.Application.Join(req.Context(), p.Person(req), id, v.Get(page.TokenField))
	}
	if err == nil {
		desk.To(w, req, desk.WavePath("/receipt/", place.Wave.ID))
		return
	}
	data, c, broken := p.joinPage(req)
	if broken != nil {
		p.Page.Fail(w, req, broken)
		return
	}
	if !c.Open(desk.StepJoin) {
		desk.To(w, req, c.Turn().Path)
		return
	}
	data.True.Checked, data.Agree.Checked = v.Has("true"), v.Has("agree")
	ok := false
	if data.Summary, ok = p.Mended(w, req, err, &data.True, &data.Agree); ok {
		p.Wrong(w, req, "join", data)
	}
}

func ticked(v page.Values, name string) error {
	if v.Has(name) {
		return nil
	}
	return desk.Field(name, "portal.join."+name+".missing")
}
