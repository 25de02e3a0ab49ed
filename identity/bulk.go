package identity

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"gelombang/identity/registry"
	"gelombang/internal/sqldb"
)

// bulkPage bounds what one transaction of a file reads or judges.
const bulkPage = 200

// Export writes a question about everybody who is parked, who waits longest first, for
// the registry's office to answer by file. It changes nothing: a question by file does
// not keep one online from being answered first.
func (s *Service) Export(ctx context.Context, w io.Writer) (n int, err error) {
	file, err := registry.NewFileWriter(w)
	if err != nil {
		return 0, fmt.Errorf("write question file: %w", err)
	}
	var last waiting
	for more := true; more; {
		var page []row
		err := s.config.DB.Read(ctx, func(rx *sqldb.Rx) (err error) {
			page, err = s.page(rx, last)
			return err
		})
		if err != nil {
			return n, err
		}
		for _, r := range page {
			if err := file.Ask(refOf(r.account, r.submission), r.form.query()); err != nil {
				return n, fmt.Errorf("write question file: %w", err)
			}
			n, last = n+1, r.waiting()
		}
		more = len(page) == bulkPage
	}
	return n, file.Flush()
}

// page reads the parked after the last one.
func (s *Service) page(q sqldb.Querier, last waiting) ([]row, error) {
	list, err := listWaiting(q, `(submitted_ms > $1 OR (submitted_ms = $1 AND account > $2))
		ORDER BY submitted_ms, account LIMIT $3`, sqldb.Millis(last.submitted), last.account, bulkPage)
	if err != nil {
		return nil, err
	}
	page := make([]row, len(list))
	for i, w := range list {
		if page[i], err = s.load(q, w.account); err != nil {
			return nil, err
		}
	}
	return page, nil
}

// Imported is what became of an answer file.
type Imported struct {
	Judged int // verdicts written
	Stale  int // answered before, or changed since: a second import of a file is all stale
	Mute   int // lines that say nothing
	Wrong  int // lines about another NIK than was asked, or about nobody
}

// Import judges by the answers of a file. It may be repeated, and broken off at any
// line: each page of it is written whole or not at all.
func (s *Service) Import(ctx context.Context, r io.Reader) (Imported, error) {
	var sum Imported
	var page []registry.FileAnswer
	write := func() error {
		counts, err := s.judgePage(ctx, page)
		sum, page = sum.plus(counts), page[:0]
		return err
	}
	err := registry.ReadAnswers(r, func(a registry.FileAnswer) error {
		if page = append(page, a); len(page) < bulkPage {
			return nil
		}
		return write()
	})
	if err != nil {
		return sum, err
	}
	return sum, write()
}

func (i Imported) plus(j Imported) Imported {
	return Imported{i.Judged + j.Judged, i.Stale + j.Stale, i.Mute + j.Mute, i.Wrong + j.Wrong}
}

func (s *Service) judgePage(ctx context.Context, page []registry.FileAnswer) (counts Imported, err error) {
	err = s.config.DB.Write(ctx, func(tx *sqldb.Tx) error {
		counts = Imported{}
		for _, a := range page {
			if err := s.judgeLine(tx, a, &counts); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Imported{}, err
	}
	return counts, nil
}

func (s *Service) judgeLine(tx *sqldb.Tx, a registry.FileAnswer, counts *Imported) error {
	st, differs, said := verdictOf(a.Answer)
	account, submission, ok := parseRef(a.Ref)
	switch {
	case !said:
		counts.Mute++
		return nil
	case !ok:
		counts.Wrong++
		return nil
	}
	r, err := s.lock(tx, account)
	if err != nil {
		return err
	}
	switch {
	case r.state != Parked || r.held != "" || r.submission != submission:
		counts.Stale++
		return nil
	case r.form.NIK != a.NIK:
		counts.Wrong++
		return nil
	}
	counts.Judged++
	return s.conclude(tx, r, st, differs)
}

// refOf names a submission to the registry's office; it says nothing about the person.
func refOf(account, submission int64) string {
	return strconv.FormatInt(account, 36) + "-" + strconv.FormatInt(submission, 36)
}

func parseRef(ref string) (account, submission int64, ok bool) {
	left, right, _ := strings.Cut(ref, "-")
	account, errLeft := strconv.ParseInt(left, 36, 64)
	submission, errRight := strconv.ParseInt(right, 36, 64)
	return account, submission, errLeft == nil && errRight == nil
}
