// Package migrations carries the schema: one ordered list, one text for both
// engines. Files are numbered, forward only and additive first, so that the
// previous release runs on the new schema.
package migrations

import "embed"

// Files are the migrations.
//
//go:embed *.sql
var Files embed.FS
