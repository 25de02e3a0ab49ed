// Package audit keeps who did what to which subject, when, and why.
//
// Entries are only ever added. They carry ids, closed words and the reason that
// an official gave; what an id points at may be erased later without touching
// them. An entry is written in the transaction of the deed: a deed without its
// entry, or an entry without its deed, cannot be.
//
// The citizen reads the entries about their own account.
package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"gelombang/internal/sqldb"
)

// Actor is who did it.
type Actor struct {
	Kind string // one of ActorKinds
	ID   int64
}

// System is the actor of what jobs and clocks do.
var System = Actor{Kind: "system"}

// Staff is an official as an actor.
func Staff(id int64) Actor { return Actor{Kind: "staff", ID: id} }

// Citizen is an account as an actor.
func Citizen(account int64) Actor { return Actor{Kind: "citizen", ID: account} }

// Entry is one deed.
type Entry struct {
	ID          int64
	At          time.Time
	Actor       Actor
	Action      string // one of Actions
	SubjectKind string // one of SubjectKinds; "" when the deed has no subject, as a search
	SubjectID   int64
	Reason      string // the official's words or a closed word; never personal data
}

// Write adds an entry in the transaction of the deed. ID and At are filled in.
func Write(tx *sqldb.Tx, e Entry) error {
	if err := check(e); err != nil {
		return err
	}
	e.ID, e.At = tx.NewID(), tx.Now()
	e.Reason = cut(e.Reason)
	return insert(tx, e)
}

// OfSubject lists the entries about one subject, newest first.
func OfSubject(q sqldb.Querier, kind string, id int64, most int) ([]Entry, error) {
	return ofSubject(q, kind, id, most)
}

// Newest lists the latest entries.
func Newest(q sqldb.Querier, most int) ([]Entry, error) { return newest(q, most) }

func check(e Entry) error {
	switch {
	case !slices.Contains(ActorKinds, e.Actor.Kind):
		return fmt.Errorf("audit: no actor kind %q", e.Actor.Kind)
	case !slices.Contains(Actions, e.Action):
		return fmt.Errorf("audit: no action %q", e.Action)
	case !slices.Contains(SubjectKinds, e.SubjectKind):
		return fmt.Errorf("audit: no subject kind %q", e.SubjectKind)
	}
	return nil
}

// cut bounds a reason; officials' forms refuse longer ones before.
func cut(reason string) string {
	reason = strings.TrimSpace(strings.ToValidUTF8(reason, ""))
	if utf8.RuneCountInString(reason) <= ReasonMost {
		return reason
	}
	return string([]rune(reason)[:ReasonMost])
}
