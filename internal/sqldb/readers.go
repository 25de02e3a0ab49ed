package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

var errClosed = errors.New("database is closed")

// readers are SQLite's connections that only read. Each stays with its statements; one
// that failed is replaced.
type readers struct {
	pool   *sql.DB
	free   chan *prepared // nil: not opened yet
	closed chan struct{}
}

func newReaders(dsn string, n int) (*readers, error) {
	pool, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("open readers: %w", err)
	}
	r := &readers{pool: pool, free: make(chan *prepared, n), closed: make(chan struct{})}
	for range n {
		r.free <- nil
	}
	return r, nil
}

// read runs fn on one snapshot, which ends with ctx whatever fn does.
func (r *readers) read(ctx context.Context, fn func(runner) error) error {
	p, err := r.take(ctx)
	if err != nil {
		return unavailable(fmt.Errorf("begin reading: %w", err))
	}
	rollback, err := p.stmt("ROLLBACK") // looked up beforehand: the late one runs beside fn
	if err == nil {
		err = p.do("BEGIN")
	}
	if err != nil {
		r.put(p, err)
		return unavailable(fmt.Errorf("begin reading: %w", err))
	}
	ended := make(chan error, 1)
	end := func() {
		_, err := rollback.Exec()
		ended <- err
	}
	inTime := context.AfterFunc(ctx, end)
	defer func() {
		if inTime() {
			end()
		}
		r.put(p, <-ended)
	}()
	return fn(p.under(ctx))
}

func (r *readers) take(ctx context.Context) (*prepared, error) {
	select {
	case p := <-r.free:
		if p != nil {
			return p, nil
		}
		conn, err := r.pool.Conn(ctx)
		if err != nil {
			r.free <- nil
			return nil, err
		}
		return newPrepared(conn), nil
	case <-r.closed:
		return nil, errClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// put gives a connection back, or makes room for a new one when this one failed.
func (r *readers) put(p *prepared, failed error) {
	if failed != nil {
		p.discard()
		p = nil
	}
	r.free <- p
}

// close waits for what is under way, ReadLimit at most.
func (r *readers) close() error {
	close(r.closed)
	var errs []error
	for range cap(r.free) {
		if p := <-r.free; p != nil {
			errs = append(errs, p.close())
		}
	}
	return errors.Join(append(errs, r.pool.Close())...)
}
