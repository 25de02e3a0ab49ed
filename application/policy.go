package application

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"gelombang/draw/transcript"
	"gelombang/eligibility"
	"gelombang/identity"
	"gelombang/internal/fault"
	"gelombang/internal/locale"
	"gelombang/limit"
	"gelombang/photo"
	"gelombang/wave"
)

const (
	// defaultChanges is generous for a person and dull for a script.
	defaultChanges = 10
	// rulesKept bounds the compiled rules in memory.
	rulesKept = 16
	// pageMost bounds the places of one transaction or snapshot.
	pageMost = 200
	// tokenMost bounds a form token, in bytes.
	tokenMost = 100
	// noCount says that a household has the whole cap.
	noCount = -1
)

// The keys of what is refused.
const (
	KeyNotEligible = "application.not_eligible"
	KeyMissing     = "application.missing"
	KeyNotYet      = "application.wave.not_yet"
	KeyOverNext    = "application.wave.over_next"
	KeyOver        = "application.wave.over"
	KeyIdentity    = "application.identity_first"
	KeyUnclaimed   = "application.phone_first"
	KeyTaken       = "application.nik_taken"
	KeyNoStratum   = "application.no_stratum"
	KeyNone        = "application.none"
	KeyLate        = "application.withdraw_late"
	KeyChanges     = "application.changes_used"
	KeyUnanswered  = "application.statement_unanswered"
	KeyUnknown     = "application.statement_unknown"
)

// The keys of a place's reason.
const (
	reasonPrefix    = "application.reason." // and an identity.State
	ReasonCorrected = "application.reason.corrected"
	ReasonTaken     = "application.reason.nik_taken"
	ReasonUnclaimed = "application.reason.unclaimed"
	ReasonMissing   = "application.reason.missing"
	ReasonStratum   = "application.reason.no_stratum"
	ReasonParked    = "application.reason.parked"
	ReasonPhoto     = "application.reason.photo"        // none was accepted
	ReasonUnseen    = "application.reason.photo_unseen" // we had not looked at it
)

// The keys of messages.
const (
	TellCarried   = "application.told.carried"
	TellUnsettled = "application.told.unsettled" // carried, but no wave is planned
	TellRefused   = "application.told.refused"
	TellReissued  = "application.told.reissued"
)

func (s *Service) changes(account int64) limit.Use {
	return limit.Use{Budget: s.Budget(), Key: accountKey(account)}
}

// Budget is the published limit of joining and withdrawing.
func (s *Service) Budget() limit.Budget {
	return limit.Budget{Name: "join.day", Most: s.c.ChangesPerDay, Window: 24 * time.Hour}
}

// gathered is what the facts of a person are made of.
type gathered struct {
	identity     identity.Facts
	email, phone bool
	statements   Statements
	recipient    bool
}

// factsOf names what is known, as the rules of the programme name it. What a
// person has not given is absent: a rule then asks for it and does not refuse.
func factsOf(g gathered, closes time.Time) map[string]any {
	facts := map[string]any{"email_proven": g.email, "phone_proven": g.phone}
	for name, answer := range g.statements {
		facts["statement_"+name] = answer
	}
	if g.identity.State == identity.None {
		return facts
	}
	facts["identity"] = string(g.identity.State)
	facts["recipient_before"] = g.recipient
	if g.identity.BirthDate.Valid() {
		facts["age"] = ageAt(g.identity, closes)
	}
	for name, value := range map[string]string{
		"sex": string(g.identity.Sex), "domicile_province": g.identity.Province, "domicile_regency": g.identity.Regency,
		"education": g.identity.Education, "employment": g.identity.Employment,
	} {
		if value != "" {
			facts[name] = value
		}
	}
	return facts
}

// ageAt is the age on the day that a wave closes.
func ageAt(f identity.Facts, closes time.Time) int { return f.BirthDate.Age(identity.DateAt(closes)) }

// stepsOf says where missing facts are given, in the order of the journey.
func stepsOf(missing []string) (steps []eligibility.Step) {
	for _, name := range missing {
		step := eligibility.StepIdentity
		switch {
		case name == "email_proven":
			step = eligibility.StepEmail
		case name == "phone_proven":
			step = eligibility.StepPhone
		case strings.HasPrefix(name, "statement_"):
			step = eligibility.StepStatements
		}
		steps = append(steps, step)
	}
	slices.SortFunc(steps, func(a, b eligibility.Step) int {
		return cmp.Compare(slices.Index(eligibility.Steps, a), slices.Index(eligibility.Steps, b))
	})
	return slices.Compact(steps)
}

// admit says whether a person may join now.
func admit(st Standing) error {
	if len(st.Verdict.Refused) > 0 {
		e := fault.New(fault.Refused, KeyNotEligible, nil)
		for _, r := range st.Verdict.Refused {
			e.Fields = append(e.Fields, fault.Field{Name: string(r.Step), Key: r.Reason})
		}
		return e
	}
	if len(st.Steps) > 0 {
		e := fault.New(fault.Refused, KeyMissing, nil)
		for _, step := range st.Steps {
			e.Fields = append(e.Fields, fault.Field{Name: string(step), Key: KeyMissing + "." + string(step)})
		}
		return e
	}
	switch {
	case st.known.State != identity.Matched && st.known.State != identity.Parked:
		return fault.New(fault.Refused, KeyIdentity, nil)
	case st.known.State == identity.Matched && !st.known.Claimed:
		return fault.New(fault.Refused, KeyUnclaimed, nil)
	}
	return nil
}

