//go:build soak

package sqldb_test

import "time"

const surgeFor = time.Minute
