package account_test

import (
	"regexp"
	"strings"
	"testing"

	"gelombang/account"
	"gelombang/notify"
)

func TestAnAddressIsReadBackInPieces(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]account.ReadBack{
		" Rani.P@Example.COM":   {Local: "rani.p", Domain: "example.com"},
		"rani@bücher.example":   {Local: "rani", Domain: "bücher.example"},
		"+62 (0) 812 3456 7890": {Number: "0812-3456-7890", Operator: "Telkomsel"},
		"0817 123 456":          {Number: "0817-1234-56", Operator: "XL"},
		"0896-1234-56789":       {Number: "0896-1234-56789", Operator: account.PhoneHint(account.Address{Channel: notify.SMS, Value: "+62896123456789"})},
	} {
		a, found := account.ParseAddress(typed)
		if got := a.ReadBack(); got != want || len(found) != 0 {
			t.Errorf("%q: %+v, want %+v (%v)", typed, got, want, found)
		}
	}
	if got := rani.ReadBack().String(); got != "rani@example.com" {
		t.Errorf("%q", got)
	}
	if got := hp.ReadBack().String(); got != "0812-3456-7890" {
		t.Errorf("%q", got)
	}
}

func TestThePageKnowsTheOperatorsThatWeKnow(t *testing.T) {
	t.Parallel()
	told := account.PrefixHints()
	for line := range strings.Lines(told) {
		name, prefixes, _ := strings.Cut(strings.TrimSpace(line), ": ")
		for prefix := range strings.FieldsSeq(prefixes) {
			if got := account.PhoneHint(account.Address{Channel: notify.SMS, Value: "+62" + prefix + "1234567"}); got != name || len(prefix) != 3 {
				t.Errorf("%s: %q, not %q", prefix, name, got)
			}
		}
	}
	if !strings.Contains(told, " 812 ") || len(told) > 600 {
		t.Errorf("%d bytes: %s", len(told), told)
	}
}

var mobile = regexp.MustCompile(`^\+628\d{8,11}$`)

func FuzzParsePhone(f *testing.F) {
	for _, s := range []string{"0812 3456 7890", "+62 (0) 812-3456-7890", "0062 812", "tel:+6281", "+0812", "٠٨١٢", "\u200e0812 3456 7890\u00a0", "8\xff12", "+62620812 3456 7890"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		a, found := account.ParsePhone(typed)
		if a.Value == "" {
			if len(found) != 1 || found[0].Soft {
				t.Fatalf("%q: neither a number nor one reason: %+v", typed, found)
			}
			return
		}
		if len(found) != 0 || a.Channel != notify.SMS || !mobile.MatchString(a.Value) {
			t.Fatalf("%q: %+v %+v", typed, a, found)
		}
		for _, spelled := range []string{a.Value, a.ReadBack().Number} {
			if again, _ := account.ParsePhone(spelled); again != a {
				t.Fatalf("%q gives %q; %q gives %q", typed, a.Value, spelled, again.Value)
			}
		}
	})
}
