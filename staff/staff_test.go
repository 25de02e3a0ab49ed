package staff_test

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"gelombang/audit"
	"gelombang/internal/fault"
	"gelombang/internal/password"
	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/staff"
)

const (
	secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	pass   = "ombak tenang sekali"
	email  = "petugas@example.com"
)

type desk struct {
	*staff.Service
	db    *sqldb.DB
	clock *sqldbtest.Clock
	id    int64
}

func newDesk(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) desk {
	t.Helper()
	keys, err := seal.New(clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	s := staff.NewService(staff.Config{DB: db, Keys: keys, Passwords: password.New(password.Config{})})
	added, err := s.Add(t.Context(), staff.New{Email: " Petugas@Example.com ", Name: "Petugas 07", Role: staff.Operator, Password: pass, TOTPSecret: secret})
	if err != nil {
		t.Fatal(err)
	}
	return desk{Service: s, db: db, clock: clock, id: added.ID}
}

func (d desk) code(t *testing.T, at time.Duration) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, d.clock.Now().Add(at))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func (d desk) actions(t *testing.T) (out []string) {
	t.Helper()
	err := d.db.Read(t.Context(), func(rx *sqldb.Rx) error {
		entries, err := audit.OfSubject(rx, "staff", d.id, 50)
		for _, e := range entries {
			out = append(out, e.Action+" "+e.Reason)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func wrong(t *testing.T, what string, err error) {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Invalid || f.Key != staff.KeyWrong || len(f.Fields) != 0 || len(f.Args) != 0 {
		t.Errorf("%s: %v", what, err)
	}
}

func TestAnOfficialSignsInWithPasswordAndCode(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		d := newDesk(t, db, clock)
		code := d.code(t, 0)
		signed, err := d.SignIn(t.Context(), staff.Attempt{Email: "PETUGAS@example.com", Password: pass, Code: code[:3] + " " + code[3:]})
		if err != nil || signed.ID != d.id || signed.Mark == "" {
			t.Fatalf("%+v %v", signed, err)
		}
		if got := d.actions(t); !slices.Equal(got, []string{"staff.sign_in ", "staff.add operator"}) {
			t.Error(got)
		}
	})
}

func TestEverythingThatIsWrongHasTheSameAnswer(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		d := newDesk(t, db, clock)
		for what, a := range map[string]staff.Attempt{
			"unknown":       {Email: "siapa@example.com", Password: pass, Code: d.code(t, 0)},
			"password":      {Email: email, Password: "ombak tenang sekalI", Code: d.code(t, 0)},
			"code":          {Email: email, Password: pass, Code: "000000"},
			"no code":       {Email: email, Password: pass},
			"too long code": {Email: email, Password: pass, Code: d.code(t, 0) + "1"},
			"old code":      {Email: email, Password: pass, Code: d.code(t, -2*time.Minute)},
			"long address":  {Email: strings.Repeat("a", 5000), Password: pass},
			"cut letter":    {Email: strings.Repeat("a", 253) + strings.Repeat("é", 9), Password: pass},
			"no text":       {Email: "a\x00\xff@example.com", Password: pass},
		} {
			_, err := d.SignIn(t.Context(), a)
			wrong(t, what, err)
		}
		got := d.actions(t)
		if n := len(slices.DeleteFunc(got, func(a string) bool { return !strings.HasPrefix(a, "staff.sign_in_failed ") })); n != 5 {
			t.Errorf("%d failures in the audit log", n)
		}
	})
}

func TestACodeWorksOnceAndNoEarlierOneAfterIt(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		d := newDesk(t, db, clock)
		try := func(code string) error {
			_, err := d.SignIn(t.Context(), staff.Attempt{Email: email, Password: pass, Code: code})
			return err
		}
		before, now, after := d.code(t, -30*time.Second), d.code(t, 0), d.code(t, 30*time.Second)
		if err := try(now); err != nil {
			t.Fatal(err)
		}
		wrong(t, "the same again", try(now))
		wrong(t, "an earlier one", try(before))
		if err := try(after); err != nil {
			t.Errorf("a later one: %v", err)
		}
		if got := d.actions(t); !slices.Contains(got, "staff.sign_in_failed code_used") {
			t.Error(got)
		}
	})
}

func TestOneCodeSentManyTimesAtOnceOpensOnce(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		d := newDesk(t, db, clock)
		code := d.code(t, 0)
		var in, out atomic.Int32
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				switch _, err := d.SignIn(t.Context(), staff.Attempt{Email: email, Password: pass, Code: code}); {
				case err == nil:
					in.Add(1)
				case fault.Is(err, fault.Invalid):
					out.Add(1)
				}
			})
		}
		all.Wait()
		if in.Load() != 1 || out.Load() != 7 {
			t.Fatalf("%d came in, %d were refused", in.Load(), out.Load())
		}
	})
}

