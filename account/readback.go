package account

import (
	"strings"
	"sync"

	"golang.org/x/net/idna"

	"gelombang/notify"
)

// ReadBack is how an address was understood, in the pieces in which its owner compares
// it: the name and the provider of an e-mail, or the groups of a phone number.
type ReadBack struct {
	Local, Domain string
	Number        string // 0812-3456-7890
	Operator      string // by the number's prefix, a hint only; "" when it is not known
}

// ReadBack takes an address apart.
func (a Address) ReadBack() ReadBack {
	if a.Channel == notify.SMS {
		return ReadBack{Number: grouped(a.Value), Operator: PhoneHint(a)}
	}
	local, domain, _ := strings.Cut(a.Value, "@")
	if shown, err := idna.Display.ToUnicode(domain); err == nil { // as it was typed, not as the wire has it
		domain = shown
	}
	return ReadBack{Local: local, Domain: domain}
}

// String is the whole of it, as a button says it.
func (r ReadBack) String() string {
	if r.Number != "" {
		return r.Number
	}
	return r.Local + "@" + r.Domain
}

// grouped writes a number as it is said here: the trunk 0, and groups of four.
func grouped(e164 string) string {
	s := "0" + strings.TrimPrefix(e164, "+"+country)
	if len(s) <= 8 {
		return s
	}
	return s[:4] + "-" + s[4:8] + "-" + s[8:]
}

// PrefixHints are the operators of the three digits after the country's code, for a
// page that tells them while a number is typed: "Telkomsel: 811 812", one a line.
var PrefixHints = sync.OnceValue(func() string {
	var names []string
	of := map[string][]string{}
	for n := 800; n < 900; n++ {
		prefix := string([]byte{'8', byte('0' + n/10%10), byte('0' + n%10)})
		name := PhoneHint(Address{Channel: notify.SMS, Value: "+" + country + prefix + "1234567"})
		if name == "" {
			continue
		}
		if of[name] == nil {
			names = append(names, name)
		}
		of[name] = append(of[name], prefix)
	}
	var b strings.Builder
	for _, name := range names {
		b.WriteString(strings.Join(append([]string{name + ":"}, of[name]...), " ") + "\n")
	}
	return strings.TrimSpace(b.String())
})
