package main

import (
	"net/http"
	"testing"
)

func TestTheDemoGoesOnWhereItStoodAfterARestart(t *testing.T) {
	t.Parallel()
	c := demoCmd{Listen: freeAddress(t), dataSettings: dataSettings{Data: t.TempDir()}}
	first, err := c.start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	v := newVisitor(t, first.web.public, "id")
	prove(t, first, v, "again@example.com", "628125559999")
	before := first.state
	if err := first.close(); err != nil {
		t.Fatal(err)
	}
	second, err := c.start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := second.close(); err != nil {
			t.Error(err)
		}
	}()
	if a := v.get("/me"); a.status != http.StatusOK || a.path != "/me" {
		t.Errorf("the session did not survive: %d at %s", a.status, a.path)
	}
	if second.state.Addresses != before.Addresses {
		t.Errorf("addresses moved from %+v to %+v", before.Addresses, second.state.Addresses)
	}
	if second.state.Staff[0] != before.Staff[0] {
		t.Error("the staff's sign-ins changed")
	}
	if n := len(mails(t, second.world.Addresses().Inbox, "again@example.com")); n == 0 {
		t.Error("the inbox forgot its mails")
	}
	if w := firstWave(t, second); w.Chain.Hash != second.world.Beacon.ChainHash() {
		t.Error("the beacon's chain changed under an open wave")
	}
}
