package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// slip is one change to the village programme and all that must be said about
// it. The place is that of the mark in the changed text.
type slip struct{ old, new, want string }

const mark = "¶"

// The mark ¶ in new stands right before the place that the error names; it is taken out before reading.
var slips = map[string]slip{
	"unknown field":           {"time_zone:", "¶colour: red\ntime_zone:", "colour: unknown field"},
	"unknown field inside":    {"household: {cap: 1,", "household: {¶caps: 3, cap: 1,", "draw.household.caps: unknown field"},
	"missing field":           {"organiser: {id: Forum Perajin Desa, ", "organiser: {¶", "organiser.id: is missing"},
	"blank text":              {"id: Forum Perajin Desa", `id: ¶" "`, "organiser.id: must not be empty"},
	"long text":               {"id: Forum Perajin Desa", "id: ¶" + strings.Repeat("x", 501), "organiser.id: must have at most 500 characters"},
	"list for a group":        {"hours: {id: \"Setiap hari, 09.00–15.00 WIB\", en: \"Every day, 09.00–15.00 WIB\"}", "hours: ¶[always]", "help.hours: must be a group of fields"},
	"text for a group":        {"household: {cap: 1, count_earlier: false}", "household: ¶two", "draw.household: must be a group of fields"},
	"text for a list":         {`provinces: ["33"]`, `provinces: ¶"33"`, "waves[0].strata[0].provinces: must be a list"},
	"text for a number":       {"places: 120", "places: ¶many", "waves[0].strata[0].places: must be a whole number"},
	"fraction of a number":    {"places: 120", "places: ¶1.5", "waves[0].strata[0].places: must be a whole number"},
	"text for a fraction":     {"p_min: 0.01", "p_min: ¶small", "draw.p_min: must be a number"},
	"text for yes or no":      {"expect: true", "expect: ¶perhaps", "statements[0].expect: must be true or false"},
	"yes for a text":          {"sms: HibahDesa", "sms: ¶true", "senders.sms: must be text"},
	"no duration":             {"settle: 3d", "settle: ¶3 days", `waves[0].settle: "3 days" is not a duration like 30m, 72h or 6d12h`},
	"no condition":            {"conditions:\n", "conditions: ¶[]\nold:\n", "conditions: must have at least 1"},
	"bad help address":        {"mail: tanya@desa.example", "mail: ¶tanya", "help.mail: is not an e-mail address"},
	"bad sender":              {"mail_from: Hibah Desa <", "mail_from: ¶<", "senders.mail_from: must be like Name <address@example.org>"},
	"long sms sender":         {"sms: HibahDesa", "sms: ¶HibahUntukDesa", "senders.sms: must be at most 11 letters and digits"},
	"no such zone":            {"Asia/Makassar", "¶Asia/Atlantis", `time_zone: "Asia/Atlantis" is not a time zone like Asia/Jakarta`},
	"another language":        {"  en: {portal.home.title: Training grants for villagers}", "  jv: {¶portal.home.title: Njaluk}", "wording.jv: language must be id or en"},
	"wording in one language": {"  en: {portal.home.title: Training grants for villagers}", "", "wording.id.portal.home.title: is missing in en"},
	"wording without text":    {"en: {portal.home.title: Training grants for villagers}", `en: {portal.home.title: ¶""}`, "wording.en.portal.home.title: must not be empty"},
	"wording of an own text": {"wording:\n  id: {portal.home.title: Hibah pelatihan warga}\n  en: {portal.home.title: Training grants for villagers}",
		"wording:\n  id: {programme.name: ¶A}\n  en: {programme.name: B}", "wording.id.programme.name: is written in its own part of this file"},
	"wording of no key":         {"id: {portal.home.title: Hibah pelatihan warga}", "id: {portal.home.title: A, Home: ¶B}", "wording.id.Home: is not a catalog key"},
	"bad name":                  {"name: village_letter", "name: ¶Village-Letter", `statements[0].name: must be lower-case letters, digits and _, has "Village-Letter"`},
	"statement twice":           {"name: other_grant", "name: ¶village_letter", `statements[1].name: "village_letter" is used twice`},
	"statement without answer":  {"    expect: true\n", "", "statements[0].expect: is missing"},
	"choice twice":              {"name: artisan", "name: ¶farmer", `choices.employment[1].name: "farmer" is used twice`},
	"rule twice":                {"name: near", "name: ¶letter", `eligibility[2].name: "letter" is used twice`},
	"rule without a reason":     {"reason: {id: Hibah ini untuk tiga provinsi., en: ", "reason: {¶en: ", "eligibility[2].reason.id: is missing"},
	"no such step":              {"step: profile", "step: ¶temple", "eligibility[2].step: must be one of [email phone identity profile statements none]"},
	"rule with a typo":          {`when: sex == "female"`, `when: ¶sexx == "female"`, "eligibility[3].when: column 1 of the rule: undeclared reference to 'sexx'"},
	"rule of wrong types":       {`age >= 17`, `age >= "17"`, "eligibility[3].when: column 24 of the rule: found no matching overload for '_>=_' applied to '(int, string)'"},
	"rule without an answer":    {"when: statement_village_letter", "when: ¶age + 1", "eligibility[0].when: column 1 of the rule: must be true or false, is int"},
	"rule with bad syntax":      {"when: statement_village_letter", "when: ¶age >", "eligibility[0].when: column 6 of the rule: Syntax error: mismatched input '<EOF>'"},
	"statement without a rule":  {"when: statement_village_letter", "when: age > 3", "statements[0].expect: no rule refuses the answer false"},
	"no such chain":             {"chain: demo", "chain: ¶dice", "draw.chain: must be quicknet or demo"},
	"hasty beacon":              {"chain: demo\n  beacon_delay: 5s", "chain: quicknet\n  beacon_delay: ¶9m", "draw.beacon_delay: must be at least 10m"},
	"nobody approves":           {"approvals: 1", "approvals: ¶0", "draw.approvals: must be at least 1"},
	"gate that holds all":       {"p_min: 0.01", "p_min: ¶0.5", "draw.p_min: must be at most 0.05"},
	"no household":              {"cap: 1", "cap: ¶0", "draw.household.cap: must be at least 1"},
	"bad wave name":             {"name: musim_kemarau", "name: ¶Musim Kemarau", `waves[0].name: must be lower-case letters, digits and _, has "Musim Kemarau"`},
	"no time":                   {"2026-05-04T08:00:00+08:00", "¶soon", `waves[0].opens: "soon" is not a time like 2026-08-03T09:00:00+07:00 or now+6d`},
	"no distance":               {"2026-05-04T08:00:00+08:00", "¶now+soon", `waves[0].opens: "now+soon" is not a time like 2026-08-03T09:00:00+07:00 or now+6d`},
	"closes before it opens":    {"2026-05-29T17:00:00+08:00", "¶2026-05-01T17:00:00+08:00", "waves[0].closes: must be after opens"},
	"announced too early":       {"2026-06-05T10:00:00+08:00", "¶2026-06-01T17:00:00+08:00", "waves[0].announce: must be after closes, settle and the draw's beacon_delay"},
	"mixed times":               {"2026-05-29T17:00:00+08:00", "¶now+6d", "waves[0].closes: mixes dates with distances from now; use one sort in the whole file"},
	"no places":                 {"places: 120", "places: ¶0", "waves[0].strata[0].places: must be at least 1"},
	"negative reserve":          {"reserve: 10", "reserve: ¶-1", "waves[0].strata[1].reserve: must be at least 0"},
	"no such province":          {`["33"]`, `["33", ¶"99"]`, `waves[0].strata[0].provinces[1]: "99" is not a province code`},
	"province twice":            {`["33"]`, `["33", ¶"33"]`, `waves[0].strata[0].provinces[1]: province 33 is in stratum "jateng" already`},
	"stratum twice":             {"name: sekitar", "name: ¶jateng", `waves[0].strata[1].name: "jateng" is used twice`},
	"provinces and else":        {"else: true", `provinces: ["34"], else: ¶true`, "waves[0].strata[1].else: a stratum has provinces or else, not both"},
	"neither province nor else": {", else: true", "", "waves[0].strata[1].provinces: must list at least one province, or say else: true"},
	"two take the rest":         {`provinces: ["33"]`, "else: true", `waves[0].strata[1].else: stratum "jateng" takes the rest already`},
	"few digits":                {"digits: 8", "digits: ¶3", "limits.code.digits: must be at least 4"},
	"short life":                {"life: 30m", "life: ¶30s", "limits.code.life: must be at least 5m"},
	"guesses of a day":          {"guesses_per_destination_day: 30", "guesses_per_destination_day: ¶5", "limits.code.guesses_per_destination_day: must be at least 6"},
	"sends of a day":            {"sends_per_destination_day: 8", "sends_per_destination_day: ¶3", "limits.code.sends_per_destination_day: must be at least 4"},
	"hasty resend":              {"resend_after: 2m", "resend_after: ¶1s", "limits.code.resend_after: must be at least 30s"},
	"one password try":          {"password_tries: 5", "password_tries: ¶1", "limits.sign_in.password_tries: must be at least 3"},
	"long window":               {"window: 1h", "window: ¶2d", "limits.sign_in.window: must be at most 24h"},
	"no correction":             {"corrections_per_day: 5", "corrections_per_day: ¶0", "limits.identity.corrections_per_day: must be at least 1"},
	"no way back":               {"changes_per_day: 4", "changes_per_day: ¶1", "limits.join.changes_per_day: must be at least 2"},
	"class of everybody":        class("", "", "limits.classes[0].when: must say a channel, a browser or provinces; else it is everybody"),
	"class of no channel":       class("channel: ¶pigeon", "life: 1h", "limits.classes[0].when.channel: must be one of [email sms]"),
	"class of no browser":       class("browser: ¶nice", "life: 1h", "limits.classes[0].when.browser: must be one of [known new]"),
	"class of no operator":      class("channel: email, operators: [¶telkomsel]", "life: 1h", `limits.classes[0].when.operators[0]: "telkomsel" is not an operator of the channel, which are [gmail yahoo outlook icloud other]`),
	"class of no province":      class(`browser: known, provinces: [¶"99"]`, "life: 1h", `limits.classes[0].when.provinces[0]: "99" is not a province code`),
	"class that tells":          class(`provinces: ¶["94"]`, "life: 1h", "limits.classes[0].when.provinces: needs browser: known; limits would else tell strangers where somebody lives"),
	"class with other digits":   class("channel: sms", "digits: ¶6", "limits.classes[0].code.digits: is the same for everybody: a page says how many before it is known who asks"),
	"class with a short life":   class("channel: sms", "life: ¶1m", "limits.classes[0].code.life: must be at least 5m"),
	"class with a hasty resend": class("channel: sms", "resend_after: ¶11m", "limits.classes[0].code.resend_after: must be at most 10m"),
	"no such guard":             {"  join: {", "  guards: {otp.fall: ¶record}\n  join: {", "limits.guards.otp.fall: is not a rule, which are [otp.rise identity.nik_accounts spend.prefix spend.hour spend.day]"},
	"no such mode":              {"  join: {", "  guards: {otp.rise: ¶off}\n  join: {", "limits.guards.otp.rise: must be enforce or record"},
	"odds of a blind guesser": {"digits: 8", "digits: 4",
		"limits.code.guesses_per_destination_day: lets a blind guesser hit 1 in 333 per address and day; at most 1 in 10000 is allowed"},
}

