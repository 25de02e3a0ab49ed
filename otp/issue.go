package otp

import (
	"slices"
	"strconv"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
	"gelombang/limit"
	"gelombang/notify"
)

// There says which of these challenges exist, whatever became of them since, and the
// blind index of the destination that each is for.
func (s *Service) There(q sqldb.Querier, ids []int64) (map[int64]string, error) { return there(q, ids) }

// order is a request on its way: the challenge it will use and what becomes of it.
type order struct {
	req  Request
	sums []string
	c    challenge
	dest string
	// fresh: the row is to be inserted; replaces: the older one that it takes the
	// place of, inherits: with the guesses used; send: a message goes out.
	fresh    bool
	replaces int64
	inherits bool
	send     bool
	same     *order // an order of this batch that asks for the same thing
	sends    limit.Verdict
	message  notify.Status // the one that goes out
	refused  *fault.Error
}

// Issue sends codes for many requests with a handful of statements and answers in
// their order. A request of the same browser for the same thing gets the open
// challenge again: with the same code while half of its life is left, else a new
// one that inherits the guesses used. Every sending is taken from the
// destination's budgets, whoever asks and whether or not anybody knows the
// address; within ResendAfter of the last one nothing more is sent, as a message
// is under way.
func (s *Service) Issue(tx *sqldb.Tx, rs ...Request) ([]Issued, error) {
	orders, err := s.orders(tx, rs)
	if err != nil {
		return nil, err
	}
	if err := s.budget(tx, orders); err != nil {
		return nil, err
	}
	if err := s.dispatch(tx, orders); err != nil {
		return nil, err
	}
	return s.issued(tx, orders)
}

func (s *Service) orders(tx *sqldb.Tx, rs []Request) ([]*order, error) {
	orders := make([]*order, len(rs))
	var all []string
	for i, r := range rs {
		orders[i] = &order{req: r, dest: r.Destination, sums: s.sums(r.Channel, r.Destination)}
		all = append(all, orders[i].sums...)
	}
	live, err := liveFor(tx, all)
	if err != nil {
		return nil, err
	}
	first := map[lineage]*order{}
	for _, o := range orders {
		l := lineageOf(o.req)
		if same, twice := first[l]; twice && l.browser != "" {
			o.same = same
			continue
		}
		first[l] = o
		s.plan(tx, o, live)
	}
	return orders, nil
}

// plan decides between the challenge that is there and a new one.
func (s *Service) plan(tx *sqldb.Tx, o *order, live map[string][]challenge) {
	now := tx.Now()
	old, found := heldBy(lineageOf(o.req), o.sums, live)
	if !found {
		o.c, o.fresh, o.send = s.fresh(tx, o.req), true, true
		return
	}
	switch {
	case old.state == Exhausted:
		o.refused = old.usedUp()
	case now.Before(old.resendAt(s.policyOf(old))):
		o.c = old
	case old.sameCode(now):
		o.c, o.send = old, true
	default:
		o.c, o.fresh, o.send = s.heir(tx, old, o.req), true, true
		o.replaces, o.inherits = old.id, true
	}
}

// lineage is what makes one request the repetition of another. Only the browser
// that asked may take a challenge up again: another one gets its own.
type lineage struct {
	browser string // hashed; "" repeats nothing
	asker   int64  // who was signed in in that browser
	purpose Purpose
	channel notify.Channel
	textKey string
	dest    string // in a batch; challenges are found by its index
}

func lineageOf(r Request) lineage {
	return lineage{browser: hashBrowser(r.Browser), asker: r.Asker, purpose: r.Purpose, channel: r.Channel, textKey: wordsOf(r), dest: r.Destination}
}

// continues says whether a challenge of the same destination is of this lineage.
func (c challenge) continues(l lineage) bool {
	return l.browser != "" && c.browser == l.browser && c.asker == l.asker && c.purpose == l.purpose && c.channel == l.channel && c.textKey == l.textKey
}

// heldBy finds the newest live challenge of a lineage.
func heldBy(l lineage, sums []string, live map[string][]challenge) (challenge, bool) {
	for _, sum := range sums {
		for _, c := range live[sum] {
			if c.continues(l) {
				return c, true
			}
		}
	}
	return challenge{}, false
}

func wordsOf(r Request) string {
	if r.TextKey != "" {
		return r.TextKey
	}
	return r.Purpose.textKey()
}

func (s *Service) fresh(tx *sqldb.Tx, r Request) challenge {
	r.Known = r.Known && r.Browser != ""
	class := s.classOf(r)
	c := challenge{
		id: r.ID, purpose: r.Purpose, channel: r.Channel, dest: s.index(r.Channel, r.Destination),
		account: r.Account, asker: r.Asker, known: r.Known, class: class.Name, browser: hashBrowser(r.Browser), lang: r.Lang, textKey: wordsOf(r), link: r.Link,
		keyVersion: s.keys.Current(), digits: s.policy.Digits, state: Open, guessesMost: class.Policy.GuessesPerChallenge,
		created: tx.Now(), expires: tx.Now().Add(class.Policy.Life),
	}
	if c.id == 0 {
		c.id = NewID(tx.Now())
	}
	c.sealed = s.keys.SealText(sealPurpose, c.id, r.Destination)
	return c
}

