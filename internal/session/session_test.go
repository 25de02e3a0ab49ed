package session_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"gelombang/internal/session"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
)

const (
	lifetime = 30 * 24 * time.Hour
	idle     = 48 * time.Hour
)

// site is a small site behind sessions, with a browser in front of it.
type site struct {
	*testing.T
	db       *sqldb.DB
	clock    *sqldbtest.Clock
	sessions *session.Sessions
	server   *httptest.Server
	browser  *http.Client
	held     chan struct{} // closed to let /hold answer
	holding  chan struct{}
}

func each(t *testing.T, test func(s *site)) {
	t.Helper()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := &site{T: t, db: db, clock: clock, held: make(chan struct{}), holding: make(chan struct{})}
		s.start("portal")
		s.browser = s.newBrowser()
		test(s)
	})
}

func (s *site) newBrowser() *http.Client {
	s.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.Fatal(err)
	}
	return &http.Client{Jar: jar, Timeout: 10 * time.Second}
}

func (s *site) config(realm string) session.Config {
	return session.Config{DB: s.db, Realm: realm, Cookie: "masuk", Lifetime: lifetime, Idle: idle, Now: s.clock.Now}
}

// start serves the pages, as a process does.
func (s *site) start(realm string) {
	s.sessions = session.New(s.config(realm))
	sessions := s.sessions
	mux := http.NewServeMux()
	mux.HandleFunc("/who", func(w http.ResponseWriter, req *http.Request) {
		s.say(w, strconv.FormatInt(sessions.Subject(req.Context()), 10))
	})
	mux.HandleFunc("/in", func(w http.ResponseWriter, req *http.Request) {
		id, err := strconv.ParseInt(req.FormValue("id"), 10, 64)
		if err := errors.Join(err, sessions.SignIn(req.Context(), id)); err != nil {
			s.Error(err)
		}
	})
	mux.HandleFunc("/out", func(_ http.ResponseWriter, req *http.Request) {
		if err := sessions.SignOut(req.Context()); err != nil {
			s.Error(err)
		}
	})
	mux.HandleFunc("/put", func(_ http.ResponseWriter, req *http.Request) {
		sessions.Put(req.Context(), "flash", req.FormValue("text"))
	})
	mux.HandleFunc("/get", func(w http.ResponseWriter, req *http.Request) { s.say(w, sessions.GetString(req.Context(), "flash")) })
	mux.HandleFunc("/pop", func(w http.ResponseWriter, req *http.Request) { s.say(w, sessions.Pop(req.Context(), "flash")) })
	mux.HandleFunc("/hold", func(_ http.ResponseWriter, req *http.Request) {
		sessions.Put(req.Context(), "flash", "late")
		close(s.holding)
		<-s.held
	})
	s.server = httptest.NewServer(sessions.Middleware(mux))
	s.Cleanup(s.server.Close)
}

func (s *site) say(w http.ResponseWriter, text string) {
	if _, err := w.Write([]byte(text)); err != nil {
		s.Error(err)
	}
}

func (s *site) open(path string) (body string, res *http.Response) {
	s.Helper()
	res, err := s.browser.Get(s.server.URL + path)
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var b strings.Builder
	if _, err := io.Copy(&b, res.Body); err != nil {
		s.Fatal(err)
	}
	return b.String(), res
}

func (s *site) says(path, want string) {
	s.Helper()
	if got, _ := s.open(path); got != want {
		s.Fatalf("%s says %q, want %q", path, got, want)
	}
}

func (s *site) rows() (n int) {
	s.Helper()
	err := s.db.Read(context.Background(), func(rx *sqldb.Rx) error { return rx.QueryRow(`SELECT COUNT(*) FROM session`).Scan(&n) })
	if err != nil {
		s.Fatal(err)
	}
	return n
}

func (s *site) token() string {
	s.Helper()
	u, err := url.Parse(s.server.URL)
	if err != nil {
		s.Fatal(err)
	}
	for _, c := range s.browser.Jar.Cookies(u) {
		if c.Name == "masuk" {
			return c.Value
		}
	}
	return ""
}

