// Package session remembers who is signed in, in rows of our database, so that a
// restart or another node signs nobody out.
//
// A visitor who is not signed in has no row and no cookie. A row is made by SignIn
// alone: whatever is saved later only changes a row that is still there, so a
// session that was ended stays ended even while a request of it is under way.
package session

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"gelombang/internal/sqldb"
)

// Config makes Sessions. Lifetime bounds a session; Idle ends one that nobody used
// and may be 0. Secure is for sites behind TLS: the cookie then gets the prefix
// that browsers tie to this host. OnError answers a request whose session could not
// be read or written.
type Config struct {
	DB       *sqldb.DB
	Realm    string
	Cookie   string
	Lifetime time.Duration
	Idle     time.Duration
	Secure   bool
	Now      func() time.Time
	OnError  func(http.ResponseWriter, *http.Request, error)
}

// Sessions are the sessions of one realm.
type Sessions struct {
	scs   *scs.SessionManager
	store *store
	idle  time.Duration
	now   func() time.Time
}

const (
	subjectKey = "subject"
	sinceKey   = "since_ms"
	seenKey    = "seen_ms"
	deviceKey  = "device"
	// touches is how often within an idle time a used session is written: each page
	// view would be a write otherwise.
	touches = 12
	// pruneMost bounds one Prune.
	pruneMost = 5000
	// listMost bounds the sessions that a subject is shown; the ones that end last.
	listMost = 50
)

// New makes the sessions of a realm.
func New(c Config) *Sessions {
	if c.DB == nil || c.Realm == "" || c.Cookie == "" || c.Lifetime <= 0 || c.Now == nil {
		panic(errors.New("session: DB, Realm, Cookie, Lifetime and Now are required"))
	}
	st := &store{db: c.DB, realm: c.Realm, lifetime: c.Lifetime, idle: c.Idle}
	m := scs.New()
	m.Store, m.Codec = st, codec{}
	m.Lifetime = c.Lifetime // bounds the cookie; the row's end is the store's
	m.HashTokenInStore = true
	m.Cookie.Name, m.Cookie.Secure = c.Cookie, c.Secure
	m.Cookie.HttpOnly, m.Cookie.SameSite, m.Cookie.Path = true, http.SameSiteLaxMode, "/"
	if c.Secure {
		m.Cookie.Name = "__Host-" + c.Cookie
	}
	if c.OnError != nil {
		m.ErrorFunc = c.OnError
	}
	return &Sessions{scs: m, store: st, idle: c.Idle, now: c.Now}
}

// Middleware loads the session of a request and saves what changed before the
// answer's first byte.
func (s *Sessions) Middleware(next http.Handler) http.Handler { return s.around(next, s.scs.ErrorFunc) }

// around puts the session around next. fail answers when the session cannot be read.
// When it can be read and then not be saved, next is answering already: a text for a
// later page is lost, which is worth a line in the log and not a second page.
func (s *Sessions) around(next http.Handler, fail func(http.ResponseWriter, *http.Request, error)) http.Handler {
	m := *s.scs
	m.ErrorFunc = func(w http.ResponseWriter, req *http.Request, err error) {
		if v := s.visit(req.Context()); v != nil && v.begun {
			slog.WarnContext(req.Context(), "session.save", "error", err)
			return
		}
		fail(w, req, err)
	}
	inner := m.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		s.visit(req.Context()).begun = true
		s.touch(req.Context())
		next.ServeHTTP(w, req)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		v := &visit{agent: req.UserAgent()}
		inner.ServeHTTP(w, req.WithContext(context.WithValue(req.Context(), loaded{s}, v)))
	})
}

// Visitors is Middleware for pages that sign nobody in: a request that carries no
// session, as nearly all of an opening day's, goes to visitor instead; so does one whose
// session cannot be read, because the database is away.
func (s *Sessions) Visitors(next, visitor http.Handler) http.Handler {
	known := s.around(next, func(w http.ResponseWriter, req *http.Request, _ error) { visitor.ServeHTTP(w, req) })
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if _, err := req.Cookie(s.scs.Cookie.Name); err != nil {
			visitor.ServeHTTP(w, req)
			return
		}
		known.ServeHTTP(w, req)
	})
}

// loaded is where a request keeps its visit.
type loaded struct{ s *Sessions }

// visit is what a request says of itself.
type visit struct {
	begun bool   // its session was read
	agent string // the browser, as it calls itself
}

// visit gives a request's visit; nil outside the middleware.
func (s *Sessions) visit(ctx context.Context) *visit {
	v, _ := ctx.Value(loaded{s}).(*visit)
	return v
}

// touch notes now and then that a session is in use.
func (s *Sessions) touch(ctx context.Context) {
	if s.idle == 0 || s.Subject(ctx) == 0 {
		return
	}
	if seen := sqldb.Time(s.scs.GetInt64(ctx, seenKey)); s.now().Sub(seen) >= s.idle/touches {
		s.scs.Put(ctx, seenKey, sqldb.Millis(s.now()))
	}
}

// Subject is who is signed in; 0 nobody. Nobody is signed in where no session was
// read: on an error page because the database is away, say.
func (s *Sessions) Subject(ctx context.Context) int64 {
	if v := s.visit(ctx); v == nil || !v.begun {
		return 0
	}
	return s.scs.GetInt64(ctx, subjectKey)
}

// SignIn starts a session for subject under a new token, durable when it returns.
// What an earlier session held is gone.
func (s *Sessions) SignIn(ctx context.Context, subject int64) error {
	if subject <= 0 {
		return errors.New("session: a subject is needed")
	}
	if err := s.scs.Clear(ctx); err != nil {
		return err
	}
	if err := s.scs.RenewToken(ctx); err != nil {
		return err
	}
	s.scs.Put(ctx, subjectKey, subject)
	s.scs.Put(ctx, sinceKey, sqldb.Millis(s.now()))
	s.scs.Put(ctx, seenKey, sqldb.Millis(s.now()))
	if v := s.visit(ctx); v != nil {
		s.scs.Put(ctx, deviceKey, DeviceOf(v.agent).words())
	}
	_, _, err := s.scs.Commit(context.WithValue(ctx, beginning{}, true))
	if err != nil {
		return errors.Join(err, s.scs.Clear(ctx)) // nobody is signed in
	}
	return nil
}

// SignOut ends this session.
func (s *Sessions) SignOut(ctx context.Context) error { return s.scs.Destroy(ctx) }

// Put keeps a text for a later page of the same session. A visitor has no session,
// so nothing is kept for one.
func (s *Sessions) Put(ctx context.Context, key, value string) {
	if s.Subject(ctx) != 0 {
		s.scs.Put(ctx, prefix+key, value)
	}
}

// Pop gives a text and forgets it.
func (s *Sessions) Pop(ctx context.Context, key string) string {
	return s.scs.PopString(ctx, prefix+key)
}

// GetString gives a text.
func (s *Sessions) GetString(ctx context.Context, key string) string {
	return s.scs.GetString(ctx, prefix+key)
}

// prefix keeps the pages' keys apart from ours.
const prefix = "page."

// EndAll signs subject out everywhere.
func (s *Sessions) EndAll(tx *sqldb.Tx, subject int64) error { return s.store.endAll(tx, subject) }

// Prune removes sessions of every realm that have run out and says how many.
func (s *Sessions) Prune(tx *sqldb.Tx) (int64, error) { return prune(tx, pruneMost) }
