package waitroom_test

import (
	"testing"

	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
)

func benchRoom(b *testing.B) node {
	clock := sqldbtest.NewClock()
	n := crowded(b, sqldbtest.Open(b, sqldb.SQLite, clock), clock, 10)
	arrive(n, 10_000)
	beat(b, clock, 200, n)
	b.ReportAllocs()
	return n
}

func BenchmarkStatus(b *testing.B) {
	n := benchRoom(b)
	for b.Loop() {
		n.Status()
	}
}

func BenchmarkLook(b *testing.B) {
	n := benchRoom(b)
	ticket := n.Arrive()
	for b.Loop() {
		n.Look(ticket)
	}
}

func BenchmarkArrive(b *testing.B) {
	n := benchRoom(b)
	for b.Loop() {
		n.Arrive()
	}
}
