package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"text/tabwriter"

	"gelombang/internal/locale"
)

// nowhere is an outside world that nobody will call.
var nowhere = worldSettings{SMTP: "smtp://localhost", SMSURL: "http://localhost", RegistryURL: "http://localhost", BeaconURLs: []string{"http://localhost"}}

type policyCmd struct {
	programmeSettings
	Lang string `default:"en" enum:"id,en" help:"Language: id or en."`
}

// Run prints the limits from the values in force: the same list as /limits.
func (c policyCmd) Run(ctx context.Context) error {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // a house that nobody lives in
	dir, err := os.MkdirTemp("", "gelombang-policy-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	h, err := openHouse(ctx, houseSettings{dataSettings: dataSettings{Data: dir}, programmeSettings: c.programmeSettings, migrate: true,
		public: "http://localhost", world: nowhere})
	if err != nil {
		return err
	}
	lang := locale.Lang(c.Lang)
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', 0)
	for _, l := range h.limits() {
		what := h.texts.Text(lang, l.Key, nil)
		if l.Whose != "" {
			what += " (" + h.texts.Text(lang, l.Whose, nil) + ")"
		}
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\n", what, locale.Number(lang, int64(l.Most)), locale.Duration(lang, l.Window))
	}
	return t.Flush()
}
