package registry_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gelombang/identity/registry"
	sim "gelombang/sim/registry"
)

// simulated starts the simulator and gives a client of it. Each test has its
// own, so that one's failures do not open another's circuit.
func simulated(t *testing.T, timeout time.Duration) (*sim.Server, *registry.Client) {
	t.Helper()
	server, err := sim.Start(sim.Config{User: "user", Password: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := server.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	cfg := config(server.URL())
	cfg.Timeout = timeout
	return server, registry.New(cfg)
}

func TestEveryMagicSerialHasItsOutcome(t *testing.T) {
	t.Parallel()
	serials := map[string]registry.Answer{
		"0001": {Outcome: registry.Matched},
		"9001": none(registry.CauseTimeout),
		"9002": none(registry.CauseHTTP),
		"9003": none(registry.CauseQuota),
		"9004": none(registry.CauseLogin),
		"9005": none(registry.CauseIP),
		"9006": none(registry.CauseGarbage),
		"9007": none(registry.CauseUnreachable),
		"9101": {Outcome: registry.Deceased},
		"9102": {Outcome: registry.Duplicate},
		"9103": {Outcome: registry.Inactive},
		"9104": {Outcome: registry.NotFound},
		"9201": differs(registry.FieldName),
		"9202": differs(registry.FieldKK),
		"9203": differs(registry.FieldBirthDate),
		"9204": differs(registry.FieldBirthPlace),
		"9205": differs(registry.FieldSex),
		"9206": differs(registry.FieldKK, registry.FieldName),
	}
	for serial, want := range serials {
		t.Run(serial, func(t *testing.T) {
			t.Parallel()
			timeout := 10 * time.Second
			if want.Cause == registry.CauseTimeout {
				timeout = 100 * time.Millisecond
			}
			_, client := simulated(t, timeout)
			q := somebody
			q.NIK = somebody.NIK[:12] + serial
			got := client.Verify(t.Context(), q)
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(registry.Answer{}, "RetryAfter")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAFaultOfTheRegistryNeverBecomesAVerdict(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"timeout", "http500", "quota", "login", "ip", "garbage", "reset"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			server, client := simulated(t, 200*time.Millisecond)
			if err := server.SetControl(sim.Control{Fault: fault}); err != nil {
				t.Fatal(err)
			}
			if got := client.Verify(t.Context(), somebody); got.Outcome != registry.NoAnswer {
				t.Errorf("%+v", got)
			}
			if err := server.SetControl(sim.Control{}); err != nil {
				t.Fatal(err)
			}
			patient := config(server.URL())
			if got := registry.New(patient).Verify(t.Context(), somebody); got.Outcome != registry.Matched {
				t.Errorf("after the fault: %+v", got)
			}
		})
	}
}
