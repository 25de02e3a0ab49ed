package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gelombang/account"
)

// AccountTerms are what the programme says of the addresses that accounts are made with.
type AccountTerms struct {
	Disposable DisposableTerms `yaml:"disposable"`
}

// DisposableTerms list the domains whose mailboxes are made to be thrown away. None are
// known by themselves: such lists are wrong about somebody, so whoever uses one answers
// for it.
type DisposableTerms struct {
	Mode    string   `yaml:"mode"` // refuse, warn or allow; warn when absent
	Domains []string `yaml:"domains"`
	File    string   `yaml:"file"` // more of them, a domain a line, beside the programme's file

	listed []string // of the file
}

// The longest list and file that are read. The long ones that are published have some
// hundred thousand domains.
const (
	maxDisposable      = 1_000_000
	maxDisposableBytes = 16 << 20
)

// terms are what account goes by.
func (t DisposableTerms) terms() account.Disposable {
	return account.Disposable{Mode: t.Mode, Domains: slices.Concat(t.Domains, t.listed)}
}

func checkAccounts(d *document, t *AccountTerms) {
	const at = "accounts.disposable"
	own := &t.Disposable
	if d.has(at+".mode") && !slices.Contains(account.DisposableModes, own.Mode) {
		d.add(at+".mode", "must be one of %v", account.DisposableModes)
	}
	for i, name := range own.Domains {
		if err := account.CheckDomain(name); err != nil {
			d.add(fmt.Sprintf("%s.domains[%d]", at, i), "%v", err)
		}
	}
	if !d.has(at + ".file") {
		return
	}
	var err error
	if own.listed, err = readDomains(filepath.Join(filepath.Dir(d.path), own.File)); err != nil {
		d.add(at+".file", "%v", err)
	}
}

// readDomains reads a domain a line. Empty lines and those that begin with # are left out.
func readDomains(path string) ([]string, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > maxDisposableBytes {
		return nil, fmt.Errorf("%s: %d bytes, the limit is %d", path, info.Size(), maxDisposableBytes)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var out []string
	line := 0
	for name := range strings.Lines(string(text)) {
		line++
		name = strings.TrimSpace(name)
		if name == "" || strings.HasPrefix(name, "#") {
			continue
		}
		if err := account.CheckDomain(name); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, line, err)
		}
		if out = append(out, name); len(out) > maxDisposable {
			return nil, fmt.Errorf("%s: more than %d domains", path, maxDisposable)
		}
	}
	return out, nil
}
