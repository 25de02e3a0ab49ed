package session_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"gelombang/internal/session"
	"gelombang/internal/sqldb"
)

const (
	android = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36"
	iphone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1"
)

func TestABrowserIsKnownByTwoWordsAndNoMore(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		android: "Chrome, Android",
		iphone:  "Safari, iPhone",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36 Edg/124.0.0.0":                      "Edge, Windows",
		"Mozilla/5.0 (Linux; Android 12; SAMSUNG SM-A125F) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/24.0 Chrome/117.0.0.0 Mobile Safari/537.36": "Samsung Internet, Android",
		"Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0":                                                                             "Firefox, Linux",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15":                              "Safari, Mac",
		"curl/8.5.0": "", "": "",
	} {
		if got := session.DeviceOf(agent).String(); got != want {
			t.Errorf("%q: %q, not %q", agent, got, want)
		}
	}
}

// signs lets a browser of a kind sign in and gives it.
func (s *site) signs(agent string) *http.Client {
	s.Helper()
	browser := s.newBrowser()
	req, err := http.NewRequest(http.MethodGet, s.server.URL+"/in?id=42", nil)
	if err != nil {
		s.Fatal(err)
	}
	req.Header.Set("User-Agent", agent)
	res, err := browser.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	_ = res.Body.Close()
	return browser
}

// as does something within a session of a browser.
func (s *site) as(browser *http.Client, do func(req *http.Request)) {
	s.Helper()
	s.browser = browser
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	req.AddCookie(&http.Cookie{Name: "masuk", Value: s.token()})
	s.sessions.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) { do(req) })).ServeHTTP(httptest.NewRecorder(), req)
}

func (s *site) list(browser *http.Client) (list []session.Session) {
	s.Helper()
	s.as(browser, func(req *http.Request) {
		err := s.db.Read(req.Context(), func(rx *sqldb.Rx) (err error) {
			list, err = s.sessions.List(req.Context(), rx)
			return err
		})
		if err != nil {
			s.Error(err)
		}
	})
	return list
}

func (s *site) signedIn(browser *http.Client, want string) {
	s.Helper()
	s.browser = browser
	s.says("/who", want)
}

func TestSessionsAreListedThisOneFirstAndEndedOneByOne(t *testing.T) {
	t.Parallel()
	each(t, func(s *site) {
		old := s.signs(iphone)
		s.clock.Add(time.Hour)
		stranger := s.signs("")
		s.clock.Add(time.Hour)
		phone := s.signs(android)
		s.open("/in?id=43") // somebody else, who is not listed
		list := s.list(old)
		if len(list) != 3 || !list[0].Here || list[0].Device.String() != "Safari, iPhone" || list[1].Here ||
			list[1].Device.System != "Android" || list[2].Device != (session.Device{}) {
			s.Fatalf("%+v", list)
		}
		if !list[0].Since.Equal(s.clock.Now().Add(-2*time.Hour)) || !list[1].Seen.Equal(s.clock.Now()) {
			s.Fatalf("%+v", list)
		}
		end := func(id string) {
			s.as(old, func(req *http.Request) {
				if err := s.sessions.End(req.Context(), id); err != nil {
					s.Error(err)
				}
			})
		}
		end(list[2].ID)
		end(list[2].ID) // twice is no mistake
		end(list[0].ID) // one's own is ended by signing out
		end("no such name")
		s.signedIn(stranger, "0")
		s.signedIn(phone, "42")
		s.signedIn(old, "42")
	})
}

func TestASessionIsEndedByItsOwnSubjectAlone(t *testing.T) {
	t.Parallel()
	each(t, func(s *site) {
		mine := s.signs(android)
		id := s.list(mine)[0].ID
		other := s.newBrowser()
		s.browser = other
		s.open("/in?id=43")
		s.as(other, func(req *http.Request) {
			if err := s.sessions.End(req.Context(), id); err != nil {
				s.Error(err)
			}
			if err := s.sessions.EndOthers(req.Context()); err != nil {
				s.Error(err)
			}
		})
		s.signedIn(mine, "42")
	})
}

func TestSigningOutEverywhereElseKeepsThisOne(t *testing.T) {
	t.Parallel()
	each(t, func(s *site) {
		here, there, also := s.signs(android), s.signs(iphone), s.signs("")
		s.as(here, func(req *http.Request) {
			if err := s.sessions.EndOthers(req.Context()); err != nil {
				s.Error(err)
			}
		})
		s.signedIn(there, "0")
		s.signedIn(also, "0")
		s.signedIn(here, "42")
		if list := s.list(here); len(list) != 1 || !list[0].Here {
			s.Fatalf("%+v", list)
		}
	})
}
