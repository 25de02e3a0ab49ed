package notify

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
	"unicode"

	"gelombang/internal/fault"
	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
	"gelombang/limit"
)

// A mark stands at the end of each mail and SMS. Whoever doubts a message types it on
// our page and learns whether we sent it, when, and to whom by two characters: enough
// to see that a mark was copied from somebody else's message, and of no use to others.
//
// A mark is short because people type it from one screen into another. It holds the
// low bits of the message's id, turned over by the keyset so that nobody can count from
// one mark to the next, and a last character that betrays a slip of the finger: a slip
// must not read like a fraud.
const (
	// markSymbols are 32: what is mistaken for each other (0 and O, 1 and I) is left out.
	markSymbols = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
	markLength  = 10
	symbolBits  = 5
	// timeBits hold 198 days of milliseconds, more than KeepFor: among the messages that
	// can be looked up no two have one time by going round.
	timeBits = 34
	// tellBits tell apart what was queued in one millisecond: 2,048 messages of one node,
	// or 256 of each of eight. Past that two messages may share a mark, and are both told.
	tellBits = 11
	// idBits are the bits of an id below its millisecond; see sqldb.IDTime.
	idBits = 22
	// aheadMost is how far ids run ahead of this clock: nodes differ, and a full
	// millisecond borrows from the next.
	aheadMost = time.Minute
)

const (
	leftBits  = (timeBits + tellBits) / 2
	rightBits = timeBits + tellBits - leftBits
	leftMask  = 1<<leftBits - 1
	rightMask = 1<<rightBits - 1
	timeMask  = 1<<timeBits - 1
	tellMask  = 1<<tellBits - 1
)

// askBudget bounds wrong marks, of everybody together: who guesses has many addresses.
// Ten a second are more than people mistype. With 90 million messages kept, one guess
// in 390,000 meets a message, so a whole day of them learns two characters twice.
var askBudget = limit.Budget{Name: "message.ask", Most: 36_000, Window: time.Hour}

// askKey is the one counter of askBudget.
const askKey = "all"

// Budgets lists what is limited here, for the page that publishes limits.
func Budgets() []limit.Budget { return []limit.Budget{askBudget} }

// Mark is what the message with this id carries.
func (s *Service) Mark(id int64) string {
	plain := uint64(id>>idBits)&timeMask<<tellBits | tell(id)
	turned := s.turn(s.keys.Current(), plain, forth)
	digits := make([]byte, markLength-1, markLength)
	for at := range digits {
		digits[len(digits)-1-at] = byte(turned >> (at * symbolBits) & (1<<symbolBits - 1))
	}
	digits = append(digits, double(checksum(digits)))
	for at, d := range digits {
		digits[at] = markSymbols[d]
	}
	return string(digits)
}

// tell is what distinguishes an id from others of its millisecond: the counter, and
// the node's number where small counters leave room. store_mark.go computes the same.
func tell(id int64) uint64 { return uint64(id&0xfff+id>>12&7<<8) & tellMask }

// Vouched is what is told about a message to anybody who has its mark.
type Vouched struct {
	Channel Channel
	At      time.Time // when it was queued
	To      string    // two characters of the address
}

// Vouch says which message carries a mark; none: we sent no such message. Wrong marks
// are counted before they are looked up, and right ones given back.
func (s *Service) Vouch(ctx context.Context, typed string) (found []Vouched, err error) {
	digits, err := readMark(typed)
	if err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		use := limit.Use{Budget: askBudget, Key: askKey}
		verdict, err := limit.Take(tx, use)
		if err != nil {
			return fmt.Errorf("count mark: %w", err)
		}
		if !verdict.Allowed {
			return fault.LimitedUntil("notify.mark.limited", verdict.Opens, fault.Args{"most": verdict.Most})
		}
		if found, err = s.marked(tx, digits); err != nil || len(found) == 0 {
			return err
		}
		return limit.Refund(tx, use)
	})
	return found, err
}

