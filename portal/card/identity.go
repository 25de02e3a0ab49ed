package card

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"gelombang/identity"
	"gelombang/identity/region"
	"gelombang/internal/fault"
	"gelombang/internal/page"
	"gelombang/portal/desk"
)

// identityRules are the fields of the identity form, of its review, and of the
// doubts that were already shown.
var identityRules = []page.FieldRule{
	{Name: "name"}, {Name: "nik", Max: 40}, {Name: "kk", Max: 40}, {Name: "birth_place"},
	{Name: "birth_day", Max: 2}, {Name: "birth_month", Max: 2}, {Name: "birth_year", Max: 4},
	{Name: "sex"}, {Name: "regency"}, {Name: "education"}, {Name: "employment"},
	{Name: "seen", Max: 1000}, {Name: "edit"}, {Name: typingField},
}

type identityPage struct {
	page.Summary
	Progress                       *page.Progress
	Token, Seen                    string
	Reason                         string // an official's, why the data was not passed on
	Name, NIK, KK, BirthPlace      page.Field
	Birth                          page.Row
	Sex                            page.Choices
	Regency, Education, Employment page.Select
	Provinces                      []province
}

type province struct {
	Name      string
	Regencies []region.Region
}

// provinces group all regencies and cities of today, so that one list works
// without a script.
func provinces() []province {
	var list []province
	for _, p := range region.Provinces() {
		list = append(list, province{Name: p.Name, Regencies: region.Regencies(p.Code)})
	}
	return list
}

// inputs lists every input, for Mend.
func (d *identityPage) inputs() []page.Input {
	return []page.Input{&d.Name, &d.NIK, &d.KK, &d.BirthPlace, &d.Birth, &d.Sex, &d.Regency, &d.Education, &d.Employment}
}

// identityPage is the form filled with what was typed or sent before.
func (p *Pages) identityPage(v page.Values) *identityPage {
	line := func(name string) page.Field {
		return page.Field{Name: name, Label: page.T("portal.identity." + name), Hint: page.T("portal.identity." + name + ".hint"),
			Value: v.Get(name), Autocomplete: "off", Required: true}
	}
	list := func(name string, options []page.Option) page.Select {
		return page.Select{Name: name, Label: page.T("portal.identity." + name), Empty: page.T("portal.choose"),
			Value: v.Get(name), Options: options, Required: true}
	}
	d := &identityPage{Progress: desk.Progress(desk.StepIdentity), Token: p.Token(), Provinces: provinces(),
		Name: line("name"), NIK: line("nik"), KK: line("kk"), BirthPlace: line("birth_place"), Birth: birthRow(v),
		Sex: page.Choices{Name: "sex", Label: page.T("portal.identity.sex"), Value: v.Get("sex"), Required: true, Options: []page.Option{
			{Value: string(identity.Female), Label: page.T("portal.sex.female")}, {Value: string(identity.Male), Label: page.T("portal.sex.male")}}},
		Regency:   list("regency", nil),
		Education: list("education", desk.Options(p.Programme.Education)), Employment: list("employment", desk.Options(p.Programme.Employment)),
	}
	d.Name.Autocomplete = "name"
	d.Regency.Hint = page.T("portal.identity.regency.hint")
	for _, number := range []*page.Field{&d.NIK, &d.KK} {
		number.Number, number.Grouped, number.InputMode = true, true, "numeric"
	}
	d.NIK.Check = &page.Check{Path: lookPath, Fields: "nik kk birth_day birth_month birth_year sex regency"}
	d.KK.Check = &page.Check{Path: lookPath, Fields: "kk nik birth_day birth_month birth_year sex regency"}
	return d
}

func birthRow(v page.Values) page.Row {
	part := func(name, complete string, most int) page.Field {
		return page.Field{Name: name, Label: page.T("portal.identity." + name), Value: v.Get(name), InputMode: "numeric",
			Autocomplete: complete, MaxLength: most}
	}
	return page.Row{Name: "birth_date", Label: page.T("portal.identity.birth_date"), Hint: page.T("portal.identity.birth_date.hint"),
		Fields: []page.Field{part("birth_day", "bday-day", 2), part("birth_month", "bday-month", 2), part("birth_year", "bday-year", 4)}}
}

// typed reads the form. Numbers that are none leave the date empty.
func typed(v page.Values) identity.Form {
	part := func(name string) int { n, _ := strconv.Atoi(v.Get(name)); return n } // no number is no date; Check says so
	return identity.Form{
		Name: v.Get("name"), NIK: v.Get("nik"), KK: v.Get("kk"), BirthPlace: v.Get("birth_place"),
		BirthDate: identity.Date{Day: part("birth_day"), Month: part("birth_month"), Year: part("birth_year")},
		Sex:       identity.Sex(v.Get("sex")), Regency: v.Get("regency"),
		Education: v.Get("education"), Employment: v.Get("employment"),
	}
}

