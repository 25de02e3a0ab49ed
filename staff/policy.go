package staff

import (
	"crypto/subtle"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pquerna/otp/hotp"

	"gelombang/internal/fault"
	"gelombang/internal/locale"
	"gelombang/limit"
)

// Role is what an official is here for.
type Role string

// The closed list of roles.
const (
	Operator   Role = "operator"   // runs waves and draws, mends what is stuck
	Supervisor Role = "supervisor" // agrees to a release, answers for the rest
	Agent      Role = "agent"      // helps people who call
	Auditor    Role = "auditor"    // reads, and changes nothing
)

// Roles is the closed list.
var Roles = []Role{Operator, Supervisor, Agent, Auditor}

// Permission is one thing that an official may do. Every route of the console names one.
type Permission string

// The closed list of permissions.
const (
	OverviewSee Permission = "overview.see"
	WaveSee     Permission = "wave.see"
	WaveManage  Permission = "wave.manage"
	DrawRun     Permission = "draw.run"
	DrawApprove Permission = "draw.approve"
	PersonSee   Permission = "person.see"
	MessageSee  Permission = "message.see"
	JobRedrive  Permission = "job.redrive"
	ReviewDo    Permission = "review.do" // see pictures of identity cards, and decide about them

	ChecksManage Permission = "checks.manage" // switch how identities are checked
)

// Permissions is the closed list.
var Permissions = []Permission{OverviewSee, WaveSee, WaveManage, DrawRun, DrawApprove, PersonSee, MessageSee, JobRedrive, ReviewDo, ChecksManage}

// allowed is the whole of who may do what. Whoever runs a draw does not look into
// files, and whoever looks into files does not run draws; only the supervisor,
// who answers for both, may do both.
var allowed = map[Role][]Permission{
	Operator:   {OverviewSee, WaveSee, WaveManage, DrawRun, MessageSee, JobRedrive, ChecksManage},
	Supervisor: Permissions,
	Agent:      {OverviewSee, WaveSee, PersonSee, MessageSee, ReviewDo},
	Auditor:    {OverviewSee, WaveSee, MessageSee},
}

// May says whether a role carries a permission.
func (r Role) May(p Permission) bool { return slices.Contains(allowed[r], p) }

// The budgets of signing in. A stranger can use up the first one, for the address
// that they guess at; an official whose browser signed in before has the second,
// which strangers cannot touch.
var (
	strangerBudget = limit.Budget{Name: "staff.sign_in", Most: 10, Window: 15 * time.Minute}
	markedBudget   = limit.Budget{Name: "staff.sign_in_marked", Most: 10, Window: 15 * time.Minute}
)

// Budgets lists what is limited here, for the page that publishes limits.
func Budgets() []limit.Budget { return []limit.Budget{strangerBudget, markedBudget} }

const (
	// passwordLeast is longer than the citizens' minimum: an official's account opens many files.
	passwordLeast = 12
	passwordMost  = 128
	nameMost      = 80
	emailMost     = 254

	// stepLength and stepSkew are RFC 6238's: half a minute, one step of clock difference each way.
	stepLength = 30 * time.Second
	stepSkew   = 1
	codeDigits = 6
)

// The review desk.
const (
	handingsMost  = 1000                // read of an official's handing on: more than waits on a page
	handingsShown = 5                   // said of an item
	handingKept   = 90 * 24 * time.Hour // whatever waits longer is offered to all again
)

// dayOf is the day of the programme's calendar, on the capital's clock as everything here.
func dayOf(t time.Time) string { return t.In(locale.WIB).Format(time.DateOnly) }

// normalEmail is how an address is kept and compared.
func normalEmail(typed string) string { return strings.ToLower(strings.TrimSpace(typed)) }

// boundEmail is what a stranger typed where an address belongs, as short as one and
// free of what no column takes.
func boundEmail(typed string) string {
	email := normalEmail(strings.ReplaceAll(strings.ToValidUTF8(typed, ""), "\x00", ""))
	if len(email) > emailMost {
		email = strings.ToValidUTF8(email[:emailMost], "")
	}
	return email
}

// check says what is wrong with a new account.
func check(n New) error {
	var fields []fault.Field
	add := func(bad bool, name, key string) {
		if bad {
			fields = append(fields, fault.Field{Name: name, Key: key})
		}
	}
	a, err := mail.ParseAddress(n.Email)
	add(err != nil || a.Address != n.Email || len(n.Email) > emailMost, "email", "staff.email.malformed")
	length := utf8.RuneCountInString(n.Name)
	add(length == 0 || length > nameMost, "name", "staff.name.length")
	add(!slices.Contains(Roles, n.Role), "role", "staff.role.unknown")
	length = utf8.RuneCountInString(n.Password)
	add(length < passwordLeast || length > passwordMost, "password", "staff.password.length")
	return fault.InvalidFields(fields)
}

// stepOf finds the time step whose code this is, within the allowed difference of
// clocks; 0 when there is none. All candidates are compared, so that the time
// taken says nothing.
func stepOf(secret, code string, now time.Time) int64 {
	var found int64
	current := now.Unix() / int64(stepLength/time.Second)
	for step := current - stepSkew; step <= current+stepSkew; step++ {
		want, err := hotp.GenerateCode(secret, uint64(step)) //nolint:gosec // times after 1970
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			found = step
		}
	}
	return found
}

// digitsOf takes a code as people type it: with spaces or a dash.
func digitsOf(typed string) string {
	return strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, typed)
}
