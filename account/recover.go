package account

import (
	"context"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
	"gelombang/limit"
	"gelombang/notify"
	"gelombang/otp"
)

// HandoverKind is what is changing about who can open an account.
type HandoverKind string

// The kinds of handover.
const (
	ContactChange HandoverKind = "contact"  // an address replaced another
	Recovery      HandoverKind = "recovery" // identity data stand in for a lost address
)

// Stage is where a handover stands, as its page tells it.
type Stage string

// The stages. A recovery goes from Asked to Waiting, Ripe and Ended; a change of an
// address from Waiting to Ended. Cancelled is where both can come to on the way.
const (
	Asked     Stage = "asked"
	Waiting   Stage = "waiting"
	Ripe      Stage = "ripe"
	Cancelled Stage = "cancelled"
	Ended     Stage = "ended"
)

// Stages is the closed list.
var Stages = []Stage{Asked, Waiting, Ripe, Cancelled, Ended}

// Handover is a change of who can open an account, for as long as it can be taken back.
type Handover struct {
	ID      int64
	Account int64
	Kind    HandoverKind
	Channel notify.Channel // contact: that changed; recovery: that is left
	From    string         // contact: the address before, masked
	To      string         // contact: the one that took its place; recovery: the one that is left; masked
	Stage   Stage
	Began   time.Time
	Due     time.Time // contact: until when it can be taken back; recovery: from when it can be completed
	Latest  time.Time // is after Due while it is not known that the warning has arrived: what Due may become
	Until   time.Time // recovery: until when it can be completed
}

// RecoveryClaim is what somebody states to be the account's identity data: digits
// alone, and a date as 2006-01-02.
type RecoveryClaim struct{ NIK, KK, BirthDate string }

// RequestReset sends a code for a new password. Who has no account gets a message that
// says so; the answer here is the same.
func (s *Service) RequestReset(ctx context.Context, a Address, lang, browser string) (int64, error) {
	return s.request(ctx, otp.Reset, a, lang, browser)
}

// RequestRecovery sends a code to the address that is left of an account. The answer
// tells nothing about the account either.
func (s *Service) RequestRecovery(ctx context.Context, a Address, lang, browser string) (int64, error) {
	return s.request(ctx, otp.Recover, a, lang, browser)
}

// RequestUndo sends a code with which everything that still can be is taken back.
func (s *Service) RequestUndo(ctx context.Context, a Address, lang, browser string) (int64, error) {
	return s.request(ctx, otp.Undo, a, lang, browser)
}

// request sends a code that opens an account in one way or another. What is asked of
// the database does not depend on whether anybody has the address.
func (s *Service) request(ctx context.Context, purpose otp.Purpose, a Address, lang, browser string) (int64, error) {
	return withTx(ctx, s.db, func(tx *sqldb.Tx) (int64, error) {
		owner, err := claimOf(tx, a.Channel, s.indexes(a))
		if err != nil {
			return 0, err
		}
		r := otp.Request{Purpose: purpose, Channel: a.Channel, Destination: a.Value, Account: owner.account, Browser: browser, Lang: lang}
		if owner.account == 0 {
			r.TextKey, r.Link = unknownKey, "/register"
		}
		knows, err := s.KnowsBrowser(tx, owner.account, browser)
		if err != nil {
			return 0, err
		}
		if r.Known = knows && owner.isProven(); r.Known {
			if r.Province, err = s.province(tx, owner.account); err != nil {
				return 0, err
			}
		}
		return s.issueOne(tx, r)
	})
}

// Recovery gives a recovery to the browser that proved an address for it, signed in or not.
func (s *Service) Recovery(q sqldb.Querier, id int64, browser string) (Handover, error) {
	h, err := s.asking(q, id, browser)
	if err != nil {
		return Handover{}, err
	}
	return s.show(q, h)
}

// asking finds a recovery that this browser asked for.
func (s *Service) asking(q sqldb.Querier, id int64, browser string) (handover, error) {
	h, err := findHandover(q, id)
	if err != nil {
		return handover{}, err
	}
	if h.kind != Recovery || browser == "" || h.browser != hashBrowser(browser) {
		return handover{}, fault.New(fault.NotFound, "account.recover.none", nil)
	}
	return h, nil
}

// BeginRecovery compares identity data with the account's own, and begins the wait when
// they match. The try is counted first, in a transaction of its own. Which value
// differs is not told.
func (s *Service) BeginRecovery(ctx context.Context, id int64, browser string, stated RecoveryClaim) (Handover, error) {
	left, err := withTx(ctx, s.db, func(tx *sqldb.Tx) (int, error) { return s.takeIdentityTry(tx, id, browser) })
	if err != nil {
		return Handover{}, err
	}
	return withTx(ctx, s.db, func(tx *sqldb.Tx) (Handover, error) {
		h, err := s.open(tx, id, browser)
		if err != nil {
			return Handover{}, err
		}
		matches, err := s.identityMatches(tx, h.account, stated)
		if err != nil {
			return Handover{}, err
		}
		if !matches {
			return Handover{}, fault.New(fault.Invalid, "account.recover.differs", fault.Args{"left": left})
		}
		return s.begin(tx, h)
	})
}

