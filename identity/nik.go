package identity

import (
	"log/slog"
	"strconv"

	"gelombang/identity/region"
	"gelombang/internal/fault"
)

// A NIK is PP RR SS DDMMYY XXXX: province, regency and district of the first
// registration, birth date with 40 added to the day for women, serial. It is
// permanent and has no check digit, so a slip can only be doubted, never proven.
// Nothing is said about the serial: it starts at 0001, but examples and
// rehearsals use 0000, which no person has, and doubting it would catch one slip
// in some ten thousand.
const (
	dateStart   = 6
	serialStart = 12
	womanOffset = 40  // added to the day of birth in a woman's NIK
	oldestAge   = 120 // a stated birth date beyond this is a slip of the year
)

// NIK is a person's number: sixteen digits, as ParseNIK gives them.
type NIK string

var nikKeys = numberKeys{
	missing:   "identity.nik.missing",
	notDigits: "identity.nik.not_digits",
	tooShort:  "identity.nik.too_short",
	tooLong:   "identity.nik.too_long",
	province:  "identity.nik.province_unknown",
	regency:   "identity.nik.regency_unknown",
	district:  "identity.nik.district_unknown",
}

// ParseNIK reads a typed NIK, with or without spaces, dots and dashes. Its
// findings are hard: what it refuses is not sixteen digits.
func ParseNIK(typed string) (NIK, []Finding) {
	digits, findings := parseNumber(typed, nikKeys)
	return NIK(digits), findings
}

// ReviewNIK reads a typed NIK and says all that is to be said about it: what makes it
// unreadable, with the number that a digit too many or too few was meant to be, or
// else the doubts.
func ReviewNIK(typed string, stated Stated, today Date) (NIK, []Finding) {
	nik, findings := ParseNIK(typed)
	if len(findings) == 0 {
		return nik, CheckNIK(nik, stated, today)
	}
	if stated.Birth.Valid() { // the date alone tells where a digit is missing
		mendLength(findings, typed, stated.Domicile, func(tried string) bool { return nikFits(tried, stated, today) })
	}
	return nik, findings
}

// StartNIK doubts as much of a NIK as was typed so far: the region by six digits, the
// date by twelve. Whether it is the family card's, only the whole can tell.
func StartNIK(typed string, stated Stated, today Date) []Finding {
	stated.KK = ""
	return checkStart(typed, nikKeys, func(digits string) []Finding { return CheckNIK(NIK(digits), stated, today) })
}

// CheckNIK doubts a NIK against the region codes and what the person states.
// Every finding is soft. That the person lives elsewhere than the NIK's region
// is no finding, since a NIK keeps the place of first registration.
func CheckNIK(nik NIK, stated Stated, today Date) []Finding {
	if len(nik) != numberDigits {
		return nil
	}
	if f := checkStatedBirth(stated.Birth, today); f != nil {
		return f
	}
	switch {
	case exchanged(string(nik), string(stated.KK), stated, today):
		return []Finding{{Key: "identity.nik.is_kk", Suggestion: string(stated.KK), Soft: true}}
	case twice(string(nik), string(stated.KK), stated, today):
		return []Finding{{Key: "identity.nik.same_as_kk", Soft: true}}
	}
	findings := nikDoubts(string(nik), stated, today)
	suggest(findings, string(nik), stated.Domicile, func(tried string) bool { return nikFits(tried, stated, today) })
	return findings
}

// checkStatedBirth stops a comparison with a date on which nobody who applies
// was born: the NIK would be blamed for a slip in the date.
func checkStatedBirth(birth, today Date) []Finding {
	switch {
	case !birth.Valid():
		return nil
	case birth.After(today):
		return []Finding{{Key: "identity.nik.birth_future", Soft: true}}
	case birth.Age(today) > oldestAge:
		return []Finding{{Key: "identity.nik.birth_too_old", Soft: true, Args: fault.Args{"years": birth.Age(today)}}}
	}
	return nil
}

func nikDoubts(digits string, stated Stated, today Date) []Finding {
	findings := checkRegion(digits, nikKeys)
	if stated.Birth.Valid() {
		return append(findings, compareBirth(digits, stated)...)
	}
	return append(findings, checkOwnDate(digits, stated.Sex, today)...)
}

// nikFits says that nikDoubts finds nothing, for the hundred numbers around a typed one
// and without a word about each.
func nikFits(digits string, stated Stated, today Date) bool {
	if _, known := region.Lookup(digits[:6]); !known {
		return false
	}
	if !stated.Birth.Valid() {
		return len(checkOwnDate(digits, stated.Sex, today)) == 0
	}
	sex := stated.Sex
	if sex == "" {
		sex = sexOf(digits)
	}
	birth := stated.Birth
	return number(digits[6:8]) == codedDay(birth.Day, sex) && number(digits[8:10]) == birth.Month && number(digits[10:12]) == birth.Year%100
}

// compareBirth holds the six digits of the date against the stated birth, digit by digit.
func compareBirth(digits string, stated Stated) []Finding {
	sex := stated.Sex
	if sex == "" {
		sex = sexOf(digits)
	}
	if sex != sexOf(digits) && dayOf(digits) == stated.Birth.Day {
		return append([]Finding{sexDiffers(digits, sex)}, compareParts(digits, stated.Birth, sexOf(digits))...)
	}
	return compareParts(digits, stated.Birth, sex)
}

