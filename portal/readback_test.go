package portal_test

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

// unread sends a form as a browser without the script does, which read nothing back.
func (b *browser) unread(on screen, action string, pairs ...string) screen {
	b.t.Helper()
	return b.send(on, action, append(pairs, "read", "")...)
}

// domains is a resolver for which every domain takes mail but those that are gone.
type domains struct{}

func (domains) LookupMX(_ context.Context, name string) ([]*net.MX, error) {
	if strings.HasSuffix(name, "gone.example.") {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return []*net.MX{{Host: "mx." + name}}, nil
}

func (domains) LookupNetIP(_ context.Context, _, name string) ([]netip.Addr, error) {
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

// sentTo says whether anything was sent to an address.
func (s *scene) sentTo(to string) bool {
	s.t.Helper()
	s.work()
	s.mailbox.mu.Lock()
	defer s.mailbox.mu.Unlock()
	return len(s.mailbox.sent[to]) > 0
}

func TestWithoutTheScriptAnAddressIsReadBackOnceBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	for typed, c := range map[string]struct{ shown, to string }{
		" Rani@Example.com":  {"rani @ example.com", rani},
		"+62 812 3456 7890 ": {"0812-3456-7890", raniPhone},
	} {
		b := newScene(t).browser()
		asked := b.unread(b.get("/register"), "/register", "address", typed, "consent", "yes").expect(200, "/register")
		if got := asked.words(".read strong"); got != c.shown || asked.count("form") != 1 || asked.count("button:not([name])") != 1 {
			t.Errorf("%q is read back as %q: %s", typed, got, asked.words("main"))
		}
		if b.sentTo(c.to) {
			t.Errorf("%q: something was sent already", typed)
		}
		if operator := asked.words(".read small bdi"); (operator != "") != (c.to == raniPhone) {
			t.Errorf("%q: operator %q", typed, operator)
		}
		form := asked.form("/register")
		first, again := b.post("/register", form).expect(202, "/register"), b.post("/register", form)
		if !b.sentTo(c.to) || codePath(first) != codePath(again) {
			t.Errorf("%q: not sent, or twice: %q %q", typed, codePath(first), codePath(again))
		}
	}
}

func TestWhoReadsASlipGoesBackToTheFormWithEverythingKept(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	asked := b.unread(b.get("/register?pass=abc"), "/register", "address", "rini@example.com", "consent", "yes").expect(200, "/register")
	form := b.send(asked, "/register", "change", "yes").expect(200, "/register")
	if form.attr("#address", "value") != "rini@example.com" || form.count("#consent[checked]") != 1 || form.attr("input[name=pass]", "value") != "abc" ||
		form.count(".summary") != 0 {
		t.Errorf("not kept: %s", form.body)
	}
	if form.attr("input[name=read]", "value") != "rini@example.com" || form.words(".read strong") != "rini @ example.com" {
		t.Errorf("the field does not say how it is understood: %s", form.words(".read"))
	}
	again := b.post("/register", withAddress(form, rani)).expect(200, "/register")
	if got := again.words(".read strong"); got != "rani @ example.com" {
		t.Errorf("the mended address is not read back: %q", got)
	}
	b.send(again, "/register").expect(202, "/register")
	if b.sentTo("rini@example.com") || !b.sentTo(rani) {
		t.Error("sent to the slip")
	}
}

// withAddress is a form in which the address was changed and nothing else.
func withAddress(form screen, address string) url.Values {
	out := form.form(form.path)
	out.Set("address", address)
	return out
}

func TestADoubtOrAnErrorThatSpellsTheAddressIsItsReadBack(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	doubt := b.unread(b.get("/register"), "/register", "address", "rani@gmial.com", "consent", "yes").expect(422, "/register")
	if got := doubt.words(".read strong"); got != "rani @ gmial.com" {
		t.Errorf("read back as %q", got)
	}
	b.send(doubt, "/register", "use", "rani@gmail.com").expect(202, "/register")
	b.send(doubt, "/register").expect(202, "/register")
	noConsent := b.unread(b.get("/register"), "/register", "address", rani).expect(422, "/register")
	b.send(noConsent, "/register", "consent", "yes").expect(202, "/register")
	for _, wrong := range []string{"rani", "rani@", ""} {
		if form := b.unread(b.get("/register"), "/register", "address", wrong, "consent", "yes").expect(422, "/register"); form.count("read-back[hidden]") != 1 ||
			form.attr("input[name=read]", "value") != "" {
			t.Errorf("%q is read back: %s", wrong, form.words(".read"))
		}
	}
}

func TestWhatIsReadBackOfAnotherAddressDoesNotCount(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	for _, read := range []string{"budi@example.com", "RANI@example.com", "yes"} {
		b.send(b.get("/register"), "/register", "address", rani, "consent", "yes", "read", read).expect(200, "/register")
	}
	if b.sentTo(rani) {
		t.Error("sent")
	}
}

func TestAPhoneAndAChangedAddressAreReadBackToo(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	b.proven(rani)
	for path, c := range map[string]struct{ typed, shown, to string }{
		"/phone": {"0812.3456.7890", "0812-3456-7890", raniPhone},
		"/email": {"Budi@example.com", "budi @ example.com", "budi@example.com"},
	} {
		asked := b.unread(b.get(path), path, "address", c.typed).expect(200, path)
		if got := asked.words(".read strong"); got != c.shown || b.sentTo(c.to) {
			t.Errorf("%s: %q", path, got)
		}
		form := b.send(asked, path, "change", "yes").expect(200, path)
		if form.attr("#address", "value") != c.typed || form.words(".read strong") != c.shown {
			t.Errorf("%s: not kept: %s", path, form.words("main"))
		}
		if sent := b.send(form, path); !strings.HasPrefix(sent.path, "/code/") || !b.sentTo(c.to) {
			t.Errorf("%s: %d at %s", path, sent.status, sent.path)
		}
	}
}

func TestNoPageForStrangersReadsBackWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.browser().proven(rani)
	b := s.browser()
	known := b.unread(b.get("/register"), "/register", "address", rani, "consent", "yes").expect(200, "/register").words("main")
	other := b.unread(b.get("/register"), "/register", "address", "budi@example.com", "consent", "yes").expect(200, "/register").words("main")
	if strings.ReplaceAll(known, "rani", "budi") != other {
		t.Errorf("%q and %q", known, other)
	}
	for _, path := range []string{"/sign-in", "/sign-in/code", "/recover"} {
		if b.get(path).count("read-back, input[name=read]") != 0 {
			t.Errorf("%s reads back", path)
		}
	}
}

func TestADomainWithoutMailIsSaidOnTheCodesPageAndAtTheNextForm(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	b := s.browser()
	sent := b.registered("rani@gone.example")
	s.work()
	told := b.get(codePath(sent)).expect(200, codePath(sent))
	if got := told.words(".timeline .failed"); !strings.Contains(got, "nama sesudah @ tidak dikenal") {
		t.Errorf("the page of the code says %q", told.words(".timeline"))
	}
	other := s.browser()
	asked := other.send(other.get("/register"), "/register", "address", "rini@gone.example", "consent", "yes").expect(422, "/register")
	if !strings.Contains(asked.words("#address-e"), "gone.example") || asked.count(".summary.doubt li.doubt") != 1 {
		t.Errorf("the form says %q", asked.words(".summary"))
	}
	other.send(asked, "/register").expect(202, "/register") // whoever insists is believed
	throw := other.send(other.get("/register"), "/register", "address", "rini@throw.example", "consent", "yes").expect(422, "/register")
	other.send(throw, "/register").expect(202, "/register")
	if !s.sentTo("rini@throw.example") {
		t.Error("a disposable address that its owner insists on is not taken")
	}
}
