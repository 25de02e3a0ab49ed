package account

import "time"

const (
	// keepTaking is how long a domain that takes mail is believed to: mail servers move
	// without a word, but domains that had one are seldom without.
	keepTaking = 7 * 24 * time.Hour
	// keepBarren is how long a form warns of a domain that takes none. It may be new, or
	// its servers may be mended any minute, and who insists is believed for the asking.
	keepBarren = time.Hour
	// barrenAgain is when a domain that took no mail is asked again for who insists: long
	// enough for an hour of typing errors to cost a handful of questions.
	barrenAgain = time.Minute
	// lookUpMost bounds one look-up. Go's resolver asks each server twice within it.
	lookUpMost = 5 * time.Second
	// A look-up that came to nothing is made again after lookUpAgain, for as long as
	// somebody may sit before the page of the code; until then nobody else asks either.
	lookUpAgain = 20 * time.Second
	lookUpFor   = 15 * time.Minute
	// domainsMost bounds what a process remembers, some 2 MB.
	domainsMost = 20_000
)

// mailDomain is what the domain name system said of one.
type mailDomain struct {
	takes  bool
	looked time.Time
}

// told says whether a form may go by it.
func (d mailDomain) told(now time.Time) bool {
	if d.takes {
		return now.Sub(d.looked) < keepTaking
	}
	return now.Sub(d.looked) < keepBarren
}

// final says whether a message may be ended by it.
func (d mailDomain) final(now time.Time) bool {
	return d.told(now) && (d.takes || now.Sub(d.looked) < barrenAgain)
}
