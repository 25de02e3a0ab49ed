package wave

import (
	"context"
	"fmt"
	"time"

	"gelombang/internal/sqldb"
)

// Plan adds the waves that do not exist yet. Those that do are left as they are:
// what was announced does not move because a file was edited.
func (s *Service) Plan(ctx context.Context, plans []Plan) error {
	err := s.c.DB.Write(ctx, func(tx *sqldb.Tx) error {
		for _, p := range plans {
			w := planned(p)
			w.ID = tx.NewID()
			added, err := insert(tx, w)
			if err != nil {
				return err
			}
			if added {
				if err := s.c.Jobs.Enqueue(tx, openJob(w)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("plan waves: %w", err)
	}
	return nil
}

func planned(p Plan) Wave {
	freezeBy := p.Closes.Add(p.Settle)
	p.Delay = p.Delay.Truncate(time.Second) // the published header has whole seconds
	return Wave{
		Name: p.Name, Title: p.Title, State: Scheduled, Opens: p.Opens, Closes: p.Closes,
		SettledBy: settledBy(p.Closes, freezeBy), FreezeBy: freezeBy, Announce: p.Announce, Terms: p.Terms,
	}
}
