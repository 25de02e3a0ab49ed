//go:build !soak

package main

import "time"

// troubleFor is how long a trouble of the database lasts once the first person felt it.
const troubleFor = 3 * time.Second
