package notify

import (
	"database/sql"

	"gelombang/internal/sqldb"
)

// markedMost bounds the messages that share a mark: one, but for a rare chance.
const markedMost = 4

// rowsMarked gives the messages of one millisecond, which begins at an id, that are
// told apart by these bits; see tell.
func rowsMarked(q sqldb.Querier, first int64, told uint64) ([]row, error) {
	return sqldb.All(q, func(rows *sql.Rows) (r row, err error) {
		var created int64
		err = rows.Scan(&r.id, &r.channel, &r.to, &created)
		r.created = sqldb.Time(created)
		return r, err
	}, `SELECT id, channel, to_sealed, created_ms FROM message WHERE id >= $1 AND id < $2
		AND (id % 4096 + id / 4096 % 8 * 256) % 2048 = $3 ORDER BY id LIMIT $4`, first, first+1<<idBits, int64(told), markedMost)
}
