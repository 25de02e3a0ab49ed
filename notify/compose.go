package notify

import (
	_ "embed"
	"fmt"
	"html/template"
	"strings"
)

//go:embed mail.html
var mailSource string

var mailPage = template.Must(template.New("mail").Parse(mailSource))

// codeArg is the value that a mail shows large.
const codeArg = "code"

// compose puts the words of one message together.
func (s *Service) compose(id int64, m Message, filled map[string]string) (Outgoing, error) {
	link := ""
	if m.Link != "" {
		link = s.public + m.Link
	}
	args := m.with(filled, link)
	out := Outgoing{ID: id, To: m.To, Lang: m.Lang, Ref: reference(m.Channel, id, s.host), CallbackURL: s.public + "/hooks/" + string(m.Channel)}
	out.Code, _ = args[codeArg].(string)
	if m.Channel == SMS {
		out.Text = withMark(s.texts(m.Lang, m.Key+".sms", args), s.Mark(id))
		return out, nil
	}
	out.Subject = strings.Join(strings.Fields(s.texts(m.Lang, m.Key+".subject", args)), " ") // one line: it becomes a header
	page := mailView{
		Lang: m.Lang, Subject: out.Subject, Body: s.texts(m.Lang, m.Key+".text", args), Link: link,
		Button: s.texts(m.Lang, "notify.mail.button", nil), CodeLabel: s.texts(m.Lang, "notify.mail.code", nil),
		Other: s.texts(m.Lang, "notify.mail.link", nil), Footer: s.footer(m.Lang, id),
	}
	page.Code = out.Code
	out.Text = page.plain()
	var b strings.Builder
	if err := mailPage.Execute(&b, page); err != nil {
		return Outgoing{}, fmt.Errorf("write mail: %w", err)
	}
	out.HTML = b.String()
	return out, nil
}

// mailView is what the two forms of a mail are made of.
type mailView struct {
	Lang, Subject, Body string
	Code, CodeLabel     string
	Link, Button, Other string
	Footer              string
}

// line is one line of the body, cut where the code stands in it.
type line struct{ Before, Code, After string }

// Paragraphs are the blocks of the body between empty lines, each in its lines.
func (v mailView) Paragraphs() [][]line {
	var out [][]line
	for block := range strings.SplitSeq(strings.TrimSpace(v.Body), "\n\n") {
		var lines []line
		for words := range strings.SplitSeq(strings.TrimSpace(block), "\n") {
			lines = append(lines, v.cut(words))
		}
		out = append(out, lines)
	}
	return out
}

func (v mailView) cut(words string) line {
	if before, after, found := strings.Cut(words, v.Code); found && v.Code != "" {
		return line{before, v.Code, after}
	}
	return line{Before: words}
}

// CodeApart is the code if the body does not show it.
func (v mailView) CodeApart() string {
	if strings.Contains(v.Body, v.Code) {
		return ""
	}
	return v.Code
}

// plain is the mail without HTML. The code and the link stand in it once, whether
// the text names them or not.
func (v mailView) plain() string {
	parts := []string{strings.TrimSpace(v.Body)}
	if code := v.CodeApart(); code != "" {
		parts = append(parts, v.CodeLabel+" "+code)
	}
	if v.Link != "" && !strings.Contains(v.Body, v.Link) {
		parts = append(parts, v.Other+"\n"+v.Link)
	}
	return strings.Join(append(parts, "-- \n"+v.Footer), "\n\n") + "\n"
}
