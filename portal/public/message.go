package public

import (
	"net/http"

	"gelombang/internal/fault"
	"gelombang/internal/page"
	"gelombang/notify"
)

// messagePage asks whether a message is from us, and answers.
type messagePage struct {
	page.Summary
	Mark  page.Field
	Asked bool
	Found []messageFacts
}

// messageFacts is what is told of one message: never what it said.
type messageFacts struct{ Facts []page.Fact }

func newMessagePage() *messagePage {
	return &messagePage{Mark: page.Field{Name: "mark", Label: page.T("portal.message.mark"), Hint: page.T("portal.message.mark.hint"),
		Autocomplete: "off", Required: true, MaxLength: markMost, Number: true}}
}

// markMost leaves room for spaces and the "#" that people type with a mark.
const markMost = 24

// messageForm carries no token: it is the same for everybody, so it is served from
// memory, and what it sends does nothing in anybody's name.
func (p *Pages) messageForm(w http.ResponseWriter, req *http.Request) {
	p.Show(w, req, "message", newMessagePage())
}

// message answers the POST itself. An address that showed the answer to a GET would be
// a way around the count of wrong marks.
func (p *Pages) message(w http.ResponseWriter, req *http.Request) {
	values, err := page.Form(w, req, page.FieldRule{Name: "mark", Max: markMost})
	data, found := newMessagePage(), []notify.Vouched(nil)
	data.Mark.Value = values.Get("mark")
	if err == nil {
		found, err = p.Notify.Vouch(req.Context(), values.Get("mark"))
	}
	if fault.Is(err, fault.Limited) {
		p.Page.Fail(w, req, err, page.Link{Href: "/help", Text: page.T("portal.nav.help")}, page.Link{Href: "/limits", Text: page.T("portal.nav.limits.all")})
		return
	}
	if err != nil {
		var ok bool
		if data.Summary, ok = p.Mended(w, req, err, &data.Mark); ok {
			p.Wrong(w, req, "message", data)
		}
		return
	}
	data.Asked = true
	for _, one := range found {
		data.Found = append(data.Found, factsOf(one))
	}
	p.Show(w, req, "message", data)
}

func factsOf(one notify.Vouched) messageFacts {
	return messageFacts{[]page.Fact{
		{Label: page.T("portal.message.at"), At: one.At},
		{Label: page.T("portal.message.by"), Value: page.T("portal.channel." + string(one.Channel))},
		{Label: page.T("portal.message.to"), Value: page.T("portal.message.to."+string(one.Channel), "part", one.To), Number: true},
	}}
}
