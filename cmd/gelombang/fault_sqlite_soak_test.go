//go:build soak

package main

import (
	"database/sql"
	"path/filepath"
	"testing"
)

func TestALockHeldByAnotherProgramLosesNothingAndIsNobodysMistake(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "gelombang.db")
	var other *sql.DB
	befall(t, trouble{dsn: "sqlite:" + path,
		begin: func(*process) {
			var err error
			if other, err = sql.Open("sqlite", path+"?_pragma=busy_timeout(5000)"); err != nil {
				t.Fatal(err)
			}
			other.SetMaxOpenConns(1)
			if _, err := other.Exec("BEGIN EXCLUSIVE"); err != nil {
				t.Fatal(err)
			}
		},
		end: func(*process) {
			if err := other.Close(); err != nil {
				t.Fatal(err)
			}
		}})
}
