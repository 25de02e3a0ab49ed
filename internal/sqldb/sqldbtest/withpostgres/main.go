// Command withpostgres runs a command beside a temporary PostgreSQL server and
// stops the server when the command ends. The command finds the server's address in
// GELOMBANG_TEST_POSTGRES, and in GELOMBANG_TEST_TEMPLATES a folder in which test
// processes leave each other what costs long to make.
//
//	go run ./internal/sqldb/sqldbtest/withpostgres go test ./...
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"gelombang/internal/sqldb/sqldbtest"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: withpostgres COMMAND [ARG…]")
		os.Exit(2)
	}
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "withpostgres:", err)
	}
	os.Exit(code)
}

func run(args []string) (int, error) {
	server, err := sqldbtest.StartPostgres()
	if err != nil {
		return 1, err
	}
	defer func() { _ = server.Stop() }()
	templates, err := os.MkdirTemp("", "gelombang-templates-")
	if err != nil {
		return 1, err
	}
	defer func() { _ = os.RemoveAll(templates) }()
	// The command hears Ctrl-C itself; we stay to stop the server after it.
	signal.Ignore(os.Interrupt, syscall.SIGTERM)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), sqldbtest.PostgresEnv+"="+server.DSN, sqldbtest.TemplatesEnv+"="+templates)
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}
