package smsgw_test

import (
	"testing"

	"gelombang/notify"
	"gelombang/notify/sendertest"
	"gelombang/notify/smsgw"
	sim "gelombang/sim/smsgw"
)

func sender(t *testing.T, server *sim.Server) *smsgw.Sender {
	t.Helper()
	s, err := smsgw.New(smsgw.Config{Provider: "sim", URL: server.URL() + "/", Key: sendertest.Key, From: "GELOMBANG", Timeout: sendertest.Patience})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheJSONGatewayKeepsTheRulesOfASender(t *testing.T) {
	t.Parallel()
	sendertest.Conform(t, func(t *testing.T) sendertest.World {
		server := sendertest.Gateway(t)
		w := sendertest.BehindGateway(server)
		w.Sender = sender(t, server)
		w.Refused = map[string]notify.Reason{"+6281234560003": notify.NoSuchNumber, "+62812": notify.NoSuchNumber}
		return w
	})
}

func TestTheCallbackNamesTheProvider(t *testing.T) {
	t.Parallel()
	server := sendertest.Gateway(t)
	o := notify.Outgoing{To: "+6281234567890", Text: "Kode", Ref: "1", CallbackURL: "http://127.0.0.1:1/hooks/sms"}
	sent, err := sender(t, server).Send(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	got := sendertest.Phone(t, server, o.To)
	if len(got) != 1 || got[0].CallbackURL != o.CallbackURL+"/sim" || got[0].ID != sent.Ref || got[0].From != "GELOMBANG" {
		t.Errorf("%+v, sent %+v", got, sent)
	}
}

func TestAGatewayWithoutNameOrAddressIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []smsgw.Config{{URL: "https://sms.test"}, {Provider: "sim"}, {Provider: "sim", URL: "sms.test"}, {Provider: "sim", URL: "ftp://sms.test"}} {
		if _, err := smsgw.New(c); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
}
