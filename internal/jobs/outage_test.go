package jobs_test

import (
	"context"
	"testing"

	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/migrations"
)

func TestAnOutcomeWaitsForADatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	server, err := sqldbtest.StartPostgres()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	db, err := sqldb.Open(t.Context(), sqldb.Config{DSN: server.DSN, Now: sqldbtest.NewClock().Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context(), migrations.Files); err != nil {
		t.Fatal(err)
	}
	q := jobs.NewQueue(db)
	w := jobs.NewWorker(q, jobs.Config{Slots: map[string]int{"q": 1}})
	begun, sent := make(chan int, 9), make(chan struct{})
	w.Handle("k", func(_ context.Context, j jobs.Job) error {
		begun <- j.Attempts
		<-sent
		return nil
	})
	enqueue(t, db, q, job(1))
	run(t, w)
	receive(t, "the job", begun)
	if err := server.Crash(); err != nil {
		t.Fatal(err)
	}
	close(sent) // the mail is out, and nobody is there to note it
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the outcome", func() bool {
		h, err := q.Health(t.Context())
		return err == nil && len(h) == 0 // done, although no lease ran out
	})
	if n := len(begun); n != 0 {
		t.Errorf("the job ran %d times more", n)
	}
}