// class is a slip in a class of limits.
func class(when, code, want string) slip {
	at := ""
	if when == "" {
		at = mark
	}
	return slip{"  join: {", "  classes:\n    - {name: slow, title: {id: Lambat, en: Slow}, when: " + at + "{" + when + "}, code: {" + code + "}}\n  join: {", want}
}

func TestEverySlipIsNamedWithItsPlace(t *testing.T) {
	t.Parallel()
	desa := readFile(t, "testdata/desa.yaml")
	for name, s := range slips {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if strings.Count(desa, s.old) < 1 {
				t.Fatalf("the programme has no %q", s.old)
			}
			text := strings.Replace(desa, s.old, s.new, 1)
			place := ""
			if at := strings.Index(text, mark); at >= 0 {
				line := 1 + strings.Count(text[:at], "\n")
				place = fmt.Sprintf("desa.yaml:%d:%d: ", line, len([]rune(text[strings.LastIndex(text[:at], "\n")+1:at]))+1)
				text = strings.Replace(text, mark, "", 1)
			}
			_, err := parseProgramme("desa.yaml", []byte(text))
			if err == nil {
				t.Fatal("was not noticed")
			}
			if !hasLine(err.Error(), place, s.want) {
				t.Errorf("said\n%s\nwant\n%s%s", err, place, s.want)
			}
		})
	}
}

// hasLine says whether one line is exactly place and want, or any place and want when none is given.
func hasLine(text, place, want string) bool {
	form := regexp.QuoteMeta(place)
	if place == "" {
		form = `desa\.yaml:\d+:\d+: `
	}
	return regexp.MustCompile(`(?m)^` + form + regexp.QuoteMeta(want) + `$`).MatchString(text)
}
