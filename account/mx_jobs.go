package account

import (
	"context"
	"errors"
	"log/slog"

	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
	"gelombang/notify"
)

// DomainQueue is the queue of the look-ups, which wait for the net, and KindDomain finds
// out whether a message can arrive where it goes.
const (
	DomainQueue = "account_domain"
	KindDomain  = "account.domain"
)

type domainArgs struct {
	Message int64 `json:"message"`
}

// lookUpLater has the domains looked up that somebody's message goes to, and of which
// nothing is known in memory.
func (s *Service) lookUpLater(tx *sqldb.Tx, address []Address, message []int64) error {
	if s.mail.Resolver == nil {
		return nil
	}
	var news []jobs.New
	for i, a := range address {
		if name := domainOf(a); message[i] != 0 && name != "" && !s.takesMailNow(tx, name) {
			news = append(news, jobs.New{Kind: KindDomain, Queue: DomainQueue, Args: domainArgs{message[i]}, Priority: jobs.Urgent})
		}
	}
	return s.jobs.Enqueue(tx, news...)
}

func (s *Service) takesMailNow(tx *sqldb.Tx, name string) bool {
	if everyday(name) {
		return true
	}
	found, ok := s.domains.get(s.domainIndex(name))
	return ok && found.takes && found.told(tx.Now())
}

// Resend sends a code again and has its domain looked up again: whoever presses the
// button believes that the address is right. Where we end between the two, the mail's
// own way back tells.
func (s *Service) Resend(ctx context.Context, challenge int64, browser string) (int64, error) {
	next, err := s.codes.Resend(ctx, challenge, browser)
	if err != nil || s.mail.Resolver == nil {
		return next, err
	}
	return next, s.db.Write(ctx, func(tx *sqldb.Tx) error {
		v, err := s.codes.View(tx, next, browser)
		if err != nil || v.Message.ID == 0 || v.Channel != notify.Email {
			return err
		}
		to, err := s.mail.To(tx, v.Message.ID)
		if err != nil {
			return err
		}
		return s.lookUpLater(tx, []Address{{Channel: v.Channel, Value: to}}, []int64{v.Message.ID})
	})
}

// followDomain ends a message that goes nowhere, so that its page says so at once and
// the sending is given back. While the resolver does not answer, nothing is known.
func (s *Service) followDomain(ctx context.Context, j jobs.Job) error {
	var args domainArgs
	if err := j.Decode(&args); err != nil {
		return err
	}
	to, err := s.recipient(ctx, args.Message)
	if err != nil || to == "" || s.mail.Resolver == nil {
		return err
	}
	takes, err := s.lookUp(ctx, domainOf(Address{Channel: notify.Email, Value: to}))
	switch {
	case errors.Is(err, errUnanswered):
		if s.db.Now().Sub(j.Created) < lookUpFor {
			return jobs.Later(s.db.Now().Add(lookUpAgain), err.Error())
		}
		slog.WarnContext(ctx, "account.domain_unanswered", "message", args.Message)
		return nil
	case err != nil || takes:
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error { return s.mail.Fail(tx, args.Message, notify.NoSuchDomain) })
}

// recipient is "" when the message is gone.
func (s *Service) recipient(ctx context.Context, message int64) (to string, err error) {
	err = s.db.Read(ctx, func(rx *sqldb.Rx) (err error) {
		to, err = s.mail.To(rx, message)
		return err
	})
	if sqldb.NoRows(err) {
		return "", nil
	}
	return to, err
}
