package account

import (
	"context"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
)

// leaveFormer parts from the address that a new one takes the place of. One that was
// proven keeps its claim until the cooling-off is over: it still signs in and can take
// the account back, and it is told at once. After a recovery it goes at once, as it was
// told and could object before.
func (s *Service) leaveFormer(tx *sqldb.Tx, asker row, a Address) error {
	former, err := s.addressOf(asker, a.Channel)
	if err != nil || former.Value == "" || former == a {
		return err
	}
	recovered := false
	if !asker.contact(a.Channel).proven.IsZero() {
		if recovered, err = grantedSince(tx, asker.id, a.Channel, tx.Now().Add(-grantFor)); err != nil {
			return err
		}
		if !recovered {
			return s.coolOff(tx, asker, former, a)
		}
	}
	return freeClaims(tx, a.Channel, s.indexes(former), asker.id)
}

// coolOff keeps the former address for a while, and tells it and the other channel.
func (s *Service) coolOff(tx *sqldb.Tx, asker row, former, a Address) error {
	h := handover{id: tx.NewID(), account: asker.id, kind: ContactChange, channel: a.Channel, state: stateWaiting,
		asked: tx.Now(), began: tx.Now(), due: tx.Now().Add(s.policy.CoolingOff)}
	h.former = s.keys.SealText(sealFormer, h.id, former.Value)
	if err := insertHandover(tx, h); err != nil {
		return err
	}
	others, err := s.reachable(asker, former)
	if err != nil {
		return err
	}
	warning, err := s.warn(tx, asker, "account.told.changed", s.values(asker, h, former, a), s.warnings(h, append([]Address{former}, others...)...)...)
	if err != nil {
		return err
	}
	if h, err = s.await(tx, h, warning); err != nil {
		return err
	}
	return s.follow(tx, h)
}

// cooling says until when an account's address of a channel cannot be changed again; zero
// when it can. Who came in by force could else leave the owner's address behind in steps.
func cooling(q sqldb.Querier, account int64, a Address) (time.Time, error) {
	waiting, err := waitingOf(q, account)
	for _, h := range waiting {
		if h.kind == ContactChange && h.channel == a.Channel {
			return h.due, err
		}
	}
	return time.Time{}, err
}

// changeable refuses to replace an address whose last change can still be taken back.
func changeable(q sqldb.Querier, account int64, a Address) error {
	until, err := cooling(q, account, a)
	if err != nil || until.IsZero() {
		return err
	}
	return fault.LimitedUntil("account.change.cooling", until, nil)
}

// changing locks an account whose address is about to be replaced, and reads it as it is
// then: two proofs at the same moment take turns.
func (s *Service) changing(tx *sqldb.Tx, account int64, a Address) (row, error) {
	if err := lockAccount(tx, account); err != nil {
		return row{}, err
	}
	if err := changeable(tx, account, a); err != nil {
		return row{}, err
	}
	return get(tx, account)
}

// Undo takes one change back for somebody who is signed in. A change of an address ends
// every session, this one too.
func (s *Service) Undo(ctx context.Context, account, id int64) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := lockAccount(tx, account); err != nil {
			return err
		}
		h, err := findHandover(tx, id)
		if err != nil {
			return err
		}
		if h.account != account || h.state != stateWaiting || h.stage(tx.Now()) == Ended {
			return fault.New(fault.Refused, "account.undo.nothing", nil)
		}
		return s.cancel(tx, h)
	})
}

// cancel takes a handover back. The account is locked.
func (s *Service) cancel(tx *sqldb.Tx, h handover) error {
	if err := setEnded(tx, h.id, stateCancelled); err != nil {
		return err
	}
	if h.kind == Recovery {
		_, err := s.report(tx, h, "recovery_cancelled")
		return err
	}
	return s.restore(tx, h)
}

// restore makes the former address the account's again, and takes from whoever changed it
// what they may have set since: the password, passkeys and every session.
func (s *Service) restore(tx *sqldb.Tx, h handover) error {
	r, err := get(tx, h.account)
	if err != nil {
		return err
	}
	former, err := s.formerOf(h)
	if err != nil {
		return err
	}
	dropped, err := s.addressOf(r, h.channel)
	if err != nil {
		return err
	}
	if err := freeClaims(tx, h.channel, s.indexes(dropped), r.id); err != nil {
		return err
	}
	if err := setProven(tx, r.id, h.channel, s.sealAddress(r.id, former)); err != nil {
		return err
	}
	if err := s.disarm(tx, r.id, h.began); err != nil {
		return err
	}
	if err := insertEvent(tx, r.id, "account.history.undone_"+string(h.channel)); err != nil {
		return err
	}
	others, err := s.reachable(r, dropped)
	if err != nil {
		return err
	}
	return s.send(tx, r, "account.told.undone", s.values(r, h, dropped, former), letters(append(others, former, dropped), "/sign-in")...)
}

// settle ends a cooling-off: the former address is free for anybody.
func (s *Service) settle(tx *sqldb.Tx, h handover) error {
	former, err := s.formerOf(h)
	if err != nil {
		return err
	}
	if err := freeClaims(tx, h.channel, s.indexes(former), h.account); err != nil {
		return err
	}
	if err := setEnded(tx, h.id, stateOver); err != nil {
		return err
	}
	return insertEvent(tx, h.account, "account.history.settled_"+string(h.channel))
}

// formers are the addresses whose claims an account still keeps after a change.
func (s *Service) formers(q sqldb.Querier, account int64) ([]Address, error) {
	waiting, err := waitingOf(q, account)
	if err != nil {
		return nil, err
	}
	var out []Address
	for _, h := range waiting {
		if h.kind != ContactChange {
			continue
		}
		former, err := s.formerOf(h)
		if err != nil {
			return nil, err
		}
		out = append(out, former)
	}
	return out, nil
}
