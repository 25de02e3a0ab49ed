package notify

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
)

// Queue writes messages and their jobs in the caller's transaction, and gives
// their ids in the same order. That they were queued needs no event of its own:
// it is the row's creation.
func (s *Service) Queue(tx *sqldb.Tx, ms ...Message) ([]int64, error) {
	rows := make([]row, len(ms))
	ids := make([]int64, len(ms))
	news := make([]jobs.New, len(ms))
	for i, m := range ms {
		r, err := s.newRow(tx.NewID(), m)
		if err != nil {
			return nil, err
		}
		rows[i], ids[i] = r, r.id
		news[i] = jobs.New{Kind: KindSend, Queue: QueueName, Args: sendArgs{r.id, r.channel, r.operator}, Priority: r.priority}
	}
	if err := insert(tx, rows); err != nil {
		return nil, fmt.Errorf("queue messages: %w", err)
	}
	return ids, s.jobs.Enqueue(tx, news...)
}

func (s *Service) newRow(id int64, m Message) (row, error) {
	if !slices.Contains(Channels, m.Channel) || m.To == "" || m.Key == "" {
		return row{}, fmt.Errorf("queue message %q: channel %q, an address and a key are needed", m.Key, m.Channel)
	}
	args, err := json.Marshal(sealedArgs{m.Args, m.Link})
	if err != nil {
		return row{}, fmt.Errorf("queue message %q: %w", m.Key, err)
	}
	if m.Priority == 0 {
		m.Priority = jobs.Normal
	}
	return row{
		id: id, channel: m.Channel, operator: Operator(m.Channel, m.To), key: m.Key, lang: m.Lang, owner: m.Owner, fill: m.Fill, priority: m.Priority,
		to: s.keys.SealText(sealTo, id, m.To), args: s.keys.Seal(sealArgs, id, args),
	}, nil
}

// Where sealed values stand.
const (
	sealTo   = "message.to_sealed"
	sealArgs = "message.args_sealed"
)

// sealedArgs is what a message says beside its key. The link is among it: a path may
// carry a secret, as that of a challenge does.
type sealedArgs struct {
	Args map[string]string `json:"args,omitempty"`
	Link string            `json:"link,omitempty"`
}

// open turns a row back into what was queued.
func (s *Service) open(r row) (Message, error) {
	to, err := s.keys.UnsealText(sealTo, r.id, r.to)
	if err != nil {
		return Message{}, err
	}
	plain, err := s.keys.Unseal(sealArgs, r.id, r.args)
	if err != nil {
		return Message{}, err
	}
	var said sealedArgs
	if err := json.Unmarshal(plain, &said); err != nil {
		return Message{}, fmt.Errorf("read args: %w", err)
	}
	return Message{Channel: r.channel, To: to, Key: r.key, Args: said.Args, Lang: r.lang, Owner: r.owner, Fill: r.fill,
		Link: said.Link, Priority: r.priority}, nil
}

// with gives the message's values and those filled in at sending.
func (m Message) with(filled map[string]string, link string) map[string]any {
	out := make(map[string]any, len(m.Args)+len(filled)+1)
	for _, values := range []map[string]string{m.Args, filled} {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			out[name] = values[name]
		}
	}
	if link != "" {
		out["link"] = link
	}
	return out
}
