//go:build soak

package main

// kills is how often the server is killed under load.
const kills = 20
