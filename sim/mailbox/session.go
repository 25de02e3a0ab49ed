package mailbox

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/textproto"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"gelombang/sim/loopback"
)

// session is one SMTP connection.
type session struct {
	server *Server
	conn   *smtp.Conn
	from   string
	to     []string
}

func (s *Server) newSession(conn *smtp.Conn) (smtp.Session, error) {
	return &session{server: s, conn: conn}, nil
}

// AuthMechanisms offers PLAIN, for clients that insist on signing in.
func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth accepts everybody.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, _, _ string) error { return nil }), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.panel.Get().Outage { // a connection from before the outage
		return s.cutOff()
	}
	if s.server.panel.Get().Fault == faultSignIn {
		return errSignIn
	}
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := refusal(s.server.panel.Get().Fault, to); err != nil {
		return err
	}
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	control := s.server.panel.Get()
	if control.Fault == faultReset || hasLocal(s.to, localDrop) {
		_, _ = io.ReadFull(r, make([]byte, 16)) // into the message, then gone
		return s.cutOff()
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if !s.server.pace.Take(s.server.now(), control.CapacityPerSecond) {
		return errTooMany
	}
	if !loopback.Wait(s.server.ctx, control.delay(s.to)) {
		return s.cutOff()
	}
	message := record{From: s.from, ReceivedMS: s.server.now().UnixMilli(), MessageID: messageID(raw), Raw: raw}
	if hasLocal(s.to, localGreylist) && s.server.grey.first(message.MessageID) {
		return errGreylisted
	}
	return s.server.store(message, s.to)
}

// store puts the message into each recipient's mailbox.
func (s *Server) store(message record, to []string) error {
	for _, address := range to {
		message.ID, message.To = s.lastID.Add(1), address
		if err := s.messages.Put(message); err != nil {
			return errStore
		}
		s.arrivals.Publish(message)
		s.report(message)
	}
	return nil
}

func (s *session) cutOff() error {
	loopback.ResetConn(s.conn.Conn())
	return errCutOff
}

func (s *session) Reset() { s.from, s.to = "", nil }

func (s *session) Logout() error { return nil }

// messageID reads the header only. A message without one is named by its content.
func messageID(raw []byte) string {
	header, _ := textproto.NewReader(bufio.NewReader(bytes.NewReader(raw))).ReadMIMEHeader()
	if id := strings.Trim(header.Get("Message-Id"), "<> "); id != "" {
		return id
	}
	return fmt.Sprintf("none-%x", sha256.Sum256(raw))
}
