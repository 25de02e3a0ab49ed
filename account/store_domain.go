package account

import (
	"fmt"
	"time"

	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
)

// findDomain gives what was found out about a domain, a zero one when nothing was.
func findDomain(q sqldb.Querier, index string) (mailDomain, error) {
	var takes int
	var looked int64
	err := q.QueryRow(`SELECT takes_mail, looked_ms FROM mail_domain WHERE domain_index = $1`, index).Scan(&takes, &looked)
	if sqldb.NoRows(err) {
		return mailDomain{}, nil
	}
	if err != nil {
		return mailDomain{}, fmt.Errorf("read domain: %w", err)
	}
	return mailDomain{takes: takes == 1, looked: sqldb.Time(looked)}, nil
}

func setDomain(tx *sqldb.Tx, ix seal.Index, d mailDomain) error {
	takes := 0
	if d.takes {
		takes = 1
	}
	_, err := tx.Exec(`INSERT INTO mail_domain (domain_index, domain_version, takes_mail, looked_ms) VALUES ($1, $2, $3, $4)
		ON CONFLICT (domain_index) DO UPDATE SET takes_mail = excluded.takes_mail, looked_ms = excluded.looked_ms`,
		ix.Sum, int64(ix.Version), takes, sqldb.Millis(d.looked))
	if err != nil {
		return fmt.Errorf("write domain: %w", err)
	}
	return nil
}

func pruneDomains(tx *sqldb.Tx, before time.Time, most int) (int64, error) {
	n, err := tx.Exec(`DELETE FROM mail_domain WHERE domain_index IN
		(SELECT domain_index FROM mail_domain WHERE looked_ms < $1 ORDER BY looked_ms LIMIT $2)`, sqldb.Millis(before), most)
	if err != nil {
		return 0, fmt.Errorf("prune domains: %w", err)
	}
	return n, nil
}
