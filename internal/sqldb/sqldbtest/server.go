package sqldbtest

import "gelombang/internal/sqldb/temppg"

// Server is a PostgreSQL server in a temporary folder, on a loopback port.
type Server = temppg.Server

// StartPostgres makes a cluster and starts its server.
func StartPostgres() (*Server, error) { return temppg.Start() }