// values is a submission as a form again.
func values(f identity.Form) page.Values {
	v := page.Values{}
	put := func(name, value string) { v[name] = []string{value} }
	put("name", f.Name)
	put("nik", f.NIK)
	put("kk", f.KK)
	put("birth_place", f.BirthPlace)
	put("sex", string(f.Sex))
	put("regency", f.Regency)
	put("education", f.Education)
	put("employment", f.Employment)
	if f.BirthDate.Valid() {
		put("birth_day", strconv.Itoa(f.BirthDate.Day))
		put("birth_month", strconv.Itoa(f.BirthDate.Month))
		put("birth_year", strconv.Itoa(f.BirthDate.Year))
	}
	return v
}

// identityForm shows the form, filled with what was sent before and pointing at
// what the registry has otherwise.
func (p *Pages) identityForm(w http.ResponseWriter, req *http.Request) {
	c, err := p.Load(req)
	if err != nil {
		p.Page.Fail(w, req, err)
		return
	}
	if !c.Entered(w, req, desk.StepIdentity) {
		return
	}
	if c.IdentityMatched() {
		desk.To(w, req, "/identity/status")
		return
	}
	if c.Identity.Form == (identity.Form{}) {
		p.Fresh(w, req, "identity", nil, func(token string) any {
			data := p.identityPage(nil)
			data.Token = token
			return data
		})
		return
	}
	data := p.identityPage(values(c.Identity.Form))
	data.Summary, _ = page.Mend(differing(c.Identity), data.inputs()...)
	data.Reason = c.Identity.Reason
	p.Show(w, req, "identity", data)
}

// differing points at the fields that the registry has otherwise.
func differing(r identity.Record) error {
	var fields []fault.Field
	for _, f := range r.Fields {
		fields = append(fields, fault.Field{Name: string(f), Key: "portal.identity.differs." + string(f)})
	}
	return fault.InvalidFields(fields)
}

// identityCheck looks at what was typed and, when nothing is left to say, reads it
// back before anything is sent. Nothing is kept yet: the review carries the form.
func (p *Pages) identityCheck(w http.ResponseWriter, req *http.Request) {
	v, err := p.Form(w, req, identityRules...)
	form := typed(v)
	if err = desk.Together(err, unconfirmed(p.Identity.Check(form), v)); err != nil {
		p.identityAgain(w, req, v, err)
		return
	}
	p.Show(w, req, "review", p.reviewPage(page.LangOf(req), v, form))
}

func (p *Pages) identityAgain(w http.ResponseWriter, req *http.Request, v page.Values, err error) {
	data, ok := p.identityPage(v), false
	if data.Summary, ok = p.Mended(w, req, err, data.inputs()...); !ok {
		return
	}
	data.point(v, err)
	data.read(page.LangOf(req), p.Now())
	p.Wrong(w, req, "identity", data)
}

// point reads a doubtful number back with its digit marked, and remembers which
// doubts are shown now. The number that was probably meant is shown to compare with,
// and not as a button: the slip may as well be in the date, or the NIK may lawfully
// disagree with it, and only the card says which.
func (d *identityPage) point(v page.Values, err error) {
	f, ok := fault.As(err)
	if !ok {
		return
	}
	var seen []string
	for _, doubt := range f.Fields {
		if doubt.Soft {
			seen = append(seen, doubtOf(doubt, v.Get(doubt.Name)))
		}
		for _, in := range []*page.Field{&d.NIK, &d.KK} {
			if digit, marked := doubt.Args["digit"].(int); marked && doubt.Soft && in.Name == doubt.Name && in.Digits == nil {
				in.Digits = page.Digits(desk.PlainNumber(in.Value), digit, page.T("portal.digits.place"), page.T("portal.digits.date"), page.T("portal.digits.serial"))
			}
			if meant, offered := doubt.Args["suggestion"].(string); offered && in.Name == doubt.Name {
				in.Notes = append(in.Notes, page.Note{Text: page.T("portal.identity.meant"), Digits: page.Digits(meant, 0)})
			}
		}
	}
	d.Seen = strings.Join(seen, " ")
}

// doubtOf names a doubt about one number, so that it passes when it is sent again,
// and neither another doubt nor another number does.
func doubtOf(f fault.Field, typed string) string {
	return f.Name + ":" + f.Key + ":" + desk.PlainNumber(typed)
}

// unconfirmed is what still has to be said: every error, and the doubts not shown yet.
func unconfirmed(found []fault.Field, v page.Values) error {
	shown := strings.Fields(v.Get("seen"))
	fresh := func(f fault.Field) bool { return !f.Soft || !slices.Contains(shown, doubtOf(f, v.Get(f.Name))) }
	if !slices.ContainsFunc(found, fresh) {
		return nil
	}
	return fault.InvalidFields(found)
}
