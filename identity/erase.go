package identity

import "gelombang/internal/sqldb"

// Erase removes everything that an account stated and what became of it, and
// frees its NIK for whoever is matched with it next. What a person may take along
// before is Record and History. The budget of corrections stays until its window
// ends: it carries an id only, and erasing must not be a way to new tries.
func (s *Service) Erase(tx *sqldb.Tx, account int64) error {
	r, err := s.lock(tx, account)
	if err != nil {
		return err
	}
	if r.form.NIK != "" {
		if err := unclaim(tx, account, s.indexes(NIK(r.form.NIK))); err != nil {
			return err
		}
	}
	return erase(tx, account)
}
