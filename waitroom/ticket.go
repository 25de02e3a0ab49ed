package waitroom

import (
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"math"
	"time"
)

// ticket is a place in the line, carried by whoever holds it.
type ticket struct {
	episode int64
	since   time.Time
	early   bool
	value   int64 // early: a fraction of 2^53; late: how many came late before
	id      int64 // random: names the admission
}

// The first byte of what is signed says what it is, so that no ticket reads as a pass.
// Change it together with the layout.
const (
	lateMark  = 1
	earlyMark = 2
	passMark  = 3
	formMark  = 4

	macBytes    = 16
	ticketBytes = 1 + 8 + 4 + 8 + 8 // mark, episode, milliseconds since, value, id
	passBytes   = 1 + 8 + 8         // mark, ticket, until
)

// idBits is the length of an admission's name.
const idBits = 63

// text is base64url in which one value has one spelling.
var text = base64.RawURLEncoding.Strict()

// sign makes a ticket's text: 60 letters of the web's alphabet.
func (r *Room) sign(t ticket) string {
	var b [ticketBytes + macBytes]byte
	b[0] = lateMark
	if t.early {
		b[0] = earlyMark
	}
	after := min(max(t.since.UnixMilli()-t.episode, 0), math.MaxUint32)
	binary.BigEndian.PutUint64(b[1:], uint64(t.episode)) // #nosec G115 -- times, counts and ids are not negative
	binary.BigEndian.PutUint32(b[9:], uint32(after))     // #nosec G115 -- bounded above
	binary.BigEndian.PutUint64(b[13:], uint64(t.value))  // #nosec G115
	binary.BigEndian.PutUint64(b[21:], uint64(t.id))     // #nosec G115
	return r.seal(b[:])
}

// parse reads a ticket of ours, of whatever crowd.
func (r *Room) parse(s string) (ticket, bool) {
	b, ok := r.unseal(s, ticketBytes)
	if !ok || b[0] != lateMark && b[0] != earlyMark {
		return ticket{}, false
	}
	t := ticket{early: b[0] == earlyMark,
		episode: int64(binary.BigEndian.Uint64(b[1:])), // #nosec G115 -- signed by us
		value:   int64(binary.BigEndian.Uint64(b[13:])),
		id:      int64(binary.BigEndian.Uint64(b[21:]))}
	t.since = time.UnixMilli(t.episode + int64(binary.BigEndian.Uint32(b[9:]))).UTC()
	return t, true
}

// pass follows from the admission's row alone, so asking again gives the same.
func (r *Room) pass(ticket int64, until time.Time) string {
	var b [passBytes + macBytes]byte
	b[0] = passMark
	binary.BigEndian.PutUint64(b[1:], uint64(ticket))            // #nosec G115 -- not negative
	binary.BigEndian.PutUint64(b[9:], uint64(until.UnixMilli())) // #nosec G115 -- not negative
	return r.seal(b[:])
}

func (r *Room) parsePass(s string) (ticket int64, until time.Time, ok bool) {
	b, ok := r.unseal(s, passBytes)
	if !ok || b[0] != passMark {
		return 0, time.Time{}, false
	}
	ms := int64(binary.BigEndian.Uint64(b[9:]))                                  // #nosec G115 -- signed by us
	return int64(binary.BigEndian.Uint64(b[1:])), time.UnixMilli(ms).UTC(), true // #nosec G115
}

// formID names the admission of a form in this crowd: nobody can tell it, or find another
// form with it, without the key.
func (r *Room) formID(token string, episode int64) int64 {
	b := binary.BigEndian.AppendUint64([]byte{formMark}, uint64(episode))                // #nosec G115 -- not negative
	return int64(binary.BigEndian.Uint64(r.c.MAC(append(b, token...))) >> (64 - idBits)) // #nosec G115 -- at most 63 bits
}

// seal fills in the MAC, for which b has left room, and spells it out.
func (r *Room) seal(b []byte) string {
	body := len(b) - macBytes
	copy(b[body:], r.c.MAC(b[:body:body])[:macBytes])
	return text.EncodeToString(b)
}

func (r *Room) unseal(s string, body int) ([]byte, bool) {
	if len(s) != text.EncodedLen(body+macBytes) {
		return nil, false
	}
	b, err := text.DecodeString(s)
	if err != nil || len(b) != body+macBytes || !hmac.Equal(b[body:], r.c.MAC(b[:body:body])[:macBytes]) {
		return nil, false
	}
	return b[:body], true
}

// random gives n random bits.
func random(n int) int64 {
	var b [8]byte
	_, _ = rand.Read(b[:])                                  // it never fails: without randomness the process ends
	return int64(binary.BigEndian.Uint64(b[:]) >> (64 - n)) // #nosec G115 -- at most 63 bits
}
