package registry

import (
	"regexp"
	"strings"

	"gelombang/sim/loopback"
)

// outcome is one way in which a question ends. Exactly one of say, status,
// differ and act is set; none of them: everything matches.
type outcome struct {
	word   string
	serial string // the magic last four digits of a NIK; empty: none
	effect string
	code   string
	say    string   // RESPON in the usual envelope
	status int      // a plain HTTP error
	differ []string // these fields are "Tidak Sesuai"
	act    act
}

// act is a misbehaviour that is no answer.
type act int

const (
	answers act = iota
	hangs
	resets
	talksGarbage
	isSlow
	talksHTML
	breaksOff
	mistakesPerson
	contradicts
)

// The words are those that public integrations report; the codes beside them
// differ between agencies, so no client should rely on them.
var outcomes = []outcome{
	{word: "timeout", serial: "9001", effect: "no answer: hangs until the client leaves, at most 60 s", act: hangs},
	{word: "http500", serial: "9002", effect: "HTTP 500", status: 500},
	{word: "quota", serial: "9003", effect: "quota of the day used up", code: "05", say: "Kuota Akses Hari ini telah Habis"},
	{word: "login", serial: "9004", effect: "sign-in refused", code: "02", say: "Login Gagal"},
	{word: "ip", serial: "9005", effect: "our address is not the registered one", code: "03", say: "IP Address Tidak Sesuai"},
	{word: "garbage", serial: "9006", effect: "200 with a body that is no JSON", act: talksGarbage},
	{word: "reset", serial: "9007", effect: "connection reset", act: resets},
	{word: "slow", serial: "9008", effect: "matches after 5 s", act: isSlow},
	{word: "html", serial: "9009", effect: "200 with a web page", act: talksHTML},
	{word: "half", serial: "9010", effect: "a matching answer that breaks off in the middle", act: breaksOff},
	{word: "another", serial: "9011", effect: "the matching answer of another NIK", act: mistakesPerson},
	{word: "contradictory", serial: "9012", effect: "not found, yet compared and matching", act: contradicts},
	{word: "deceased", serial: "9101", effect: "the person has died", code: "11", say: "Meninggal Dunia"},
	{word: "duplicate", serial: "9102", effect: "the person is registered twice", code: "12", say: "Data Ganda"},
	{word: "inactive", serial: "9103", effect: "the record is inactive", code: "14", say: "Data Inactive"},
	{word: "not_found", serial: "9104", effect: "no such person", code: "13", say: "Data Tidak Ditemukan"},
	{word: "name_differs", serial: "9201", effect: "the name differs", differ: []string{"NAMA_LGKP"}},
	{word: "kk_differs", serial: "9202", effect: "the family card number differs", differ: []string{"NO_KK"}},
	{word: "birth_date_differs", serial: "9203", effect: "the birth date differs", differ: []string{"TGL_LHR"}},
	{word: "birth_place_differs", serial: "9204", effect: "the place of birth differs", differ: []string{"TMPT_LHR"}},
	{word: "sex_differs", serial: "9205", effect: "the sex differs", differ: []string{"JENIS_KLMIN"}},
	{word: "name_kk_differ", serial: "9206", effect: "the name and the family card number differ", differ: []string{"NAMA_LGKP", "NO_KK"}},
	{word: "matched"},
	{word: "over_capacity", status: 503},
	{word: "incomplete", code: "04", say: "Parameter Tidak Lengkap"},
}

// fields are what can be compared, in the order of the answer. A value of ""
// was not asked.
var fields = []string{
	"NO_KK", "NAMA_LGKP", "TMPT_LHR", "TGL_LHR", "JENIS_KLMIN", "STATUS_KAWIN", "PDDK_AKH", "JENIS_PKRJN",
	"ALAMAT", "NO_RT", "NO_RW", "PROP_NAME", "KAB_NAME", "KEC_NAME", "KEL_NAME",
}

// Magic lists the serials that misbehave, the last four digits of a NIK.
func Magic() []loopback.Magic {
	var list []loopback.Magic
	for _, o := range outcomes {
		if o.serial != "" {
			list = append(list, loopback.Magic{Value: "NIK …" + o.serial, Effect: o.effect})
		}
	}
	return list
}

// faults are the words that the control may set for everybody.
func faults() []string {
	var words []string
	for _, o := range outcomes {
		if o.serial != "" {
			words = append(words, o.word)
		}
	}
	return words
}

func named(word string) outcome {
	for _, o := range outcomes {
		if o.word == word {
			return o
		}
	}
	panic("no outcome " + word) // the words are constants, or checked by the panel
}

// decide judges one question; fault is the control's, for everybody.
func (c Config) decide(q question, fault string) outcome {
	switch {
	case q.lacks("USER_ID", "PASSWORD", "NIK"):
		return named("incomplete")
	case q["USER_ID"] != c.User || q["PASSWORD"] != c.Password:
		return named("login")
	case fault != "":
		return named(fault)
	case !plausible(q["NIK"]):
		return named("not_found")
	}
	for _, o := range outcomes {
		if o.serial != "" && strings.HasSuffix(q["NIK"], o.serial) {
			return o
		}
	}
	if c.People.Size() > 0 {
		return c.People.judge(q)
	}
	return named("matched")
}

var wellFormed = regexp.MustCompile(`^[1-9][0-9]{5}(0[1-9]|[12][0-9]|3[01]|4[1-9]|[56][0-9]|7[01])(0[1-9]|1[0-2])[0-9]{6}$`)

// plausible: region, day (plus 40 for women), month, year. The serial 0000, which
// no real person has, passes: it is the one that documentation asks people to type.
func plausible(nik string) bool { return wellFormed.MatchString(nik) }

// masked keeps what tells two requests apart for a developer, not the person.
func masked(nik string) string {
	if len(nik) != 16 {
		return "?"
	}
	return nik[:2] + strings.Repeat("•", 10) + nik[12:]
}
