package jobs_test

import (
	"context"
	"sync/atomic"
	"testing"

	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
)

// BenchmarkJobs claims and finishes jobs that wait already, with nothing to do in
// between: what is left is the outbox's own cost, each commit durable.
func BenchmarkJobs(b *testing.B) {
	for _, engine := range []sqldb.Engine{sqldb.SQLite, sqldb.Postgres} {
		b.Run(string(engine), func(b *testing.B) {
			db := sqldbtest.Open(b, engine, sqldbtest.NewClock())
			q := jobs.NewQueue(db)
			for left := b.N; left > 0; left -= enqueueMost {
				news := make([]jobs.New, min(left, enqueueMost))
				for i := range news {
					news[i] = job(i)
				}
				if err := db.Write(b.Context(), func(tx *sqldb.Tx) error { return q.Enqueue(tx, news...) }); err != nil {
					b.Fatal(err)
				}
			}
			w := jobs.NewWorker(q, jobs.Config{Slots: map[string]int{"q": 32}})
			ctx, stop := context.WithCancel(b.Context())
			defer stop()
			var done atomic.Int64
			w.Handle("k", func(context.Context, jobs.Job) error {
				if done.Add(1) == int64(b.N) {
					stop()
				}
				return nil
			})
			b.ResetTimer()
			w.Run(ctx)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
		})
	}
}

// enqueueMost is the number of jobs that the benchmark enqueues in one transaction.
const enqueueMost = 5000
