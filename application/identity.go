package application

import (
	"gelombang/identity"
	"gelombang/internal/locale"
	"gelombang/internal/sqldb"
	"gelombang/wave"
)

// IdentityChanged keeps the receipts of a person in step with what is known of
// them, in the transaction of the change. A place is kept through corrections:
// what a receipt says wrongly is taken back and issued anew. Nobody is refused
// here; the person may correct until settling ends.
func (s *Service) IdentityChanged(tx *sqldb.Tx, account int64, _ identity.State) error {
	places, err := liveOf(tx, s.c.Keys, account)
	if err != nil || len(places) == 0 {
		return err
	}
	f, err := s.c.Identity(tx, account)
	if err != nil {
		return err
	}
	if places, err = s.withWaves(tx, places); err != nil {
		return err
	}
	for _, p := range places {
		if _, err := s.refresh(tx, p, f); err != nil {
			return err
		}
	}
	return nil
}

// refresh gives the place as it is after the facts were compared with its receipt.
func (s *Service) refresh(tx *sqldb.Tx, p Place, f identity.Facts) (Place, error) {
	stratum, ok := p.Wave.StratumOf(f.Province)
	secret, err := s.secret(p.Wave)
	if err != nil || f.State == identity.None || !ok || !unsettled(p) {
		return p, err // settling says no where no receipt can be given
	}
	if !fits(p.Receipt, f, stratum.Name, secret) {
		return s.reissue(tx, p, f)
	}
	if f.State == identity.Matched && f.Claimed {
		_, err = claim(tx, p.Wave.ID, s.indexes("nik", p.Receipt.NIK), p.ID) // whose it is, settling asks again
	}
	return p, err
}

func (s *Service) reissue(tx *sqldb.Tx, old Place, f identity.Facts) (Place, error) {
	done, err := takeBack(tx, old, ReasonCorrected)
	if err != nil || !done { // settled or withdrawn since it was read: a correction is not refused for that
		return old, err
	}
	unclaimed := f
	unclaimed.Claimed = false // a NIK that another place holds must not undo a correction
	p, _, err := s.issue(tx, old.Wave, old.Account, unclaimed, "", old.CarriedFrom)
	if err != nil {
		return old, err
	}
	if f.State == identity.Matched && f.Claimed {
		if _, err := claim(tx, p.Wave.ID, s.indexes("nik", p.Receipt.NIK), p.ID); err != nil {
			return p, err
		}
	}
	return p, s.tell(tx, p.Account, TellReissued, waveArgs(p.Wave))
}

func waveArgs(w wave.Wave) map[string]any { return map[string]any{"wave": locale.Key(w.TitleKey())} }
