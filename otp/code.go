package otp

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
)

// code computes a challenge's code: the first 64 bits of a MAC over challenge,
// destination and purpose, modulo 10^digits. With at most 10 digits the modulo
// prefers no code over another by more than 10^10/2^64, under one in a billion.
func (s *Service) code(c challenge, dest string) (string, error) {
	sum, err := s.mac(c, "otp.code", dest)
	if err != nil {
		return "", err
	}
	n := binary.BigEndian.Uint64(sum) % pow10(c.digits)
	return fmt.Sprintf("%0*d", c.digits, n), nil
}

func pow10(digits int) uint64 {
	n := uint64(1)
	for range digits {
		n *= 10
	}
	return n
}

func (s *Service) mac(c challenge, purpose, dest string) ([]byte, error) {
	id := binary.BigEndian.AppendUint64(nil, uint64(c.id)) // #nosec G115 -- ids are positive
	return s.keys.MAC(c.keyVersion, purpose, id, []byte(c.channel), []byte(dest), []byte(c.purpose))
}

// Code gives what the message needs of a challenge at the moment of sending, so
// that no code waits in the outbox. A challenge that is over has none: a message
// that comes so late would only mislead.
func (s *Service) Code(q sqldb.Querier, id int64) (map[string]string, error) {
	c, err := get(q, id)
	if err != nil {
		return nil, err
	}
	if err := c.over(q.Now()); err != nil {
		return nil, err
	}
	if c.link != "" { // the message leads elsewhere
		return nil, nil
	}
	dest, err := s.destination(c)
	if err != nil {
		return nil, err
	}
	code, err := s.code(c, dest)
	if err != nil {
		return nil, err
	}
	return map[string]string{"code": code}, nil
}

// linkSecret is the length of a link's secret in bytes: 120 bits cannot be guessed.
const linkSecret = 15

// linkPath is the path of a challenge's button. It names the challenge and carries
// a secret of its own, never the code: who only asked for the challenge knows its
// id but not this.
func (s *Service) linkPath(c challenge, dest string) (string, error) {
	if c.link != "" {
		return c.link, nil
	}
	secret, err := s.linkSecretOf(c, dest)
	if err != nil {
		return "", err
	}
	return "/link/" + strconv.FormatInt(c.id, 36) + "." + secret, nil
}

func (s *Service) linkSecretOf(c challenge, dest string) (string, error) {
	sum, err := s.mac(c, "otp.link", dest)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(sum[:linkSecret]), nil
}

// OpenLink gives the challenge of a mail's link: the path's part after /link/. A
// link that we did not write is NotFound. It changes nothing, so a GET may call it.
func (s *Service) OpenLink(q sqldb.Querier, link string) (int64, error) {
	c, err := s.openLink(q, link)
	return c.id, err
}

func (s *Service) openLink(q sqldb.Querier, link string) (challenge, error) {
	number, secret, _ := strings.Cut(link, ".")
	id, err := strconv.ParseInt(number, 36, 64)
	if err != nil {
		return challenge{}, fault.New(fault.NotFound, "otp.no_link", nil)
	}
	c, err := get(q, id)
	if err != nil {
		return challenge{}, err
	}
	dest, err := s.destination(c)
	if err != nil {
		return challenge{}, err
	}
	want, err := s.linkSecretOf(c, dest)
	if err != nil {
		return challenge{}, err
	}
	if !hmac.Equal([]byte(secret), []byte(want)) {
		return challenge{}, fault.New(fault.NotFound, "otp.no_link", nil)
	}
	return c, nil
}
