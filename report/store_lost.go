package report

import (
	"database/sql"
	"slices"

	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
)

// accountsClaimed says for each index that is claimed whether the claim's account is there.
func accountsClaimed(q sqldb.Querier, indexes []seal.Index) (map[seal.Index]bool, error) {
	versions, sums, args := split(indexes)
	return present(q, `SELECT c.key_version, c.sum, a.id IS NOT NULL FROM email_claim c LEFT JOIN account a ON a.id = c.account
		WHERE c.key_version IN (`+versions+`) AND c.sum IN (`+sums+`)`, args)
}

// messagesOfChallenges says for each index that has a challenge whether one of its
// challenges has its message.
func messagesOfChallenges(q sqldb.Querier, indexes []seal.Index) (map[seal.Index]bool, error) {
	versions, sums, args := split(indexes)
	return present(q, `SELECT c.dest_version, c.dest_index, m.id IS NOT NULL FROM challenge c LEFT JOIN message m ON m.id = c.message
		WHERE c.dest_version IN (`+versions+`) AND c.dest_index IN (`+sums+`)`, args)
}

func split(indexes []seal.Index) (versions, sums string, args []any) {
	for _, ix := range indexes {
		if !slices.Contains(args, any(ix.Version)) {
			args = append(args, ix.Version)
		}
	}
	n := len(args)
	for _, ix := range indexes {
		args = append(args, ix.Sum)
	}
	return sqldb.List(n, 1), sqldb.List(len(indexes), n+1), args
}

func present(q sqldb.Querier, query string, args []any) (map[seal.Index]bool, error) {
	found := map[seal.Index]bool{}
	_, err := sqldb.All(q, func(rows *sql.Rows) (none struct{}, err error) {
		var ix seal.Index
		var there bool
		err = rows.Scan(&ix.Version, &ix.Sum, &there)
		found[ix] = found[ix] || there
		return none, err
	}, query, args...)
	return found, err
}
