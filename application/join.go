package application

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"strconv"
	"time"

	"gelombang/draw/transcript"
	"gelombang/identity"
	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/limit"
	"gelombang/wave"
)

// Join gives a person a place in an open wave and the signed receipt for it.
// token is the form's: the same form sent twice, and two tabs at once, give the
// same receipt.
func (s *Service) Join(ctx context.Context, account, waveID int64, token string) (Place, error) {
	token = tidyToken(token)
	var p Place
	err := s.c.DB.Write(ctx, func(tx *sqldb.Tx) error {
		w, err := s.c.Waves.Get(tx, waveID)
		if err != nil {
			return err
		}
		var again bool
		if p, again, err = replay(tx, s.c.Keys, waveID, account, token); err != nil || again {
			p.Wave = w
			return errors.Join(err, tx.Acknowledge())
		}
		p, err = s.join(ctx, tx, w, account, token)
		return err
	})
	if err != nil {
		return Place{}, err
	}
	return p, nil
}

func (s *Service) join(ctx context.Context, tx *sqldb.Tx, w wave.Wave, account int64, token string) (Place, error) {
	if !takes(w, tx.Now()) {
		next, planned, err := s.c.Waves.Next(tx, w)
		if err != nil {
			return Place{}, err
		}
		return Place{}, notOpen(w, next, planned)
	}
	st, err := s.standing(ctx, tx, w, account)
	if err != nil {
		return Place{}, err
	}
	if err := admit(st); err != nil {
		return Place{}, err
	}
	if err := s.spend(tx, account); err != nil {
		return Place{}, err
	}
	p, _, err := s.issue(tx, w, account, st.known, token, 0)
	return p, err
}

func (s *Service) spend(tx *sqldb.Tx, account int64) error {
	v, err := limit.Take(tx, s.changes(account))
	if err == nil && !v.Allowed {
		return fault.LimitedUntil(KeyChanges, v.Opens, fault.Args{"most": v.Most})
	}
	return err
}

func accountKey(account int64) string { return strconv.FormatInt(account, 10) }

// issue makes a place with its receipt. False when the account had a live place
// in the wave already, which is then given.
func (s *Service) issue(tx *sqldb.Tx, w wave.Wave, account int64, f identity.Facts, token string, from int64) (Place, bool, error) {
	stratum, ok := w.StratumOf(f.Province)
	if !ok {
		return Place{}, false, fault.New(fault.Refused, KeyNoStratum, nil)
	}
	// Before the place: a verdict takes identity and place in this order too.
	if err := s.closes(tx, account, w.Closes); err != nil {
		return Place{}, false, err
	}
	p, err := s.newPlace(tx, w, stratum.Name, f)
	if err != nil {
		return Place{}, false, err
	}
	p.Account, p.token, p.CarriedFrom = account, token, from
	added, err := insert(tx, s.c.Keys, p)
	if err != nil {
		return Place{}, false, err
	}
	if !added { // another tab was faster
		p, err = live(tx, s.c.Keys, w.ID, account)
		p.Wave = w
		return p, false, err
	}
	if f.State != identity.Matched || !f.Claimed {
		return p, true, nil
	}
	mine, err := claim(tx, w.ID, s.indexes("nik", p.Receipt.NIK), p.ID)
	if err == nil && !mine {
		err = fault.New(fault.Refused, KeyTaken, nil)
	}
	return p, true, err
}

func (s *Service) closes(tx *sqldb.Tx, account int64, at time.Time) error {
	if s.c.Closes == nil {
		return nil
	}
	return s.c.Closes(tx, account, at)
}

func (s *Service) newPlace(tx *sqldb.Tx, w wave.Wave, stratum string, f identity.Facts) (Place, error) {
	secret, err := s.secret(w)
	if err != nil {
		return Place{}, err
	}
	p := Place{ID: tx.NewID(), Wave: w, State: Joined, Stratum: stratum, Joined: tx.Now(), left: noCount,
		kk: s.c.Keys.Index("household", string(f.KK)), age: ageAt(f, w.Closes), sex: f.Sex}
	p.Receipt = transcript.Receipt{
		Wave: w.Name, Stratum: stratum, Household: transcript.HouseholdTag(secret, string(f.KK)),
		NIK: string(f.NIK), IssuedMs: sqldb.Millis(tx.Now()), Key: s.c.Signer.VerifierKey(),
	}
	_, _ = rand.Read(p.Receipt.Nonce[:]) // never fails
	p.commitment = p.Receipt.Commitment()
	p.Signed, err = transcript.IssueReceipt(p.Receipt, s.c.Signer)
	return p, err
}

// secret keys the household tags of one wave. It comes from the first key of the
// keyset, as a wave may outlive a rotation and a family must keep its tag.
func (s *Service) secret(w wave.Wave) (transcript.Digest, error) {
	versions := s.c.Keys.Versions()
	sum, err := s.c.Keys.MAC(versions[len(versions)-1], "wave secret", binary.BigEndian.AppendUint64(nil, uint64(w.ID))) //nolint:gosec // ids are positive
	if err != nil {
		return transcript.Digest{}, err
	}
	return transcript.Digest(sum), nil
}