func TestAVisitorHasNoRowAndNoCookie(t *testing.T) {
	t.Parallel()
	each(t, func(s *site) {
		s.says("/who", "0")
		if _, res := s.open("/put?text=hello"); len(res.Cookies()) != 0 || s.rows() != 0 {
			s.Fatalf("%d rows, cookies %v", s.rows(), res.Cookies())
		}
		s.says("/get", "")
	})
}

func TestSigningInOutlivesARestart(t *testing.T) {
	t.Parallel()
	each(t, func(s *site) {
		_, res := s.open("/in?id=42")
		c := res.Cookies()[0]
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" {
			s.Fatalf("%+v", c)
		}
		s.says("/who", "42")
		was := s.token()
		s.server.Close()
		s.start("portal")
		carry(s, was)
		s.says("/who", "42")
		var hash string
		err := s.db.Read(context.Background(), func(rx *sqldb.Rx) error { return rx.QueryRow(`SELECT token_hash FROM session`).Scan(&hash) })
		if err != nil || hash == "" || strings.Contains(hash, was) {
			s.Fatalf("the row holds %q: %v", hash, err)
		}
	})
}

// carry puts a cookie into the browser for the site's present address.
func carry(s *site, token string) {
	s.Helper()
	u, err := url.Parse(s.server.URL)
	if err != nil {
		s.Fatal(err)
	}
	s.browser = s.newBrowser()
	s.browser.Jar.SetCookies(u, []*http.Cookie{{Name: "masuk", Value: token, Path: "/"}})
}

func TestSigningInChangesTheTokenAndForgetsTheFormerSession(t *testing.T) {
	t.Parallel()
	each(t, func(s *site) {
		s.open("/in?id=42")
		s.open("/put?text=secret")
		was := s.token()
		s.open("/in?id=43")
		if s.token() == was || s.rows() != 1 {
			s.Fatalf("token kept, or %d rows", s.rows())
		}
		s.says("/get", "")
		carry(s, was)
		s.says("/who", "0")
	})
}

func TestATextIsKeptForALaterPage(t *testing.T) {
	t.Parallel()
	each(t, func(s *site) {
		s.open("/in?id=42")
		s.open("/put?text=saved")
		s.says("/get", "saved")
		s.says("/pop", "saved")
		s.says("/pop", "")
	})
}

func TestSigningOutEndsTheSession(t *testing.T) {
	t.Parallel()
	each(t, func(s *site) {
		s.open("/in?id=42")
		was := s.token()
		s.open("/out")
		if s.rows() != 0 || s.token() != "" {
			s.Fatal("something is left")
		}
		carry(s, was)
		s.says("/who", "0")
	})
}

func TestEndAllEndsEverySessionOfASubjectAndNoRequestRevivesOne(t *testing.T) {
	t.Parallel()
	each(t, func(s *site) {
		s.open("/in?id=42")
		first := s.browser
		s.browser = s.newBrowser()
		s.open("/in?id=42")
		other := s.newBrowser()
		s.browser = other
		s.open("/in?id=43")
		s.browser = first
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.open("/hold") // changes its session, and answers after the end
		}()
		<-s.holding
		err := s.db.Write(context.Background(), func(tx *sqldb.Tx) error { return s.sessions.EndAll(tx, 42) })
		if err != nil {
			s.Fatal(err)
		}
		close(s.held)
		<-done
		s.says("/who", "0")
		s.browser = other
		s.says("/who", "43")
	})
}

func TestASessionEndsWhenIdleAndAtItsLifetime(t *testing.T) {
	t.Parallel()
	each(t, func(s *site) {
		s.open("/in?id=42")
		for range 14 { // used every day and a half, it lasts for 21 days
			s.clock.Add(36 * time.Hour)
			s.says("/who", "42")
		}
		s.clock.Add(idle)
		s.says("/who", "0")

		s.open("/in?id=42")
		for range 19 {
			s.clock.Add(36 * time.Hour)
			s.says("/who", "42")
		}
		s.clock.Add(36 * time.Hour) // 30 days
		s.says("/who", "0")
	})
}

