package draw

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"gelombang/draw/transcript"
	"gelombang/internal/sqldb"
	"gelombang/wave"
)

// Bundle writes the published file: the frozen list until the wave is released
// or void, then the same bytes with the outcome behind them. It is made once and
// kept; a node that has no copy makes the same bytes again.
func (s *Service) Bundle(ctx context.Context, waveID int64, w io.Writer) error {
	p, err := s.read(ctx, waveID)
	if err != nil {
		return err
	}
	file, err := s.file(ctx, p)
	if err != nil {
		return fmt.Errorf("make the published file: %w", err)
	}
	defer func() { _ = file.Close() }()
	_, err = io.Copy(w, file)
	return err
}

func ended(p Publication) bool { return p.Wave.State == wave.Released || p.Wave.State == wave.Void }

// file opens the kept copy, or makes it. Its name ends in what it holds, so that
// a list is never given where the outcome is due.
func (s *Service) file(ctx context.Context, p Publication) (*os.File, error) {
	stage := "list"
	if ended(p) {
		stage = "outcome"
	}
	path := filepath.Join(s.c.Dir, fmt.Sprintf("wave-%d-%s.draw", p.Wave.ID, stage))
	s.making.Lock()
	defer s.making.Unlock()
	file, err := os.Open(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return file, err
	}
	if err := s.make(ctx, p, path); err != nil {
		return nil, err
	}
	return os.Open(path)
}

func (s *Service) make(ctx context.Context, p Publication, path string) error {
	if err := os.MkdirAll(s.c.Dir, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(s.c.Dir, "making-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }() // fails once it has its name
	if err := errors.Join(s.write(ctx, p, file), file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// write computes the outcome anew: it follows from the list and its source.
func (s *Service) write(ctx context.Context, p Publication, w io.Writer) error {
	f, _, err := s.frozen(ctx, p)
	if err != nil {
		return err
	}
	if !ended(p) {
		return transcript.WriteFrozen(w, f)
	}
	b, err := drawn(f, p.Origin)
	if err != nil {
		return err
	}
	return transcript.WriteBundle(w, b, s.c.Signer)
}

// frozen reads the list back, with the places behind the commitments.
func (s *Service) frozen(ctx context.Context, p Publication) (*transcript.Frozen, map[transcript.Digest]int64, error) {
	f := &transcript.Frozen{Header: p.Header, Root: p.Root, Checkpoint: p.Checkpoint}
	f.Entries = make([]transcript.Entry, 0, p.Listed)
	places := make(map[transcript.Digest]int64, p.Listed)
	err := pages(ctx, s.c.DB, func(rx *sqldb.Rx, after string) (last string, err error) {
		page, err := entriesAfter(rx, p.Wave.ID, after, pageMost)
		for _, l := range page {
			f.Entries = append(f.Entries, l.Entry)
			places[l.Commitment], last = l.place, l.Commitment.String()
		}
		return last, err
	})
	if err != nil {
		return nil, nil, err
	}
	err = pages(ctx, s.c.DB, func(rx *sqldb.Rx, after string) (last string, err error) {
		page, err := householdsAfter(rx, p.Wave.ID, after, pageMost)
		for _, h := range page {
			f.Households, last = append(f.Households, h), h.Tag.String()
		}
		return last, err
	})
	return f, places, err
}

// pages reads in one snapshot each until a page is empty.
func pages(ctx context.Context, db *sqldb.DB, read func(rx *sqldb.Rx, after string) (last string, err error)) error {
	for after := ""; ; {
		last := ""
		err := db.Read(ctx, func(rx *sqldb.Rx) (err error) {
			last, err = read(rx, after)
			return err
		})
		if err != nil || last == "" {
			return err
		}
		after = last
	}
}
