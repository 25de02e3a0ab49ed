package account

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"gelombang/internal/fault"
	"gelombang/notify"
)

// field is the name under which every page asks for an address.
const field = "address"

// The lengths that mail itself allows (RFC 5321, section 4.5.3.1).
const (
	emailMost  = 254
	localMost  = 64
	labelMost  = 63
	domainMost = 253
)

func doubt(key string, args fault.Args) []fault.Field {
	return []fault.Field{{Name: field, Key: key, Args: args, Soft: true}}
}

func wrongAddress(key string, args fault.Args) (Address, []fault.Field) {
	return Address{}, []fault.Field{{Name: field, Key: key, Args: args}}
}

// ParseAddress reads an e-mail address or a phone number as people type them. With
// a doubt (a soft finding) the address is given too: it may be right.
func ParseAddress(typed string) (Address, []fault.Field) {
	s := trim(typed)
	switch {
	case s == "":
		return wrongAddress("account.address.missing", nil)
	case strings.ContainsAny(s, "@＠"):
		return parseEmail(s)
	case looksLikePhone(s):
		return ParsePhone(s)
	}
	return wrongAddress("account.address.neither", nil)
}

// trim takes off what copying and keyboards leave around an address.
func trim(typed string) string {
	s := strings.TrimFunc(typed, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || r == '\u00a0' })
	s = strings.TrimPrefix(strings.TrimPrefix(s, "mailto:"), "tel:")
	return strings.TrimSuffix(strings.TrimPrefix(s, "<"), ">")
}

// looksLikePhone: mostly digits is a phone with a slip, not an e-mail without its @.
func looksLikePhone(s string) bool {
	digits := 0
	for _, r := range s {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	return digits*2 > utf8.RuneCountInString(s)
}

func parseEmail(s string) (Address, []fault.Field) {
	s = strings.ReplaceAll(s, "＠", "@")
	if strings.Count(s, "@") > 1 {
		return wrongAddress("account.address.two_at", nil)
	}
	if strings.IndexFunc(s, unicode.IsSpace) >= 0 {
		return wrongAddress("account.address.space", nil)
	}
	local, domain, _ := strings.Cut(strings.ToLower(s), "@")
	if f := checkLocal(local); f != "" {
		return wrongAddress(f, nil)
	}
	ascii, f := checkDomain(domain)
	if f != "" {
		return wrongAddress(f, fault.Args{"domain": domain})
	}
	if len(local)+1+len(ascii) > emailMost {
		return wrongAddress("account.address.long", fault.Args{"most": emailMost})
	}
	a := Address{Channel: notify.Email, Value: local + "@" + ascii}
	if meant := suggestDomain(ascii); meant != "" {
		return a, doubt("account.address.typo", fault.Args{"domain": ascii, "suggestion": local + "@" + meant})
	}
	return a, nil
}

// checkLocal takes the part before the @ as real providers give it out: a dot-atom
// (RFC 5322, section 3.2.3). Quoted ones exist on paper only; ones beyond ASCII
// cannot be reached through every mail server.
func checkLocal(local string) string {
	switch {
	case local == "":
		return "account.address.local_missing"
	case strings.IndexFunc(local, func(r rune) bool { return r > unicode.MaxASCII }) >= 0:
		return "account.address.local_ascii"
	case len(local) > localMost:
		return "account.address.local_long"
	case strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, ".."):
		return "account.address.local_dots"
	case strings.Trim(local, "abcdefghijklmnopqrstuvwxyz0123456789.!#$%&'*+/=?^_`{|}~-") != "":
		return "account.address.local_characters"
	}
	return ""
}

// checkDomain gives a domain in ASCII (IDNA), or the key of what is wrong with it.
func checkDomain(domain string) (ascii, wrong string) {
	switch {
	case domain == "":
		return "", "account.address.domain_missing"
	case strings.Contains(domain, ".."), strings.HasPrefix(domain, "."), strings.HasSuffix(domain, "."):
		return "", "account.address.domain_dots"
	case !strings.Contains(domain, "."):
		return "", "account.address.domain_short"
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || len(ascii) > domainMost || !hostLabels(ascii) {
		return "", "account.address.domain_characters"
	}
	return ascii, ""
}

func hostLabels(domain string) bool {
	labels := strings.Split(domain, ".")
	for _, label := range labels {
		if label == "" || len(label) > labelMost || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	last := labels[len(labels)-1]
	return len(last) >= 2 && strings.Trim(last, "0123456789") != ""
}
