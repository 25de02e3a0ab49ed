// Package registry asks the civil registry (Dukcapil) whether what a person
// stated is what the registry holds.
//
// An Answer is the registry's own verdict or no answer at all. The registry
// mixes both in one envelope, next to its quota and sign-in troubles; here
// nothing but its own closed words about the person counts as a verdict. An
// unknown word, a field that was asked for and is missing, a time-out or a page
// of HTML is NoAnswer: the application stays parked and nobody is told that they
// typed something wrong.
//
// How many questions a second the registry bears is found out while asking (pacer),
// and kept to (gate). The package never retries (the job that asks does), never logs,
// and keeps nothing of a query.
package registry

import (
	"context"
	"log/slog"
	"time"
)

// Query is what to compare. NIK is always asked; of the others, what is empty is not.
type Query struct {
	NIK        string
	KK         string
	Name       string
	BirthPlace string
	BirthDate  string // ISO: 1992-08-15
	Sex        string // "male" or "female"
}

// LogValue keeps the person out of every log.
func (Query) LogValue() slog.Value { return slog.StringValue("[registry query]") }

// Outcome is what became of a query. Closed list.
type Outcome string

const (
	Matched   Outcome = "matched"   // every field asked for is as the registry has it
	Differs   Outcome = "differs"   // Fields are not as the registry has them
	Deceased  Outcome = "deceased"  // the registry holds the person as dead
	Duplicate Outcome = "duplicate" // the registry holds the person twice
	Inactive  Outcome = "inactive"  // the registry's record is switched off
	NotFound  Outcome = "not_found" // the registry has no such NIK
	NoAnswer  Outcome = "no_answer" // nothing was learnt about the person; Cause says why
)

// Field is one thing that was compared. Closed list.
type Field string

const (
	FieldNIK        Field = "nik"
	FieldKK         Field = "kk"
	FieldName       Field = "name"
	FieldBirthPlace Field = "birth_place"
	FieldBirthDate  Field = "birth_date"
	FieldSex        Field = "sex"
)

// Cause is why there was no answer. Closed list.
type Cause string

const (
	CauseTimeout     Cause = "timeout"      // nothing in time
	CauseUnreachable Cause = "unreachable"  // no connection, or it broke
	CauseHTTP        Cause = "http_error"   // a status other than 200
	CauseQuota       Cause = "quota"        // our quota of the day is used up
	CauseLogin       Cause = "login"        // our account is refused or switched off
	CauseIP          Cause = "ip"           // our address is not registered
	CauseRequest     Cause = "request"      // our question is incomplete: a fault of ours
	CauseGarbage     Cause = "garbage"      // an answer that nobody can read a verdict from
	CauseBusy        Cause = "busy"         // too many questions at once, here or there
	CauseCircuitOpen Cause = "circuit_open" // not asked: the registry has just failed several times
)

// Answer is what became of one query.
type Answer struct {
	Outcome    Outcome
	Fields     []Field   // Differs: which, in the order of the constants
	Cause      Cause     // NoAnswer: why
	RetryAfter time.Time // NoAnswer: not before then; zero when the registry gives no hint
	Unasked    bool      // NoAnswer: the question never left, and is to keep its place
}

func noAnswer(cause Cause) Answer { return Answer{Outcome: NoAnswer, Cause: cause} }

// Verify asks the registry once, when its turn has come. It always gives an Answer,
// within the patience and the time-out: what goes wrong on the way is NoAnswer.
func (c *Client) Verify(ctx context.Context, q Query) Answer {
	body, ok := c.body(q)
	if !ok {
		return noAnswer(CauseRequest)
	}
	begun, no := c.gate.enter(ctx)
	if no != "" {
		return c.unasked(no)
	}
	answer := c.ask(ctx, body, q)
	c.gate.leave(begun, answer)
	return answer
}
