package identity

import (
	"log/slog"

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

// CheckKK doubts a KK number by its region and date of issue, and when it is the
// person's own NIK. Every finding is soft. domicile is the code of the regency
// or city, and only chooses between suggestions; nik and domicile may be empty.
func CheckKK(kk KK, nik NIK, domicile string, today Date) []Finding {
	if len(kk) != numberDigits {
		return nil
	}
	if string(kk) == string(nik) {
		return []Finding{{Key: "identity.kk.same_as_nik", Soft: true}}
	}
	findings := kkDoubts(string(kk), today)
	suggest(findings, string(kk), domicile, func(tried string) int { return len(kkDoubts(tried, today)) })
	return findings
}

func kkDoubts(digits string, today Date) []Finding {
	return append(checkRegion(digits, kkKeys), checkIssue(digits, today)...)
}

func checkIssue(digits string, today Date) []Finding {
	issued := Date{Year: kkCentury + number(digits[10:12]), Month: number(digits[8:10]), Day: number(digits[6:8])}
	args := fault.Args{"day": digits[6:8], "month": digits[8:10], "year": digits[10:12]}
	switch {
	case !issued.Valid():
		return []Finding{{Key: "identity.kk.date_impossible", Args: args, Soft: true}}
	case issued.After(today):
		return []Finding{{Key: "identity.kk.date_future", Args: args, Soft: true}}
	}
	return nil
}

// Groups splits the number 6-6-4: place, date of issue, serial.
func (k KK) Groups() [3]string { return groups(string(k)) }

// Mask shows the regency and the last two digits: 3174•• •••••• ••00.
func (k KK) Mask() string { return mask(string(k)) }

// String gives the sixteen digits, for the registry and the owner's own page.
func (k KK) String() string { return string(k) }

// LogValue keeps the number out of every log.
func (k KK) LogValue() slog.Value { return slog.StringValue("[kk]") }
