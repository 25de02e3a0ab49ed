package account

import (
	"strings"

	"github.com/nyaruka/phonenumbers"

	"gelombang/internal/fault"
	"gelombang/notify"
)

const country = "62"

// A mobile number of Indonesia after +62: 8 and 8 to 11 more digits.
const (
	nationalLeast = 9
	nationalMost  = 12
)

// ParsePhone reads an Indonesian mobile number in any spelling: 08…, 8…, 62…, +62…,
// 0062…, +62 (0)8…, with spaces, dots, dashes and brackets.
func ParsePhone(typed string) (Address, []fault.Field) {
	s := trim(typed)
	if s == "" {
		return wrongAddress("account.phone.missing", nil)
	}
	plus := strings.HasPrefix(s, "+")
	digits := strings.NewReplacer(" ", "", "\u00a0", "", "\t", "", ".", "", "-", "", "\u2010", "", "\u2011", "", "\u2013", "", "(", "", ")", "", "/", "").
		Replace(strings.TrimPrefix(s, "+"))
	if strings.Trim(digits, "0123456789") != "" || digits == "" {
		return wrongAddress("account.phone.characters", nil)
	}
	national, abroad := nationalOf(digits, plus)
	if abroad {
		return wrongAddress("account.phone.abroad", nil)
	}
	return checkNational(national)
}

// nationalOf takes off the country's code and the trunk 0, in whichever order people wrote them.
func nationalOf(digits string, plus bool) (national string, abroad bool) {
	if rest, found := strings.CutPrefix(digits, "00"); found {
		digits, plus = rest, true
	}
	rest, found := strings.CutPrefix(digits, country)
	switch {
	case found:
		return strings.TrimPrefix(rest, "0"), false
	case plus && strings.HasPrefix(digits, "0"): // "+0812…": a plus by habit
		return digits[1:], false
	case plus:
		return "", true
	}
	return strings.TrimPrefix(digits, "0"), false
}

func checkNational(national string) (Address, []fault.Field) {
	switch n := len(national); {
	case !strings.HasPrefix(national, "8"):
		return wrongAddress("account.phone.not_mobile", nil)
	case n < nationalLeast:
		return wrongAddress("account.phone.short", fault.Args{"count": n + 1})
	case n > nationalMost:
		return wrongAddress("account.phone.long", fault.Args{"count": n + 1, "most": nationalMost + 1})
	}
	number, err := phonenumbers.Parse("+"+country+national, "ID")
	if err != nil || phonenumbers.GetNumberType(number) != phonenumbers.MOBILE {
		return wrongAddress("account.phone.unknown", fault.Args{"prefix": "0" + national[:3]})
	}
	return Address{Channel: notify.SMS, Value: phonenumbers.Format(number, phonenumbers.E164)}, nil
}

// brands are the operators as they write themselves, which is the same in every language.
var brands = map[string]string{
	notify.Telkomsel: "Telkomsel", notify.Indosat: "Indosat", notify.XL: "XL", notify.Axis: "AXIS", notify.Tri: "Tri", notify.Smartfren: "Smartfren",
}

// PhoneHint is the operator that the prefix was given to; "" when it is not known.
// It is a hint only: numbers are carried to others.
func PhoneHint(a Address) string {
	if a.Channel != notify.SMS {
		return ""
	}
	return brands[notify.Operator(a.Channel, a.Value)]
}
