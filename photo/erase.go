package photo

import (
	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
)

// Erase removes everything about an account's photos and has the pictures deleted. The
// budget of the day stays until its window ends: it carries an id only.
func (s *Service) Erase(tx *sqldb.Tx, account int64) error {
	pictures, err := erase(tx, account)
	if err != nil {
		return err
	}
	for _, id := range pictures {
		if err := s.c.Jobs.Enqueue(tx, jobs.New{Kind: KindForget, Queue: QueueName, Args: about{id}, Priority: jobs.Bulk},
			jobs.New{Kind: KindTidy, Queue: QueueName, Args: about{id}, Priority: jobs.Bulk}); err != nil {
			return err
		}
	}
	return nil
}
