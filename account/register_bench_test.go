package account_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"gelombang/account"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/notify"
)

// BenchmarkRegister is the surge: every registration is durable when it is
// answered, with its claim, account, challenge, message and job.
func BenchmarkRegister(b *testing.B) {
	for _, engine := range []sqldb.Engine{sqldb.SQLite, sqldb.Postgres} {
		b.Run(string(engine), func(b *testing.B) {
			clock := sqldbtest.NewClock()
			w := newWorld(b, sqldbtest.Open(b, engine, clock), clock)
			var serial atomic.Int64
			b.SetParallelism(256)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					n := serial.Add(1)
					a := account.Address{Channel: notify.Email, Value: fmt.Sprintf("p%d@example.com", n)}
					if _, err := w.accounts.Register(context.Background(), form(a, fmt.Sprint(n), fmt.Sprint(n))); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "registrations/s")
		})
	}
}
