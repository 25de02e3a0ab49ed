package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gelombang/hooks"
	"gelombang/notify"
)

const providersText = `
- name: mail-a
  kind: smtp
  url: smtp://mail.example:2525?tls=mandatory
  user_env: MAIL_USER
  key_env: MAIL_PASSWORD
- name: gateway
  kind: smsgw
  url: https://sms.example
  key_env: SMS_KEY
  secret_env: SMS_SECRET
  weight: 300
  price: 350
- name: aggregator
  kind: smsform
  url: https://lama.example/api/sendsms
  from: GLMBNG
  user_env: FORM_USER
  key_env: FORM_KEY
  secret_env: FORM_SECRET
- name: wa
  kind: whatsapp
  url: https://graph.example/v23.0
  phone_number_id: 105500000000001
  code_template: kode
  key_env: WA_TOKEN
  secret_env: WA_SECRET
  verify_env: WA_VERIFY
`

// environment answers every variable with its own name in small letters, but one.
func environment(name string) (string, bool) { return strings.ToLower(name), name != "UNSET" }

func TestAFileOfProvidersBecomesTheWaysOfAHouse(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "providers.yaml")
	if err := os.WriteFile(path, []byte(providersText), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := providersOf(path, worldSettings{}, environment)
	if err != nil {
		t.Fatal(err)
	}
	o, err := openOutlets(list, Senders{MailFrom: "Gelombang <halo@gelombang.test>", SMS: "GELOMBANG"})
	if err != nil {
		t.Fatal(err)
	}
	mail, sms := o.ways[notify.Email], o.ways[notify.SMS]
	if len(mail) != 1 || mail[0].Name != "mail-a" || mail[0].Kind != "email" || mail[0].Weight != 100 || mail[0].Price != 0 {
		t.Errorf("mail %+v", mail)
	}
	if len(sms) != 3 || sms[0].Weight != 300 || sms[0].Price != 350 || sms[1].Kind != "sms" || sms[2].Kind != "whatsapp" {
		t.Errorf("sms %+v", sms)
	}
	if o.hooks.SMSSecrets["gateway"] != "sms_secret" || o.hooks.FormSecrets["aggregator"] != "form_secret" ||
		o.hooks.WhatsApp["wa"] != (hooks.WhatsApp{Secret: "wa_secret", Verify: "wa_verify"}) {
		t.Errorf("hooks %+v", o.hooks)
	}
	if err := o.Close(); err != nil {
		t.Error(err)
	}
}

func TestWithoutAFileTheSingleFlagsMeanWhatTheyMeant(t *testing.T) {
	t.Parallel()
	world := worldSettings{SMTP: "smtp://halo:sandi@mail.example?tls=none", SMSURL: "https://sms.example", SMSKey: "kunci", SMSSecret: "rahasia"}
	list, err := providersOf("", world, environment)
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	mail, sms := list[0], list[1]
	if mail.Name != "smtp" || mail.Kind != "smtp" || mail.URL != "smtp://mail.example?tls=none" || mail.user != "halo" || mail.key != "sandi" {
		t.Errorf("mail %+v", mail)
	}
	if sms.Name != "gateway" || sms.Kind != "smsgw" || sms.URL != "https://sms.example" || sms.key != "kunci" || sms.secret != "rahasia" {
		t.Errorf("sms %+v", sms)
	}
	o, err := openOutlets(list, Senders{MailFrom: "halo@gelombang.test", SMS: "G"})
	if err != nil || len(o.ways) != 2 {
		t.Fatalf("%+v, %v", o, err)
	}
	world.SMTP = "mail.example"
	if _, err := providersOf("", world, environment); err == nil {
		t.Error("an address without smtp:// was taken")
	}
}

func TestEverySlipInAFileOfProvidersIsShownAtItsPlace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, new, want string }{
		"kind":            {"kind: smsgw", "kind: sms", "p.yaml:8:9: [1].kind: must be one of smtp, smsgw, smsform, whatsapp"},
		"unknown field":   {"weight: 300", "wieght: 300", "p.yaml:12:3: [1].wieght: unknown field"},
		"name":            {"name: wa", "name: W A", "p.yaml:21:9: [3].name: must be a short word of a-z, 0-9 and -"},
		"name twice":      {"name: wa", "name: gateway", `p.yaml:21:9: [3].name: "gateway" stands twice; receipts are told apart by it`},
		"scheme":          {"https://sms.example", "smtp://sms.example", "p.yaml:9:8: [1].url: must be an address such as https://host"},
		"password":        {"smtp://mail.example", "smtp://halo:sandi@mail.example", "p.yaml:4:8: [0].url: must not carry a user or a password: name their variables in user_env and key_env"},
		"needed":          {"  secret_env: SMS_SECRET\n", "", "p.yaml:7:3: [1].secret_env: is needed with kind smsgw"},
		"without meaning": {"  weight: 300", "  code_template: kode", "p.yaml:12:18: [1].code_template: means nothing with kind smsgw"},
		"half a sign-in":  {"  user_env: MAIL_USER\n", "", "p.yaml:2:3: [0].user_env: goes with key_env: both or neither"},
		"not in place":    {"key_env: SMS_KEY", "key_env: UNSET", "p.yaml:10:12: [1].key_env: the environment has no UNSET"},
		"a secret":        {"key_env: SMS_KEY", "key_env: sk-12345", "p.yaml:10:12: [1].key_env: must be the name of a variable of the environment, such as SMS_KEY, not the secret itself"},
		"weight":          {"weight: 300", "weight: 0", "p.yaml:12:11: [1].weight: must be from 1 to 1000"},
		"price":           {"price: 350", "price: -1", "p.yaml:13:10: [1].price: must be rupiah per message, from 0 to 100000"},
		"no list":         {providersText, "name: gateway", "p.yaml:1:1: must be a list"},
	} {
		text := strings.Replace(providersText, c.old, c.new, 1)
		_, err := parseProviders("p.yaml", []byte(text), environment)
		if err == nil || !strings.Contains("\n"+err.Error()+"\n", "\n"+c.want+"\n") {
			t.Errorf("%s: got %v\nwant %s", name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "12345") {
			t.Errorf("%s: a secret is repeated: %v", name, err)
		}
	}
}

func TestAChannelWithoutAProviderStopsTheStart(t *testing.T) {
	t.Parallel()
	mail, _, _ := strings.Cut(providersText, "- name: gateway")
	_, err := parseProviders("p.yaml", []byte(mail), environment)
	if err == nil || !strings.Contains(err.Error(), `no provider for channel "sms"`) {
		t.Errorf("%v", err)
	}
}
