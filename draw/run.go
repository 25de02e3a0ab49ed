package draw

import (
	"context"
	"fmt"
	"io"
	"slices"

	"gelombang/audit"
	"gelombang/draw/transcript"
	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
	"gelombang/wave"
)

// Run asks for the ranks of a frozen wave whose round is there. A job computes
// them; Published shows how far it is.
func (s *Service) Run(ctx context.Context, waveID int64, actor audit.Actor) error {
	return s.c.DB.Write(ctx, func(tx *sqldb.Tx) error {
		p, err := s.Published(tx, waveID)
		if err != nil {
			return err
		}
		if err := mayRun(p); err != nil {
			return err
		}
		if err := s.c.Jobs.Enqueue(tx, s.job(KindRun, waveID, tx.Now())); err != nil {
			return err
		}
		return note(tx, waveID, "draw.run", actor, "")
	})
}

// run computes, keeps and judges the ranks. They follow from what is frozen, so
// a second run writes the same rows.
func (s *Service) run(ctx context.Context, waveID int64) error {
	p, err := s.read(ctx, waveID)
	if err != nil || p.Wave.State != wave.Frozen {
		return err
	}
	if p.Source == FromNone {
		return jobs.Dead(fmt.Errorf("wave %d: no round to draw with", waveID))
	}
	f, places, err := s.frozen(ctx, p)
	if err != nil {
		return err
	}
	b, err := drawn(f, p.Origin)
	if err != nil {
		return jobs.Dead(err)
	}
	if err := s.keepResults(ctx, waveID, b, places); err != nil {
		return fmt.Errorf("keep ranks: %w", err)
	}
	gate, err := s.gate(ctx, p, b)
	if err != nil {
		return fmt.Errorf("judge ranks: %w", err)
	}
	return s.c.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if err := setDrawn(tx, waveID, b.Cutoffs, gate, len(b.Results)); err != nil {
			return err
		}
		return s.c.Waves.Draw(tx, waveID)
	})
}

func drawn(f *transcript.Frozen, from transcript.Source) (*transcript.Bundle, error) {
	switch {
	case from.Beacon != nil:
		return transcript.Run(f, *from.Beacon)
	case from.Fallback != nil:
		return transcript.RunFallback(f, *from.Fallback)
	}
	return transcript.RunVoid(f, *from.Void)
}

func (s *Service) keepResults(ctx context.Context, waveID int64, b *transcript.Bundle, places map[transcript.Digest]int64) error {
	done := 0
	for part := range slices.Chunk(b.Results, chunk) {
		done += len(part)
		err := s.c.DB.Write(ctx, func(tx *sqldb.Tx) error {
			if err := insertResults(tx, waveID, part, places); err != nil {
				return err
			}
			return setRanked(tx, waveID, done)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// gate compares the receipts as they are kept with the list, verifies the file
// as a stranger would, and asks whether chance alone made the ranks.
func (s *Service) gate(ctx context.Context, p Publication, b *transcript.Bundle) (Gate, error) {
	failed, err := s.verify(b)
	if err != nil {
		return Gate{}, err
	}
	a := newAuditor(b)
	if err := s.c.Entries(ctx, p.Wave.ID, a.visit); err != nil {
		return Gate{}, err
	}
	found := findings{
		missing: a.differ + len(a.listed), duplicates: a.twice,
		failed: failed, quota: quotaBreaks(b.Header, b.Results),
	}
	return judge(p.Wave.PMin, found, a.samples), nil
}

// verify counts the checks that fail when the published bytes are read back.
func (s *Service) verify(b *transcript.Bundle) (failed int, err error) {
	r, w := io.Pipe()
	go func() { _ = w.CloseWithError(transcript.WriteBundle(w, b, s.c.Signer)) }()
	report, err := transcript.Verify(r, transcript.Options{Root: &b.Root, Key: s.c.Signer.VerifierKey()})
	_ = r.Close() // ends the writer if the reader gave up
	if err != nil {
		return 0, err
	}
	for _, c := range report.Checks {
		if !c.OK {
			failed++
		}
	}
	return failed, nil
}

// auditor walks the receipts beside the published list.
type auditor struct {
	listed  map[transcript.Digest]transcript.EntryState // not met yet
	results map[transcript.Digest]transcript.Result
	size    map[string]int // participants by stratum
	in      map[int64]bool // accounts that take part
	samples []sample
	differ  int
	twice   int
}

func newAuditor(b *transcript.Bundle) *auditor {
	a := &auditor{
		listed: make(map[transcript.Digest]transcript.EntryState, len(b.Entries)), results: make(map[transcript.Digest]transcript.Result, len(b.Results)),
		size: map[string]int{}, in: make(map[int64]bool, len(b.Results)),
	}
	for _, e := range b.Entries {
		a.listed[e.Commitment] = e.State
	}
	for _, r := range b.Results {
		a.results[r.Commitment] = r
		a.size[r.Stratum]++
	}
	return a
}

func (a *auditor) visit(e Entry) error {
	if state, ok := a.listed[e.Commitment]; !ok || state != e.State {
		a.differ++
	}
	delete(a.listed, e.Commitment)
	r, ok := a.results[e.Commitment]
	if !ok {
		return nil
	}
	if a.in[e.Account] {
		a.twice++
	}
	a.in[e.Account] = true
	a.samples = append(a.samples, sample{
		place:    (float64(r.Rank) - 0.5) / float64(a.size[r.Stratum]),
		selected: r.Outcome == transcript.Selected, joined: e.Joined, age: e.Age, sex: e.Sex,
	})
	return nil
}
