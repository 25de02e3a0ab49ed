package account

import (
	"context"
	"slices"
	"time"

	"gelombang/internal/batch"
	"gelombang/internal/fault"
	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
	"gelombang/notify"
	"gelombang/otp"
)

// Registration is a form that was sent.
type Registration struct {
	Address        Address
	Lang           string
	Browser        string // the signed cookie's random id
	ConsentVersion string
	Token          string    // the form's; sending the form again gives the same challenge
	Shown          time.Time // when the form with this token was shown
}

// Register starts an account and sends a code, or sends a code to the account that
// has the address already. The answer, the challenge as its page shows it, and the
// way to it are the same; only the message tells. Concurrent calls share statements
// and one commit.
func (s *Service) Register(ctx context.Context, r Registration) (otp.View, error) {
	in := registering{Registration: r, indexes: s.indexes(r.Address), challenge: otp.NewID(s.db.Now())}
	if r.Token != "" {
		in.challenge = s.challengeOf(r)
	}
	return s.registering.Do(ctx, in)
}

// challengeOf is the challenge that a form stands for, so that sending it again is
// the same registration and nothing need be kept to know it. It is bound to the
// address: a form that was corrected and sent again is another one.
func (s *Service) challengeOf(r Registration) int64 {
	sum, _ := s.keys.MAC(s.keys.Current(), "account.register", []byte(r.Token), []byte(r.Address.Value)) // the current key is always there
	return otp.IDFrom(r.Shown, sum)
}

// registering is a registration on its way into a batch.
type registering struct {
	Registration
	indexes   []seal.Index
	challenge int64 // the one to make, if one is to be made
}

// entry is one registration within a batch.
type entry struct {
	registering
	account  int64  // the one to make, if one is to be made
	same     *entry // the same form earlier in this batch
	replayed bool   // the form was sent before
	owner    claim  // who has the address
	issued   otp.Issued
}

func (s *Service) registerAll(tx *sqldb.Tx, items []registering) ([]batch.Result[otp.View], error) {
	entries := make([]*entry, len(items))
	for i, it := range items {
		entries[i] = &entry{registering: it, account: tx.NewID()}
	}
	if err := s.findReplays(tx, entries); err != nil {
		return nil, err
	}
	fresh := pick(entries, func(e *entry) bool { return !e.replayed && e.same == nil })
	if err := s.findOwners(tx, fresh); err != nil {
		return nil, err
	}
	if err := s.issueAll(tx, fresh); err != nil {
		return nil, err
	}
	if err := s.insertAccounts(tx, fresh); err != nil {
		return nil, err
	}
	return s.results(tx, entries)
}

func pick(entries []*entry, want func(*entry) bool) []*entry {
	var out []*entry
	for _, e := range entries {
		if want(e) {
			out = append(out, e)
		}
	}
	return out
}

// findReplays finds the forms that were sent before: their challenge is the answer.
func (s *Service) findReplays(tx *sqldb.Tx, entries []*entry) error {
	ids := make([]int64, len(entries))
	for i, e := range entries {
		ids[i] = e.challenge
	}
	there, err := s.codes.There(tx, ids)
	if err != nil {
		return err
	}
	first := map[int64]*entry{}
	for _, e := range entries {
		dest, taken := there[e.challenge]
		if same := first[e.challenge]; same != nil {
			taken, dest = true, same.indexes[0].Sum
		}
		if taken && !slices.ContainsFunc(e.indexes, func(ix seal.Index) bool { return ix.Sum == dest }) {
			e.challenge, taken = otp.NewID(tx.Now()), false // somebody else's number, by chance
		}
		if e.same = first[e.challenge]; e.same == nil {
			first[e.challenge], e.replayed = e, taken
		}
	}
	return nil
}

// findOwners says who has each address. An e-mail that nobody claims is claimed at
// once, unproven; a phone is not claimed before it is proven.
func (s *Service) findOwners(tx *sqldb.Tx, entries []*entry) error {
	for _, ch := range notify.Channels {
		mine := pick(entries, func(e *entry) bool { return e.Address.Channel == ch })
		if len(mine) == 0 {
			continue
		}
		found, err := claimsOf(tx, ch, indexesOf(mine))
		if err != nil {
			return err
		}
		if ch == notify.Email {
			if err := claimMissing(tx, mine, found); err != nil {
				return err
			}
		}
		for _, e := range mine {
			e.owner = oldest(found, e.indexes)
		}
	}
	return nil
}

func indexesOf(entries []*entry) []seal.Index {
	var all []seal.Index
	for _, e := range entries {
		all = append(all, e.indexes...)
	}
	return all
}

