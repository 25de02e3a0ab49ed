package main

import (
	"testing"
)

// submitAddress sends a form with an address. Without the script the address is read back
// on a page of its own first.
func (b *tab) submitAddress(action string) {
	b.t.Helper()
	b.submit(action)
	if b.script {
		return
	}
	if b.text(".read strong") == "" {
		b.t.Fatalf("%s: at %s nothing is read back: %s", b.name, b.path(), b.text("main"))
	}
	b.submit(action)
}

func TestAnAddressIsReadBackWhileItIsTyped(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "")
	for name, width := range map[string]int64{"read-phone": phoneWidth, "read-desk": deskWidth} {
		b := newTab(t, name, d.web.public, "id", true, width)
		b.visit("/register")
		const button = "main form .button"
		plain := b.text(button)
		for _, c := range []struct{ typed, read, operator, says string }{
			{"Rani.P@Example.com ", "rani.p @ example.com", "", "rani.p@example.com"},
			{"+62 812 3456 7890", "0812-3456-7890", "Telkomsel", "0812-3456-7890"},
			{"0812-3456-78901", "0812-3456-78901", "Telkomsel", "0812-3456-78901"},
			{"0800 123 4567", "0800-1234-567", "", "0800-1234-567"},
			{"rani@", "", "", ""}, {"0812 34", "", "", ""}, {"", "", "", ""},
			{"read-back." + name + "@example.com", "read-back." + name + " @ example.com", "", "read-back." + name + "@example.com"},
		} {
			b.set("address", c.typed)
			hidden := b.eval(`document.querySelector('read-back').hidden + ''`)
			says := b.text(button)
			if b.text(".read strong") != c.read || b.text(".read small bdi") != c.operator || (hidden == "true") != (c.read == "") {
				t.Errorf("%q is read as %q (hidden: %s) of %q", c.typed, b.text(".read strong"), hidden, b.text(".read small bdi"))
			}
			if c.says == "" && says != plain || c.says != "" && says != "Kirim kode ke "+c.says {
				t.Errorf("%q: the button says %q", c.typed, says)
			}
		}
		b.look()
		b.fill(map[string]string{"consent": "on"})
		b.submit("/register")
		if b.text("live-part") == "" {
			t.Errorf("%s: one press led to %s", name, b.heading())
		}
		b.visit("/register") // spelled in a way that the script does not read, the server reads it back
		b.fill(map[string]string{"address": "mailto:rani@bücher.example", "consent": "on"})
		b.submit("/register")
		if got := b.text(".read strong"); got != "rani @ bücher.example" || b.text("live-part") != "" {
			t.Errorf("%s: %q on %s", name, got, b.heading())
		}
		b.press(`main form [name=change]`)
		if got := b.eval(`document.querySelector('#address').value`); got != "mailto:rani@bücher.example" {
			t.Errorf("%s: %q is kept", name, got)
		}
	}
}

func TestWithoutTheScriptARealBrowserReadsTheAddressBackOnAPage(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "")
	b := newTab(t, "read-plain", d.web.public, "en", false, phoneWidth)
	b.visit("/register")
	b.fill(map[string]string{"address": "plain@example.com", "consent": "on"})
	b.submitAddress("/register")
	if b.text(".timeline") == "" {
		t.Errorf("led to %s: %s", b.heading(), b.text("main"))
	}
}
