package photo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"gelombang/internal/fault"
	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
	"gelombang/limit"
	"gelombang/photo/ktp"
)

const (
	pictureSeal = "photo.picture"
	partSeal    = "photo.part"
)

func objectName(id int64) string { return "photo/" + strconv.FormatInt(id, 10) }

func partsOf(upload int64) string { return "upload/" + strconv.FormatInt(upload, 10) + "/" }

// partName names a part by where it begins and ends: two senders of the same bytes, of
// whom one breaks off earlier, don't write over each other.
func partName(upload, at, end int64) string {
	return partsOf(upload) + strconv.FormatInt(at, 10) + "-" + strconv.FormatInt(end, 10)
}

// ErrMoved says that an upload stands elsewhere than the sender believes. The upload that
// comes with it says where.
var ErrMoved = errors.New("the upload stands elsewhere")

// Send takes a whole photo at once. The same token again is the same photo.
func (s *Service) Send(ctx context.Context, account int64, token string, data []byte) (Photo, error) {
	u, err := s.Begin(ctx, account, token, int64(len(data)))
	for err == nil && !u.Done {
		at := min(u.Received, int64(len(data)))
		if u, err = s.Append(ctx, account, u.ID, at, bytes.NewReader(data[at:])); errors.Is(err, ErrMoved) {
			err = nil // the same form in another tab was quicker
		}
	}
	if err != nil {
		return Photo{}, err
	}
	var p Photo
	err = s.c.DB.Read(ctx, func(rx *sqldb.Rx) (err error) {
		p, err = s.photo(rx, account, u.ID)
		return err
	})
	return p, err
}

// Begin makes room for an upload, or gives the one that this token began. Each counts
// against the account's day. Errors: Invalid at field "photo", Limited.
func (s *Service) Begin(ctx context.Context, account int64, token string, size int64) (u Upload, err error) {
	if err := s.c.Policy.fits(size); err != nil {
		return Upload{}, err
	}
	token = strings.ToValidUTF8(strings.ReplaceAll(token, "\x00", ""), "")
	token = token[:min(len(token), tokenMost)]
	err = s.c.DB.Write(ctx, func(tx *sqldb.Tx) error {
		var fresh bool
		if u, fresh, err = begin(tx, account, token, size); err != nil || !fresh {
			return err
		}
		v, err := limit.Take(tx, s.c.Policy.sendingOf(account))
		if err != nil {
			return err
		}
		if !v.Allowed {
			return fault.LimitedUntil(KeyUsed, v.Opens, fault.Args{"most": v.Most})
		}
		return nil
	})
	return u, err
}

// Upload gives an upload of an account; NotFound when it is over or not theirs.
func (s *Service) Upload(q sqldb.Querier, account, id int64) (Upload, error) {
	u, err := upload(q, account, id)
	if err == nil && !u.Done && q.Now().Sub(u.Created) > s.c.Policy.FinishFor {
		err = fault.New(fault.NotFound, KeyOver, nil)
	}
	return u, err
}

// Append adds what body holds at a place of an upload, and keeps what arrived of a body
// that breaks off. Once everything is here the upload is a photo. ErrMoved: the upload
// stands elsewhere; the one that is returned says where. An object store that is away is
// Unavailable, and nothing that was counted as received is lost.
func (s *Service) Append(ctx context.Context, account, id, at int64, body io.Reader) (Upload, error) {
	u, err := s.held(ctx, account, id)
	if err != nil || u.Done {
		return u, err
	}
	if at != u.Received {
		return u, ErrMoved
	}
	data, broken := io.ReadAll(io.LimitReader(body, u.Size-at))
	last := at+int64(len(data)) == u.Size
	if len(data) > 0 && (last || len(data) >= partLeast && len(u.parts) < partsMost) {
		if u, err = s.keep(ctx, u, at, data); err != nil {
			return u, err
		}
	}
	if u.Whole() {
		return s.finish(ctx, u, at, data)
	}
	if broken != nil { // nobody may be there to hear it
		return u, fault.Wrap(fmt.Errorf("read a part of a photo: %w", broken), fault.Unavailable, "photo.cut_off")
	}
	return u, nil
}

func (s *Service) held(ctx context.Context, account, id int64) (u Upload, err error) {
	err = s.c.DB.Read(ctx, func(rx *sqldb.Rx) (err error) {
		u, err = s.Upload(rx, account, id)
		return err
	})
	return u, err
}