// heir is a new challenge in an older one's place, for the same browser and account.
// It inherits the guesses used (settle), so that asking again is no way to guess more.
func (s *Service) heir(tx *sqldb.Tx, old challenge, r Request) challenge {
	c := s.fresh(tx, r)
	c.account, c.asker, c.browser, c.guessesMost = old.account, old.asker, old.browser, old.guessesMost
	c.known, c.class = old.known || c.known, old.class
	c.expires = c.created.Add(s.policyOf(c).Life)
	return c
}

// budget takes every sending from its destination's hour and day.
func (s *Service) budget(tx *sqldb.Tx, orders []*order) error {
	orders, err := s.unheld(tx, orders)
	if err != nil {
		return err
	}
	var sending []*order
	var uses []limit.Use
	for _, o := range orders {
		if o.send && o.same == nil {
			sending = append(sending, o)
			uses = append(uses, s.policyOf(o.c).sending(o.c))
		}
	}
	verdicts, err := limit.TakeMany(tx, uses)
	if err != nil {
		return err
	}
	for i, o := range sending {
		if o.sends = verdicts[i]; !o.sends.Allowed {
			o.refused = usedUpSends(o.sends)
		}
	}
	return nil
}

func usedUpSends(v limit.Verdict) *fault.Error {
	key := "otp.sends_used_hour"
	if v.Long {
		key = "otp.sends_used_day"
	}
	return fault.LimitedUntil(key, v.Opens, fault.Args{"most": v.Most})
}

// dispatch queues the messages and writes the challenges.
func (s *Service) dispatch(tx *sqldb.Tx, orders []*order) error {
	sending := slices.DeleteFunc(slices.Clone(orders), func(o *order) bool { return !o.send || o.refused != nil || o.same != nil })
	if len(sending) == 0 {
		return nil
	}
	messages := make([]notify.Message, len(sending))
	for i, o := range sending {
		m, err := s.message(o.c, o.dest)
		if err != nil {
			return err
		}
		messages[i] = m
	}
	ids, err := s.notify.Queue(tx, messages...)
	if err != nil {
		return err
	}
	var fresh []challenge
	for i, o := range sending {
		o.c.message, o.c.lastSent, o.c.sends = ids[i], tx.Now(), o.c.sends+1
		o.message = messages[i].Queued(ids[i], tx.Now())
		if err := o.settle(tx); err != nil {
			return err
		}
		if o.fresh {
			fresh = append(fresh, o.c)
		}
	}
	return insert(tx, fresh)
}

// settle writes what becomes of the challenge that was there before. A guess that
// was counted since it was read is inherited too.
func (o *order) settle(tx *sqldb.Tx) error {
	if !o.fresh {
		return setSent(tx, o.c)
	}
	if o.replaces == 0 {
		return nil
	}
	guesses, voided, err := setVoid(tx, o.replaces)
	if err != nil {
		return err
	}
	if !voided { // it was proven or used up since it was read
		return late(tx, o.replaces)
	}
	if o.inherits {
		o.c.guesses = guesses
	}
	return nil
}

func (s *Service) message(c challenge, dest string) (notify.Message, error) {
	m := notify.Message{
		Channel: c.channel, To: dest, Key: c.textKey, Lang: c.lang, Owner: c.account, Fill: c.id, Priority: jobs.Urgent,
		Args: map[string]string{"minutes": strconv.Itoa(int(c.expires.Sub(c.created) / time.Minute))},
	}
	if c.channel != notify.Email {
		return m, nil // an SMS has no room for a link, and people are told never to press one
	}
	path, err := s.linkPath(c, dest)
	m.Link = path
	return m, err
}

// issued answers the requests, each with the challenge as its page shows it. What was
// just written is told from memory: on an opening day nothing is read for the page
// that says "we have written to you".
func (s *Service) issued(tx *sqldb.Tx, orders []*order) ([]Issued, error) {
	views, err := s.written(tx, orders)
	if err != nil {
		return nil, err
	}
	out := make([]Issued, len(orders))
	for i, o := range orders {
		from := o
		if o.same != nil {
			from = o.same
		}
		if from.refused != nil {
			out[i].Refused = from.refused
			continue
		}
		out[i] = Issued{Challenge: from.c.id, Account: from.c.account, Message: from.c.message,
			Reused: o.same != nil || !from.fresh || from.replaces != 0}
		if v, ok := views[from]; ok {
			out[i].View = v
		} else if out[i].View, err = s.Held(tx, from.c.id, o.req.Browser); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// written gives the views of what was sent just now. The guesses of the day are the
// address's, so they are looked up, whether there can be any or not.
func (s *Service) written(tx *sqldb.Tx, orders []*order) (map[*order]View, error) {
	var sent []*order
	var uses []limit.Use
	for _, o := range orders {
		if o.send && o.same == nil && o.refused == nil {
			sent = append(sent, o)
			uses = append(uses, s.policyOf(o.c).guessDay(o.c))
		}
	}
	guesses, err := limit.LookMany(tx, uses)
	if err != nil {
		return nil, err
	}
	views := make(map[*order]View, len(sent))
	for i, o := range sent {
		v := s.viewOf(tx.Now(), o.c, o.dest, o.req.Browser)
		v.limits(o.c, guesses[i], o.sends)
		v.Message = o.message
		views[o] = v
	}
	return views, nil
}
