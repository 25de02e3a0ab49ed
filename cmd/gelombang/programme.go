package main

import (
	"fmt"
	"os"
	"strconv"
	"time"
	_ "time/tzdata" // the programme's zone must be known on a machine without zone files

	"gelombang"
	"gelombang/eligibility"
)

// Programme is one programme.yaml: everything that makes this enrolment this
// one and no other. Nothing of it is wired into Go; wire.go hands each noun its part.
type Programme struct {
	Name        Text                         `yaml:"name"`
	Organiser   Text                         `yaml:"organiser"`
	Tagline     Text                         `yaml:"tagline"`
	Conditions  []Text                       `yaml:"conditions"`
	Help        Help                         `yaml:"help"`
	TimeZone    string                       `yaml:"time_zone"`
	Senders     Senders                      `yaml:"senders"`
	Wording     map[string]map[string]string `yaml:"wording"` // language, catalog key, text
	Statements  []Statement                  `yaml:"statements"`
	Choices     Choices                      `yaml:"choices"`
	Eligibility []EligibilityRule            `yaml:"eligibility"`
	Draw        DrawTerms                    `yaml:"draw"`
	Waves       []WavePlan                   `yaml:"waves"`
	Limits      Limits                       `yaml:"limits"`
	Accounts    AccountTerms                 `yaml:"accounts"` // may be absent
	Photos      PhotoTerms                   `yaml:"photos"`   // may be absent

	location *time.Location
	rules    *eligibility.Rules
}

// Text is one sentence or name in both languages.
type Text struct {
	ID string `yaml:"id"`
	EN string `yaml:"en"`
}

// Help says when people answer, and where. Mail and phone may be absent.
type Help struct {
	Hours Text   `yaml:"hours"`
	Mail  string `yaml:"mail"`
	Phone string `yaml:"phone"`
}

// Senders are the names that messages come from.
type Senders struct {
	MailFrom string `yaml:"mail_from"` // RFC 5322: Name <address>
	SMS      string `yaml:"sms"`       // alphanumeric sender
}

// Statement is a yes-or-no declaration; its answer is the fact statement_<name>.
type Statement struct {
	Name   string `yaml:"name"`
	Text   Text   `yaml:"text"`
	Expect bool   `yaml:"expect"` // the answer that lets a person go on
}

// Choice is one item of a list in the profile; its name is the value of the fact.
type Choice struct {
	Name string `yaml:"name"`
	Text Text   `yaml:"text"`
}

// Choices are the lists of the profile.
type Choices struct {
	Education  []Choice `yaml:"education"`
	Employment []Choice `yaml:"employment"`
}

// EligibilityRule is one condition of joining, with its reason in people's words.
type EligibilityRule struct {
	Name   string `yaml:"name"`
	When   string `yaml:"when"`
	Reason Text   `yaml:"reason"`
	Step   string `yaml:"step"`
}

// DrawTerms are fixed when a wave opens and published with it.
type DrawTerms struct {
	Chain       string        `yaml:"chain"` // quicknet, or demo for the simulator's own
	BeaconDelay time.Duration `yaml:"beacon_delay"`
	Approvals   int           `yaml:"approvals"`
	PMin        float64       `yaml:"p_min"`
	Household   Household     `yaml:"household"`
}

// Household caps how many of one KK are taken.
type Household struct {
	Cap          int  `yaml:"cap"`
	CountEarlier bool `yaml:"count_earlier"` // places taken in earlier waves count against the cap
}

// WavePlan is one wave as planned; staff open and close the real one.
type WavePlan struct {
	Name     string        `yaml:"name"`
	Title    Text          `yaml:"title"`
	Opens    Moment        `yaml:"opens"`
	Closes   Moment        `yaml:"closes"`
	Settle   time.Duration `yaml:"settle"`
	Announce Moment        `yaml:"announce"`
	Strata   []Stratum     `yaml:"strata"`
}

// Stratum is a group with a quota of its own: the provinces listed, or all that no other lists.
type Stratum struct {
	Name      string   `yaml:"name"`
	Title     Text     `yaml:"title"`
	Provinces []string `yaml:"provinces"`
	Else      bool     `yaml:"else"`
	Places    int      `yaml:"places"`
	Reserve   int      `yaml:"reserve"`
}

// Limits are the published budgets; every one is shown under /limits.
type Limits struct {
	Code     CodeLimits     `yaml:"code"`
	Classes  []LimitClass   `yaml:"classes"` // the first that fits; may be absent
	SignIn   SignInLimits   `yaml:"sign_in"`
	Identity IdentityLimits `yaml:"identity"`
	Join     JoinLimits     `yaml:"join"`
	// Guards are rules that look at everybody together, name to mode. One that is not
	// named is enforced.
	Guards map[string]string `yaml:"guards"`
	Spend  SpendLimits       `yaml:"spend"` // may be absent
}

// SpendLimits are what messages may cost before new phone numbers have to wait, in rupiah.
type SpendLimits struct {
	Hour int `yaml:"hour"`
	Day  int `yaml:"day"`
}