// claimMissing claims e-mails under every key version where no claim is yet, and
// puts the outcome into found. Another node may have been quicker: its claim stands. So
// does one that was found: it is asked for again, so that the statements of a known
// address are those of any other.
func claimMissing(tx *sqldb.Tx, entries []*entry, found map[string]claim) error {
	wanted := map[string]claim{}
	for _, e := range entries {
		owner := oldest(found, e.indexes)
		if owner.account == 0 {
			owner = oldest(wanted, e.indexes) // the same address earlier in this batch
		}
		if owner.account == 0 {
			owner.account = e.account
		}
		for _, ix := range e.indexes {
			wanted[ix.Sum] = claim{index: ix, account: owner.account, proven: owner.proven}
			if _, there := found[ix.Sum]; there { // one that is freed at this moment does not come back proven
				wanted[ix.Sum] = claim{index: ix, account: owner.account}
			}
		}
	}
	return insertClaims(tx, wanted, found)
}

// issueAll sends the codes. Whether an account has the address decides the words of
// the message alone: the challenge's page looks the same.
func (s *Service) issueAll(tx *sqldb.Tx, entries []*entry) error {
	requests := make([]otp.Request, len(entries))
	for i, e := range entries {
		r := otp.Request{ID: e.challenge, Purpose: proving(e.Address), Channel: e.Address.Channel, Destination: e.Address.Value,
			Account: e.owner.account, Browser: e.Browser, Lang: e.Lang}
		switch {
		case e.owner.isProven():
			r.TextKey = existsKey
		case e.owner.account == 0:
			r.Account = e.account
		}
		requests[i] = r
	}
	issued, err := s.codes.Issue(tx, requests...)
	if err != nil {
		return err
	}
	address, message := make([]Address, len(entries)), make([]int64, len(entries))
	for i, e := range entries {
		e.issued = issued[i]
		address[i], message[i] = e.Address, issued[i].Message
	}
	return s.lookUpLater(tx, address, message)
}

// proving is the purpose of proving an address.
func proving(a Address) otp.Purpose {
	if a.Channel == notify.SMS {
		return otp.ProvePhone
	}
	return otp.ProveEmail
}

// insertAccounts makes the accounts that were decided on: one per new e-mail claim,
// and one per new challenge to a phone that nobody has. An account that is there already
// is named too and stays as it is, so that an answer takes as long for it as for a new one.
func (s *Service) insertAccounts(tx *sqldb.Tx, entries []*entry) error {
	var rows []row
	for _, e := range entries {
		id := e.owner.account
		if e.Address.Channel == notify.SMS {
			id = e.issued.Account
		}
		if id == 0 { // a phone that was limited has no account made for it
			continue
		}
		r := row{id: id, state: Unproven, lang: e.Lang, consentVersion: e.ConsentVersion, consent: tx.Now(), created: tx.Now()}
		*r.contact(e.Address.Channel) = contact{sealed: s.sealAddress(id, e.Address)}
		rows = append(rows, r)
	}
	return insertRows(tx, rows)
}

func (s *Service) results(tx *sqldb.Tx, entries []*entry) (out []batch.Result[otp.View], err error) {
	out = make([]batch.Result[otp.View], len(entries))
	for i, e := range entries {
		browser := e.Browser
		if e.same != nil {
			e = e.same
		}
		switch {
		case e.replayed:
			if out[i].Out, err = s.codes.Held(tx, e.challenge, browser); err != nil {
				return nil, err
			}
		case e.issued.Refused != nil:
			out[i].Err = e.issued.Refused
		default:
			out[i].Out = e.issued.View
		}
	}
	return out, nil
}

// The words of a message when a form was sent for an address that has an account,
// and of one when somebody wants to sign in where there is none.
const (
	existsKey  = "account.exists"
	unknownKey = "account.unknown"
)

// RequestCode sends a code to sign in with. Who has no account gets a message that
// says so; the answer here is the same.
func (s *Service) RequestCode(ctx context.Context, a Address, lang, browser string) (int64, error) {
	return s.request(ctx, otp.SignIn, a, lang, browser)
}

// AddContact sends a code to an address that is to become the account's. Whether
// another account has it is told after the proof alone: who can read it may know.
func (s *Service) AddContact(ctx context.Context, account int64, a Address, lang, browser string) (int64, error) {
	return withTx(ctx, s.db, func(tx *sqldb.Tx) (int64, error) {
		owner, err := claimOf(tx, a.Channel, s.indexes(a))
		if err != nil {
			return 0, err
		}
		if owner.account == account && owner.isProven() {
			return 0, fault.InvalidFields([]fault.Field{{Name: field, Key: "account.contact.same"}})
		}
		if err := changeable(tx, account, a); err != nil {
			return 0, err
		}
		return s.issueOne(tx, otp.Request{Purpose: proving(a), Channel: a.Channel, Destination: a.Value, Account: account, Asker: account,
			Browser: browser, Lang: lang})
	})
}

func (s *Service) issueOne(tx *sqldb.Tx, r otp.Request) (int64, error) {
	issued, err := s.codes.Issue(tx, r)
	if err != nil {
		return 0, err
	}
	if issued[0].Refused != nil {
		return 0, issued[0].Refused
	}
	to := Address{Channel: r.Channel, Value: r.Destination}
	return issued[0].Challenge, s.lookUpLater(tx, []Address{to}, []int64{issued[0].Message})
}
