// Package gelombang holds what the binary carries inside: the programme it runs
// when no other is named.
package gelombang

import _ "embed"

// DefaultProgramme is the text of programme.yaml.
//
//go:embed programme.yaml
var DefaultProgramme []byte
