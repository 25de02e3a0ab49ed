package account_test

import (
	"strings"
	"testing"

	"gelombang/account"
	"gelombang/notify"
)

func TestAnAddressIsReadAsPeopleTypeIt(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"rani@example.com":              "rani@example.com",
		" Rani.P+prakerja@Example.COM ": "rani.p+prakerja@example.com",
		"mailto:rani@example.com":       "rani@example.com",
		"<rani@example.com>":            "rani@example.com",
		"\u200erani@example.com\u00a0":  "rani@example.com",
		"rani＠example.com":              "rani@example.com",
		"rani@bücher.example":           "rani@xn--bcher-kva.example",
		"rani@XN--BCHER-KVA.example":    "rani@xn--bcher-kva.example",
		"rani@kominfo.go.id":            "rani@kominfo.go.id",
		"081234567890":                  "+6281234567890",
	} {
		a, found := account.ParseAddress(typed)
		if a.Value != want || len(found) != 0 {
			t.Errorf("%q: %+v %+v", typed, a, found)
		}
	}
}

func TestASlipInAnAddressIsNamed(t *testing.T) {
	t.Parallel()
	for typed, key := range map[string]string{
		"":                          "account.address.missing",
		"rani":                      "account.address.neither",
		"rani.example.com":          "account.address.neither",
		"rani@@example.com":         "account.address.two_at",
		"rani @example.com":         "account.address.space",
		"@example.com":              "account.address.local_missing",
		"ráni@example.com":          "account.address.local_ascii",
		".rani@example.com":         "account.address.local_dots",
		"ra..ni@example.com":        "account.address.local_dots",
		"rani(1)@example.com":       "account.address.local_characters",
		`"rani"@example.com`:        "account.address.local_characters",
		"rani@":                     "account.address.domain_missing",
		"rani@example..com":         "account.address.domain_dots",
		"rani@example.com.":         "account.address.domain_dots",
		"rani@gmailcom":             "account.address.domain_short",
		"rani@exa_mple.com":         "account.address.domain_characters",
		"rani@-example.com":         "account.address.domain_characters",
		"rani@10.0.0.1":             "account.address.domain_characters",
		"rani@[10.0.0.1]":           "account.address.domain_characters",
		"rani@example,com.id":       "account.address.domain_characters",
		long(65) + "@example.com":   "account.address.local_long",
		"r@" + long(64) + ".com":    "account.address.domain_characters",
		"rani@example.com\r\nBcc:x": "account.address.space",
		"0812-3456-78x0":            "account.phone.characters",
		long(60) + "@" + long(60) + "." + long(60) + "." + long(60) + "." + long(20) + ".id": "account.address.long",
	} {
		a, found := account.ParseAddress(typed)
		if len(found) != 1 || found[0].Key != key || found[0].Soft || found[0].Name != "address" || a.Value != "" {
			t.Errorf("%q: %+v %+v", typed, a, found)
		}
	}
}

func long(n int) string { return strings.Repeat("a", n) }

func TestAProbableTypoIsADoubtThatMayBeRight(t *testing.T) {
	t.Parallel()
	for domain, meant := range map[string]string{
		"gmial.com": "gmail.com", "gmai.com": "gmail.com", "gmail.con": "gmail.com", "gmail.co": "gmail.com", "gmaill.com": "gmail.com",
		"gnail.com": "gmail.com", "gmail.co.id": "gmail.com", "gmail.id": "gmail.com", "yaho.com": "yahoo.com", "yahoo.co.idd": "yahoo.co.id",
		"yahoo.com.id": "yahoo.co.id", "hotmial.com": "hotmail.com", "outlok.com": "outlook.com", "iclould.com": "icloud.com",
	} {
		a, found := account.ParseAddress("rani@" + domain)
		if len(found) != 1 || !found[0].Soft || found[0].Key != "account.address.typo" || found[0].Args["suggestion"] != "rani@"+meant {
			t.Errorf("%s: %+v", domain, found)
		}
		if a.Value != "rani@"+domain {
			t.Errorf("%s: the address is not given: %+v", domain, a)
		}
	}
	for _, domain := range []string{"gmail.com", "mail.com", "email.com", "ymail.com", "yahoo.co.uk", "gmx.com", "ugm.ac.id", "mail.ugm.ac.id"} {
		if _, found := account.ParseAddress("rani@" + domain); len(found) != 0 {
			t.Errorf("%s: %+v", domain, found)
		}
	}
}

func TestEverySpellingOfAPhoneIsTheSameNumber(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{
		"081234567890", "81234567890", "6281234567890", "+6281234567890", "006281234567890", "0062 0812 3456 7890",
		"0812 3456 7890", "0812-3456-7890", "0812.3456.7890", "(0812) 3456-7890", "+62 (0) 812 3456 7890", "+62 812–3456–7890",
		"62 0812 3456 7890", "+0812 3456 7890", " tel:+6281234567890", "0812\u00a03456\u00a07890",
	} {
		for _, parse := range []string{"phone", "address"} {
			a, found := account.ParsePhone(typed)
			if parse == "address" {
				a, found = account.ParseAddress(typed)
			}
			if len(found) != 0 || a != (account.Address{Channel: notify.SMS, Value: "+6281234567890"}) {
				t.Errorf("%s %q: %+v %+v", parse, typed, a, found)
			}
		}
	}
}

func TestASlipInAPhoneIsNamed(t *testing.T) {
	t.Parallel()
	for typed, key := range map[string]string{
		"":                 "account.phone.missing",
		"0812 3456":        "account.phone.short",
		"08123456789012":   "account.phone.long",
		"021 5551234":      "account.phone.not_mobile",
		"+60 12 345 6789":  "account.phone.abroad",
		"0060 12 345 6789": "account.phone.abroad",
		"0812-3456-78x0":   "account.phone.characters",
		"٠٨١٢٣٤٥٦٧٨٩٠":     "account.phone.characters",
		"0800 1234 567":    "account.phone.unknown",
	} {
		a, found := account.ParsePhone(typed)
		if len(found) != 1 || found[0].Key != key || found[0].Soft || a.Value != "" {
			t.Errorf("%q: %+v %+v", typed, a, found)
		}
	}
}

func TestAPrefixHintsAtTheOperator(t *testing.T) {
	t.Parallel()
	for number, operator := range map[string]string{
		"+6281234567890": "Telkomsel", "+6281712345678": "XL", "+6289612345678": "Tri", "+6288112345678": "Smartfren",
	} {
		if got := account.PhoneHint(account.Address{Channel: notify.SMS, Value: number}); got != operator {
			t.Errorf("%s: %q", number, got)
		}
	}
	if got := account.PhoneHint(rani); got != "" {
		t.Errorf("an e-mail has an operator: %q", got)
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"rani@example.com", "0812 3456 7890", "a@b.c", "+62", "ráni@bücher.de", "\x00@\xff.id"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		a, found := account.ParseAddress(typed)
		if a.Value == "" {
			if len(found) == 0 {
				t.Fatalf("%q: neither an address nor a reason", typed)
			}
			return
		}
		again, _ := account.ParseAddress(a.Value)
		if again != a || strings.ContainsAny(a.Value, " \r\n\x00<>") || len(a.Value) > 254 {
			t.Fatalf("%q gives %q, and that gives %q", typed, a.Value, again.Value)
		}
	})
}
