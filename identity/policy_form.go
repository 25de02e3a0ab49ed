package identity

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"gelombang/identity/region"
	"gelombang/internal/fault"
)

// The longest that a card has room for, with some to spare; a single letter is a
// slip.
const (
	nameLeast, nameMost   = 2, 100
	placeLeast, placeMost = 2, 60
)

// clean evens out what people type differently and mean alike. What cannot be a
// number is left as it is, for check to point at.
func clean(f Form) Form {
	f.Name, f.BirthPlace = plain(f.Name), plain(f.BirthPlace)
	if nik, findings := ParseNIK(f.NIK); len(findings) == 0 {
		f.NIK = string(nik)
	}
	if kk, findings := ParseKK(f.KK); len(findings) == 0 {
		f.KK = string(kk)
	}
	return f
}

// plain leaves single spaces, and the straight apostrophe that phones curl.
func plain(typed string) string {
	typed = strings.NewReplacer("\u2019", "'", "\u2018", "'").Replace(typed)
	return strings.Join(strings.Fields(typed), " ")
}

// choices are the names that a form may choose; an empty list is not asked for.
type choices struct{ education, employment []string }

// check gives every finding of a clean form at once, in the order of the page.
func check(f Form, offered choices, today Date) []fault.Field {
	birth, sex := checkBirth(f, today), checkSex(f.Sex)
	aboutNIK, aboutKK := checkNumbers(f, statedIn(f, today), today)
	return slices.Concat(
		checkWords(nameRule, f.Name),
		fields("nik", aboutNIK),
		fields("kk", aboutKK),
		checkWords(placeRule, f.BirthPlace),
		birth,
		sex,
		checkDomicile(f),
		checkChoice("education", "identity.education.missing", f.Education, offered.education),
		checkChoice("employment", "identity.employment.missing", f.Employment, offered.employment),
	)
}

// statedIn is what a form says beside its numbers, as far as it is sound: a number must
// not be blamed for another slip.
func statedIn(f Form, today Date) Stated {
	stated := Stated{Domicile: f.Regency}
	if len(checkBirth(f, today)) == 0 {
		stated.Birth = f.BirthDate
	}
	if len(checkSex(f.Sex)) == 0 {
		stated.Sex = f.Sex
	}
	return stated
}

// checkTyping is check for numbers that are still being typed: what is missing is no
// finding, and only the numbers are looked at.
func checkTyping(f Form, today Date) []fault.Field {
	stated := statedIn(f, today)
	return slices.Concat(fields("nik", StartNIK(f.NIK, stated, today)), fields("kk", StartKK(f.KK, stated, today)))
}

// wordsRule is what a text field may hold.
type wordsRule struct {
	field           string
	missing, length string
	letters         string // a character that does not belong
	least, most     int
	marks           string
}

// The marks are those that stand on cards: titles have stops and commas, and a
// place may have a bracket.
var (
	nameRule = wordsRule{"name", "identity.name.missing", "identity.name.length", "identity.name.letters",
		nameLeast, nameMost, " .,'-"}
	placeRule = wordsRule{"birth_place", "identity.birth_place.missing", "identity.birth_place.length",
		"identity.birth_place.letters", placeLeast, placeMost, " .,'-()/"}
)

func checkWords(rule wordsRule, text string) []fault.Field {
	if text == "" {
		return hard(rule.field, rule.missing, nil)
	}
	if n := utf8.RuneCountInString(text); n < rule.least || n > rule.most {
		return hard(rule.field, rule.length, fault.Args{"least": rule.least, "most": rule.most, "count": n})
	}
	for _, char := range text {
		if !unicode.IsLetter(char) && !unicode.Is(unicode.Mn, char) && !strings.ContainsRune(rule.marks, char) {
			return hard(rule.field, rule.letters, fault.Args{"char": string(char)})
		}
	}
	if !strings.ContainsFunc(text, unicode.IsLetter) {
		return hard(rule.field, rule.missing, nil)
	}
	return nil
}

// checkNumbers reviews NIK and KK number, each beside the other.
func checkNumbers(f Form, stated Stated, today Date) (aboutNIK, aboutKK []Finding) {
	stated.NIK, _ = ParseNIK(f.NIK)
	stated.KK, _ = ParseKK(f.KK)
	_, aboutNIK = ReviewNIK(f.NIK, stated, today)
	_, aboutKK = ReviewKK(f.KK, stated, today)
	return aboutNIK, aboutKK
}

// fields turns findings of a number into the page's; the doubtful digit and the
// probable number travel as values.
func fields(name string, findings []Finding) []fault.Field {
	var found []fault.Field
	for _, finding := range findings {
		args := fault.Args{}
		maps.Copy(args, finding.Args)
		if finding.Digit > 0 {
			args["digit"] = finding.Digit
		}
		if finding.Suggestion != "" {
			args["suggestion"] = finding.Suggestion
		}
		found = append(found, fault.Field{Name: name, Key: finding.Key, Args: args, Soft: finding.Soft})
	}
	return found
}

func checkBirth(f Form, today Date) []fault.Field {
	birth := f.BirthDate
	switch {
	case birth == (Date{}):
		return hard("birth_date", "identity.birth_date.missing", nil)
	case !birth.Valid():
		return hard("birth_date", "identity.birth_date.impossible", nil)
	case birth.After(today):
		return hard("birth_date", "identity.birth_date.future", nil)
	case birth.Age(today) > oldestAge:
		return hard("birth_date", "identity.birth_date.too_old", fault.Args{"years": birth.Age(today)})
	}
	return nil
}

func checkSex(sex Sex) []fault.Field {
	if sex == Male || sex == Female {
		return nil
	}
	return hard("sex", "identity.sex.missing", nil)
}

// checkDomicile takes today's codes only: people live in a place that exists. The
// page offers no other, so an unknown code is a page that was open for too long.
func checkDomicile(f Form) []fault.Field {
	if f.Regency == "" {
		return hard("regency", "identity.regency.missing", nil)
	}
	if !current(f.Regency, region.Regency) {
		return hard("regency", "identity.regency.unknown", nil)
	}
	if f.District != "" && (provinceAndRegency(f.District) != f.Regency || !current(f.District, region.District)) {
		return hard("district", "identity.district.unknown", nil)
	}
	return nil
}

func current(code string, level region.Level) bool {
	found, ok := region.Lookup(code)
	return ok && found.Level == level && !found.Retired
}

func provinceAndRegency(district string) string { return district[:min(4, len(district))] }

func provinceOf(regency string) string { return regency[:min(2, len(regency))] }

func checkChoice(field, key, chosen string, offered []string) []fault.Field {
	if slices.Contains(offered, chosen) || (len(offered) == 0 && chosen == "") {
		return nil
	}
	return hard(field, key, nil)
}

func hard(field, key string, args fault.Args) []fault.Field {
	return []fault.Field{{Name: field, Key: key, Args: args}}
}

// blocking says whether findings stop a submission: an error always does, a
// doubt until the person has confirmed it.
func blocking(found []fault.Field, warned bool) bool {
	return slices.ContainsFunc(found, func(f fault.Field) bool { return !f.Soft || !warned })
}
