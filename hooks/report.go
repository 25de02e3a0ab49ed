package hooks

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/textproto"

	"gelombang/notify"
)

// errNoReport is any mail but a delivery report: an automatic answer, for the most part.
var errNoReport = errors.New("not a delivery report")

// readReport reads a delivery report (RFC 3464). Of several recipients, which a mail of
// ours never has, the first that failed counts.
func readReport(raw []byte) (notify.Bounce, error) {
	mail, err := message.Read(bytes.NewReader(raw))
	if mail == nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
		return notify.Bounce{}, errNoReport
	}
	kind, params, err := mail.Header.ContentType()
	about := strings.ToLower(params["report-type"])
	parts := mail.MultipartReader()
	if err != nil || kind != "multipart/report" || about != "" && about != "delivery-status" || parts == nil {
		return notify.Bounce{}, errNoReport
	}
	for range partsMost {
		part, err := parts.NextPart()
		if part == nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
			break
		}
		switch kind, _, _ := part.Header.ContentType(); kind {
		case "message/delivery-status", "message/global-delivery-status":
			return readStatus(part.Body)
		}
	}
	return notify.Bounce{}, errNoReport
}

// readStatus reads blocks of fields with empty lines between them: one about the mail, then
// one for each recipient.
func readStatus(body io.Reader) (found notify.Bounce, err error) {
	lines := bufio.NewReader(body)
	err = errNoReport
	for range blocksMost {
		if _, end := lines.Peek(1); end != nil {
			break
		}
		fields, broken := textproto.ReadHeader(lines)
		if broken != nil {
			break
		}
		b, telling := verdict(fields.Get("Action"), fields.Get("Status"), fields.Get("Diagnostic-Code"))
		switch {
		case telling && b.Failed:
			return b, nil
		case telling:
			found, err = b, nil
		}
	}
	return found, err
}
