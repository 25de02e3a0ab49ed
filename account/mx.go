package account

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/notify"
)

// Resolver asks the domain name system. A net.Resolver is one; with StrictErrors it never
// takes the silence of a server for an answer.
type Resolver interface {
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Mail is what is asked about where e-mail goes. A request never waits for it: the form
// goes by what was found out before, and a job finds out the rest and ends the message.
type Mail struct {
	Resolver Resolver // nil: nothing is looked up
	// To gives the address of a message, and Fail ends one (wire: notify's To and Fail).
	To   func(q sqldb.Querier, message int64) (string, error)
	Fail func(tx *sqldb.Tx, message int64, reason notify.Reason) error
}

// domains are remembered by their blind index, so that the table need not hold a name.
type domains struct {
	mu    sync.Mutex
	known map[string]mailDomain
	rests time.Time // until when the resolver is not asked, as it did not answer
}

func (d *domains) get(index string) (mailDomain, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	found, ok := d.known[index]
	return found, ok
}

func (d *domains) put(index string, found mailDomain) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known == nil || len(d.known) >= domainsMost {
		d.known = map[string]mailDomain{} // the table has them all
	}
	d.known[index] = found
}

func (d *domains) resting(now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return now.Before(d.rests)
}

func (d *domains) rest(until time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rests = until
}

// domainOf is the domain of an e-mail, "" of anything else.
func domainOf(a Address) string {
	if a.Channel != notify.Email {
		return ""
	}
	return a.Value[strings.LastIndexByte(a.Value, '@')+1:]
}

// everyday are the domains that nearly everybody has their mail at: they are there, and
// on an opening day nothing is looked up for them.
func everyday(name string) bool { return slices.Contains(popular, name) || slices.Contains(real, name) }

const domainKind = "mail_domain"

func (s *Service) domainIndex(name string) string { return s.keys.Index(domainKind, name).Sum }

// Doubts are what is known of an address beyond its spelling: its mailbox is made to be
// thrown away, or mail for its domain went nowhere a short while ago. The first may be
// refused by the programme; the second is for its owner to judge.
func (s *Service) Doubts(ctx context.Context, a Address) []fault.Field {
	name := domainOf(a)
	if name == "" {
		return nil
	}
	found := s.disposable.doubts(name)
	if s.barren(ctx, name) {
		found = append(found, doubt("account.address.no_domain", fault.Args{"domain": name})...)
	}
	return found
}

// barren says whether a domain is known to take no mail. When that cannot be read it is
// not known: whoever cannot be registered either is told by the registration.
func (s *Service) barren(ctx context.Context, name string) bool {
	if s.mail.Resolver == nil || everyday(name) {
		return false
	}
	found, err := s.domainNow(ctx, s.domainIndex(name))
	return err == nil && found.told(s.db.Now()) && !found.takes
}

// domainNow is what is known of a domain; a zero one when nothing is.
func (s *Service) domainNow(ctx context.Context, index string) (found mailDomain, err error) {
	if found, ok := s.domains.get(index); ok && found.final(s.db.Now()) {
		return found, nil
	}
	err = s.db.Read(ctx, func(rx *sqldb.Rx) (err error) {
		found, err = findDomain(rx, index)
		return err
	})
	if err == nil && !found.looked.IsZero() {
		s.domains.put(index, found)
	}
	return found, err
}

// errUnanswered is a resolver's failure, which says nothing about any domain.
var errUnanswered = errors.New("account: the resolver does not answer")

// lookUp finds out whether mail can be sent to a domain.
func (s *Service) lookUp(ctx context.Context, name string) (takes bool, err error) {
	index := s.domainIndex(name)
	found, err := s.domainNow(ctx, index)
	if err != nil || found.final(s.db.Now()) {
		return found.takes, err
	}
	if s.domains.resting(s.db.Now()) {
		return false, errUnanswered
	}
	takes, err = takesMail(ctx, s.mail.Resolver, name)
	if err != nil {
		s.domains.rest(s.db.Now().Add(lookUpAgain))
		return false, errors.Join(errUnanswered, ctx.Err()) // its own words would name the domain
	}
	found = mailDomain{takes: takes, looked: s.db.Now()}
	s.domains.put(index, found)
	return takes, s.db.Write(ctx, func(tx *sqldb.Tx) error { return setDomain(tx, s.keys.Index(domainKind, name), found) })
}

// takesMail asks for a domain's mail servers, and where there are none for its address,
// which is one then (RFC 5321, section 5.1). A null MX says that there is no mail at all
// (RFC 7505).
func takesMail(ctx context.Context, r Resolver, name string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, lookUpMost)
	defer cancel()
	name += "." // a name of the whole net, not one of the network that we stand in
	servers, err := r.LookupMX(ctx, name)
	if len(servers) > 0 {
		return !slices.ContainsFunc(servers, func(mx *net.MX) bool { return mx.Host == "." }), nil
	}
	if err != nil && !absent(err) {
		return false, err
	}
	at, err := r.LookupNetIP(ctx, "ip", name)
	if err != nil && !absent(err) {
		return false, err
	}
	return len(at) > 0, nil
}

// absent says that the domain name system has answered, and has nothing.
func absent(err error) bool {
	var of *net.DNSError
	return errors.As(err, &of) && of.IsNotFound && !of.IsTimeout && !of.IsTemporary
}
