package main

import (
	"context"
	"log/slog"
)

type workCmd struct {
	NoMigrate bool   `env:"GELOMBANG_NO_MIGRATE" help:"Leave the schema alone. [${env}]"`
	PublicURL string `required:"" env:"GELOMBANG_PUBLIC_URL" placeholder:"URL" help:"Address of the pages as people type it; links in messages are made from it. [${env}]"`
	dataSettings
	programmeSettings
	worldSettings
}

// Run does jobs until told to stop, then ends those under way.
func (c workCmd) Run(ctx context.Context) error {
	if err := c.missing(); err != nil {
		return err
	}
	public, err := webSettings{PublicURL: c.PublicURL}.publicURL()
	if err != nil {
		return err
	}
	h, err := openHouse(ctx, houseSettings{dataSettings: c.dataSettings, programmeSettings: c.programmeSettings, migrate: !c.NoMigrate,
		public: public, world: c.worldSettings})
	if err != nil {
		return err
	}
	h.work()
	slog.InfoContext(ctx, "worker.ready", "version", version)
	<-untilStopped(ctx)
	slog.Info("worker.draining", "advice", "a second signal ends at once")
	return h.close()
}
