package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"gelombang/account"
	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
	"gelombang/migrations"
	"gelombang/waitroom"
)

// dataSettings say where this house keeps its things.
type dataSettings struct {
	Data    string `default:"./data" env:"GELOMBANG_DATA" placeholder:"FOLDER" help:"Folder for the keyset and, on SQLite, the database. [${env}, ${default}]"`
	DB      string `name:"db" env:"GELOMBANG_DB" placeholder:"DSN" help:"sqlite:PATH or postgres://…; SQLite in the data folder when not set. [${env}]"`
	Objects string `name:"objects" env:"GELOMBANG_OBJECTS" placeholder:"FOLDER|s3://…" help:"Where photos are kept, sealed: a folder, or s3://BUCKET/PREFIX?endpoint=HOST:PORT for many nodes; objects in the data folder when not set. [${env}]"`
	Keys    string `name:"keys" env:"GELOMBANG_KEYS" placeholder:"FILE" help:"The keyset; keyset.json in the data folder when not set. [${env}]"`
}

func (s dataSettings) dsn() string {
	if s.DB != "" {
		return s.DB
	}
	return "sqlite:" + filepath.Join(s.Data, "gelombang.db")
}

func (s dataSettings) objects() string {
	if s.Objects != "" {
		return s.Objects
	}
	return filepath.Join(s.Data, "objects")
}

func (s dataSettings) keyFile() string {
	if s.Keys != "" {
		return s.Keys
	}
	return filepath.Join(s.Data, "keyset.json")
}

// programmeSettings name the programme.
type programmeSettings struct {
	Programme string `env:"GELOMBANG_PROGRAMME" placeholder:"FILE" help:"The programme: words, rules, waves, limits. The built-in one when not set. [${env}]"`
}

func (s programmeSettings) load() (*Programme, error) {
	if s.Programme == "" {
		return DefaultProgramme()
	}
	return LoadProgramme(s.Programme)
}

// webSettings say where and under which name the pages are served.
type webSettings struct {
	Listen         string   `default:"127.0.0.1:8080" env:"GELOMBANG_LISTEN" placeholder:"HOST:PORT" help:"Address to listen on. [${env}, ${default}]"`
	PublicURL      string   `env:"GELOMBANG_PUBLIC_URL" placeholder:"URL" help:"Address as people type it; links in messages are made from it, never from the Host header. [${env}, http://LISTEN]"`
	TrustedProxies []string `env:"GELOMBANG_TRUSTED_PROXIES" placeholder:"CIDR,…" help:"Proxies whose X-Forwarded-For is believed. [${env}]"`
	MetricsListen  string   `env:"GELOMBANG_METRICS_LISTEN" placeholder:"HOST:PORT" help:"Address of /metrics and /debug/pprof, for operators alone; nowhere when empty. [${env}]"`
	crowdSettings
}

// crowdSettings say when a crowd is expected, and how fast it is let in.
type crowdSettings struct {
	Openings []time.Time `name:"opening" env:"GELOMBANG_OPENINGS" placeholder:"TIME,…" help:"Hours at which a crowd will come, such as 2026-08-03T09:00:00+07:00; the waiting room opens before each. [${env}]"`
	Admit    int         `name:"admit" env:"GELOMBANG_ADMIT" placeholder:"N" help:"Let this many in per minute while a crowd waits, instead of what the house bears by its own measure. [${env}]"`
}

// policy is the waiting room's, with a fixed pace when one was given.
func (s crowdSettings) policy() waitroom.Policy {
	p := waitroom.DefaultPolicy
	if s.Admit != 0 {
		p.Least = float64(s.Admit) / 60
		p.Start, p.Most, p.Rise = p.Least, p.Least, 0
	}
	return p
}

func (s webSettings) publicURL() (string, error) {
	if s.PublicURL == "" {
		return "http://" + s.Listen, nil
	}
	u, err := url.Parse(s.PublicURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || strings.Trim(u.Path, "/") != "" {
		return "", fmt.Errorf("--public-url %q: must be http:// or https:// and a host, without a path", s.PublicURL)
	}
	return strings.TrimSuffix(s.PublicURL, "/"), nil
}

func (s webSettings) proxies() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range s.TrustedProxies {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("--trusted-proxies %q: must be a network such as 10.0.0.0/8", text)
		}
		out = append(out, p)
	}
	return out, nil
}

// worldSettings say how to reach the outside systems.
type worldSettings struct {
	providerSettings
	bounceSettings
	photoSettings
	SMTP             string        `name:"smtp" env:"GELOMBANG_SMTP" placeholder:"URL" help:"Mail server, such as smtp://user:password@mail.example:587. [${env}]"`
	SMSURL           string        `name:"sms-url" env:"GELOMBANG_SMS_URL" placeholder:"URL" help:"SMS gateway. [${env}]"`
	SMSKey           string        `name:"sms-key" env:"GELOMBANG_SMS_KEY" placeholder:"KEY" help:"Key of the SMS gateway. [${env}]"`
	SMSSecret        string        `name:"sms-secret" env:"GELOMBANG_SMS_SECRET" placeholder:"SECRET" help:"Secret with which the gateway signs receipts. [${env}]"`
	RegistryURL      string        `env:"GELOMBANG_REGISTRY_URL" placeholder:"URL" help:"Civil registry. [${env}]"`
	RegistryAgency   string        `default:"GELOMBANG" env:"GELOMBANG_REGISTRY_AGENCY" placeholder:"NAME" help:"Our name at the registry. [${env}]"`
	RegistryUser     string        `env:"GELOMBANG_REGISTRY_USER" placeholder:"NAME" help:"User at the registry. [${env}]"`
	RegistryPassword string        `env:"GELOMBANG_REGISTRY_PASSWORD" placeholder:"PASSWORD" help:"Password at the registry. [${env}]"`
	RegistryIP       string        `name:"registry-ip" default:"127.0.0.1" env:"GELOMBANG_REGISTRY_IP" placeholder:"IP" help:"Our address as the registry knows it. [${env}]"`
	RegistryTimeout  time.Duration `default:"10s" env:"GELOMBANG_REGISTRY_TIMEOUT" help:"How long one question may take. [${env}, ${default}]"`
	RegistryShape    string        `default:"dukcapil" enum:"dukcapil,plain" env:"GELOMBANG_REGISTRY_SHAPE" help:"What the registry speaks: dukcapil, or plain for the JSON of docs/algorithms/registry.md. [${env}, ${default}]"`
	RegistryAtOnce   int           `default:"64" env:"GELOMBANG_REGISTRY_AT_ONCE" placeholder:"N" help:"Questions to the registry at the same time, from this process, at most; how many it bears is found out. [${env}, ${default}]"`
	DomainLookups    bool          `default:"true" negatable:"" env:"GELOMBANG_DOMAIN_LOOKUPS" help:"Ask the DNS whether the domain of an address takes mail, after the page has been answered. [${env}, ${default}]"`
	BeaconURLs       []string      `name:"beacon-urls" env:"GELOMBANG_BEACON_URLS" placeholder:"URL,…" help:"Relays of the randomness beacon, asked in turn. [${env}]"`
}

// registryAtOnce bounds the questions under way, where nothing was set too.
func (s worldSettings) registryAtOnce() int { return max(cmp.Or(s.RegistryAtOnce, 64), 1) }

// resolver asks the DNS; nil asks nobody. Go's own, and strictly: a server that does not
// answer must not pass for one that says no.
func (s worldSettings) resolver() account.Resolver {
	if !s.DomainLookups {
		return nil
	}
	return &net.Resolver{PreferGo: true, StrictErrors: true}
}

// missing names the outside systems that have no address.
func (s worldSettings) missing() error {
	var lacks []string
	for _, x := range []struct{ flag, value string }{{"--smtp", cmp.Or(s.SMTP, s.Providers)}, {"--sms-url", cmp.Or(s.SMSURL, s.Providers)}, {"--registry-url", s.RegistryURL}} {
		if x.value == "" {
			lacks = append(lacks, x.flag)
		}
	}
	if len(s.BeaconURLs) == 0 {
		lacks = append(lacks, "--beacon-urls")
	}
	if len(lacks) > 0 {
		return fmt.Errorf("no address for %s; to try everything out on this machine run: gelombang demo", strings.Join(lacks, ", "))
	}
	return nil
}

// openDatabase opens, and migrates unless told not to.
func openDatabase(ctx context.Context, s dataSettings, migrate bool) (*sqldb.DB, error) {
	db, err := sqldb.Open(ctx, sqldb.Config{DSN: s.dsn(), Now: time.Now})
	if err != nil {
		return nil, err
	}
	if err := prepareDatabase(ctx, db, migrate); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func prepareDatabase(ctx context.Context, db *sqldb.DB, migrate bool) error {
	if migrate {
		if err := db.Migrate(ctx, migrations.Files); err != nil {
			return err
		}
	}
	ran, newest, err := db.Version(ctx, migrations.Files)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if ran < newest {
		return fmt.Errorf("the schema is at %d and this release needs %d: run gelombang migrate", ran, newest)
	}
	d, err := db.Durability(ctx)
	if err != nil {
		return fmt.Errorf("read durability: %w", err)
	}
	if !d.Durable(db.Engine()) {
		return fmt.Errorf("the database does not sync what it acknowledges (%+v): turn fsync and synchronous_commit on", d)
	}
	return db.LeaseNode(ctx)
}

// openKeys reads the keyset that belongs to this database. A keyset is made only for
// an empty database: for any other, a new one would lock everybody's data away.
func openKeys(ctx context.Context, s dataSettings, db *sqldb.DB) (*seal.Keys, error) {
	path := s.keyFile()
	keys, err := seal.Load(path)
	if errors.Is(err, fs.ErrNotExist) {
		slog.InfoContext(ctx, "keys.new", "file", path, "advice", "keep a copy apart from the database's backup")
		return newKeys(ctx, path, db)
	}
	if err != nil {
		return nil, err
	}
	fresh, err := keys.Check(ctx, db)
	if err != nil {
		return nil, err
	}
	if fresh {
		return keys, keys.Plant(ctx, db)
	}
	return keys, nil
}

func newKeys(ctx context.Context, path string, db *sqldb.DB) (*seal.Keys, error) {
	used, err := seal.HasCanary(ctx, db)
	if err != nil {
		return nil, err
	}
	if used {
		return nil, fmt.Errorf("%s is missing, and this database was sealed with it: put it back from your own copy", path)
	}
	keys, err := seal.New(time.Now())
	if err != nil {
		return nil, err
	}
	if err := keys.Save(path); err != nil {
		return nil, err
	}
	return keys, keys.Plant(ctx, db)
}