func TestAStrangerCannotUseUpTheTriesOfAKnownBrowser(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		d := newDesk(t, db, clock)
		signed, err := d.SignIn(t.Context(), staff.Attempt{Email: email, Password: pass, Code: d.code(t, 0)})
		if err != nil {
			t.Fatal(err)
		}
		var last error
		tries := 0
		for ; tries < 20 && !fault.Is(last, fault.Limited); tries++ {
			_, last = d.SignIn(t.Context(), staff.Attempt{Email: email, Password: "tebakan"})
		}
		f, ok := fault.As(last)
		if !ok || f.Key != staff.KeyLimited || tries != 11 || !f.Until.Equal(clock.Now().Add(15*time.Minute)) {
			t.Fatalf("after %d tries: %v", tries, last)
		}
		clock.Add(time.Minute)
		good := staff.Attempt{Email: email, Password: pass, Code: d.code(t, 0)}
		if _, err := d.SignIn(t.Context(), good); !fault.Is(err, fault.Limited) {
			t.Errorf("a stranger's browser with the right answer while it is locked: %v", err)
		}
		forged := good
		forged.Mark = signed.Mark[:len(signed.Mark)-2] + "AA"
		if _, err := d.SignIn(t.Context(), forged); !fault.Is(err, fault.Limited) {
			t.Errorf("a forged mark: %v", err)
		}
		good.Mark = signed.Mark
		if _, err := d.SignIn(t.Context(), good); err != nil {
			t.Errorf("the known browser: %v", err)
		}
		clock.Add(15 * time.Minute)
		if _, err := d.SignIn(t.Context(), staff.Attempt{Email: email, Password: pass, Code: d.code(t, 0)}); err != nil {
			t.Errorf("after the window: %v", err)
		}
	})
}

func TestAClosedAccountIsNotLetIn(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		d := newDesk(t, db, clock)
		for range 2 {
			err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return d.Disable(tx, d.id, audit.System) })
			if err != nil {
				t.Fatal(err)
			}
		}
		_, err := d.SignIn(t.Context(), staff.Attempt{Email: email, Password: pass, Code: d.code(t, 0)})
		wrong(t, "closed", err)
		err = db.Read(t.Context(), func(rx *sqldb.Rx) error {
			one, err := d.Get(rx, d.id)
			if one.Active() || one.May(staff.WaveSee) || one.Email != email {
				t.Errorf("%+v", one)
			}
			all, listErr := d.List(rx)
			if listErr != nil || len(all) != 1 || all[0] != one {
				t.Errorf("%+v %v", all, listErr)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := d.actions(t); !slices.Equal(got, []string{"staff.sign_in_failed disabled", "staff.disable ", "staff.add operator"}) {
			t.Error(got)
		}
	})
}

func TestAnAccountIsMadeOnlyFromGoodValues(t *testing.T) {
	t.Parallel()
	d := newDesk(t, sqldbtest.Open(t, sqldb.SQLite, sqldbtest.NewClock()), sqldbtest.NewClock())
	good := staff.New{Email: "baru@example.com", Name: "Petugas 08", Role: staff.Agent, Password: pass}
	for want, change := range map[string]func(*staff.New){
		"email:staff.email.malformed":             func(n *staff.New) { n.Email = "baru" },
		"email:staff.email.taken":                 func(n *staff.New) { n.Email = email },
		"name:staff.name.length":                  func(n *staff.New) { n.Name = " " },
		"role:staff.role.unknown":                 func(n *staff.New) { n.Role = "chief" },
		"password:staff.password.length":          func(n *staff.New) { n.Password = "pendek" },
		"totp_secret:staff.totp_secret.malformed": func(n *staff.New) { n.TOTPSecret = "not base32!" },
	} {
		n := good
		change(&n)
		_, err := d.Add(t.Context(), n)
		f, ok := fault.As(err)
		if !ok || len(f.Fields) != 1 || f.Fields[0].Name+":"+f.Fields[0].Key != want {
			t.Errorf("want %s, got %v", want, err)
		}
	}
	added, err := d.Add(t.Context(), good)
	if err != nil || len(added.TOTPSecret) != 32 || !strings.HasPrefix(added.URI, "otpauth://totp/Gelombang:baru@example.com?") {
		t.Fatalf("%+v %v", added, err)
	}
}

func TestWhatEachRoleMayDo(t *testing.T) {
	t.Parallel()
	table := map[staff.Role]string{
		staff.Operator:   "overview.see wave.see wave.manage draw.run message.see job.redrive checks.manage",
		staff.Supervisor: "overview.see wave.see wave.manage draw.run draw.approve person.see message.see job.redrive review.do checks.manage",
		staff.Agent:      "overview.see wave.see person.see message.see review.do",
		staff.Auditor:    "overview.see wave.see message.see",
		"stranger":       "",
	}
	for role, want := range table {
		var got []string
		for _, p := range staff.Permissions {
			if role.May(p) {
				got = append(got, string(p))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v", role, got)
		}
	}
}