// notOpen says when joining is possible instead.
func notOpen(w, next wave.Wave, planned bool) error {
	args := fault.Args{"wave": locale.Key(w.TitleKey())}
	switch {
	case w.State == wave.Scheduled:
		args["opens"] = w.Opens
		return fault.New(fault.Refused, KeyNotYet, args)
	case planned:
		args["next"], args["opens"] = locale.Key(next.TitleKey()), next.Opens
		return fault.New(fault.Refused, KeyOverNext, args)
	}
	return fault.New(fault.Refused, KeyOver, args)
}

// takes says whether a wave may be joined now. Its closing time counts, not the moment
// at which a job came round to closing it.
func takes(w wave.Wave, now time.Time) bool { return w.State == wave.Open && now.Before(w.Closes) }

// tidyToken bounds a form's token, and keeps out what no column takes.
func tidyToken(token string) string {
	token = strings.ReplaceAll(strings.ToValidUTF8(token, ""), "\x00", "")
	if len(token) > tokenMost {
		token = strings.ToValidUTF8(token[:tokenMost], "")
	}
	return token
}

// unsettled says whether a person or a correction may still change a place.
func unsettled(p Place) bool { return p.State == Joined && p.Settled.IsZero() }

// fits says whether a receipt still says what is known of its holder.
func fits(r transcript.Receipt, f identity.Facts, stratum string, secret transcript.Digest) bool {
	return r.NIK == string(f.NIK) && r.Stratum == stratum && r.Household == transcript.HouseholdTag(secret, string(f.KK))
}

// fate is what settling makes of a place.
type fate struct {
	state  State
	reason string
}

// settle decides by the registry's verdict, then by the rules. No answer is
// nobody's fault and refuses nobody.
func settle(st Standing) fate {
	switch {
	case st.known.Waived: // the programme does without the registry; who has the NIK in this wave decides the claim
	case st.known.State == identity.Parked:
		return fate{Carried, ReasonParked}
	case st.known.State != identity.Matched:
		return fate{Refused, reasonPrefix + string(st.known.State)}
	case !st.known.Claimed:
		return fate{Refused, ReasonUnclaimed}
	}
	switch {
	case len(st.Verdict.Refused) > 0:
		return fate{Refused, st.Verdict.Refused[0].Reason}
	case len(st.Verdict.Missing) > 0:
		return fate{Refused, ReasonMissing}
	}
	return fate{state: Joined}
}

// photoFate is what a required photo makes of a place. One that we have not looked at, or
// have lost, is our debt and refuses nobody.
func photoFate(st photo.State) fate {
	switch st {
	case photo.Accepted:
		return fate{state: Joined}
	case photo.Checking, photo.Review, photo.Lost:
		return fate{Carried, ReasonUnseen}
	}
	return fate{Refused, ReasonPhoto}
}

// checksOf names the layers that somebody passed.
func checksOf(f identity.Facts, st photo.State) (passed []Check) {
	switch {
	case f.State == identity.Matched:
		passed = append(passed, CheckRegistry)
	case f.Waived:
		passed = append(passed, CheckRegistryWaived)
	}
	switch st {
	case "": // not asked for
	case photo.Accepted:
		passed = append(passed, CheckPhoto)
	default:
		passed = append(passed, CheckPhotoMissing)
	}
	return passed
}

// placesLeft of a household that took places in earlier waves.
func placesLeft(w wave.Wave, taken int) int {
	if !w.CountEarlier || w.HouseholdCap == 0 || taken == 0 {
		return noCount
	}
	return max(w.HouseholdCap-taken, 0)
}

// checkStatements wants every statement of the programme answered, and no other.
func checkStatements(names []string, st Statements) []fault.Field {
	var fields []fault.Field
	for _, name := range names {
		if _, ok := st[name]; !ok {
			fields = append(fields, fault.Field{Name: name, Key: KeyUnanswered})
		}
	}
	for name := range st {
		if !slices.Contains(names, name) {
			fields = append(fields, fault.Field{Name: name, Key: KeyUnknown})
		}
	}
	return fields
}

// pick gives the live place of a wave, or its newest. places are newest first.
func pick(places []Place, waveID int64) (Place, error) {
	at := slices.IndexFunc(places, func(p Place) bool { return p.Wave.ID == waveID && p.State != Withdrawn })
	if at < 0 {
		at = slices.IndexFunc(places, func(p Place) bool { return p.Wave.ID == waveID })
	}
	if at < 0 {
		return Place{}, fault.New(fault.NotFound, KeyNone, nil)
	}
	return places[at], nil
}

// entryState is how the published list calls the state of a settled place.
func entryState(s State) transcript.EntryState {
	switch s {
	case Withdrawn:
		return transcript.StateWithdrawn
	case Refused:
		return transcript.StateRefused
	case Carried:
		return transcript.StateCarried
	}
	return transcript.StateIn
}
