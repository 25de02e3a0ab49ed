package account

import (
	"time"

	"gelombang/internal/sqldb"
	"gelombang/notify"
	"gelombang/otp"
)

// Exported is what this package keeps of a person.
type Exported struct {
	Account        int64       `json:"account"`
	State          string      `json:"state"`
	Lang           string      `json:"language"`
	Email          string      `json:"email,omitempty"`
	EmailProven    time.Time   `json:"email_proven,omitzero"`
	Phone          string      `json:"phone,omitempty"`
	PhoneProven    time.Time   `json:"phone_proven,omitzero"`
	ConsentVersion string      `json:"consent_version"`
	Consent        time.Time   `json:"consent_given"`
	Created        time.Time   `json:"created"`
	HasPassword    bool        `json:"has_password"`
	Passkeys       []Passkey   `json:"passkeys,omitempty"`
	Browsers       []time.Time `json:"browsers_last_seen"`
	History        []Exporting `json:"history"`
}

// Exporting is one line of the history.
type Exporting struct {
	At   time.Time `json:"at"`
	What string    `json:"what"`
}

// exportMost bounds the history of an export: years of daily sign-ins.
const exportMost = 5000

// Export gives one person's copy.
func (s *Service) Export(q sqldb.Querier, id int64) (Exported, error) {
	r, err := get(q, id)
	if err != nil {
		return Exported{}, err
	}
	out := Exported{Account: id, State: r.state, Lang: r.lang, EmailProven: r.email.proven, PhoneProven: r.phone.proven,
		ConsentVersion: r.consentVersion, Consent: r.consent, Created: r.created, HasPassword: r.hasPassword}
	if out.Email, out.Phone, err = s.contacts(r); err != nil {
		return Exported{}, err
	}
	if out.Passkeys, err = s.Passkeys(q, id); err != nil {
		return Exported{}, err
	}
	if out.Browsers, err = browsersSeen(q, id); err != nil {
		return Exported{}, err
	}
	history, err := s.History(q, id, exportMost)
	for _, h := range history {
		out.History = append(out.History, Exporting{At: h.At, What: h.Key})
	}
	return out, err
}

// Erase forgets a person here and frees the addresses. Sessions are the caller's to end.
func (s *Service) Erase(tx *sqldb.Tx, id int64) error {
	r, err := get(tx, id)
	if err != nil {
		return err
	}
	email, phone, err := s.contacts(r)
	if err != nil {
		return err
	}
	var sentTo []otp.Destination
	for _, a := range []Address{{notify.Email, email}, {notify.SMS, phone}} {
		if a.Value == "" {
			continue
		}
		if err := freeClaims(tx, a.Channel, s.indexes(a), id); err != nil {
			return err
		}
		if !r.contact(a.Channel).proven.IsZero() { // codes to an address not proven may be another's
			sentTo = append(sentTo, otp.Destination{Channel: a.Channel, Value: a.Value})
		}
	}
	formers, err := s.formers(tx, id)
	if err != nil {
		return err
	}
	for _, a := range formers {
		if err := freeClaims(tx, a.Channel, s.indexes(a), id); err != nil {
			return err
		}
		sentTo = append(sentTo, otp.Destination{Channel: a.Channel, Value: a.Value})
	}
	if err := s.codes.Erase(tx, id, sentTo...); err != nil {
		return err
	}
	return eraseRows(tx, id)
}
