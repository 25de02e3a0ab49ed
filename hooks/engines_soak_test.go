//go:build soak

package hooks_test

import "gelombang/internal/sqldb"

// enginesOf are all databases for all shapes.
func enginesOf(string) []sqldb.Engine { return []sqldb.Engine{sqldb.SQLite, sqldb.Postgres} }