func TestPruningRemovesWhatHasRunOut(t *testing.T) {
	t.Parallel()
	each(t, func(s *site) {
		s.open("/in?id=42")
		s.clock.Add(idle)
		s.browser = s.newBrowser()
		s.open("/in?id=43")
		err := s.db.Write(context.Background(), func(tx *sqldb.Tx) error {
			n, err := s.sessions.Prune(tx)
			if n != 1 {
				s.Errorf("%d pruned", n)
			}
			return err
		})
		if err != nil {
			s.Fatal(err)
		}
		s.says("/who", "43")
	})
}

func TestASessionOfOneRealmIsNoneOfAnother(t *testing.T) {
	t.Parallel()
	each(t, func(s *site) {
		s.open("/in?id=42")
		token := s.token()
		s.server.Close()
		s.start("console")
		carry(s, token)
		s.says("/who", "0")
	})
}

func TestASecureCookieIsTiedToItsHost(t *testing.T) {
	t.Parallel()
	clock := sqldbtest.NewClock()
	s := &site{T: t, db: sqldbtest.Open(t, sqldb.SQLite, clock), clock: clock}
	c := s.config("portal")
	c.Secure = true
	sessions := session.New(c)
	w := httptest.NewRecorder()
	sessions.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		if err := sessions.SignIn(req.Context(), 42); err != nil {
			t.Error(err)
		}
	})).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
	cookie := w.Result().Cookies()[0]
	if cookie.Name != "__Host-masuk" || !cookie.Secure || cookie.Path != "/" || cookie.Domain != "" {
		t.Fatalf("%+v", cookie)
	}
}

func TestWhereNoSessionWasReadNobodyIsSignedIn(t *testing.T) {
	t.Parallel()
	each(t, func(s *site) {
		if who := s.sessions.Subject(s.Context()); who != 0 {
			s.Errorf("%d is signed in", who)
		}
	})
}

func TestAPageForAnybodyIsGivenToWhomNoSessionCanBeReadFor(t *testing.T) {
	t.Parallel()
	each(t, func(s *site) {
		page := func(says string) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				s.say(w, says+" "+strconv.FormatInt(s.sessions.Subject(req.Context()), 10))
			})
		}
		h := s.sessions.Visitors(page("known"), page("visitor"))
		ask := func(token string) string {
			rec, req := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
			if token != "" {
				req.AddCookie(&http.Cookie{Name: "masuk", Value: token})
			}
			h.ServeHTTP(rec, req)
			return rec.Body.String()
		}
		s.open("/in?id=42")
		token := s.token()
		if got := ask(""); got != "visitor 0" {
			s.Errorf("without a session: %s", got)
		}
		if got := ask(token); got != "known 42" {
			s.Errorf("with a session: %s", got)
		}
		if err := s.db.Close(); err != nil {
			s.Fatal(err)
		}
		if got := ask(token); got != "visitor 0" {
			s.Errorf("while the database is away: %s", got)
		}
	})
}

func TestASessionThatCannotBeSavedGivesOnePageAndNotTwo(t *testing.T) {
	t.Parallel()
	each(t, func(s *site) {
		s.open("/in?id=42")
		token := s.token()
		page := func(says string) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				s.sessions.Put(req.Context(), "flash", "a text for a later page")
				if err := s.db.Close(); err != nil {
					s.Error(err)
				}
				s.say(w, says)
			})
		}
		h := s.sessions.Visitors(page("known"), page("visitor"))
		rec, req := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
		req.AddCookie(&http.Cookie{Name: "masuk", Value: token})
		h.ServeHTTP(rec, req)
		if got := rec.Body.String(); got != "known" {
			s.Errorf("the answer is %q", got)
		}
	})
}
