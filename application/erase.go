package application

import (
	"time"

	"gelombang/internal/sqldb"
)

// Exported is what this package keeps of a person.
type Exported struct {
	Statements Statements      `json:"statements,omitempty"`
	Stated     time.Time       `json:"stated,omitzero"`
	Places     []ExportedPlace `json:"places"`
}

// ExportedPlace is one place, with the receipt that proves it.
type ExportedPlace struct {
	Wave    string    `json:"wave"`
	Stratum string    `json:"stratum"`
	State   State     `json:"state"`
	Reason  string    `json:"reason,omitempty"`
	Joined  time.Time `json:"joined"`
	Settled time.Time `json:"settled,omitzero"`
	Code    string    `json:"code"`
	Receipt string    `json:"receipt"`
}

// Export gives one person's copy.
func (s *Service) Export(q sqldb.Querier, account int64) (Exported, error) {
	var out Exported
	var err error
	if out.Statements, out.Stated, err = statementsOf(q, account); err != nil {
		return Exported{}, err
	}
	places, err := s.Places(q, account)
	for _, p := range places {
		out.Places = append(out.Places, ExportedPlace{Wave: p.Wave.Name, Stratum: p.Stratum, State: p.State, Reason: p.Reason,
			Joined: p.Joined, Settled: p.Settled, Code: p.Code(), Receipt: p.Signed})
	}
	return out, err
}

// Erase forgets a person here. A place that is not settled yet is withdrawn with
// them; one that is settled keeps its line in the published list, which others
// recompute, but its receipt and nonce are gone, so nobody can say whose it was.
// That a NIK and a family card received stays, as blind indexes: erasing an account
// must not be a way to receive twice.
func (s *Service) Erase(tx *sqldb.Tx, account int64) error { return erase(tx, account) }
