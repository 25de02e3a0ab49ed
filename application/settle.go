package application

import (
	"context"
	"fmt"

	"gelombang/identity"
	"gelombang/internal/locale"
	"gelombang/internal/sqldb"
	"gelombang/photo"
	"gelombang/wave"
)

// Settle decides every place of a wave whose settling has ended: in, carried to
// the next wave, or refused with a reason. It may be run again at any point.
func (s *Service) Settle(ctx context.Context, waveID int64) error {
	for {
		n := 0
		err := s.c.DB.Write(ctx, func(tx *sqldb.Tx) error {
			w, err := s.c.Waves.Get(tx, waveID)
			if err != nil {
				return err
			}
			places, err := unsettledOf(tx, s.c.Keys, waveID, pageMost)
			n = len(places)
			for _, p := range places {
				p.Wave = w
				if err := s.settleOne(ctx, tx, p); err != nil {
					return fmt.Errorf("settle place %d: %w", p.ID, err)
				}
			}
			return err
		})
		if err != nil || n == 0 {
			return err
		}
	}
}

func (s *Service) settleOne(ctx context.Context, tx *sqldb.Tx, p Place) error {
	st, err := s.standing(ctx, tx, p.Wave, p.Account)
	if err != nil {
		return err
	}
	if p, err = s.refresh(tx, p, st.known); err != nil {
		return err
	}
	seen, err := s.photoOf(tx, p.Account)
	if err != nil {
		return err
	}
	to, err := s.fate(tx, p, st, seen)
	if err != nil {
		return err
	}
	if to.state == Joined {
		p.Checks = checksOf(st.known, seen)
	}
	taken := 0
	if to.state == Joined {
		if taken, err = householdTaken(tx, s.indexes("household", string(st.known.KK))); err != nil {
			return err
		}
	}
	p.State, p.Reason, p.left = to.state, to.reason, placesLeft(p.Wave, taken)
	p.age, p.sex = ageAt(st.known, p.Wave.Closes), st.known.Sex
	done, err := settled(tx, p)
	if err != nil {
		return err
	}
	if !done { // withdrawn in this very moment: the NIK is free again
		return unclaim(tx, p.ID)
	}
	return s.tellFate(tx, p, st.known)
}

// fate asks for the NIK last: only one place of a wave can have it.
func (s *Service) fate(tx *sqldb.Tx, p Place, st Standing, seen photo.State) (fate, error) {
	if _, ok := p.Wave.StratumOf(st.known.Province); !ok {
		return fate{Refused, ReasonStratum}, nil
	}
	to := settle(st)
	if to.state == Joined && s.c.PhotoRequired {
		to = photoFate(seen)
	}
	if to.state != Joined {
		return to, unclaim(tx, p.ID)
	}
	mine, err := claim(tx, p.Wave.ID, s.indexes("nik", p.Receipt.NIK), p.ID)
	if err == nil && !mine {
		to = fate{Refused, ReasonTaken}
	}
	return to, err
}

// photoOf is the state of an account's photo; "" when none is asked for.
func (s *Service) photoOf(q sqldb.Querier, account int64) (photo.State, error) {
	if s.c.Photo == nil {
		return "", nil
	}
	return s.c.Photo(q, account)
}

func (s *Service) tellFate(tx *sqldb.Tx, p Place, f identity.Facts) error {
	switch p.State {
	case Carried:
		return s.carry(tx, p, f)
	case Refused:
		args := waveArgs(p.Wave)
		args["reason"] = locale.Key(p.Reason)
		return s.tell(tx, p.Account, TellRefused, args)
	}
	return nil
}

// carry gives the person a place in the next wave, for which they need do nothing.
func (s *Service) carry(tx *sqldb.Tx, p Place, f identity.Facts) error {
	next, ok, err := s.c.Waves.Next(tx, p.Wave)
	if err != nil {
		return err
	}
	if _, fits := next.StratumOf(f.Province); !ok || !fits {
		return s.tell(tx, p.Account, TellUnsettled, waveArgs(p.Wave))
	}
	if _, _, err := s.issue(tx, next, p.Account, f, "", p.Wave.ID); err != nil {
		return err
	}
	return s.tell(tx, p.Account, TellCarried, nextArgs(p.Wave, next))
}

func nextArgs(w, next wave.Wave) map[string]any {
	args := waveArgs(w)
	args["next"], args["announce"] = locale.Key(next.TitleKey()), next.Announce
	return args
}