func (s *Service) takeIdentityTry(tx *sqldb.Tx, id int64, browser string) (left int, err error) {
	h, err := s.open(tx, id, browser)
	if err != nil {
		return 0, err
	}
	v, err := limit.Take(tx, s.policy.identityTry(h.account))
	if err != nil {
		return 0, err
	}
	if !v.Allowed {
		return 0, fault.LimitedUntil("account.recover.limited", v.Opens, fault.Args{"most": v.Most})
	}
	return v.Left, nil
}

// open gives a recovery that waits for its identity data.
func (s *Service) open(tx *sqldb.Tx, id int64, browser string) (handover, error) {
	h, err := s.asking(tx, id, browser)
	if err != nil {
		return handover{}, err
	}
	if h.stage(tx.Now()) != Asked {
		return handover{}, fault.New(fault.Refused, "account.recover.over", nil)
	}
	return h, nil
}

// begin starts the wait, unless one is running: an account has one at most.
func (s *Service) begin(tx *sqldb.Tx, h handover) (Handover, error) {
	if err := lockAccount(tx, h.account); err != nil {
		return Handover{}, err
	}
	running, found, err := runningRecovery(tx, h.account)
	if err != nil {
		return Handover{}, err
	}
	if found {
		if err := setBrowser(tx, running.id, h.browser); err != nil {
			return Handover{}, err
		}
		return s.show(tx, running)
	}
	h.state, h.began, h.due = stateWaiting, tx.Now(), tx.Now().Add(s.policy.RecoveryWait)
	if err := setBegun(tx, h); err != nil {
		return Handover{}, err
	}
	warning, err := s.report(tx, h, "recovery_begun")
	if err != nil {
		return Handover{}, err
	}
	if h, err = s.await(tx, h, warning); err != nil {
		return Handover{}, err
	}
	if err := s.follow(tx, h); err != nil {
		return Handover{}, err
	}
	return s.show(tx, h)
}

func runningRecovery(q sqldb.Querier, account int64) (handover, bool, error) {
	hs, err := waitingOf(q, account)
	for _, h := range hs {
		if h.kind == Recovery {
			return h, true, err
		}
	}
	return handover{}, false, err
}

// Waits are how long a replaced address can take itself back, and how long a recovery
// waits for somebody to object.
func (s *Service) Waits() (coolingOff, recovery time.Duration) {
	return s.policy.CoolingOff, s.policy.RecoveryWait
}

// Open lists what can still be taken back in an account, oldest first.
func (s *Service) Open(q sqldb.Querier, account int64) ([]Handover, error) {
	hs, err := waitingOf(q, account)
	if err != nil {
		return nil, err
	}
	out := make([]Handover, len(hs))
	for i, h := range hs {
		if out[i], err = s.show(q, h); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// show turns a row into what pages show.
func (s *Service) show(q sqldb.Querier, h handover) (Handover, error) {
	r, err := get(q, h.account)
	if err != nil {
		return Handover{}, err
	}
	now, err := s.addressOf(r, h.channel)
	if err != nil {
		return Handover{}, err
	}
	former, err := s.formerOf(h)
	if err != nil {
		return Handover{}, err
	}
	return Handover{ID: h.id, Account: h.account, Kind: h.kind, Channel: h.channel, From: former.masked(), To: now.masked(),
		Stage: h.stage(q.Now()), Began: h.began, Due: h.surely(q.Now()), Latest: h.due, Until: h.due.Add(openFor)}, nil
}

func (a Address) masked() string {
	if a.Value == "" {
		return ""
	}
	return notify.MaskAddress(a.Channel, a.Value)
}

// addressOf is an account's address of a channel.
func (s *Service) addressOf(r row, ch notify.Channel) (Address, error) {
	email, phone, err := s.contacts(r)
	if ch == notify.SMS {
		return Address{Channel: ch, Value: phone}, err
	}
	return Address{Channel: ch, Value: email}, err
}

const sealFormer = "handover.former_sealed"

// formerOf is the address that was replaced.
func (s *Service) formerOf(h handover) (Address, error) {
	value, err := s.keys.UnsealText(sealFormer, h.id, h.former)
	return Address{Channel: h.channel, Value: value}, err
}

// follow enqueues the job that reminds, settles and lets lapse.
func (s *Service) follow(tx *sqldb.Tx, h handover) error {
	_, next := h.step(tx.Now())
	return s.jobs.Enqueue(tx, jobs.New{Kind: KindHandover, Queue: QueueName, Args: handoverArgs{h.id}, RunAt: next})
}
