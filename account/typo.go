package account

import "slices"

// popular are the domains that most people here have their mail at.
var popular = []string{"gmail.com", "yahoo.com", "yahoo.co.id", "hotmail.com", "outlook.com", "outlook.co.id", "icloud.com", "rocketmail.com", "ymail.com"}

// real are domains one slip away from a popular one that exist and give out addresses.
var real = []string{"mail.com", "email.com", "gmx.com", "ymail.co.id", "yahoo.co.in", "yahoo.co.jp", "yahoo.co.uk", "yahoo.com.my",
	"yahoo.com.sg", "hotmail.co.id", "hotmail.co.uk", "outlook.co.th", "mail.co.id"}

// other are slips that are further away, but are always slips.
var other = map[string]string{
	"gmail.co.id": "gmail.com", "gmail.id": "gmail.com", "gmail.web.id": "gmail.com", "googlemail.co": "gmail.com", "gmai.co": "gmail.com",
	"gmail.comm": "gmail.com", "gmaill.con": "gmail.com", "gamil.con": "gmail.com", "gmial.con": "gmail.com", "g.mail.com": "gmail.com",
	"yahoo.id": "yahoo.co.id", "yahoo.co.i": "yahoo.co.id", "yahoo.com.id": "yahoo.co.id", "yaho.co": "yahoo.com", "yahho.co.id": "yahoo.co.id",
	"hotmail.id": "hotmail.com", "outlook.id": "outlook.co.id", "iclod.co": "icloud.com",
}

// suggestDomain gives the popular domain that a domain is one slip away from: a
// letter more, less, changed, or two swapped. "" when there is none.
func suggestDomain(domain string) string {
	if slices.Contains(popular, domain) || slices.Contains(real, domain) {
		return ""
	}
	if meant, known := other[domain]; known {
		return meant
	}
	for _, p := range popular {
		if oneSlip(domain, p) {
			return p
		}
	}
	return ""
}

// oneSlip compares from both ends: what is left in the middle is the slip.
func oneSlip(a, b string) bool {
	for a != "" && b != "" && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for a != "" && b != "" && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	switch {
	case len(a) <= 1 && len(b) <= 1:
		return true
	case len(a) == 2 && len(b) == 2:
		return a[0] == b[1] && a[1] == b[0]
	}
	return false
}
