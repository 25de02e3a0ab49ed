//go:build !soak

package hooks_test

import "gelombang/internal/sqldb"

// enginesOf are the databases on which a provider's shape meets every fault for every
// purpose. What the shapes differ in is on the wire, not in the database: one of them is
// tried on both.
func enginesOf(shape string) []sqldb.Engine {
	if shape == "sim" {
		return []sqldb.Engine{sqldb.SQLite, sqldb.Postgres}
	}
	return []sqldb.Engine{sqldb.SQLite}
}