// compareParts gives at most one finding for each of day, month and year: the
// first digit that differs.
func compareParts(digits string, birth Date, sex Sex) []Finding {
	year := birth.Year % 100
	var findings []Finding
	if at, differs := firstDifference(digits, dateStart, codedDay(birth.Day, sex)); differs {
		findings = append(findings, dayDiffers(digits, at, birth.Day, sex))
	}
	if at, differs := firstDifference(digits, dateStart+2, birth.Month); differs {
		findings = append(findings, digitDiffers("identity.nik.month_differs", digits, at,
			fault.Args{"month": twoDigits(birth.Month)}))
	}
	if at, differs := firstDifference(digits, dateStart+4, year); differs {
		findings = append(findings, digitDiffers("identity.nik.year_differs", digits, at,
			fault.Args{"year": strconv.Itoa(birth.Year)}))
	}
	return findings
}

// firstDifference compares the two digits from start with those of want.
func firstDifference(digits string, start, want int) (at int, differs bool) {
	switch {
	case digits[start] != byte('0'+want/10):
		return start, true
	case digits[start+1] != byte('0'+want%10):
		return start + 1, true
	}
	return 0, false
}

func dayDiffers(digits string, at, day int, sex Sex) Finding {
	if sex == Female {
		return digitDiffers("identity.nik.day_differs_female", digits, at,
			fault.Args{"day": twoDigits(day), "coded": twoDigits(codedDay(day, sex))})
	}
	return digitDiffers("identity.nik.day_differs", digits, at, fault.Args{"day": twoDigits(day)})
}

func digitDiffers(key, digits string, at int, args fault.Args) Finding {
	args["digit"], args["is"] = at+1, digits[at:at+1]
	return Finding{Key: key, Args: args, Digit: at + 1, Soft: true}
}

func codedDay(day int, sex Sex) int {
	if sex == Female {
		return day + womanOffset
	}
	return day
}

// checkOwnDate looks at the NIK's date alone, while no birth date is stated.
func checkOwnDate(digits string, sex Sex, today Date) []Finding {
	day, month := dayOf(digits), number(digits[8:10])
	switch {
	case month < 1 || month > 12:
		return []Finding{{Key: "identity.nik.month_impossible", Digit: 9, Soft: true,
			Args: fault.Args{"month": digits[8:10]}}}
	case day < 1 || day > 31:
		return []Finding{{Key: "identity.nik.day_impossible", Digit: 7, Soft: true,
			Args: fault.Args{"day": digits[6:8]}}}
	}
	if _, ok := latestBirth(digits, today); !ok {
		return []Finding{{Key: "identity.nik.date_impossible", Digit: 9, Soft: true,
			Args: fault.Args{"day": twoDigits(day), "month": twoDigits(month), "year": digits[10:12]}}}
	}
	if sex != "" && sex != sexOf(digits) {
		return []Finding{sexDiffers(digits, sex)}
	}
	return nil
}

func sexDiffers(digits string, stated Sex) Finding {
	key := "identity.nik.sex_stated_male"
	if stated == Female {
		key = "identity.nik.sex_stated_female"
	}
	return Finding{Key: key, Digit: 7, Soft: true, Args: fault.Args{"digit": 7, "is": digits[6:7]}}
}

// Birth reads the birth date and sex that the NIK claims; false when its date is
// none. The century is the latest that makes the person at least 0 years old.
// It is a claim to compare with, not a fact about the person.
func (n NIK) Birth(today Date) (Date, Sex, bool) {
	if len(n) != numberDigits {
		return Date{}, "", false
	}
	birth, ok := latestBirth(string(n), today)
	return birth, sexOf(string(n)), ok
}

// latestBirth tries the running century and the two before it: a leap day may
// exist in one and not in the next.
func latestBirth(digits string, today Date) (Date, bool) {
	century := today.Year / 100 * 100
	for back := range 3 {
		d := Date{Year: century - 100*back + number(digits[10:12]), Month: number(digits[8:10]), Day: dayOf(digits)}
		if d.Valid() && !d.After(today) && d.Age(today) <= oldestAge {
			return d, true
		}
	}
	return Date{}, false
}

func sexOf(digits string) Sex {
	if number(digits[6:8]) > womanOffset {
		return Female
	}
	return Male
}

func dayOf(digits string) int {
	day := number(digits[6:8])
	if day > womanOffset {
		day -= womanOffset
	}
	return day
}

// Groups splits the NIK 6-6-4: place, birth date, serial.
func (n NIK) Groups() [3]string { return groups(string(n)) }

// Mask shows the regency and the last two digits: 3174•• •••••• ••00.
func (n NIK) Mask() string { return mask(string(n)) }

// String gives the sixteen digits, for the registry and the owner's own page.
func (n NIK) String() string { return string(n) }

// LogValue keeps the number out of every log.
func (n NIK) LogValue() slog.Value { return slog.StringValue("[nik]") }

// twoDigits writes 0 to 99.
func twoDigits(n int) string { return string([]byte{byte('0' + n/10), byte('0' + n%10)}) }

// number reads digits that parseNumber let through.
func number(digits string) int {
	n := 0
	for _, d := range digits {
		n = n*10 + int(d-'0')
	}
	return n
}
