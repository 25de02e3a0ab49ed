package people

// The published funnel of the first 21 hours of the programme's first wave, as its
// founding documents state it.
const (
	Registered = 1_432_133
	contacts   = 1_063_028 // proved their e-mail
	identities = 624_090   // had their NIK verified
	joined     = 77_834    // joined the wave
)

// Fate is how far a person comes, or why they come no further.
type Fate string

// The closed list, in the order of the journey. How the published losses divide among
// the reasons was never published; the shares below are choices.
const (
	MailboxFull  Fate = "mailbox_full"  // the code cannot be delivered
	WrongAddress Fate = "wrong_address" // there is no such mailbox
	CodeUnread   Fate = "code_unread"   // in the spam folder, or forgotten
	SMSLost      Fate = "sms_lost"      // the operator cannot deliver the code
	FormLeft     Fate = "form_left"     // went away before the identity form
	WrongDigit   Fate = "wrong_digit"   // one digit of the NIK was pointed at; went to look for the card
	NotFound     Fate = "not_found"     // the registry knows no such person
	Differs      Fate = "differs"       // the registry holds another family card
	NoStatements Fate = "no_statements" // went away before the statements
	NotPressed   Fate = "not_pressed"   // read everything back and did not join
	Joins        Fate = "joined"
)

// lot is one of several reasons, with its share.
type lot struct {
	fate  Fate
	share float64
}

var (
	lostBeforeContact  = []lot{{CodeUnread, 0.6}, {WrongAddress, 0.35}, {MailboxFull, 0.05}}
	lostBeforeIdentity = []lot{{WrongDigit, 0.3}, {FormLeft, 0.25}, {SMSLost, 0.25}, {NotFound, 0.1}, {Differs, 0.1}}
	lostBeforeJoining  = []lot{{NoStatements, 0.8}, {NotPressed, 0.2}}
)

// fateOf draws a fate: how far says the published funnel, why says the lot.
func fateOf(far, why float64) Fate {
	switch registered := float64(Registered); {
	case far < joined/registered:
		return Joins
	case far < identities/registered:
		return draw(lostBeforeJoining, why)
	case far < contacts/registered:
		return draw(lostBeforeIdentity, why)
	}
	return draw(lostBeforeContact, why)
}

func draw(lots []lot, luck float64) Fate {
	for _, l := range lots {
		if luck -= l.share; luck < 0 {
			return l.fate
		}
	}
	return lots[0].fate
}

// consoleWords are the reasons as the console's funnel calls them.
var consoleWords = map[Fate]string{
	MailboxFull: "no_code", WrongAddress: "no_code", CodeUnread: "no_code",
	SMSLost: "no_identity", FormLeft: "no_identity", WrongDigit: "no_identity", NotFound: "not_found", Differs: "differs",
	NoStatements: "no_statements", NotPressed: "not_pressed",
}

// ConsoleWord is what the console's funnel calls a reason of ours.
func (f Fate) ConsoleWord() string { return consoleWords[f] }
