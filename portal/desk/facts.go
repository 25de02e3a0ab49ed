package desk

import (
	"strings"
	"time"

	"gelombang/identity"
	"gelombang/identity/region"
	"gelombang/internal/locale"
	"gelombang/internal/page"
)

// IdentityFacts reads the identity data back, the numbers in 6-6-4.
func (d *Desk) IdentityFacts(lang locale.Lang, f identity.Form) []page.Fact {
	place := page.Plain(f.Regency)
	if r, ok := region.Lookup(f.Regency); ok {
		province, _ := region.Lookup(r.Code[:2]) // every regency's province is in the table
		place = page.Plain(r.Name + ", " + province.Name)
	}
	return []page.Fact{
		{Label: page.T("portal.identity.name"), Value: page.Plain(f.Name)},
		{Label: page.T("portal.identity.nik"), Digits: page.Digits(PlainNumber(f.NIK), 0)},
		{Label: page.T("portal.identity.kk"), Digits: page.Digits(PlainNumber(f.KK), 0)},
		{Label: page.T("portal.identity.born"), Value: page.T("portal.identity.born.at", "place", f.BirthPlace, "day", DayOf(lang, f.BirthDate))},
		{Label: page.T("portal.identity.sex"), Value: page.T("portal.sex." + string(f.Sex))},
		{Label: page.T("portal.identity.regency"), Value: place},
		{Label: page.T("portal.identity.education"), Value: chosen(d.Programme.Education, f.Education)},
		{Label: page.T("portal.identity.employment"), Value: chosen(d.Programme.Employment, f.Employment)},
	}
}

// DayOf writes a date in words.
func DayOf(lang locale.Lang, d identity.Date) string { return locale.Day(lang, noonOf(d)) }

// noonOf is a moment that lies on the day in every zone of the country.
func noonOf(d identity.Date) time.Time {
	return time.Date(d.Year, time.Month(d.Month), d.Day, 5, 0, 0, 0, time.UTC)
}

// PlainNumber drops what people type between digits.
func PlainNumber(typed string) string {
	return strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, typed)
}