// LimitClass is a class of people with limits of their own for codes. What it does not
// say is as for everybody.
type LimitClass struct {
	Name  string        `yaml:"name"`
	Title Text          `yaml:"title"` // whose limits these are, on the page of limits
	When  ClassCriteria `yaml:"when"`
	Code  CodeLimits    `yaml:"code"`
}

// ClassCriteria say who is of a class; all that are written must hold.
type ClassCriteria struct {
	Channel   string   `yaml:"channel"`   // email or sms
	Operators []string `yaml:"operators"` // of that channel
	Browser   string   `yaml:"browser"`   // known or new
	Provinces []string `yaml:"provinces"` // of the matched identity; with a known browser alone
}

// CodeLimits bound one-time codes.
type CodeLimits struct {
	Digits                   int           `yaml:"digits"`
	Life                     time.Duration `yaml:"life"`
	GuessesPerChallenge      int           `yaml:"guesses_per_challenge"`
	GuessesPerDestinationDay int           `yaml:"guesses_per_destination_day"`
	SendsPerDestinationHour  int           `yaml:"sends_per_destination_hour"`
	SendsPerDestinationDay   int           `yaml:"sends_per_destination_day"`
	ResendAfter              time.Duration `yaml:"resend_after"`
}

// SignInLimits bound guesses at one account's password.
type SignInLimits struct {
	PasswordTries int           `yaml:"password_tries"`
	Window        time.Duration `yaml:"window"`
}

// IdentityLimits bound how often one person's data is put to the registry again.
type IdentityLimits struct {
	CorrectionsPerDay int `yaml:"corrections_per_day"`
}

// JoinLimits bound joining, leaving and joining again.
type JoinLimits struct {
	ChangesPerDay int `yaml:"changes_per_day"`
}

const maxProgrammeBytes = 1 << 20

// LoadProgramme reads and checks a programme file. The error has one line for
// each thing wrong, "file:line:column: field: what", in the order of the file.
func LoadProgramme(path string) (*Programme, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read programme: %w", err)
	}
	return parseProgramme(path, text)
}

// DefaultProgramme is the programme that the binary carries.
func DefaultProgramme() (*Programme, error) {
	return parseProgramme("programme.yaml", gelombang.DefaultProgramme)
}

func parseProgramme(path string, text []byte) (*Programme, error) {
	var p Programme
	doc, err := readDocument(path, text, &p)
	if err != nil {
		return nil, err
	}
	checkProgramme(doc, &p)
	if err := doc.err(); err != nil {
		return nil, err
	}
	return &p, nil
}

// Location is the zone in which people are told times.
func (p *Programme) Location() *time.Location { return p.location }

// Rules are the compiled conditions; a wave stores their Source at opening.
func (p *Programme) Rules() *eligibility.Rules { return p.rules }

// Facts are the names that rules may use: what the platform knows of an
// applicant, and one yes or no for each statement of this programme.
func (p *Programme) Facts() []eligibility.Fact {
	facts := []eligibility.Fact{
		{Name: "age", Kind: eligibility.Int}, // whole years on the day the wave closes
		{Name: "sex", Kind: eligibility.String},
		{Name: "domicile_province", Kind: eligibility.String},
		{Name: "domicile_regency", Kind: eligibility.String},
		{Name: "education", Kind: eligibility.String},
		{Name: "employment", Kind: eligibility.String},
		{Name: "identity", Kind: eligibility.String}, // the state of the identity check
		{Name: "email_proven", Kind: eligibility.Bool},
		{Name: "phone_proven", Kind: eligibility.Bool},
		{Name: "recipient_before", Kind: eligibility.Bool},
	}
	for _, s := range p.Statements {
		facts = append(facts, eligibility.Fact{Name: s.fact(), Kind: eligibility.Bool})
	}
	return facts
}

func (s Statement) fact() string      { return "statement_" + s.Name }
func (r EligibilityRule) key() string { return "rule." + r.Name }
func (c LimitClass) key() string      { return "limit.class." + c.Name }

// Texts are the catalog entries that this programme brings, language to key to
// text. Wording is apart: it replaces entries that the catalog already has.
func (p *Programme) Texts() map[string]map[string]string {
	texts := map[string]map[string]string{"id": {}, "en": {}}
	put := func(key string, t Text) { texts["id"][key], texts["en"][key] = t.ID, t.EN }
	put("programme.name", p.Name)
	put("programme.organiser", p.Organiser)
	put("programme.tagline", p.Tagline)
	put("programme.help_hours", p.Help.Hours)
	for i, c := range p.Conditions {
		put("programme.condition_"+strconv.Itoa(i+1), c)
	}
	for _, s := range p.Statements {
		put("statement."+s.Name, s.Text)
	}
	for _, c := range p.Choices.Education {
		put("education."+c.Name, c.Text)
	}
	for _, c := range p.Choices.Employment {
		put("employment."+c.Name, c.Text)
	}
	for _, r := range p.Eligibility {
		put(r.key(), r.Reason)
	}
	for _, c := range p.Limits.Classes {
		put(c.key(), c.Title)
	}
	for _, w := range p.Waves {
		put("wave."+w.Name, w.Title)
		for _, s := range w.Strata {
			put("stratum."+w.Name+"."+s.Name, s.Title)
		}
	}
	return texts
}
