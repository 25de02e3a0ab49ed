//go:build soak

package main

import (
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"sync"
	"syscall"
	"testing"

	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
)

func TestAFullDiskUnderPostgresLosesNothingAndIsNobodysMistake(t *testing.T) {
	t.Parallel()
	dir, mounted := smallDisk(t)
	dsn := sqldbtest.DSN(t, sqldb.Postgres)
	if !mounted { // no right to mount: a table says what PostgreSQL says when it cannot grow
		befall(t, trouble{dsn: dsn,
			begin: func(*process) {
				command(t, dsn, `CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
					RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
					CREATE TRIGGER full BEFORE INSERT ON account FOR EACH STATEMENT EXECUTE FUNCTION no_space()`)
			},
			end: func(*process) { command(t, dsn, "DROP TRIGGER full ON account") }})
		return
	}
	moveTo(t, dsn, dir)
	befall(t, trouble{dsn: dsn,
		begin: func(*process) { fill(t, dir) },
		end:   func(*process) { empty(t, dir) }})
}

func TestAPostgresThatSaysNothingKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	dsn := sqldbtest.DSN(t, sqldb.Postgres)
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	cable := layCable(t, u.Host)
	u.Host = cable.addr
	befall(t, trouble{dsn: u.String(),
		begin: func(*process) { cable.cut.Lock() },
		end:   func(*process) { cable.cut.Unlock() }})
}

type cable struct {
	addr string
	cut  sync.RWMutex // held for writing while the cable is cut
}

func layCable(t *testing.T, to string) *cable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{addr: l.Addr().String()}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			go c.join(near, to)
		}
	}()
	return c
}

func (c *cable) join(near net.Conn, to string) {
	defer func() { _ = near.Close() }()
	far, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	go func() {
		c.carry(far, near)
		_ = far.Close()
	}()
	c.carry(near, far)
}

func (c *cable) carry(to io.Writer, from io.Reader) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		c.cut.RLock()
		if n > 0 && err == nil {
			_, err = to.Write(buf[:n])
		}
		c.cut.RUnlock()
		if err != nil {
			return
		}
	}
}

func moveTo(t *testing.T, dsn, dir string) {
	t.Helper()
	name, server := databaseOf(t, dsn), withoutDatabase(t, dsn)
	var data string
	query(t, server, "SHOW data_directory", &data)
	info, err := os.Stat(data)
	if err != nil {
		t.Fatal(err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	if err := os.Chown(dir, int(owner.Uid), int(owner.Gid)); err != nil {
		t.Fatal(err)
	}
	command(t, server, fmt.Sprintf("CREATE TABLESPACE small_%s LOCATION '%s'", name, dir))
	command(t, server, fmt.Sprintf("ALTER DATABASE %s SET TABLESPACE small_%s", name, name))
	t.Cleanup(func() { // its files go before the disk does
		command(t, server, fmt.Sprintf("DROP DATABASE %s WITH (FORCE)", name))
		command(t, server, "DROP TABLESPACE small_"+name)
		command(t, server, "CREATE DATABASE "+name) // for whoever made it and will drop it
	})
}

func query(t *testing.T, dsn, statement string, into any) {
	t.Helper()
	pool, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = pool.Close() }()
	if err := pool.QueryRow(statement).Scan(into); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
