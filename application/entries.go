package application

import (
	"context"
	"errors"
	"time"

	"gelombang/draw/transcript"
	"gelombang/internal/sqldb"
)

// Entry is one receipt as the draw takes it, with what the release gate looks at.
type Entry struct {
	Place      int64
	Account    int64
	Commitment transcript.Digest
	Household  transcript.Digest
	Left       int // places left of the household because of earlier waves; -1 is the whole cap
	Stratum    string
	State      transcript.EntryState
	Joined     time.Time
	Age        int
	Sex        string
}

// errUnsettled stops a freeze: somebody joined while the places were being settled.
var errUnsettled = errors.New("a place of the wave is not settled")

// Entries visits every receipt ever issued for a wave, in pages of one snapshot each.
func (s *Service) Entries(ctx context.Context, waveID int64, visit func(Entry) error) error {
	for after := int64(0); ; {
		var page []Entry
		err := s.c.DB.Read(ctx, func(rx *sqldb.Rx) (err error) {
			page, err = entries(rx, waveID, after, entriesMost)
			return err
		})
		if err != nil || len(page) == 0 {
			return err
		}
		for _, e := range page {
			if err := visit(e); err != nil {
				return err
			}
		}
		after = page[len(page)-1].Place
	}
}

// Told is one person to tell the outcome of a wave.
type Told struct {
	Place   int64
	Account int64
	State   State
	Reason  string
}

// ToTell pages through the people of a settled wave: everybody who did not withdraw
// and is still there to be told.
func (s *Service) ToTell(q sqldb.Querier, waveID, after int64, most int) ([]Told, error) {
	return toTell(q, waveID, after, most)
}

// Received notes that the holders of these places were selected: once a
// recipient, never again, and their household has so many places fewer.
func (s *Service) Received(ctx context.Context, waveID int64, places []int64) error {
	return s.c.DB.Write(ctx, func(tx *sqldb.Tx) error {
		for _, id := range places {
			p, err := byID(tx, s.c.Keys, id)
			if err != nil {
				return err
			}
			if p.Signed == "" { // erased since: there is nobody to receive
				continue
			}
			if err := received(tx, waveID, s.indexes("nik", p.Receipt.NIK), p); err != nil {
				return err
			}
		}
		return nil
	})
}
