package staff

import (
	"crypto/hmac"
	"encoding/base64"
	"strconv"
)

// markPurpose keeps these MACs apart from all others made with the same keys.
const markPurpose = "staff.browser"

// mark is what a browser that signed in keeps: it proves to us alone that it did.
// It signs nobody in; it only keeps strangers from using up this official's tries.
func (s *Service) mark(id int64) string {
	return base64.RawURLEncoding.EncodeToString(s.keys.CookieMAC(markPurpose)([]byte(strconv.FormatInt(id, 10))))
}

// marked says whether a mark is this official's, under any key that is still held.
func (s *Service) marked(id int64, mark string) bool {
	got, err := base64.RawURLEncoding.DecodeString(mark)
	if err != nil {
		return false
	}
	for _, v := range s.keys.Versions() {
		want, err := s.keys.MAC(v, markPurpose, []byte(strconv.FormatInt(id, 10)))
		if err == nil && hmac.Equal(got, want) {
			return true
		}
	}
	return false
}
