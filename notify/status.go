package notify

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
)

// Status gives one message with its events.
func (s *Service) Status(q sqldb.Querier, id int64) (Status, error) {
	list, err := s.list(q, pick{id: id, most: 1})
	if err != nil {
		return Status{}, err
	}
	if len(list) == 0 {
		return Status{}, fault.New(fault.NotFound, "notify.unknown", nil)
	}
	return list[0], nil
}

// OfOwner lists an owner's messages, newest first.
func (s *Service) OfOwner(q sqldb.Querier, owner int64, most int) ([]Status, error) {
	return s.list(q, pick{owner: owner, byOwner: true, most: most})
}

// Newest lists everybody's messages, newest first.
func (s *Service) Newest(q sqldb.Querier, f Filter) ([]Status, error) {
	return s.list(q, pick{channel: f.Channel, state: f.State, before: f.Before, most: f.Most})
}

func (s *Service) list(q sqldb.Querier, p pick) ([]Status, error) {
	p.most = min(cmp.Or(max(p.most, 0), ListMost), ListMost)
	rows, err := selectRows(q, p)
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	events, err := eventsOf(q, rows)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	out := make([]Status, len(rows))
	for i, r := range rows {
		if out[i], err = s.status(r, events[r.id]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Service) status(r row, events []Event) (Status, error) {
	to, err := s.keys.UnsealText(sealTo, r.id, r.to)
	if err != nil {
		return Status{}, err
	}
	return Status{
		ID: r.id, Owner: r.owner, Channel: r.channel, Key: r.key, State: r.state, Reason: r.reason, To: MaskAddress(r.channel, to),
		Provider: r.provider, Created: r.created, Since: r.since, Attempts: r.attempts,
		Events: slices.Concat([]Event{queued(r.channel, r.created)}, events),
	}, nil
}

// queued is the first event of every message: the making of its row. No route was
// chosen then.
func queued(ch Channel, at time.Time) Event {
	return Event{At: at, State: Queued, Route: string(ch)}
}

// Queued is the status of a message that Queue has just written under an id.
func (m Message) Queued(id int64, at time.Time) Status {
	return Status{ID: id, Owner: m.Owner, Channel: m.Channel, Key: m.Key, State: Queued, To: MaskAddress(m.Channel, m.To),
		Created: at, Since: at, Events: []Event{queued(m.Channel, at)}}
}
