// Package fault says whose turn it is when something did not work.
//
// Every error that can reach a person carries a Kind, and the Kind is a closed
// list: whoever handles the error knows what to do without reading its text. A
// message key from the catalog tells the person; the wrapped error tells the
// engineer. An error without a Kind is Internal: a fault of ours, never the
// applicant's.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind tells the caller what to do with an error.
type Kind string

const (
	// Invalid: the person's input broke a rule; Fields says where and why.
	Invalid Kind = "invalid"
	// Refused: the registry or a rule of the programme says no; the key carries the reason and the next step.
	Refused Kind = "refused"
	// Limited: too many tries; Until says when it opens again and the key says why.
	Limited Kind = "limited"
	// Unavailable: we, or a system behind us, cannot serve now; nothing is lost and Until, when known, says when to come back.
	Unavailable Kind = "unavailable"
	// NotFound: there is no such thing, or it is not this person's.
	NotFound Kind = "not_found"
	// Forbidden: there is such a thing, and this person may not.
	Forbidden Kind = "forbidden"
	// Internal: a fault of ours that retrying is not known to mend.
	Internal Kind = "internal"
)

// Kinds is the closed list, in the order of the constants.
var Kinds = []Kind{Invalid, Refused, Limited, Unavailable, NotFound, Forbidden, Internal}

// Args are the values that a catalog text names in braces. They are shown to
// the person, so they never carry anything the person did not type or may not know.
type Args map[string]any

// Field is one input that broke a rule.
type Field struct {
	Name string // the form field, as the page names it
	Key  string // catalog key of the sentence that says what to mend
	Args Args
	Soft bool // a doubt, not an error: sending the same value again passes
}

// Error is an error with a Kind. The zero value is not useful; use the constructors.
type Error struct {
	Kind   Kind
	Key    string // catalog key; empty when Fields say it all
	Args   Args
	Fields []Field
	Until  time.Time // Limited and Unavailable: when to come back; zero when unknown
	Err    error     // the cause, for the log; nil when there is none
}

func (e *Error) Error() string {
	s := string(e.Kind)
	if e.Key != "" {
		s += " " + e.Key
	}
	for _, f := range e.Fields {
		s += fmt.Sprintf(" %s:%s", f.Name, f.Key)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// New makes an error of a kind with a catalog key.
func New(kind Kind, key string, args Args) *Error {
	return &Error{Kind: kind, Key: key, Args: args}
}

// Wrap gives a cause a kind and a key. A nil cause gives nil.
func Wrap(err error, kind Kind, key string) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: kind, Key: key, Err: err}
}

// InvalidFields makes an Invalid error out of field errors, or nil when there are none.
func InvalidFields(fields []Field) error {
	if len(fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Fields: fields}
}

// LimitedUntil makes a Limited error that opens at until.
func LimitedUntil(key string, until time.Time, args Args) *Error {
	return &Error{Kind: Limited, Key: key, Until: until, Args: args}
}

// Of gives the kind of err: Internal when it carries none, and "" when err is nil.
func Of(err error) Kind {
	if err == nil {
		return ""
	}
	if e, ok := As(err); ok {
		return e.Kind
	}
	return Internal
}

// As finds the Error inside err.
func As(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// Is says whether err carries this kind.
func Is(err error, kind Kind) bool { return err != nil && Of(err) == kind }
