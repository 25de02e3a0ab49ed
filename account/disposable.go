package account

import (
	"fmt"
	"slices"
	"strings"

	"gelombang/internal/fault"
)

// Disposable names the domains whose mailboxes are made to be thrown away, and what
// becomes of an address there. None are known unless the programme lists them.
type Disposable struct {
	Mode    string // of DisposableModes; "" warns
	Domains []string
}

// What becomes of a disposable address.
const (
	RefuseDisposable = "refuse"
	WarnDisposable   = "warn" // its owner is asked whether it will still open when the results come
	AllowDisposable  = "allow"
)

// DisposableModes is the closed list.
var DisposableModes = []string{RefuseDisposable, WarnDisposable, AllowDisposable}

// Check says what is wrong with the list.
func (d Disposable) Check() error {
	if d.Mode != "" && !slices.Contains(DisposableModes, d.Mode) {
		return fmt.Errorf("disposable addresses: %q is none of %v", d.Mode, DisposableModes)
	}
	for _, name := range d.Domains {
		if err := CheckDomain(name); err != nil {
			return err
		}
	}
	return nil
}

// CheckDomain says what is wrong with a domain that a setting lists.
func CheckDomain(name string) error {
	if ascii, wrong := checkDomain(name); wrong != "" || ascii != name {
		return fmt.Errorf("%q is not a domain in lower case and ASCII", name)
	}
	return nil
}

// throwaway is the list as it is asked.
type throwaway struct {
	mode  string
	names map[string]bool
}

func (d Disposable) throwaway() throwaway {
	t := throwaway{mode: d.Mode, names: make(map[string]bool, len(d.Domains))}
	for _, name := range d.Domains {
		t.names[name] = true
	}
	return t
}

// lists says whether a domain, or one that it is under, is listed.
func (t throwaway) lists(name string) bool {
	for more := true; more; _, name, more = strings.Cut(name, ".") {
		if t.names[name] {
			return true
		}
	}
	return false
}

func (t throwaway) doubts(name string) []fault.Field {
	switch {
	case t.mode == AllowDisposable || !t.lists(name):
		return nil
	case t.mode == RefuseDisposable:
		return []fault.Field{{Name: field, Key: "account.address.disposable", Args: fault.Args{"domain": name}}}
	}
	return doubt("account.address.disposable_doubt", fault.Args{"domain": name})
}
