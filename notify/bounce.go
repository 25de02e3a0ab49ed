package notify

import (
	"context"
	"crypto/hmac"
	"encoding/base32"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
)

// A mail that was taken can come back hours later, as a mail of its own to the address
// on its envelope. That address is one per message and signed: it says what came back
// whatever the report looks like, and nobody can report on a message that never reached
// them. Letters are small and few, because servers on the way fold their case.
const (
	bouncePrefix = "bounce+"
	// bounceSecret is the length of the signature in bytes: 80 bits, checked by a server
	// that takes some hundred a second.
	bounceSecret = 10
)

var bounceLetters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Delayed is the Detail of a mail that a server on its way still tries.
const Delayed = "delayed"

// Returned is a mail of ours that came back: which message, and the try at which the
// provider was chosen that brought it.
type Returned struct {
	Message int64
	Try     int
}

// Bounce is what a mail server reports of a mail. Failed is final; anything else only
// means that it takes longer.
type Bounce struct {
	Returned
	Failed bool
	Reason Reason // with Failed
}

// returnPath is the address to which a mail comes back when it cannot be delivered; ""
// when bounces are not taken.
func (s *Service) returnPath(r row) string {
	if s.bounces == "" || r.channel != Email {
		return ""
	}
	name := strconv.FormatInt(r.id, 36) + "." + strconv.Itoa(r.chosenTry)
	return bouncePrefix + name + "-" + s.bounceMark(s.keys.Current(), name) + "@" + s.bounces
}

func (s *Service) bounceMark(v seal.Version, name string) string {
	sum, _ := s.keys.MAC(v, "message.bounce", []byte(name)) // v is of this keyset
	return bounceLetters.EncodeToString(sum[:bounceSecret])
}

// ReturnedTo reads an envelope address; false when we did not write it.
func (s *Service) ReturnedTo(address string) (Returned, bool) {
	local, domain, _ := strings.Cut(strings.ToLower(address), "@")
	rest, ours := strings.CutPrefix(local, bouncePrefix)
	name, mark, _ := strings.Cut(rest, "-")
	if !ours || s.bounces == "" || domain != s.bounces || !s.wroteBounce(name, mark) {
		return Returned{}, false
	}
	number, try, _ := strings.Cut(name, ".")
	id, err1 := strconv.ParseInt(number, 36, 64)
	n, err2 := strconv.Atoi(try)
	return Returned{Message: id, Try: n}, err1 == nil && err2 == nil
}

func (s *Service) wroteBounce(name, mark string) bool {
	for _, v := range s.keys.Versions() {
		if hmac.Equal([]byte(mark), []byte(s.bounceMark(v, name))) {
			return true
		}
	}
	return false
}

// Bounced takes a mail server's report. Reports come late, twice and in any order: a mail
// whose code was typed, or that went on by another provider, has not failed by them.
func (s *Service) Bounced(ctx context.Context, b Bounce) error {
	known := false
	err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		if !b.Failed {
			known, err = delayed(tx, b.Returned)
			return err
		}
		known, err = s.bounced(tx, b)
		return err
	})
	if err != nil {
		return fmt.Errorf("take bounce: %w", err)
	}
	if !known {
		slog.InfoContext(ctx, "notify.bounce_idle", "message", b.Message, "failed", b.Failed, "reason", b.Reason)
	}
	return nil
}

func (s *Service) bounced(tx *sqldb.Tx, b Bounce) (moved bool, err error) {
	m, err := fail(tx, b)
	if sqldb.NoRows(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, s.advanced(tx, m, Event{At: tx.Now(), State: Failed, Reason: b.Reason, Detail: m.provider}, m.provider)
}

// Arrived says when a message is known to have arrived: a receipt says so, or its code was
// typed. Zero while it is not.
func (s *Service) Arrived(q sqldb.Querier, message int64) (time.Time, error) {
	at, err := arrived(q, message)
	if err != nil {
		return time.Time{}, fmt.Errorf("read arrival: %w", err)
	}
	return at, nil
}
