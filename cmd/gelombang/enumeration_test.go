package main

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gelombang/account"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/notify"
)

// quiet is a house in which nothing runs by itself: who asks it for something is alone
// with the database.
type quiet struct {
	t       testing.TB
	house   *house
	base    string
	visited int
}

func openQuiet(t testing.TB, engine sqldb.Engine, adjust func(*Programme)) *quiet {
	t.Helper()
	h, err := openHouse(t.Context(), houseSettings{dataSettings: dataSettings{Data: t.TempDir(), DB: sqldbtest.Migrated(t, engine)},
		migrate: true, public: "http://localhost", world: nowhere, adjust: adjust})
	if err != nil {
		t.Fatal(err)
	}
	handler, err := h.handler(nil)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		server.Close()
		if err := h.close(); err != nil {
			t.Error(err)
		}
	})
	return &quiet{t: t, house: h, base: server.URL}
}

// surface is a form to which anybody can send an address.
type surface struct {
	name string
	path string
	fill map[string]string // beside the address
}

var surfaces = []surface{
	{"registering", "/register", map[string]string{"consent": "yes"}},
	{"signing in by password", "/sign-in", map[string]string{"password": "bukan sandinya 9"}},
	{"signing in by code", "/sign-in/code", nil},
	{"a forgotten password", "/recover", map[string]string{"what": "forgotten"}},
	{"a lost address", "/recover", map[string]string{"what": "lost"}},
	{"taking a change back", "/undo", nil},
}

// standing is what the house knows of an address.
type standing string

const (
	nobody  standing = "nobody's"
	asked   standing = "asked for but not proven"
	owned   standing = "an account's without a password"
	guarded standing = "an account's with a password"
)

const quietPassword = "kuda laut membaca 7"

// address makes an address of a standing. All are as long as each other, and look the
// same where they are masked.
func (q *quiet) address(channel notify.Channel, s standing) account.Address {
	q.t.Helper()
	q.visited++
	typed := fmt.Sprintf("a%05d@example.com", q.visited)
	if channel == notify.SMS {
		typed = fmt.Sprintf("0812%05d678", q.visited)
	}
	a, _ := account.ParseAddress(typed)
	if s == nobody {
		return a
	}
	view, err := q.house.account.Register(q.t.Context(), account.Registration{Address: a, Lang: "id", Browser: "theirs", ConsentVersion: "1"})
	if err != nil {
		q.t.Fatal(err)
	}
	if s != asked {
		q.prove(view.Challenge, s == guarded)
	}
	// What strangers did before is counted for every address alike.
	if err := q.house.db.Write(q.t.Context(), func(tx *sqldb.Tx) error { _, err := tx.Exec(`DELETE FROM limit_use`); return err }); err != nil {
		q.t.Fatal(err)
	}
	return a
}

func (q *quiet) prove(challenge int64, withPassword bool) {
	q.t.Helper()
	var code string
	err := q.house.db.Read(q.t.Context(), func(rx *sqldb.Rx) error {
		values, err := q.house.otp.Code(rx, challenge)
		code = values["code"]
		return err
	})
	if err != nil {
		q.t.Fatal(err)
	}
	signed, err := q.house.account.Prove(q.t.Context(), challenge, code, "theirs")
	if err == nil && withPassword {
		err = q.house.account.SetPassword(q.t.Context(), signed.Account, quietPassword)
	}
	if err != nil {
		q.t.Fatal(err)
	}
}

// seenAs is what a stranger can see of an answer, and what the database was asked for it.
type seenAs struct {
	seen       string
	statements []string
}

// tell sends a surface's form with an address, in a browser that was never here.
func (q *quiet) tell(s surface, a account.Address, watch *sqldbtest.Statements) seenAs {
	q.t.Helper()
	v := newVisitor(q.t, q.base, "id")
	typed := map[string]string{"address": a.Value}
	maps.Copy(typed, s.fill)
	form := v.filled(v.get(s.path), s.path, typed)
	var way []string
	v.client.CheckRedirect = func(req *http.Request, _ []*http.Request) error {
		way = append(way, req.URL.RequestURI())
		return nil
	}
	watch.Taken()
	got := v.post(s.path, form)
	statements := slices.DeleteFunc(watch.Taken(), keepsNode)
	headers := slices.Sorted(maps.Keys(got.header))
	return seenAs{statements: statements,
		seen: masked(a, fmt.Sprintf("%d by %v, headers %v\n%s", got.status, way, headers, got.body))}
}

