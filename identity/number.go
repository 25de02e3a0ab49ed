package identity

import (
	"strings"

	"gelombang/identity/region"
	"gelombang/internal/fault"
)

// numberDigits is the length of a NIK and of a KK number.
const numberDigits = 16

// Sex is what the card says. The empty Sex is "not stated".
type Sex string

const (
	Male   Sex = "male"
	Female Sex = "female"
)

// Finding is something to look at in a typed number. Only what cannot be a
// number at all is hard; everything else is Soft and never blocks, because a
// lawful number may disagree with the truth and is not changed for that.
type Finding struct {
	Key        string     // catalog key of the sentence
	Args       fault.Args // values of the sentence: numbers, digits and region names
	Digit      int        // the doubtful digit, 1 to 16; 0 when none stands out
	Suggestion string     // the whole number that the person probably meant, or ""
	Soft       bool       // a doubt: sending the same number again passes
}

// Stated is what the person says beside the number; what is empty is not compared.
type Stated struct {
	Birth    Date
	Sex      Sex
	Domicile string // code of the regency or city: chooses between suggestions, never a finding
	NIK      NIK    // beside a KK number
	KK       KK     // beside a NIK
}

// separators are what people type, or phones insert, between groups of digits.
var separators = strings.NewReplacer(" ", "", ".", "", "-", "", "\u2013", "", "\u00a0", "", "\t", "")

// lookalikes are letters that stand where a digit was meant.
var lookalikes = strings.NewReplacer("O", "0", "o", "0", "I", "1", "l", "1")

// numberKeys are the sentences that NIK and KK have alike, each in its own words.
type numberKeys struct {
	missing, notDigits, tooShort, tooLong string
	province, regency, district           string // unknown codes
}

// parseNumber strips separators and says why the rest is not sixteen digits.
func parseNumber(typed string, keys numberKeys) (string, []Finding) {
	digits := separators.Replace(typed)
	if digits == "" {
		return "", []Finding{{Key: keys.missing}}
	}
	for i, char := range []rune(digits) {
		if char < '0' || char > '9' {
			return "", []Finding{notADigit(digits, keys.notDigits, i+1, char)}
		}
	}
	if missing := numberDigits - len(digits); missing > 0 {
		return "", []Finding{{Key: keys.tooShort, Args: fault.Args{"missing": missing, "count": len(digits)}}}
	} else if missing < 0 {
		return "", []Finding{{Key: keys.tooLong, Args: fault.Args{"extra": -missing, "count": len(digits)}}}
	}
	return digits, nil
}

func notADigit(digits, key string, position int, char rune) Finding {
	f := Finding{Key: key, Args: fault.Args{"position": position, "char": string(char)}}
	if position <= numberDigits {
		f.Digit = position
	}
	if mended := lookalikes.Replace(digits); len(mended) == numberDigits && allDigits(mended) {
		f.Suggestion = mended
	}
	return f
}

// checkRegion doubts a number whose first six digits are no known region, at the
// widest level that is unknown. Retired codes are known.
func checkRegion(digits string, keys numberKeys) []Finding {
	province, ok := region.Lookup(digits[:2])
	if !ok {
		return []Finding{{Key: keys.province, Soft: true, Args: fault.Args{"code": digits[:2]}}}
	}
	regency, ok := region.Lookup(digits[:4])
	if !ok {
		return []Finding{{Key: keys.regency, Soft: true,
			Args: fault.Args{"code": digits[2:4], "province": province.Name}}}
	}
	if _, ok := region.Lookup(digits[:6]); !ok {
		return []Finding{{Key: keys.district, Soft: true,
			Args: fault.Args{"code": digits[4:6], "regency": regency.Name}}}
	}
	return nil
}

// groups splits a number as people read it aloud: place, date, serial.
func groups(digits string) [3]string {
	if len(digits) != numberDigits {
		return [3]string{digits}
	}
	return [3]string{digits[:dateStart], digits[dateStart:serialStart], digits[serialStart:]}
}

// mask leaves the regency and the last two digits: enough for the owner to tell
// one number from another, with neither the birth date nor a number to use.
func mask(digits string) string {
	if len(digits) != numberDigits {
		return strings.Repeat("•", len(digits))
	}
	return digits[:4] + "•• •••••• ••" + digits[14:]
}

func allDigits(text string) bool { return strings.Trim(text, "0123456789") == "" }
