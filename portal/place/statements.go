package place

import (
	"net/http"

	"gelombang/application"
	"gelombang/internal/fault"
	"gelombang/internal/page"
	"gelombang/portal/desk"
)

type statementsPage struct {
	page.Summary
	Progress *page.Progress
	Token    string
	Choices  []*page.Choices
}

const yes, no = "yes", "no"

// statementsPage asks every statement of the programme. Which answer the rules
// want is not shown: an answer is the person's, not a key that opens a door.
func (p *Pages) statementsPage(answer func(name string) string) *statementsPage {
	data := &statementsPage{Progress: desk.Progress(desk.StepStatements), Token: p.Token()}
	for _, s := range p.Programme.Statements {
		data.Choices = append(data.Choices, &page.Choices{Name: s.Name, Label: page.T(s.Key), Value: answer(s.Name), Required: true,
			Options: []page.Option{{Value: yes, Label: page.T("portal.yes")}, {Value: no, Label: page.T("portal.no")}}})
	}
	return data
}

func (p *Pages) statementsForm(w http.ResponseWriter, req *http.Request) {
	c, err := p.Load(req)
	if err != nil {
		p.Page.Fail(w, req, err)
		return
	}
	if !c.Entered(w, req, desk.StepStatements) {
		return
	}
	data := p.statementsPage(func(name string) string { return answered(c.Statements, name) })
	if len(c.Statements) > 0 {
		p.Show(w, req, "statements", data)
		return
	}
	p.Fresh(w, req, "statements", nil, func(token string) any {
		data.Token = token
		return data
	})
}

func answered(st application.Statements, name string) string {
	answer, given := st[name]
	switch {
	case !given:
		return ""
	case answer:
		return yes
	}
	return no
}

func (p *Pages) statements(w http.ResponseWriter, req *http.Request) {
	var rules []page.FieldRule
	for _, s := range p.Programme.Statements {
		rules = append(rules, page.FieldRule{Name: s.Name})
	}
	v, err := p.Form(w, req, rules...)
	st, missing := p.declaration(v)
	if err = desk.Together(err, missing); err == nil {
		err = p.Application.SaveStatements(req.Context(), p.Person(req), st)
	}
	if err == nil {
		desk.To(w, req, "/join")
		return
	}
	data, ok := p.statementsPage(v.Get), false
	var inputs []page.Input
	for _, c := range data.Choices {
		inputs = append(inputs, c)
	}
	if data.Summary, ok = p.Mended(w, req, err, inputs...); ok {
		p.Wrong(w, req, "statements", data)
	}
}

// declaration reads the answers and names those that are missing.
func (p *Pages) declaration(v page.Values) (application.Statements, error) {
	st := application.Statements{}
	var missing []fault.Field
	for _, s := range p.Programme.Statements {
		switch v.Get(s.Name) {
		case yes:
			st[s.Name] = true
		case no:
			st[s.Name] = false
		default:
			missing = append(missing, fault.Field{Name: s.Name, Key: "portal.statements.missing"})
		}
	}
	return st, fault.InvalidFields(missing)
}
