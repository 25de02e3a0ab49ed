package main

import (
	"context"
	"fmt"
)

type migrateCmd struct{ dataSettings }

// Run brings the schema to this release. The previous release runs on it too.
func (c migrateCmd) Run(ctx context.Context) error {
	db, err := openDatabase(ctx, c.dataSettings, true)
	if err != nil {
		return err
	}
	fmt.Printf("The schema in %s is up to date.\n", db.Engine())
	return db.Close()
}
