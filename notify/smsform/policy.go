package smsform

import (
	"bytes"
	"encoding/xml"
	"strings"
)

// The gateway's status words at sending. An unknown one leaves the outcome open.
const (
	taken         = "0"
	invalidNumber = "1"  // the only word about the number itself
	wrongKeys     = "5"  // userkey or passkey
	badText       = "6"  // this gateway refuses the text; another may take it
	repeated      = "89" // with a message's id: taken before; without one: too many to this number at once
	noCredit      = "99"
)

// ours are the words by which nothing was taken and nobody but us can mend it.
var ours = map[string]bool{wrongKeys: true, badText: true, noCredit: true}

// reply is an answer in either of its forms.
type reply struct{ status, id string }

type document struct {
	XMLName xml.Name `xml:"response"`
	Message struct {
		Status string `xml:"status"`
		ID     string `xml:"messageId"`
	} `xml:"message"`
}

// read takes <response><message><status>…</status><messageId>…</messageId></message></response>,
// or a line status|text|messageId.
func read(body []byte) (reply, bool) {
	body = bytes.TrimSpace(body)
	if bytes.HasPrefix(body, []byte("<")) {
		var d document
		err := xml.Unmarshal(body, &d)
		return reply{strings.TrimSpace(d.Message.Status), strings.TrimSpace(d.Message.ID)}, err == nil
	}
	words := strings.Split(string(body), "|")
	if len(words) != 3 {
		return reply{}, false
	}
	return reply{strings.TrimSpace(words[0]), strings.TrimSpace(words[2])}, true
}
