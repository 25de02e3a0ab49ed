package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gelombang"
)

// withAccounts is the default programme in a folder of its own, with a list beside it.
func withAccounts(t *testing.T, accounts, list string) (*Programme, error) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "programme.yaml")
	for file, text := range map[string]string{path: string(gelombang.DefaultProgramme) + "\n" + accounts, filepath.Join(dir, "list.txt"): list} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return LoadProgramme(path)
}

func TestDisposableDomainsStandInTheProgrammeOrInAFileBesideIt(t *testing.T) {
	t.Parallel()
	p, err := withAccounts(t, "accounts: {disposable: {mode: refuse, domains: [throw.example], file: list.txt}}",
		"# gathered in July\n\nbin.example\r\n  heap.co.id\n")
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Accounts.Disposable.terms(); got.Mode != "refuse" || !slices.Equal(got.Domains, []string{"throw.example", "bin.example", "heap.co.id"}) {
		t.Errorf("%+v", got)
	}
	if p, err = withAccounts(t, "", ""); err != nil || len(p.Accounts.Disposable.terms().Domains) != 0 {
		t.Errorf("none are listed by default: %+v %v", p.Accounts, err)
	}
}

func TestASlipAmongDisposableDomainsIsNamedWithItsPlace(t *testing.T) {
	t.Parallel()
	for accounts, c := range map[string]struct{ list, want string }{
		"{mode: forbid}":             {"", "accounts.disposable.mode: must be one of [refuse warn allow]"},
		"{domains: [Throw.Example]}": {"", `accounts.disposable.domains[0]: "Throw.Example" is not a domain in lower case and ASCII`},
		"{file: other.txt}":          {"", "accounts.disposable.file: open "},
		"{file: list.txt}":           {"fine.example\nnot a domain\n", `list.txt:2: "not a domain" is not a domain`},
	} {
		_, err := withAccounts(t, "accounts: {disposable: "+accounts+"}", c.list)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", accounts, err)
		}
	}
}
