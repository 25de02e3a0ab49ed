package wacloud

import (
	"cmp"

	"gelombang/notify"
)

// request is the shape of a template message.
type request struct {
	Product       string   `json:"messaging_product"`
	RecipientType string   `json:"recipient_type"`
	To            string   `json:"to"`
	Type          string   `json:"type"`
	Template      template `json:"template"`
	Opaque        string   `json:"biz_opaque_callback_data"` // comes back in every status callback
}

type template struct {
	Name       string      `json:"name"`
	Language   language    `json:"language"`
	Components []component `json:"components"`
}

type language struct {
	Code string `json:"code"`
}

type component struct {
	Type       string `json:"type"`
	SubType    string `json:"sub_type,omitempty"`
	Index      string `json:"index,omitempty"`
	Parameters []text `json:"parameters"`
}

type text struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// defaultLang is the language of a message that names none.
const defaultLang = "id"

// template puts a message into the approved form that can carry it. Only the code
// leaves this house for a code, never the sentence around it.
func (s *Sender) template(o notify.Outgoing) (template, bool) {
	t := template{Language: language{cmp.Or(o.Lang, defaultLang)}}
	switch {
	case o.Code != "":
		t.Name = s.config.CodeTemplate
		said := []text{{"text", o.Code}}
		t.Components = []component{{Type: "body", Parameters: said}, {Type: "button", SubType: "url", Index: "0", Parameters: said}}
	case s.config.TextTemplate != "":
		t.Name = s.config.TextTemplate
		t.Components = []component{{Type: "body", Parameters: []text{{"text", parameter(o.Text)}}}}
	default:
		return template{}, false
	}
	return t, true
}
