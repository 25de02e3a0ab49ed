package sendertest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	sim "gelombang/sim/smsgw"
)

// Key is our credential at every simulated gateway.
const Key = "kunci-rahasia"

// Patience is how long a sender under test may wait for an answer.
const Patience = 300 * time.Millisecond

// Gateway starts a simulated aggregator.
func Gateway(t *testing.T) *sim.Server {
	t.Helper()
	server, err := sim.Start(sim.Config{Key: Key, ReceiptDelay: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close(t.Context()) })
	return server
}

// gatewayFaults are the simulator's words.
var gatewayFaults = map[Fault]string{Hangs: "timeout", Broken: "http500", Busy: "busy", WrongKey: "unauthorized", Reset: "reset",
	HalfAnswer: "half_answer", Garbage: "garbage", Huge: "huge"}

// BehindGateway is a sender's world when it is a simulated aggregator.
func BehindGateway(server *sim.Server) World {
	w := World{
		Provider: "sim", Reachable: "+6281234567890", Secrets: []string{Key},
		Troubled: []string{"+6281234560005", "+6281234560006", "+6281234560009"},
		Trouble:  map[Fault]func(*testing.T){Gone: func(t *testing.T) { _ = server.Close(t.Context()) }},
		Heal:     func(t *testing.T) { control(t, server, "") },
		Refs:     func(t *testing.T, to string) []string { return refs(Phone(t, server, to)) },
	}
	for fault, word := range gatewayFaults {
		w.Trouble[fault] = func(t *testing.T) { control(t, server, word) }
	}
	return w
}

func control(t *testing.T, server *sim.Server, fault string) {
	t.Helper()
	if err := server.SetControl(sim.Control{Fault: fault}); err != nil {
		t.Fatal(err)
	}
}

// Phone lists the messages on a phone.
func Phone(t *testing.T, server *sim.Server, to string) (found []sim.Message) {
	t.Helper()
	resp, err := http.Get(server.URL() + "/messages?to=" + strings.TrimPrefix(to, "+"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(&found); err != nil {
		t.Fatal(err)
	}
	return found
}

func refs(messages []sim.Message) (out []string) {
	for _, m := range messages {
		out = append(out, m.ClientRef)
	}
	return out
}
