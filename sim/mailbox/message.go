package mailbox

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // mails in other encodings than UTF-8
	"github.com/emersion/go-message/mail"
	"golang.org/x/net/html"

	"gelombang/sim/loopback"
)

const maxParts = 20

// Message is a parsed message, as GET /messages answers it.
type Message struct {
	ID         string `json:"id"`
	To         string `json:"to"`
	From       string `json:"from"`
	Subject    string `json:"subject"`
	MessageID  string `json:"message_id"`
	Text       string `json:"text"`
	HTML       string `json:"html"`
	ReceivedMS int64  `json:"received_ms"`
	Duplicate  bool   `json:"duplicate"` // an earlier one to the same address has this Message-ID
}

func parse(r record) Message {
	m := Message{ID: recordKey(r), To: r.To, From: r.From, MessageID: r.MessageID, ReceivedMS: r.ReceivedMS}
	reader, err := mail.CreateReader(bytes.NewReader(r.Raw))
	if reader == nil || (err != nil && !message.IsUnknownCharset(err)) {
		m.Text = string(r.Raw) // not MIME: show what came
		return m
	}
	m.Subject, _ = reader.Header.Subject()
	if from, err := reader.Header.Text("From"); err == nil && from != "" {
		m.From = from
	}
	for range maxParts {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) || part == nil {
			break
		}
		m.add(part)
	}
	return m
}

func (m *Message) add(part *mail.Part) {
	inline, ok := part.Header.(*mail.InlineHeader)
	if !ok {
		return // attachments are not shown
	}
	body, err := io.ReadAll(part.Body)
	if err != nil && len(body) == 0 {
		return
	}
	text := strings.ReplaceAll(string(body), "\r\n", "\n")
	if kind, _, _ := inline.ContentType(); kind == "text/html" {
		m.HTML += text
	} else if kind == "text/plain" {
		m.Text += text
	}
}

// newest parses at most limit messages to an address, or to all if it is empty.
func (s *Server) newest(to string, limit int) []Message {
	records := s.messages.Newest(loopback.Keep, func(r record) bool {
		return to == "" || strings.EqualFold(r.To, to)
	})
	found := make([]Message, min(len(records), limit))
	seen := map[[2]string]bool{}
	for i, r := range slices.Backward(records) {
		name := [2]string{strings.ToLower(r.To), r.MessageID}
		if i < limit {
			found[i] = parse(r)
			found[i].Duplicate = seen[name]
		}
		seen[name] = true
	}
	return found
}

// Piece is a stretch of text, or a link in it.
type Piece struct {
	Text string
	Link bool
}

var link = regexp.MustCompile(`https?://[^\s<>"]*[^\s<>".,;:!?)]`)

// Pieces cuts the text at its links, so that the page can make them clickable.
func (m Message) Pieces() []Piece {
	var pieces []Piece
	rest := m.Text
	for {
		at := link.FindStringIndex(rest)
		if at == nil {
			return append(pieces, Piece{Text: rest})
		}
		pieces = append(pieces, Piece{Text: rest[:at[0]]}, Piece{Text: rest[at[0]:at[1]], Link: true})
		rest = rest[at[1]:]
	}
}

// Anchor is a link of the HTML part.
type Anchor struct{ Text, Href string }

// Anchors lists the web links of the HTML part.
func (m Message) Anchors() []Anchor {
	root, err := html.Parse(strings.NewReader(m.HTML))
	if err != nil {
		return nil
	}
	var found []Anchor
	for node := range root.Descendants() {
		if node.Type != html.ElementNode || node.Data != "a" {
			continue
		}
		if href := attribute(node, "href"); link.MatchString(href) {
			found = append(found, Anchor{Text: words(node), Href: href})
		}
	}
	return found
}

func attribute(node *html.Node, name string) string {
	for _, attr := range node.Attr {
		if attr.Key == name {
			return attr.Val
		}
	}
	return ""
}

func words(node *html.Node) string {
	var text strings.Builder
	for child := range node.Descendants() {
		if child.Type == html.TextNode {
			text.WriteString(child.Data)
		}
	}
	return strings.Join(strings.Fields(text.String()), " ")
}

// Framed is the HTML part as it stands in its frame: links open a new tab.
func (m Message) Framed() string { return `<base target="_blank">` + m.HTML }
