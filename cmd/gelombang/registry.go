package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"gelombang/identity/registry"
)

type registryCmd struct {
	Export registryExportCmd `cmd:"" help:"Write everybody who waits for the civil registry into a sealed file, for its office to match."`
	Import registryImportCmd `cmd:"" help:"Judge by an answer file of the registry's office. May be repeated."`
	Seal   registrySealCmd   `cmd:"" help:"Seal a file with a passphrase, as the registry's office does with its answers."`
	Open   registryOpenCmd   `cmd:"" help:"Open a sealed file, as the registry's office does with the questions."`
}

// Help is shown by gelombang registry --help.
func (registryCmd) Help() string {
	return `The second route when the civil registry cannot be asked online: a file goes to its
office, and comes back with answers. Both ways the file is sealed with a passphrase of at
least 16 characters that the two offices agree on by another way than the file's.

  gelombang registry export --out questions.sealed --passphrase-file secret
  gelombang registry import answers.sealed --passphrase-file secret

Questions are CSV with the heading ref,nik,kk,name,birth_place,birth_date,sex. Answers are
CSV with the heading ref,nik,result,differs: result is match, mismatch, not_found, deceased,
duplicate or inactive; differs names the fields of a mismatch, with spaces between. A line
that says anything else, or that is about another NIK than was asked, judges nobody.`
}

// passphrase is how every command of a sealed file is told its key: never as a flag,
// which anybody on the machine could read.
type passphrase struct {
	PassphraseFile string `required:"" placeholder:"FILE" help:"File with the passphrase in its first line."`
}

func (p passphrase) read() (string, error) {
	text, err := os.ReadFile(p.PassphraseFile)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSpace(line), nil
}

// registryHouse opens what an export or an import works on.
type registryHouse struct {
	dataSettings
	programmeSettings
	PublicURL string `required:"" env:"GELOMBANG_PUBLIC_URL" placeholder:"URL" help:"Address of the pages as people type it; links in messages are made from it. [${env}]"`
}

func (r registryHouse) with(ctx context.Context, do func(h *house) error) error {
	public, err := webSettings{PublicURL: r.PublicURL}.publicURL()
	if err != nil {
		return err
	}
	h, err := openHouse(ctx, houseSettings{dataSettings: r.dataSettings, programmeSettings: r.programmeSettings, public: public, world: nowhere})
	if err != nil {
		return err
	}
	return errors.Join(do(h), h.close())
}

type registryExportCmd struct {
	registryHouse
	passphrase
	Out string `required:"" placeholder:"FILE" help:"Where to write; must not be there yet."`
}

// Run writes the questions.
func (c registryExportCmd) Run(ctx context.Context) error {
	key, err := c.read()
	if err != nil {
		return err
	}
	return c.with(ctx, func(h *house) error {
		var n int
		err := writeNew(c.Out, func(w io.Writer) error {
			return sealed(w, key, func(w io.Writer) (err error) {
				n, err = h.identity.Export(ctx, w)
				return err
			})
		})
		if err == nil {
			fmt.Printf("%d questions in %s\n", n, c.Out)
		}
		return err
	})
}

type registryImportCmd struct {
	registryHouse
	passphrase
	File string `arg:"" help:"The sealed answer file."`
}

// Run judges by the answers.
func (c registryImportCmd) Run(ctx context.Context) error {
	key, err := c.read()
	if err != nil {
		return err
	}
	answers, err := unsealed(c.File, key)
	if err != nil {
		return err
	}
	return c.with(ctx, func(h *house) error {
		got, err := h.identity.Import(ctx, answers)
		fmt.Printf("judged               %d\nanswered before      %d\nsays nothing         %d\nabout somebody else  %d\n", got.Judged, got.Stale, got.Mute, got.Wrong)
		return err
	})
}

type registrySealCmd struct {
	passphrase
	File string `arg:"" help:"The file to seal."`
	Out  string `required:"" placeholder:"FILE" help:"Where to write; must not be there yet."`
}

// Run seals a file.
func (c registrySealCmd) Run() error {
	key, err := c.read()
	if err != nil {
		return err
	}
	plain, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer func() { _ = plain.Close() }()
	return writeNew(c.Out, func(w io.Writer) error {
		return sealed(w, key, func(w io.Writer) error {
			_, err := io.Copy(w, plain)
			return err
		})
	})
}

type registryOpenCmd struct {
	passphrase
	File string `arg:"" help:"The sealed file."`
	Out  string `required:"" placeholder:"FILE" help:"Where to write; must not be there yet."`
}

// Run opens a file.
func (c registryOpenCmd) Run() error {
	key, err := c.read()
	if err != nil {
		return err
	}
	plain, err := unsealed(c.File, key)
	if err != nil {
		return err
	}
	return writeNew(c.Out, func(w io.Writer) error {
		_, err := io.Copy(w, plain)
		return err
	})
}

// writeNew writes a file that only we may read, and leaves none behind that is not whole.
func writeNew(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

func sealed(w io.Writer, key string, write func(io.Writer) error) error {
	to, err := registry.Seal(w, key)
	if err != nil {
		return err
	}
	if err := write(to); err != nil {
		return err
	}
	return to.Close()
}

func unsealed(path, key string) (io.Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return registry.Unseal(f, key)
}
