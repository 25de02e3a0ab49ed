package account

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/locale"
	"gelombang/internal/sqldb"
	"gelombang/notify"
	"gelombang/otp"
)

// letter is whom to write to, and where a mail's button leads.
type letter struct {
	to   Address
	link string
}

func letters(to []Address, link string) []letter {
	out := make([]letter, len(to))
	for i, a := range to {
		out[i] = letter{to: a, link: link}
	}
	return out
}

// warnings are letters whose button leads to where a handover can be taken back.
func (s *Service) warnings(h handover, to ...Address) []letter {
	out := make([]letter, len(to))
	for i, a := range to {
		out[i] = letter{to: a, link: "/undo/" + s.undoLink(h, a.Channel)}
	}
	return out
}

// reachable are an account's proven addresses, but for one.
func (s *Service) reachable(r row, but Address) ([]Address, error) {
	var out []Address
	for _, ch := range notify.Channels {
		a, err := s.addressOf(r, ch)
		if err != nil {
			return nil, err
		}
		if !r.contact(ch).proven.IsZero() && a != but {
			out = append(out, a)
		}
	}
	return out, nil
}

// values are what every message about a handover may name. An SMS names no address: the
// dots that hide one cost half of its room; nor is there room for the day of the week.
func (s *Service) values(r row, h handover, from, to Address) map[string]string {
	when := func(t time.Time) string {
		return locale.Day(locale.Lang(r.lang), t) + ", " + locale.Clock(locale.Lang(r.lang), t)
	}
	return map[string]string{"from": from.masked(), "to": to.masked(), "due": when(h.due), "until": when(h.due.Add(openFor))}
}

// report notes a step of a recovery in the history and tells every channel of it. It gives
// the message to the address that is said to be lost.
func (s *Service) report(tx *sqldb.Tx, h handover, what string) (lost int64, err error) {
	r, err := get(tx, h.account)
	if err != nil {
		return 0, err
	}
	if err := insertEvent(tx, r.id, "account.history."+what); err != nil {
		return 0, err
	}
	left, err := s.addressOf(r, h.channel)
	if err != nil {
		return 0, err
	}
	others, err := s.reachable(r, left)
	if err != nil {
		return 0, err
	}
	return s.warn(tx, r, "account.told."+what, s.values(r, h, Address{}, left), s.warnings(h, append(others, left)...)...)
}

// send queues one message to several addresses.
func (s *Service) send(tx *sqldb.Tx, r row, key string, args map[string]string, to ...letter) error {
	_, err := s.warn(tx, r, key, args, to...)
	return err
}

// warn is send for a message that somebody's time depends on: it gives the first one.
func (s *Service) warn(tx *sqldb.Tx, r row, key string, args map[string]string, to ...letter) (first int64, err error) {
	if len(to) == 0 {
		return 0, nil
	}
	messages := make([]notify.Message, len(to))
	for i, l := range to {
		messages[i] = notify.Message{Channel: l.to.Channel, To: l.to.Value, Key: key, Args: args, Lang: r.lang, Owner: r.id}
		if l.to.Channel == notify.Email { // an SMS carries no link
			messages[i].Link = l.link
		}
	}
	ids, err := s.tell(tx, messages...)
	if err != nil {
		return 0, fmt.Errorf("tell %s: %w", key, err)
	}
	if len(ids) > 0 {
		first = ids[0]
	}
	return first, nil
}

// undoSecret is the length of an undo link's secret in bytes: it shows masked addresses
// and sends one code, so 72 bits are plenty.
const undoSecret = 9

// undoLink names a handover and the channel that is told of it. It has no power: it shows
// what is changing, and its button sends a code to the address that the link was sent to.
func (s *Service) undoLink(h handover, ch notify.Channel) string {
	secret, _ := s.undoMAC(s.keys.Current(), h.id, ch) // the current key is always there
	return strconv.FormatInt(h.id, 36) + "-" + string(ch) + "." + secret
}

func (s *Service) undoMAC(v int, id int64, ch notify.Channel) (string, error) {
	sum, err := s.keys.MAC(v, "account.undo", []byte(strconv.FormatInt(id, 36)), []byte(ch))
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(sum[:undoSecret]), nil
}

// Warned gives the handover that an undo link names. A link that we did not write is
// NotFound. It changes nothing, so a GET may call it.
func (s *Service) Warned(q sqldb.Querier, link string) (Handover, error) {
	h, _, err := s.warned(q, link)
	if err != nil {
		return Handover{}, err
	}
	return s.show(q, h)
}

func (s *Service) warned(q sqldb.Querier, link string) (handover, notify.Channel, error) {
	name, secret, _ := strings.Cut(link, ".")
	number, channel, _ := strings.Cut(name, "-")
	id, err := strconv.ParseInt(number, 36, 64)
	ch := notify.Channel(channel)
	if err != nil || !s.wroteUndo(id, ch, secret) {
		return handover{}, "", fault.New(fault.NotFound, "account.undo.no_link", nil)
	}
	h, err := findHandover(q, id)
	if err == nil && h.id == 0 { // pruned since
		err = fault.New(fault.NotFound, "account.undo.no_link", nil)
	}
	return h, ch, err
}

func (s *Service) wroteUndo(id int64, ch notify.Channel, secret string) bool {
	for _, v := range s.keys.Versions() {
		if want, err := s.undoMAC(v, id, ch); err == nil && hmac.Equal([]byte(secret), []byte(want)) {
			return true
		}
	}
	return false
}

// RequestUndoByLink sends the code to the address that the link was sent to: of a changed
// address to the former one.
func (s *Service) RequestUndoByLink(ctx context.Context, link, lang, browser string) (int64, error) {
	return withTx(ctx, s.db, func(tx *sqldb.Tx) (int64, error) {
		h, ch, err := s.warned(tx, link)
		if err != nil {
			return 0, err
		}
		if h.state != stateWaiting || h.stage(tx.Now()) == Ended {
			return 0, fault.New(fault.Refused, "account.undo.nothing", nil)
		}
		to, err := s.warnedAt(tx, h, ch)
		if err != nil {
			return 0, err
		}
		known, err := s.KnowsBrowser(tx, h.account, browser)
		if err != nil {
			return 0, err
		}
		return s.issueOne(tx, otp.Request{Purpose: otp.Undo, Channel: ch, Destination: to.Value, Account: h.account, Known: known, Browser: browser, Lang: lang})
	})
}

func (s *Service) warnedAt(q sqldb.Querier, h handover, ch notify.Channel) (Address, error) {
	if h.kind == ContactChange && h.channel == ch {
		return s.formerOf(h)
	}
	r, err := get(q, h.account)
	if err != nil {
		return Address{}, err
	}
	return s.addressOf(r, ch)
}
