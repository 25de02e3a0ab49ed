package main

import (
	"gelombang/announce"
	"gelombang/internal/jobs"
	"gelombang/internal/locale"
	"gelombang/internal/sqldb"
	"gelombang/notify"
)

// news is something that an account's owner hears of on their proven contacts.
type news struct {
	account  int64
	key      string // with .subject and .text for a mail, .sms for an SMS
	args     map[string]any
	link     string
	sms      bool // by SMS too
	priority jobs.Priority
}

// tell queues a message about one person's own affairs.
func (h *house) tell(tx *sqldb.Tx, id int64, key string, args map[string]any) error {
	return h.queueNews(tx, news{account: id, key: key, args: args, link: "/me", sms: true})
}

// tellWords is tell for values that are words already.
func (h *house) tellWords(tx *sqldb.Tx, id int64, key string, args map[string]string) error {
	values := make(map[string]any, len(args))
	for name, v := range args {
		values[name] = v
	}
	return h.tell(tx, id, key, values)
}

// tellAll queues a page of announcements.
func (h *house) tellAll(tx *sqldb.Tx, notices []announce.Notice) error {
	all := make([]news, len(notices))
	for i, n := range notices {
		all[i] = news{account: n.Account, key: n.Key, args: n.Args, link: n.Link, sms: n.SMS, priority: jobs.Bulk}
	}
	return h.queueNews(tx, all...)
}

func (h *house) queueNews(tx *sqldb.Tx, all ...news) error {
	var messages []notify.Message
	for _, n := range all {
		ms, err := h.messages(tx, n)
		if err != nil {
			return err
		}
		messages = append(messages, ms...)
	}
	_, err := h.notify.Queue(tx, messages...)
	return err
}

// messages writes news to every proven contact for which it has words, in the
// person's language. Whoever has a phone alone always hears by SMS.
func (h *house) messages(q sqldb.Querier, n news) ([]notify.Message, error) {
	a, err := h.account.Get(q, n.account)
	if err != nil {
		return nil, err
	}
	contacts, err := h.account.Contacts(q, n.account)
	if err != nil {
		return nil, err
	}
	words := make(map[string]string, len(n.args))
	for name, v := range n.args {
		words[name] = h.texts.Format(locale.Lang(a.Lang), v)
	}
	var out []notify.Message
	for _, c := range contacts {
		spared := c.Channel == notify.SMS && !n.sms && a.EmailProven
		if spared || !h.texts.Has(n.key+variant[c.Channel]) {
			continue
		}
		out = append(out, notify.Message{Channel: c.Channel, To: c.Value, Key: n.key, Args: words, Lang: a.Lang, Owner: n.account,
			Link: n.link, Priority: n.priority})
	}
	return out, nil
}

// variant is where a channel's words stand below a text key.
var variant = map[notify.Channel]string{notify.Email: ".text", notify.SMS: ".sms"}