// keepsNode says that a statement only renews the number of this node, which happens by
// the clock and whoever asks for what.
func keepsNode(statement string) bool { return strings.HasPrefix(statement, "UPDATE node ") }

// differing is what differs between any two answers: numbers of challenges, tokens and
// requests, and what a clock says.
var differing = []*regexp.Regexp{
	regexp.MustCompile(`/code/\d+`), regexp.MustCompile(`value="[^"]{40,}"`), regexp.MustCompile(`\b[A-Z2-9]{4}-[A-Z2-9]{4}\b`),
	regexp.MustCompile(`\d{1,2}([.:]\d\d)+( WIB)?`), regexp.MustCompile(`datetime="[^"]*"`), regexp.MustCompile(`\d+ (detik|menit)`),
	regexp.MustCompile(`(data-[a-z]+|until|seconds)="[^"]*\d[^"]*"`),
}

func masked(a account.Address, page string) string {
	for _, spelling := range []string{notify.MaskAddress(a.Channel, a.Value), a.Value, strings.Replace(a.Value, "+", "&#43;", 1)} {
		page = strings.ReplaceAll(page, spelling, "ADDRESS")
	}
	for _, d := range differing {
		page = d.ReplaceAllString(page, "…")
	}
	return page
}

// differs points at the first line in which two texts differ.
func differs(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(as), len(bs)) {
		if as[i] != bs[i] {
			return fmt.Sprintf("line %d:\n%s\n%s", i+1, as[i], bs[i])
		}
	}
	return fmt.Sprintf("%d lines and %d", len(as), len(bs))
}

func TestNobodyLearnsFromAnAnswerWhetherAnAddressIsKnown(t *testing.T) {
	t.Parallel()
	for _, engine := range []sqldb.Engine{sqldb.SQLite, sqldb.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			q := openQuiet(t, engine, nil)
			watch := sqldbtest.Watch(t, q.house.db)
			for _, channel := range notify.Channels {
				for _, s := range surfaces {
					q.compare(channel, s, watch)
				}
			}
		})
	}
}

// compare asks for addresses of every standing until none is served any more.
func (q *quiet) compare(channel notify.Channel, s surface, watch *sqldbtest.Statements) {
	q.t.Helper()
	q.tell(s, q.address(channel, nobody), watch) // pages and statements that are kept are made by the first
	var plain [][]seenAs
	for _, of := range []standing{nobody, asked, owned, guarded} {
		plain = append(plain, q.untilLimited(s, q.address(channel, of), watch))
	}
	for i, of := range []standing{asked, owned, guarded} {
		got := plain[i+1]
		if len(got) != len(plain[0]) {
			q.t.Errorf("%s by %s: limited after %d for an address that is %s, after %d for nobody's", s.name, channel, len(got), of, len(plain[0]))
			continue
		}
		for n, one := range got {
			if !q.alike(fmt.Sprintf("%s by %s, time %d of %d, %s", s.name, channel, n+1, len(got), of), plain[0][n], one) {
				break // what follows differs as well
			}
		}
	}
}

// untilLimited sends the form until the budget is used up, and once more.
func (q *quiet) untilLimited(s surface, a account.Address, watch *sqldbtest.Statements) (all []seenAs) {
	q.t.Helper()
	const most = 20
	for range most {
		one := q.tell(s, a, watch)
		all = append(all, one)
		if n := len(all); n > 1 && strings.HasPrefix(one.seen, "429") && strings.HasPrefix(all[n-2].seen, "429") {
			return all
		}
	}
	q.t.Fatalf("%s: not limited after %d", s.name, most)
	return nil
}

func (q *quiet) alike(what string, want, got seenAs) bool {
	q.t.Helper()
	same := got.seen == want.seen && slices.Equal(got.statements, want.statements) && len(got.statements) > 0
	if got.seen != want.seen {
		q.t.Errorf("%s: the answers differ in %s", what, differs(want.seen, got.seen))
	}
	if !slices.Equal(got.statements, want.statements) {
		q.t.Errorf("%s: the database is asked otherwise, %s", what,
			differs(strings.Join(want.statements, "\n"), strings.Join(got.statements, "\n")))
	}
	if len(got.statements) == 0 {
		q.t.Errorf("%s: no statement was seen", what)
	}
	return same
}
