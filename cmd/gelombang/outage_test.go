package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gelombang/identity"
	"gelombang/internal/sqldb"
	"gelombang/sim/loopback"
)

// form is the identity data of a person whom the simulated registry knows.
func form(nik string) map[string]string {
	return map[string]string{"name": "Rani Contoh", "nik": nik, "kk": "3174011203200000", "birth_place": "Jakarta",
		"birth_day": "5", "birth_month": "8", "birth_year": "1992", "sex": "female", "regency": "3174",
		"education": "upper_secondary", "employment": "job_seeker"}
}

// prove registers an e-mail and a phone and proves both.
func prove(t *testing.T, d *demo, v *visitor, email, number string) {
	t.Helper()
	at := d.world.Addresses()
	code, err := v.register(email)
	if err != nil {
		t.Fatal(err)
	}
	if a := v.send(v.get(code), code, map[string]string{"code": codeFor(t, at.Inbox, email, 0)}); a.path != "/password" {
		t.Fatalf("proving %s led to %s: %s", email, a.path, a.text("h1"))
	}
	a := v.send(v.get("/phone"), "/phone", map[string]string{"address": "+" + number})
	if a = v.send(a, a.path, map[string]string{"code": smsCodeFor(t, at.SMS, number)}); a.status != 200 || strings.HasPrefix(a.path, "/code/") {
		t.Fatalf("proving %s led to %s: %s %s", number, a.path, a.text("h1"), a.text(".summary"))
	}
}

// identify sends the identity form and confirms what is read back.
func (v *visitor) identify(fields map[string]string) answer {
	v.t.Helper()
	a := v.send(v.get("/identity"), "/identity", fields)
	if a.one(`form[action="/identity/review"]`) == nil {
		v.t.Fatalf("the form was not accepted (%d): %s", a.status, a.text(".summary"))
	}
	return v.send(a, "/identity/review", nil)
}

// blame is whatever the look has for "you did something wrong" and "this failed".
const blame = ".error, .summary, .wrong, .badge.bad, .notice.bad, .timeline .failed"

// Words of a refusal, in both languages. No page says them while nobody has refused.
var refusals = []string{"tidak cocok", "belum cocok", "berbeda", "tidak ditemukan", "tidak valid", "do not match", "does not match", "differ", "not found", "not valid", "invalid"}

func TestNoFaultOfTheRegistryIsShownAsTheApplicantsMistake(t *testing.T) {
	t.Parallel()
	faults := []loopback.Control{{Fault: "timeout"}, {Fault: "http500"}, {Fault: "quota"}, {Fault: "login"}, {Fault: "ip"},
		{Fault: "garbage"}, {Fault: "reset"}, {Outage: true}}
	for i, fault := range faults {
		t.Run(fmt.Sprintf("%s%t", fault.Fault, fault.Outage), func(t *testing.T) {
			t.Parallel()
			outage(t, fault, fmt.Sprintf("62812000010%02d", i))
		})
	}
}

func outage(t *testing.T, fault loopback.Control, number string) {
	d := startDemo(t, "")
	v := newVisitor(t, d.web.public, "id")
	prove(t, d, v, "rani@example.com", number)
	if err := d.world.Registry.SetControl(fault); err != nil {
		t.Fatal(err)
	}
	v.identify(form("3174014508920000"))
	account := accountOf(t, d, "rani@example.com")
	eventually(t, "a question without an answer", 30*time.Second, func() bool { return record(t, d, account).NoAnswer != "" })
	expectNoBlame(t, v)
	v.lang = "en"
	v.get("/?lang=en")
	expectNoBlame(t, v)
	for _, m := range mails(t, d.world.Addresses().Inbox, "rani@example.com") {
		for _, word := range refusals {
			if strings.Contains(strings.ToLower(m.Subject+m.Text), word) {
				t.Errorf("a mail says %q: %s", word, m.Subject)
			}
		}
	}
	if got := record(t, d, account); got.State != identity.Parked || got.Tries != 0 {
		t.Errorf("the outage cost the applicant something: %s, %d tries", got.State, got.Tries)
	}
	if err := d.world.Registry.SetControl(loopback.Control{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the parked record completes by itself", 90*time.Second, func() bool { return record(t, d, account).State == identity.Matched })
	if a := v.get("/identity/status"); a.one(blame) != nil || a.status != 200 {
		t.Errorf("after the outage: %d %s", a.status, a.text("h1"))
	}
}

func expectNoBlame(t *testing.T, v *visitor) {
	t.Helper()
	for _, path := range []string{"/identity/status", "/me", "/messages", "/join"} {
		a := v.get(path)
		if a.status != 200 {
			t.Errorf("%s answered %d", path, a.status)
		}
		if n := a.one(blame); n != nil {
			t.Errorf("%s (%s) blames: %s", path, v.lang, attr(n, "class"))
		}
		for _, word := range refusals {
			if strings.Contains(strings.ToLower(a.text("main")), word) {
				t.Errorf("%s (%s) says %q", path, v.lang, word)
			}
		}
	}
}

func accountOf(t *testing.T, d *demo, email string) (id int64) {
	t.Helper()
	err := d.house.db.Read(t.Context(), func(rx *sqldb.Rx) (err error) {
		id, err = d.house.account.FindByAddress(rx, mustAddress(email))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func record(t *testing.T, d *demo, account int64) (r identity.Record) {
	t.Helper()
	err := d.house.db.Read(t.Context(), func(rx *sqldb.Rx) (err error) {
		r, err = d.house.identity.Record(rx, account)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}
