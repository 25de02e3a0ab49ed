package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
)

// stmtMost bounds the prepared statements of a connection; past it all are dropped.
const stmtMost = 400

// prepared is a connection to SQLite with the statements that it has met: reading a
// statement takes longer than most of ours take to run.
type prepared struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

func newPrepared(conn *sql.Conn) *prepared {
	return &prepared{conn: conn, stmts: map[string]*sql.Stmt{}}
}

func (p *prepared) stmt(query string) (*sql.Stmt, error) {
	if s, ok := p.stmts[query]; ok {
		return s, nil
	}
	if len(p.stmts) >= stmtMost {
		p.drop()
	}
	s, err := p.conn.PrepareContext(context.Background(), positional(query))
	if err != nil {
		return nil, err
	}
	p.stmts[query] = s
	return s, nil
}

// drop closes all statements.
func (p *prepared) drop() {
	for q, s := range p.stmts {
		_ = s.Close()
		delete(p.stmts, q)
	}
}

// discard closes a connection that can't be trusted any more.
func (p *prepared) discard() {
	p.drop()
	_ = p.conn.Raw(func(any) error { return driver.ErrBadConn }) // closes it; Close would give it back
}

// close gives the connection back.
func (p *prepared) close() error {
	p.drop()
	return p.conn.Close()
}

// do runs a statement that begins or ends something, whoever goes away meanwhile.
func (p *prepared) do(statement string) error {
	_, err := p.under(context.Background()).exec(statement, nil)
	return err
}

// under runs statements of a transaction that ends with ctx.
func (p *prepared) under(ctx context.Context) runner { return preparedRunner{ctx, p} }

type preparedRunner struct {
	ctx context.Context
	*prepared
}

func (r preparedRunner) exec(q string, args []any) (sql.Result, error) {
	s, err := r.stmt(q)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(r.ctx, args...)
}

func (r preparedRunner) query(q string, args []any) (*sql.Rows, error) {
	s, err := r.stmt(q)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(r.ctx, args...)
}

func (r preparedRunner) queryRow(q string, args []any) *sql.Row {
	s, err := r.stmt(q)
	if err != nil {
		return r.conn.QueryRowContext(r.ctx, q, args...) // carries the same error to Scan
	}
	return s.QueryRowContext(r.ctx, args...)
}
