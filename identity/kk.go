package identity

import (
	"log/slog"

	"gelombang/identity/region"
	"gelombang/internal/fault"
)

// KK is the number of a family card: sixteen digits, as ParseKK gives them. It
// reads PP RR SS DDMMYY XXXX too, but the place and the date are those of the
// card's issue, and the number changes on moving, marriage, divorce and the
// death of the head of the family.
type KK string

// kkCentury begins the years of issue: numbers of this form exist since 2004.
const kkCentury = 2000

var kkKeys = numberKeys{
	missing:   "identity.kk.missing",
	notDigits: "identity.kk.not_digits",
	tooShort:  "identity.kk.too_short",
	tooLong:   "identity.kk.too_long",
	province:  "identity.kk.province_unknown",
	regency:   "identity.kk.regency_unknown",
	district:  "identity.kk.district_unknown",
}

// ParseKK reads a typed KK number, with or without spaces, dots and dashes. Its
// findings are hard: what it refuses is not sixteen digits.
func ParseKK(typed string) (KK, []Finding) {
	digits, findings := parseNumber(typed, kkKeys)
	return KK(digits), findings
}

// ReviewKK reads a typed KK number and says all that is to be said about it.
func ReviewKK(typed string, stated Stated, today Date) (KK, []Finding) {
	kk, findings := ParseKK(typed)
	if len(findings) == 0 {
		findings = CheckKK(kk, stated, today)
	}
	return kk, findings
}

// StartKK doubts as much of a KK number as was typed so far: the region by six
// digits, the date of issue by twelve.
func StartKK(typed string, stated Stated, today Date) []Finding {
	stated.NIK = ""
	return checkStart(typed, kkKeys, func(digits string) []Finding { return CheckKK(KK(digits), stated, today) })
}

// CheckKK doubts a KK number by its region and date of issue, and when it is the
// person's own NIK. Every finding is soft. Of what is stated, the domicile chooses
// between suggestions; NIK, birth date and sex tell whether the two numbers stand in
// each other's field.
func CheckKK(kk KK, stated Stated, today Date) []Finding {
	digits, nik := string(kk), string(stated.NIK)
	switch {
	case len(digits) != numberDigits:
		return nil
	case exchanged(nik, digits, stated, today):
		return []Finding{{Key: "identity.kk.is_nik", Suggestion: nik, Soft: true}}
	case twice(nik, digits, stated, today):
		return nil // the NIK is the one that is wrong, and says so
	case digits == nik:
		return []Finding{{Key: "identity.kk.same_as_nik", Soft: true}}
	}
	findings := kkDoubts(digits, today)
	suggest(findings, digits, stated.Domicile, func(tried string) bool { return kkFits(tried, today) })
	return findings
}

func kkDoubts(digits string, today Date) []Finding {
	return append(checkRegion(digits, kkKeys), checkIssue(digits, today)...)
}

// kkFits says that kkDoubts finds nothing.
func kkFits(digits string, today Date) bool {
	_, known := region.Lookup(digits[:6])
	return known && issueOf(digits).Valid() && !issueOf(digits).After(today)
}

func checkIssue(digits string, today Date) []Finding {
	issued := issueOf(digits)
	args := fault.Args{"day": digits[6:8], "month": digits[8:10], "year": digits[10:12]}
	switch {
	case !issued.Valid():
		return []Finding{{Key: "identity.kk.date_impossible", Args: args, Digit: wrongPart(issued), Soft: true}}
	case issued.After(today):
		return []Finding{{Key: "identity.kk.date_future", Args: args, Soft: true}}
	}
	return nil
}

// wrongPart is where the month or the day begins that no date has; 0 for 31 June.
func wrongPart(d Date) int {
	switch {
	case d.Month < 1 || d.Month > 12:
		return dateStart + 3
	case d.Day < 1 || d.Day > 31:
		return dateStart + 1
	}
	return 0
}

func issueOf(digits string) Date {
	return Date{Year: kkCentury + number(digits[10:12]), Month: number(digits[8:10]), Day: number(digits[6:8])}
}

// Groups splits the number 6-6-4: place, date of issue, serial.
func (k KK) Groups() [3]string { return groups(string(k)) }

// Mask shows the regency and the last two digits: 3174•• •••••• ••00.
func (k KK) Mask() string { return mask(string(k)) }

// String gives the sixteen digits, for the registry and the owner's own page.
func (k KK) String() string { return string(k) }

// LogValue keeps the number out of every log.
func (k KK) LogValue() slog.Value { return slog.StringValue("[kk]") }
