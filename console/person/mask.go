package person

import (
	"strings"

	"gelombang/account"
	"gelombang/console/desk"
	"gelombang/identity"
	"gelombang/identity/region"
	"gelombang/internal/page"
	"gelombang/notify"
)

// maskNumber leaves the region and the last two of sixteen digits.
func maskNumber(n string) string {
	if len(n) != nikDigits {
		return strings.Repeat("•", len(n))
	}
	return n[:4] + "•• •••••• ••" + n[14:]
}

func groups(n string) string {
	if len(n) != nikDigits {
		return n
	}
	return n[:6] + " " + n[6:12] + " " + n[12:]
}

// nameOf is what stands in the title of a file.
func nameOf(p person, full bool) page.Text {
	switch name := p.identity.Form.Name; {
	case name == "":
		return page.T("console.person.nameless")
	case full:
		return page.Plain(name)
	default:
		return page.Plain(desk.MaskName(name))
	}
}

func contactsOf(a account.Account, full bool) []page.Fact {
	return []page.Fact{
		contact("email", notify.Email, a.Email, a.EmailProven, full),
		contact("sms", notify.SMS, a.Phone, a.PhoneProven, full),
		{Label: page.T("console.person.password"), Value: yesNo(a.HasPassword)},
		{Label: page.T("console.person.since"), At: a.Created},
	}
}

func contact(name string, ch notify.Channel, value string, proven, full bool) page.Fact {
	f := page.Fact{Label: page.T("console.contact." + name)}
	if value == "" {
		f.Value = page.T("console.none")
		return f
	}
	if !full {
		value = notify.MaskAddress(ch, value)
	}
	f.Value = page.Plain(value)
	f.Badge = &page.Badge{Tone: page.Wait, Text: page.T("console.contact.unproven")}
	if proven {
		f.Badge = &page.Badge{Tone: page.Good, Text: page.T("console.contact.proven")}
	}
	return f
}

func yesNo(yes bool) page.Text {
	if yes {
		return page.T("console.yes")
	}
	return page.T("console.no")
}

func identityOf(r identity.Record, full bool) []page.Fact {
	if r.State == identity.None {
		return nil
	}
	f := r.Form
	return []page.Fact{
		{Label: page.T("identity.field.nik"), Value: page.Plain(numberShown(f.NIK, full)), Number: true},
		{Label: page.T("identity.field.kk"), Value: page.Plain(numberShown(f.KK, full)), Number: true},
		{Label: page.T("console.person.born"), Value: desk.Born(f, full)},
		{Label: page.T("console.person.home"), Value: page.Plain(home(f.Regency, full))},
		{Label: page.T("console.person.sent"), At: r.Submitted},
		{Label: page.T("console.person.changes"), Value: page.T("console.person.changes.n", "used", r.Tries, "most", r.TriesMost)},
	}
}

func numberShown(n string, full bool) string {
	if full {
		return groups(n)
	}
	return maskNumber(n)
}

// home is the province, and the regency only in full.
func home(code string, full bool) string {
	if len(code) >= 2 && !full {
		code = code[:2]
	}
	r, found := region.Lookup(code)
	if !found {
		return code
	}
	return r.Name
}