// keep stores a part and counts it. A part that is the whole photo goes straight to its
// place, sealed as a photo.
func (s *Service) keep(ctx context.Context, u Upload, at int64, data []byte) (Upload, error) {
	ctx = context.WithoutCancel(ctx) // what arrived is kept, though the sender is gone
	next := u
	next.Received += int64(len(data))
	next.parts = append(next.parts[:len(next.parts):len(next.parts)], at)
	if int64(len(data)) == u.Size {
		return next, nil // counted when it is a photo
	}
	if err := s.c.Store.Put(ctx, partName(u.ID, at, next.Received), s.c.Keys.Seal(partSeal, u.ID, data)); err != nil {
		return u, err
	}
	err := s.c.DB.Write(ctx, func(tx *sqldb.Tx) error {
		counted, err := advance(tx, next, at)
		if err == nil && !counted { // another sender of the same upload was quicker
			err = ErrMoved
		}
		return err
	})
	if err != nil {
		return u, err
	}
	return next, nil
}

// finish makes a photo of an upload that is whole. It may run twice, and after a crash
// in the middle the sender's next call runs it again.
func (s *Service) finish(ctx context.Context, u Upload, at int64, last []byte) (Upload, error) {
	ctx = context.WithoutCancel(ctx)
	data := last
	if at != 0 {
		var err error
		if data, err = s.assemble(ctx, u); err != nil {
			return u, err
		}
	}
	// Where and when it was taken is nobody's business here. A file that cannot be
	// understood is kept as it came, and the check will say what it is.
	if clean, err := ktp.Clean(data); err == nil {
		data = clean
	}
	if err := s.c.Store.Put(ctx, objectName(u.ID), s.c.Keys.Seal(pictureSeal, u.ID, data)); err != nil {
		return u, err
	}
	err := s.c.DB.Write(ctx, func(tx *sqldb.Tx) error { return s.receive(tx, u) })
	u.Done = err == nil
	return u, err
}

func (s *Service) assemble(ctx context.Context, u Upload) ([]byte, error) {
	var whole []byte
	for i, at := range u.parts {
		end := u.Received
		if i+1 < len(u.parts) {
			end = u.parts[i+1]
		}
		sealed, err := s.c.Store.Get(ctx, partName(u.ID, at, end))
		if err != nil {
			return nil, err
		}
		part, err := s.c.Keys.Unseal(partSeal, u.ID, sealed)
		if err != nil {
			return nil, err
		}
		whole = append(whole, part...)
	}
	if int64(len(whole)) != u.Size {
		return nil, fmt.Errorf("an upload of %d bytes has parts of %d", u.Size, len(whole))
	}
	return whole, nil
}

// receive writes the photo, once, has it checked, and lets those before it go. The one
// that was begun last counts: it is what the person chose last.
func (s *Service) receive(tx *sqldb.Tx, u Upload) error {
	fresh, err := done(tx, u)
	if err != nil || !fresh {
		return err
	}
	before, err := s.newest(tx, u.Account)
	if err != nil {
		return err
	}
	if err := insert(tx, u, before.carriedFailures()); err != nil {
		return err
	}
	if err := s.replaced(tx, u.Account); err != nil {
		return err
	}
	if len(u.parts) > 1 { // what came in one piece left none behind
		if err := s.c.Jobs.Enqueue(tx, jobs.New{Kind: KindTidy, Queue: QueueName, Args: about{u.ID}, Priority: jobs.Bulk}); err != nil {
			return err
		}
	}
	if before.ID > u.ID {
		return nil
	}
	if err := s.c.Jobs.Enqueue(tx, jobs.New{Kind: KindCheck, Queue: QueueName, Args: about{u.ID}}); err != nil {
		return err
	}
	return s.changed(tx, u.Account, Checking)
}

// replaced lets go of all but the newest photo of an account.
func (s *Service) replaced(tx *sqldb.Tx, account int64) error {
	older, err := replaceOlder(tx, account)
	if err != nil {
		return err
	}
	for _, id := range older {
		if err := s.c.Jobs.Enqueue(tx, jobs.New{Kind: KindForget, Queue: QueueName, Args: about{id}, Priority: jobs.Bulk}); err != nil {
			return err
		}
	}
	return nil
}

// carriedFailures counts refusals in a row across photos.
func (p Photo) carriedFailures() int {
	if p.State == Refused || p.State == Checking || p.State == Review && p.Why == WhyFailures {
		return p.Failures
	}
	return 0
}
