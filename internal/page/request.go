package page

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"gelombang/internal/locale"
)

type contextKey int

const (
	keyLang contextKey = iota
	keyRequestID
	keyClientIP
	keyRoute
)

// langCookie remembers a choice of language. It is set only by choosing, so a
// visitor who never chose carries no cookie of ours.
const langCookie = "lang"

const langAge = 365 * 24 * time.Hour

// LangOf gives the language of a request: chosen, else negotiated.
func LangOf(req *http.Request) locale.Lang {
	if lang, ok := req.Context().Value(keyLang).(locale.Lang); ok {
		return lang
	}
	return locale.Negotiate(req.Header.Get("Accept-Language"))
}

// Language puts the language into the context: ?lang= first, which is kept in a
// cookie and taken out of the address, then the cookie, then what the browser asks for.
func (r *Renderer) Language(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		query := req.URL.Query()
		lang, chosen := locale.Parse(query.Get("lang"))
		if chosen && (req.Method == http.MethodGet || req.Method == http.MethodHead) {
			r.keepLang(w, lang)
			query.Del("lang")
			http.Redirect(w, req, samePath(&url.URL{Path: req.URL.Path, RawQuery: query.Encode()}), http.StatusSeeOther)
			return
		}
		next.ServeHTTP(w, with(req, keyLang, langOfRequest(req)))
	})
}

func langOfRequest(req *http.Request) locale.Lang {
	if cookie, err := req.Cookie(langCookie); err == nil {
		if lang, ok := locale.Parse(cookie.Value); ok {
			return lang
		}
	}
	return locale.Negotiate(req.Header.Get("Accept-Language"))
}

func (r *Renderer) keepLang(w http.ResponseWriter, lang locale.Lang) {
	w.Header().Set("Cache-Control", "no-store")
	http.SetCookie(w, &http.Cookie{Name: langCookie, Value: string(lang), Path: "/", MaxAge: int(langAge.Seconds()),
		Secure: r.https(), HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// switchURL is this page in another language.
func switchURL(req *http.Request, where string, lang locale.Lang) string {
	at, err := url.Parse(where)
	if where == "" || err != nil {
		at = &url.URL{Path: req.URL.Path}
		if req.Method == http.MethodGet {
			at.RawQuery = req.URL.RawQuery
		}
	}
	query := at.Query()
	query.Set("lang", string(lang))
	return samePath(&url.URL{Path: at.Path, RawQuery: query.Encode()})
}

// samePath writes path and query of an address, never a host: "//elsewhere" is a
// path here, but would be another site in a Location header.
func samePath(u *url.URL) string {
	path := "/" + strings.TrimLeft((&url.URL{Path: u.Path}).EscapedPath(), "/")
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	return path
}

func with(req *http.Request, key contextKey, value any) *http.Request {
	return req.WithContext(context.WithValue(req.Context(), key, value))
}

// alphabet of request ids: without characters that are mistaken for each other on the phone.
const alphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

// RequestID gives every request an id, such as K7Q4-2MXB. The error page shows
// it, the log carries it, and people read it out on the phone.
func RequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		id := newRequestID()
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, with(req, keyRequestID, id))
	})
}

func newRequestID() string {
	var raw [8]byte
	rand.Read(raw[:]) // never returns an error
	id := make([]byte, 0, len(raw)+1)
	for at, b := range raw {
		if at == len(raw)/2 {
			id = append(id, '-')
		}
		id = append(id, alphabet[int(b)%len(alphabet)])
	}
	return string(id)
}

// RequestIDOf gives the id of a request, "" outside RequestID.
func RequestIDOf(req *http.Request) string {
	id, _ := req.Context().Value(keyRequestID).(string)
	return id
}

// maxHops bounds how much of a forwarding header is believed.
const maxHops = 16

// ClientIP finds whom a request is from. Only trusted proxies are believed: the
// header is read from its end, the part they wrote, up to the first stranger.
// Thousands of people stand behind one address of a carrier: it is a signal, never a verdict.
func ClientIP(trusted []netip.Prefix) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			next.ServeHTTP(w, with(req, keyClientIP, clientIP(req, trusted)))
		})
	}
}

// IPOf gives the address a request is from, invalid outside ClientIP.
func IPOf(req *http.Request) netip.Addr {
	ip, _ := req.Context().Value(keyClientIP).(netip.Addr)
	return ip
}

func clientIP(req *http.Request, trusted []netip.Prefix) netip.Addr {
	port, err := netip.ParseAddrPort(req.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	ip := port.Addr().Unmap()
	hops := strings.Split(strings.Join(req.Header.Values("X-Forwarded-For"), ","), ",")
	for at := len(hops) - 1; at >= max(0, len(hops)-maxHops) && isTrusted(ip, trusted); at-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[at]))
		if err != nil {
			break
		}
		ip = hop.Unmap()
	}
	return ip
}

func isTrusted(ip netip.Addr, trusted []netip.Prefix) bool {
	for _, prefix := range trusted {
		if prefix.Contains(ip) {
			return true
		}
	}
	return false
}
