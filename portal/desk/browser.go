package desk

import (
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"time"
)

const (
	browserCookie = "browser"
	browserAge    = 400 * 24 * time.Hour // the longest that browsers keep a cookie
	browserSize   = 16
	browserMAC    = 16
)

// Browser names the browser of a request by a signed random id, "" when it
// carries none of ours. It says "the same browser as before" and nothing else:
// it signs nobody in.
func (d *Desk) Browser(req *http.Request) string {
	cookie, err := req.Cookie(browserCookie)
	if err != nil {
		return ""
	}
	raw, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil || len(raw) != browserSize+browserMAC {
		return ""
	}
	if !hmac.Equal(raw[browserSize:], d.signBrowser(raw[:browserSize])) {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(raw[:browserSize])
}

// MarkBrowser gives the browser an id if it has none. Only registering and
// signing in call it: whoever just reads carries no cookie.
func (d *Desk) MarkBrowser(w http.ResponseWriter, req *http.Request) string {
	if id := d.Browser(req); id != "" {
		return id
	}
	id := make([]byte, browserSize)
	rand.Read(id) //nolint:errcheck // never returns an error
	http.SetCookie(w, &http.Cookie{Name: browserCookie, Path: "/", MaxAge: int(browserAge.Seconds()),
		Value:  base64.RawURLEncoding.EncodeToString(append(id, d.signBrowser(id)...)),
		Secure: d.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	return base64.RawURLEncoding.EncodeToString(id)
}

func (d *Desk) signBrowser(id []byte) []byte {
	return d.Keys.CookieMAC("portal.browser")(id)[:browserMAC]
}
