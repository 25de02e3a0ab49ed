package account

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"gelombang/internal/fault"
	"gelombang/limit"
	"gelombang/otp"
)

// Policy is every number of signing in with a password and of getting an account back.
// The waits have defaults of their own.
type Policy struct {
	PasswordTries int           // wrong ones, for strangers and for each known browser apart
	Window        time.Duration // in which they count
	CoolingOff    time.Duration // in which a replaced address can take itself back
	RecoveryWait  time.Duration // in which somebody can object to a recovery
	RecoveryTries int           // at an account's identity data, a day
}

// DefaultPolicy holds when the programme says nothing.
var DefaultPolicy = Policy{PasswordTries: 10, Window: 15 * time.Minute}

const (
	// A passphrase fits, a book does not: hashing is our work.
	passwordLeast = 8
	passwordMost  = 128
	// unprovenFor is how long an account that nobody proved is kept: past the end of
	// any wave, so that the funnel of a wave stays whole.
	unprovenFor = 90 * 24 * time.Hour
	// pruneEvery, pruneMost and pruneUnproven bound the work of clearing up; an account
	// takes several statements. While there is more than that it goes on after
	// pruneSoon: an opening day leaves millions of rows.
	pruneEvery    = 10 * time.Minute
	pruneSoon     = 2 * time.Second
	pruneMost     = 2000
	pruneUnproven = 200
	// browsersMost bounds the known browsers of an account; the oldest is forgotten.
	browsersMost = 20
	// passkeysMost is a passkey for every device of a person, and then some.
	passkeysMost    = 10
	passkeyNameMost = 40
	// challengeFor leaves time to fetch the other phone and to find its PIN. Two nodes'
	// clocks may be challengeSkew apart.
	challengeFor  = 10 * time.Minute
	challengeSkew = 2 * time.Minute
	// firstProofFor leaves time for a second code to come, and for the other phone to be
	// fetched. firstProofsMost is a browser's: it may be one of a village office.
	firstProofFor   = 30 * time.Minute
	firstProofsMost = 50
	// bitsLeast is some 200 million guesses: eleven weeks of a core at 35 ms a hash for
	// whoever has stolen the hashes, and out of reach for whoever guesses here.
	bitsLeast = 27.5
)

// Check says what is wrong with a policy.
func (p Policy) Check() error {
	var wrong []error
	if p.PasswordTries < 1 || p.PasswordTries > 1000 {
		wrong = append(wrong, fmt.Errorf("password tries must be 1 to 1000, not %d", p.PasswordTries))
	}
	if p.Window < time.Minute || p.Window > 24*time.Hour {
		wrong = append(wrong, fmt.Errorf("the window of password tries must be between a minute and a day, not %s", p.Window))
	}
	return errors.Join(append(wrong, p.checkWaits())...)
}

// LimitRow is one limit as it is published.
type LimitRow struct {
	Name   string
	Key    string // catalog key of what is limited
	Most   int
	Window time.Duration
}

// Limits are the limits in force.
func (s *Service) Limits() []LimitRow {
	own := []LimitRow{{Name: "sign_in.stranger", Key: "account.limit.sign_in", Most: s.policy.PasswordTries, Window: s.policy.Window}}
	late := time.Duration(0)
	if s.arrived != nil {
		late = startMost
	}
	return append(append(own, s.policy.recoveryLimits(late)...), remindLimit())
}

// tries is the budget that a try is taken from. Strangers share one per address as
// typed, whether or not anybody has it; a browser that signed in to the account
// before has its own, which they cannot use up.
func (p Policy) tries(address string, account int64, browser string) limit.Use {
	b := limit.Budget{Name: "sign_in.stranger", Most: p.PasswordTries, Window: p.Window}
	if browser == "" {
		return limit.Use{Budget: b, Key: address}
	}
	b.Name = "sign_in.known"
	return limit.Use{Budget: b, Key: fmt.Sprintf("%d:%s", account, browser)}
}

// checkPassword says what is wrong with a new password.
func checkPassword(password string, own ...string) error {
	wrong := func(key string, args fault.Args) error {
		return fault.InvalidFields([]fault.Field{{Name: "password", Key: key, Args: args}})
	}
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password) || strings.ContainsRune(password, 0):
		return wrong("account.password.characters", nil)
	case n < passwordLeast:
		return wrong("account.password.short", fault.Args{"count": n, "least": passwordLeast})
	case n > passwordMost:
		return wrong("account.password.long", fault.Args{"count": n, "most": passwordMost})
	case isOwn(password, own):
		return wrong("account.password.own", nil)
	}
	if why := weakness(password, own); why != "" {
		return wrong("account.password.weak."+string(why), nil)
	}
	return nil
}

// isOwn finds the address itself, its part before the @, and a phone in any spelling.
func isOwn(password string, own []string) bool {
	typed := strings.ToLower(password)
	for _, address := range own {
		local, _, _ := strings.Cut(address, "@")
		national := strings.TrimPrefix(address, "+62")
		switch typed {
		case address, local, national, "0" + national, "62" + national:
			return address != ""
		}
	}
	return false
}

// verdict says what a proof of an address leads to.
type verdict int

const (
	unknown verdict = iota // nobody has it, and no account asked for it
	signsIn                // the account that has it
	claims                 // the account that asked gets it
	taken                  // another account has it, and the one that asked is somebody's already
)

// judge decides by who asked for the code and who has the address. An account that
// is not proven yet yields to the one that has the address: both are the same person's.
func judge(purpose otp.Purpose, asker row, owner claim) verdict {
	switch {
	case !owner.isProven() && asker.id == 0:
		return unknown
	case !owner.isProven():
		return claims
	case purpose.Proves() && asker.state == Active && asker.id != owner.account:
		return taken
	}
	return signsIn
}
