package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"gelombang/identity"
	"gelombang/internal/locale"
)

type nikCmd struct {
	Check nikCheckCmd `cmd:"" help:"Say what is doubtful about a NIK, digit by digit, as the form does."`
}

type nikCheckCmd struct {
	NIKs    []string `arg:"" name:"NIK" help:"One or more; spaces, dots and dashes inside are fine."`
	Birth   string   `placeholder:"YYYY-MM-DD" help:"The date of birth, to compare with."`
	Sex     string   `enum:"m,f,male,female," default:"" help:"The sex, to compare with: m or f."`
	Regency string   `placeholder:"CODE" help:"Where the person lives, four digits: chooses between numbers that may have been meant."`
	KK      string   `placeholder:"N" help:"The number of the family card: checked too, and whether the two have changed places."`
	JSON    bool     `help:"One JSON object a line."`
	Lang    string   `default:"en" enum:"id,en" help:"Language of the sentences: id or en."`
}

// Help is shown by gelombang nik check --help.
func (nikCheckCmd) Help() string {
	return `A NIK has no check digit, so a slip can only be doubted: by the codes of the regions, and
by the birth date and sex when they are given. It may lawfully disagree with both; a doubt
is never a "no". Nothing is asked of a registry and nothing is kept.

Exit code 0: nothing doubtful. 1: doubts. 2: not sixteen digits, or a flag nobody can read.`
}

const (
	nikClean = iota
	nikDoubtful
	nikUnreadable
)

var nikResults = [...]string{"clean", "doubts", "unreadable"}

// nikReport is what is known of one NIK, and one line of --json.
type nikReport struct {
	NIK        string       `json:"nik"`
	Result     string       `json:"result"` // clean, doubts, unreadable
	Findings   []nikFinding `json:"findings"`
	KKFindings []nikFinding `json:"kk_findings,omitempty"`
	Reads      nikReading   `json:"reads"`

	code int
}

// nikReading is what the number says; what it does not say is left out.
type nikReading struct {
	Place string       `json:"place,omitempty"`
	Birth string       `json:"birth,omitempty"`
	Sex   identity.Sex `json:"sex,omitempty"`
}

type nikFinding struct {
	Digit   int    `json:"digit,omitempty"` // 1 to 16; without it none stands out
	Key     string `json:"key"`
	Text    string `json:"text"`
	Meant   string `json:"meant,omitempty"` // the number that was probably meant
	Doubt   bool   `json:"doubt"`           // false: it cannot be read
	ofWhich string
}

// Run prints every finding and ends with the worst of the codes.
func (c nikCheckCmd) Run() error {
	texts, err := locale.Load(nil, identity.Catalog)
	if err != nil {
		return err
	}
	stated, err := c.stated()
	if err != nil {
		fmt.Fprintln(os.Stderr, "gelombang:", err)
		return exitCode(nikUnreadable)
	}
	worst, today := nikClean, identity.DateAt(time.Now())
	for _, typed := range c.NIKs {
		r := c.report(texts, typed, stated, today)
		if err := c.print(os.Stdout, r); err != nil {
			return err
		}
		worst = max(worst, r.code)
	}
	if worst > nikClean {
		return exitCode(worst)
	}
	return nil
}

func (c nikCheckCmd) stated() (identity.Stated, error) {
	s := identity.Stated{Domicile: c.Regency, Sex: map[string]identity.Sex{"m": identity.Male, "f": identity.Female}[c.Sex[:min(1, len(c.Sex))]]}
	s.KK, _ = identity.ParseKK(c.KK) // report says what is wrong with it
	birth, ok := identity.ParseDate(c.Birth)
	if c.Birth != "" && !ok {
		return s, errors.New("--birth: there is no such day; write 1992-08-15")
	}
	s.Birth = birth
	return s, nil
}

func (c nikCheckCmd) report(texts *locale.Catalog, typed string, stated identity.Stated, today identity.Date) nikReport {
	nik, found := identity.ReviewNIK(typed, stated, today)
	r := nikReport{NIK: typed, Findings: c.say(texts, "NIK", found), Reads: readingOf(identity.ReadNIK(typed, today))}
	if len(nik) > 0 {
		r.NIK = nik.String()
	}
	if c.KK != "" {
		stated.NIK = nik
		_, found = identity.ReviewKK(c.KK, stated, today)
		r.KKFindings = c.say(texts, "KK", found)
	}
	for _, f := range append(r.Findings, r.KKFindings...) {
		r.code = max(r.code, nikDoubtful)
		if !f.Doubt {
			r.code = nikUnreadable
		}
	}
	r.Result = nikResults[r.code]
	return r
}

func (c nikCheckCmd) say(texts *locale.Catalog, ofWhich string, found []identity.Finding) []nikFinding {
	said := []nikFinding{}
	for _, f := range found {
		said = append(said, nikFinding{Digit: f.Digit, Key: f.Key, Text: texts.Text(locale.Lang(c.Lang), f.Key, f.Args),
			Meant: f.Suggestion, Doubt: f.Soft, ofWhich: ofWhich})
	}
	return said
}

func readingOf(r identity.Reading) nikReading {
	return nikReading{Place: r.Place, Birth: r.Day.String(), Sex: r.Sex}
}

func (r nikReading) String() string {
	said := slices.DeleteFunc([]string{r.Place, r.Birth, string(r.Sex)}, func(word string) bool { return word == "" })
	return strings.Join(said, ", ")
}

func (c nikCheckCmd) print(w io.Writer, r nikReport) error {
	if c.JSON {
		return json.NewEncoder(w).Encode(r)
	}
	_, err := fmt.Fprint(w, r.text())
	return err
}

// text is the report for people: the number in groups with the digits pointed at, what
// it says, and the findings.
func (r nikReport) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s   %s\n", inGroups(r.NIK), r.Result)
	if marks := pointers(r.Findings); marks != "" {
		fmt.Fprintln(&b, marks)
	}
	if r.Reads != (nikReading{}) {
		fmt.Fprintf(&b, "  reads: %s\n", r.Reads)
	}
	for _, f := range append(r.Findings, r.KKFindings...) {
		where := f.ofWhich
		if f.Digit > 0 {
			where += fmt.Sprintf(" digit %d", f.Digit)
		}
		fmt.Fprintf(&b, "  %-12s %s\n", where+":", f.Text)
		if f.Meant != "" {
			fmt.Fprintf(&b, "  %-12s did you mean %s?\n", "", inGroups(f.Meant))
		}
	}
	return b.String()
}

func inGroups(number string) string {
	if len(number) != 16 {
		return number
	}
	return number[:6] + " " + number[6:12] + " " + number[12:]
}

// pointers puts a mark under each doubtful digit of the groups.
func pointers(found []nikFinding) string {
	line := []byte(strings.Repeat(" ", 18))
	for _, f := range found {
		if f.Doubt && f.Digit > 0 {
			line[f.Digit-1+min((f.Digit-1)/6, 2)] = '^'
		}
	}
	return strings.TrimRight(string(line), " ")
}
