package identity

import "gelombang/identity/region"

// Reading is what a number says in words, as far as it was typed: what nobody can
// doubt from outside, such as a region that exists but is another, its owner can see.
type Reading struct {
	Place string // Tebet, Kota Administrasi Jakarta Selatan; "" while unknown
	Day   Date   // of birth, or of a family card's issue; zero while there is none
	Sex   Sex    // of a NIK
}

// ReadNIK reads the place of first registration by six digits, and birth date and sex
// by twelve.
func ReadNIK(typed string, today Date) Reading {
	digits := separators.Replace(typed)
	r := Reading{Place: placeOf(digits)}
	if allDigits(digits) && len(digits) >= serialStart {
		if birth, ok := latestBirth(digits, today); ok {
			r.Day, r.Sex = birth, sexOf(digits)
		}
	}
	return r
}

// ReadKK reads the place and the date of a family card's issue.
func ReadKK(typed string, today Date) Reading {
	digits := separators.Replace(typed)
	r := Reading{Place: placeOf(digits)}
	if allDigits(digits) && len(digits) >= serialStart && len(checkIssue(digits, today)) == 0 {
		r.Day = issueOf(digits)
	}
	return r
}

// placeOf names district and regency; "" when they are not both known.
func placeOf(digits string) string {
	if len(digits) < dateStart || len(digits) > numberDigits {
		return ""
	}
	district, ok := region.Lookup(digits[:6])
	regency, there := region.Lookup(digits[:4])
	if !ok || !there {
		return ""
	}
	return district.Name + ", " + regency.Name
}
