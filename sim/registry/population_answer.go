package registry

import (
	"strconv"
	"strings"
)

// judge compares a question with the record that the NIK leads to. What the population
// does not know, such as an occupation, matches.
func (p People) judge(q question) outcome {
	who, ok := p.ByNIK(q["NIK"])
	switch {
	case !ok:
		return named("not_found")
	case who.State != "":
		return named(who.State)
	}
	o := outcome{word: "matched"}
	for _, field := range fields {
		if asked := q[field]; asked != "" && !who.holds(field, asked, q.threshold()) {
			o.word, o.differ = "differs", append(o.differ, field)
		}
	}
	return o
}

// threshold is the likeness of names that the question asks for; a registry that is
// asked for none wants the same name.
func (q question) threshold() int {
	if n, err := strconv.Atoi(q["TRESHOLD"]); err == nil && n > 0 && n <= 100 {
		return n
	}
	return 100
}

func (p Person) holds(field, asked string, threshold int) bool {
	switch asked = flat(asked); field {
	case "NO_KK":
		return asked == p.KK
	case "NAMA_LGKP":
		return likeness(asked, p.Name) >= threshold
	case "TMPT_LHR":
		return asked == p.BirthPlace
	case "TGL_LHR":
		return asked == p.Birth.Format("02-01-2006")
	case "JENIS_KLMIN":
		return asked == map[string]string{"male": "LAKI-LAKI", "female": "PEREMPUAN"}[p.Sex]
	}
	return true
}

// flat is a value as the registry writes: capitals, single spaces.
func flat(text string) string { return strings.Join(strings.Fields(strings.ToUpper(text)), " ") }

// likeness of two names, 0 to 100: the share of letters that need no change.
func likeness(a, b string) int {
	x, y := []rune(a), []rune(b)
	longest := max(len(x), len(y))
	if longest == 0 {
		return 100
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i, letter := range x {
		corner := row[0]
		row[0] = i + 1
		for j, other := range y {
			change := corner
			if letter != other {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return 100 * (longest - row[len(y)]) / longest
}
