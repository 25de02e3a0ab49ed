package notify_test

import (
	"strings"
	"testing"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"

	"gelombang/notify"
)

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func TestAMailSaysTheSameInBothForms(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.queued(notify.Message{Channel: notify.Email, To: "ani@example.com", Fill: 1, Link: "/link/5", Args: map[string]string{"name": "Ani"}})
		w.run()
		o := w.tries[0]
		if o.Subject != "test.hello.subject id kedua Halo Ani. <nil>" {
			t.Errorf("subject %q", o.Subject)
		}
		for _, want := range []string{"Halo Ani.", "Kode Anda: 123456", "https://gelombang.example/link/5", "Program Uji"} {
			if strings.Count(o.Text, want) != 1 {
				t.Errorf("%q stands %d times in\n%s", want, strings.Count(o.Text, want), o.Text)
			}
		}
		page, err := html.Parse(strings.NewReader(o.HTML))
		if err != nil {
			t.Fatal(err)
		}
		if code := cascadia.Query(page, cascadia.MustCompile("strong")); code == nil || text(code) != "123456" {
			t.Errorf("no large code in %s", o.HTML)
		}
		links := cascadia.QueryAll(page, cascadia.MustCompile("a"))
		for _, a := range links {
			if attr(a, "href") != "https://gelombang.example/link/5" {
				t.Errorf("link to %s", attr(a, "href"))
			}
		}
		if len(links) != 2 || attr(cascadia.Query(page, cascadia.MustCompile("html")), "lang") != "id" {
			t.Errorf("%d links in %s", len(links), o.HTML)
		}
		if cascadia.Query(page, cascadia.MustCompile("img, script, link")) != nil {
			t.Error("the mail loads something")
		}
	})
}

func TestACodeThatTheTextNamesIsShownLargeInItsPlaceAndOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.queued(notify.Message{Channel: notify.Email, To: "ani@example.com", Fill: 1, Args: map[string]string{"extra": "Kode 123456, berlaku 10 menit."}})
		w.run()
		if n := strings.Count(w.tries[0].Text, "123456"); n != 1 {
			t.Errorf("the code stands %d times in\n%s", n, w.tries[0].Text)
		}
		page, err := html.Parse(strings.NewReader(w.tries[0].HTML))
		if err != nil {
			t.Fatal(err)
		}
		body := cascadia.Query(page, cascadia.MustCompile("div"))
		large := cascadia.QueryAll(body, cascadia.MustCompile("strong"))
		if len(large) != 1 || text(large[0]) != "123456" || !strings.Contains(text(large[0].Parent), "Kode 123456, berlaku") {
			t.Errorf("%d large codes in %s", len(large), text(body))
		}
	})
}

func TestAMailWithoutCodeAndLinkShowsNeither(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.queued(notify.Message{Channel: notify.Email, To: "ani@example.com"})
		w.run()
		page, err := html.Parse(strings.NewReader(w.tries[0].HTML))
		if err != nil {
			t.Fatal(err)
		}
		if found := cascadia.Query(page, cascadia.MustCompile("strong, a")); found != nil {
			t.Errorf("%s", text(found))
		}
	})
}

func TestValuesNeverBecomeMarkup(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		evil := `<script>alert("1")</script><a href="https://evil.example">&amp;` + "\r\nBcc: korban@example.com"
		w.queued(notify.Message{Channel: notify.Email, To: "ani@example.com", Link: `/link/"><img src=x>`, Args: map[string]string{"name": evil, "code": "<b>1</b>"}})
		w.run()
		o := w.tries[0]
		if strings.ContainsAny(o.Subject, "\r\n") {
			t.Errorf("subject of several lines %q", o.Subject)
		}
		page, err := html.Parse(strings.NewReader(o.HTML))
		if err != nil {
			t.Fatal(err)
		}
		if found := cascadia.QueryAll(page, cascadia.MustCompile(`script, img, b, a[href*="evil"]`)); len(found) != 0 {
			t.Errorf("%d elements came from values:\n%s", len(found), o.HTML)
		}
		if body := text(cascadia.Query(page, cascadia.MustCompile("body"))); !strings.Contains(body, `<script>alert("1")</script>`) || !strings.Contains(body, "&amp;") {
			t.Errorf("the value is not shown as typed: %s", body)
		}
	})
}

func TestAnSMSIsItsTextAndItsMark(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.queued(notify.Message{Args: map[string]string{"name": "Ani"}})
		w.run()
		o := w.tries[0]
		if o.To != "+6281234567890" || o.Text != "test.hello.sms id\nkedua\n\nHalo Ani. <nil> #"+w.service.Mark(id) || o.HTML != "" || o.Subject != "" {
			t.Errorf("%+v", o)
		}
		if o.ID != id || o.CallbackURL != "https://gelombang.example/hooks/sms" {
			t.Errorf("%+v", o)
		}
	})
}

func TestAMaskShowsTheOwnerEnoughAndAStrangerLittle(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		channel  notify.Channel
		to, want string
	}{
		{notify.Email, "rini@example.com", "r•••@example.com"},
		{notify.Email, "é@example.com", "é•••@example.com"},
		{notify.Email, "nowhere", "••••"},
		{notify.SMS, "+6281234567890", "0812••••7890"},
		{notify.SMS, "+62812345678", "0812••••78"},
		{notify.SMS, "+62", "••••"},
	} {
		if got := notify.MaskAddress(c.channel, c.to); got != c.want {
			t.Errorf("%s: %s, want %s", c.to, got, c.want)
		}
	}
}
