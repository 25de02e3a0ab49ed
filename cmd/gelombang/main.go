// Command gelombang runs mass public enrolment: accounts, proven contacts, identity
// checked at a slow registry, waves with quotas, and a draw that anyone can recompute.
//
// One file per subcommand; config.go reads settings; wire.go puts the services
// together. This package knows everybody and decides nothing.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set by the build.
var version = "development"

type cli struct {
	Serve    serveCmd    `cmd:"" help:"Serve the pages, and do the work behind them unless --no-work."`
	Work     workCmd     `cmd:"" help:"Do the work behind the pages only: messages, registry, draw."`
	Demo     demoCmd     `cmd:"" help:"Start everything on this machine with a simulated outside world. Nothing to set up."`
	Migrate  migrateCmd  `cmd:"" help:"Bring the database to this release. Serve and work do it too, unless --no-migrate."`
	Keys     keysCmd     `cmd:"" help:"Make, check or rotate the keyset that seals what the database holds."`
	Staff    staffCmd    `cmd:"" help:"Accounts of the people who work in the console."`
	Policy   policyCmd   `cmd:"" help:"Print every limit that people can meet, as /limits shows it."`
	Rehearse rehearseCmd `cmd:"" help:"Send a crowd of synthetic applicants, and count what became of them."`
	Draw     drawCmd     `cmd:"" help:"Recompute a published draw."`
	Photo    photoCmd    `cmd:"" help:"Check photographs of identity cards."`
	NIK      nikCmd      `cmd:"" name:"nik" help:"Look at identity numbers as the form does."`
	Registry registryCmd `cmd:"" help:"Match identities by file, when the civil registry cannot be asked."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

const description = `Gelombang runs mass public enrolment: accounts, proven contacts, identity checked at a civil registry, waves with quotas, and a draw that anyone can recompute.

Try it on this machine, with nothing to set up:

    gelombang demo

In production:

    gelombang keys new
    gelombang staff add --role supervisor NAME EMAIL
    gelombang serve --public-url https://… --smtp … --sms-url … --registry-url … --beacon-urls …

Every flag can be set by the environment variable in brackets.`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	k := kong.Parse(&c, kong.Name("gelombang"), kong.Description(description),
		kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.BindTo(ctx, (*context.Context)(nil)))
	finish := setLog(os.Stderr, asText)
	err := k.Run()
	finish()
	var silent exitCode
	if errors.As(err, &silent) {
		os.Exit(int(silent))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gelombang:", err)
		os.Exit(1)
	}
}

// exitCode ends the program with a code after the command has said everything.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }
