package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"gelombang/hooks"
	"gelombang/notify"
	"gelombang/notify/smsform"
	"gelombang/notify/smsgw"
	"gelombang/notify/smtp"
	"gelombang/notify/wacloud"
)

// providerSettings name the file of providers.
type providerSettings struct {
	Providers string `name:"providers" env:"GELOMBANG_PROVIDERS" placeholder:"FILE" help:"Providers of mail, SMS and WhatsApp, with their weights and prices; the one mail server and the one SMS gateway of the other flags when not set. [${env}]"`
}

// provider is one entry of the file. Secrets stand in the environment; the file names
// their variables.
type provider struct {
	Name         string `yaml:"name"`
	Kind         string `yaml:"kind"`
	URL          string `yaml:"url"`
	From         string `yaml:"from"` // "" takes the programme's sender
	UserEnv      string `yaml:"user_env"`
	KeyEnv       string `yaml:"key_env"`
	SecretEnv    string `yaml:"secret_env"` // of the signatures of receipts
	VerifyEnv    string `yaml:"verify_env"`
	NumberID     string `yaml:"phone_number_id"`
	CodeTemplate string `yaml:"code_template"`
	TextTemplate string `yaml:"text_template"`
	Weight       int    `yaml:"weight"`
	Price        int    `yaml:"price"` // rupiah per message

	user, key, secret, verify string // from the environment
}

// The closed list of kinds.
const (
	kindSMTP     = "smtp"
	kindJSON     = "smsgw"
	kindForm     = "smsform"
	kindWhatsApp = "whatsapp"
)

// kind says what an entry of it needs and may have, and by what it is reached.
type kind struct {
	channel  notify.Channel
	route    string // kind of route, as the applicant reads it
	schemes  []string
	needs    []string
	optional []string
}

var kinds = map[string]kind{
	kindSMTP:     {notify.Email, "email", []string{"smtp"}, nil, []string{"user_env", "key_env"}},
	kindJSON:     {notify.SMS, "sms", []string{"http", "https"}, []string{"key_env", "secret_env"}, nil},
	kindForm:     {notify.SMS, "sms", []string{"http", "https"}, []string{"user_env", "key_env", "secret_env"}, nil},
	kindWhatsApp: {notify.SMS, "whatsapp", []string{"http", "https"}, []string{"key_env", "secret_env", "verify_env", "phone_number_id", "code_template"}, []string{"text_template"}},
}

var kindNames = []string{kindSMTP, kindJSON, kindForm, kindWhatsApp}

const (
	weightDefault = 100
	weightMost    = 1000
	priceMost     = 100_000 // rupiah: more is a slip of the decimal point
	providersMost = 32
)

var (
	providerName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`) // it stands in addresses and in columns
	variableName = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)
)

// loadProviders reads the file and the variables that it names.
func loadProviders(path string, lookup func(string) (string, bool)) ([]provider, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--providers: %w", err)
	}
	return parseProviders(path, text, lookup)
}

func parseProviders(path string, text []byte, lookup func(string) (string, bool)) ([]provider, error) {
	var list []provider
	d, err := readDocument(path, text, &list)
	if err != nil {
		return nil, err
	}
	c := providerCheck{document: d, lookup: lookup, names: map[string]bool{}}
	for i := range list {
		c.check(fmt.Sprintf("[%d]", i), &list[i])
	}
	for _, channel := range notify.Channels {
		if !slices.ContainsFunc(list, func(p provider) bool { return kinds[p.Kind].channel == channel }) {
			d.add("", "no provider for channel %q: nobody could be reached by it", channel)
		}
	}
	if len(list) > providersMost {
		d.add("", "%d providers, the limit is %d", len(list), providersMost)
	}
	return list, d.err()
}

// providerCheck finds everything that is wrong with a file at once. It repeats no value
// where a secret could have been written by mistake.
type providerCheck struct {
	*document
	lookup func(string) (string, bool)
	names  map[string]bool
}

func (c *providerCheck) check(at string, p *provider) {
	k, known := kinds[p.Kind]
	if !known {
		c.add(child(at, "kind"), "must be one of %s", strings.Join(kindNames, ", "))
	}
	switch {
	case !providerName.MatchString(p.Name):
		c.add(child(at, "name"), "must be a short word of a-z, 0-9 and -")
	case c.names[p.Name]:
		c.add(child(at, "name"), "%q stands twice; receipts are told apart by it", p.Name)
	}
	c.names[p.Name] = true
	if !known {
		return
	}
	c.checkURL(at, p.URL, k)
	c.checkFields(at, p, k)
	c.checkNumbers(at, p)
}

func (c *providerCheck) checkURL(at, text string, k kind) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || !slices.Contains(k.schemes, u.Scheme):
		c.add(child(at, "url"), "must be an address such as %s://host", k.schemes[len(k.schemes)-1])
	case u.User != nil:
		c.add(child(at, "url"), "must not carry a user or a password: name their variables in user_env and key_env")
	}
}

// checkFields sees to the fields that depend on the kind, and fetches the secrets.
func (c *providerCheck) checkFields(at string, p *provider, k kind) {
	for _, f := range []struct {
		name   string
		value  string
		secret *string
	}{
		{"user_env", p.UserEnv, &p.user}, {"key_env", p.KeyEnv, &p.key}, {"secret_env", p.SecretEnv, &p.secret}, {"verify_env", p.VerifyEnv, &p.verify},
		{"phone_number_id", p.NumberID, nil}, {"code_template", p.CodeTemplate, nil}, {"text_template", p.TextTemplate, nil},
	} {
		field, needed := child(at, f.name), slices.Contains(k.needs, f.name)
		switch {
		case f.value == "" && needed:
			c.add(field, "is needed with kind %s", p.Kind)
		case f.value != "" && !needed && !slices.Contains(k.optional, f.name):
			c.add(field, "means nothing with kind %s", p.Kind)
		case f.value != "" && f.secret != nil:
			*f.secret = c.variable(field, f.value)
		}
	}
	if p.Kind == kindSMTP && (p.UserEnv == "") != (p.KeyEnv == "") {
		c.add(child(at, "user_env"), "goes with key_env: both or neither")
	}
}

func (c *providerCheck) variable(field, name string) string {
	if !variableName.MatchString(name) {
		c.add(field, "must be the name of a variable of the environment, such as SMS_KEY, not the secret itself")
		return ""
	}
	value, ok := c.lookup(name)
	if !ok || value == "" {
		c.add(field, "the environment has no %s", name)
	}
	return value
}

func (c *providerCheck) checkNumbers(at string, p *provider) {
	if c.has(child(at, "weight")) && (p.Weight < 1 || p.Weight > weightMost) {
		c.add(child(at, "weight"), "must be from 1 to %d", weightMost)
	}
	p.Weight = cmp.Or(p.Weight, weightDefault)
	if p.Price < 0 || p.Price > priceMost {
		c.add(child(at, "price"), "must be rupiah per message, from 0 to %d", priceMost)
	}
}

// providersOf are the providers of the file, or else those of the single flags.
func providersOf(file string, world worldSettings, lookup func(string) (string, bool)) ([]provider, error) {
	if file != "" {
		return loadProviders(file, lookup)
	}
	u, err := url.Parse(world.SMTP)
	if err != nil || u.Scheme != "smtp" || u.Host == "" {
		return nil, errors.New("--smtp: must look like smtp://user:password@mail.example:587")
	}
	mail := provider{Name: smtp.DefaultProvider, Kind: kindSMTP, Weight: weightDefault, user: u.User.Username()}
	mail.key, _ = u.User.Password()
	u.User = nil
	mail.URL = u.String()
	return []provider{mail, {Name: smsProvider, Kind: kindJSON, URL: world.SMSURL, Weight: weightDefault, key: world.SMSKey, secret: world.SMSSecret}}, nil
}

// outlets are a house's ways out, and what their callbacks are checked with.
type outlets struct {
	ways   map[notify.Channel][]notify.Provider
	hooks  hooks.Config // the secrets alone
	closes []io.Closer
}

// openOutlets makes the senders; it connects to nothing.
func openOutlets(list []provider, names Senders) (*outlets, error) {
	o := &outlets{ways: map[notify.Channel][]notify.Provider{},
		hooks: hooks.Config{SMSSecrets: map[string]string{}, FormSecrets: map[string]string{}, WhatsApp: map[string]hooks.WhatsApp{}}}
	for _, p := range list {
		sender, err := o.sender(p, names)
		if err != nil {
			return nil, errors.Join(err, o.Close())
		}
		k := kinds[p.Kind]
		o.ways[k.channel] = append(o.ways[k.channel], notify.Provider{Name: p.Name, Kind: k.route, Sender: sender, Weight: p.Weight, Price: p.Price})
	}
	return o, nil
}

func (o *outlets) sender(p provider, names Senders) (notify.Sender, error) {
	switch p.Kind {
	case kindSMTP:
		return o.mail(p, cmp.Or(p.From, names.MailFrom))
	case kindForm:
		o.hooks.FormSecrets[p.Name] = p.secret
		return smsform.New(smsform.Config{Provider: p.Name, URL: p.URL, UserKey: p.user, PassKey: p.key, From: cmp.Or(p.From, names.SMS)})
	case kindWhatsApp:
		o.hooks.WhatsApp[p.Name] = hooks.WhatsApp{Secret: p.secret, Verify: p.verify}
		return wacloud.New(wacloud.Config{Provider: p.Name, URL: p.URL, PhoneNumberID: p.NumberID, Token: p.key, CodeTemplate: p.CodeTemplate, TextTemplate: p.TextTemplate})
	}
	o.hooks.SMSSecrets[p.Name] = p.secret
	return smsgw.New(smsgw.Config{Provider: p.Name, URL: p.URL, Key: p.key, From: cmp.Or(p.From, names.SMS)})
}

// mail reads smtp://host:port?tls=none.
func (o *outlets) mail(p provider, from string) (notify.Sender, error) {
	u, err := url.Parse(p.URL)
	if err != nil {
		return nil, fmt.Errorf("mail server of %s: %w", p.Name, err)
	}
	host := u.Host
	if u.Port() == "" {
		host += ":587"
	}
	s, err := smtp.New(smtp.Config{Provider: p.Name, Addr: host, From: from, User: p.user, Password: p.key, TLS: smtp.TLS(u.Query().Get("tls")), Now: time.Now})
	if err != nil {
		return nil, err
	}
	o.closes = append(o.closes, s)
	return s, nil
}

// Close ends the connections that are kept.
func (o *outlets) Close() error {
	var errs []error
	for _, c := range o.closes {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}
