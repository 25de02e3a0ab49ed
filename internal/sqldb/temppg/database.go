package temppg

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the "pgx" driver
)

// Create makes an empty database in a server and gives its DSN. The name is ours, not
// a person's: it is not quoted.
func Create(ctx context.Context, server, name string) (dsn string, err error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", fmt.Errorf("address of the server: %w", err)
	}
	if err := do(ctx, server, "CREATE DATABASE "+name); err != nil {
		return "", fmt.Errorf("create a temporary database: %w", err)
	}
	u.Path = "/" + name
	return u.String(), nil
}

// Drop takes a database away, and whoever is connected to it.
func Drop(ctx context.Context, server, name string) error {
	return do(ctx, server, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
}

func do(ctx context.Context, server, statement string) error {
	pool, err := sql.Open("pgx", server)
	if err != nil {
		return err
	}
	defer func() { _ = pool.Close() }()
	_, err = pool.ExecContext(ctx, statement)
	return err
}