// marked looks under every key: a message outlives the key of its day.
func (s *Service) marked(q sqldb.Querier, digits []byte) ([]Vouched, error) {
	var turned uint64
	for _, d := range digits[:markLength-1] {
		turned = turned<<symbolBits | uint64(d)
	}
	var found []Vouched
	for _, version := range s.keys.Versions() {
		plain := s.turn(version, turned, back)
		rows, err := rowsMarked(q, queuedAt(plain>>tellBits, q.Now()), plain&tellMask)
		if err != nil {
			return nil, fmt.Errorf("find marked message: %w", err)
		}
		for _, r := range rows {
			to, err := s.keys.UnsealText(sealTo, r.id, r.to)
			if err != nil {
				return nil, err
			}
			found = append(found, Vouched{Channel: r.channel, At: r.created, To: glimpse(r.channel, to)})
		}
	}
	return found, nil
}

// queuedAt is the first id of the latest millisecond whose low bits are given.
func queuedAt(low uint64, now time.Time) (first int64) {
	newest := now.Add(aheadMost).Sub(sqldb.IDTime(0)).Milliseconds()
	return (newest - (newest-int64(low))&timeMask) << idBits
}

// The rounds of turn. Four are enough against who may choose what is turned; marks can
// only be read.
var forth, back = []byte{0, 1, 2, 3, 4, 5}, []byte{5, 4, 3, 2, 1, 0}

// turn is a Feistel network: each round changes one half by the other, so that the
// same rounds backwards undo it.
func (s *Service) turn(v seal.Version, value uint64, order []byte) uint64 {
	left, right := value>>rightBits&leftMask, value&rightMask
	for _, n := range order {
		if n%2 == 0 {
			left ^= s.stir(v, n, right) & leftMask
		} else {
			right ^= s.stir(v, n, left) & rightMask
		}
	}
	return left<<rightBits | right
}

func (s *Service) stir(v seal.Version, round byte, half uint64) uint64 {
	sum, _ := s.keys.MAC(v, "message.mark", []byte{round}, binary.BigEndian.AppendUint64(nil, half)) // v is of this keyset
	return binary.BigEndian.Uint64(sum)
}

// checksum is the value of the digits as a polynomial at 2 in the field of 32
// elements. It is nought for a whole mark, and never after one wrong character or two
// that changed places, because 2 has order 31 there.
func checksum(digits []byte) (sum byte) {
	for _, d := range digits {
		sum = double(sum) ^ d
	}
	return sum
}

// double multiplies by 2 modulo x^5+x^2+1.
func double(d byte) byte { return (d << 1 & 0x1f) ^ d>>4*0x05 }

// markField is the form field that the faults of a mark stand at.
const markField = "mark"

// readMark reads a mark as people type it: small letters, spaces, with its "#".
func readMark(typed string) ([]byte, error) {
	var digits []byte
	for _, c := range strings.ToUpper(typed) {
		if c == '#' || c == '-' || c == '.' || unicode.IsSpace(c) {
			continue
		}
		at := strings.IndexRune(markSymbols, c)
		if at < 0 {
			return nil, slip("notify.mark.letter", fault.Args{"letter": string(c)})
		}
		digits = append(digits, byte(at))
	}
	switch {
	case len(digits) == 0:
		return nil, slip("notify.mark.empty", nil)
	case len(digits) != markLength:
		return nil, slip("notify.mark.length", fault.Args{"n": len(digits), "of": markLength})
	case checksum(digits) != 0:
		return nil, slip("notify.mark.slip", nil)
	}
	return digits, nil
}

func slip(key string, args fault.Args) error {
	return fault.InvalidFields([]fault.Field{{Name: markField, Key: key, Args: args}})
}

// glimpse shows two characters of an address: who holds it knows whether it is theirs.
func glimpse(ch Channel, to string) string {
	if ch == SMS {
		return veil + to[max(len(to)-2, 0):]
	}
	local, _, _ := strings.Cut(to, "@")
	name := []rune(local)
	return string(name[:min(2, max(len(name)-1, 0))]) + veil // of a short name never the whole
}

// withMark puts the mark at the end of an SMS.
func withMark(text, mark string) string { return text + " #" + mark }

// footer is the last paragraph of a mail.
func (s *Service) footer(lang string, id int64) string {
	_, site, _ := strings.Cut(s.public, "://")
	return s.texts(lang, "notify.mail.footer", nil) + " " +
		s.texts(lang, "notify.mail.mark", map[string]any{"mark": s.Mark(id), "page": site + "/message"})
}
