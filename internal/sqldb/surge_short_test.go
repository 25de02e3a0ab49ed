//go:build !soak

package sqldb_test

import "time"

const surgeFor = 8 * time.Second
