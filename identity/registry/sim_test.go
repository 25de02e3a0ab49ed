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

// Conformance: whatever the shape, the same trouble is the same cause, and the same
// person the same outcome.

// simulated starts the simulator and gives a client of it. Each test has its
// own, so that one's failures do not open another's circuit.
func simulated(t *testing.T, shape registry.Shape, timeout time.Duration) (*sim.Server, *registry.Client) {
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
	cfg.Shape, cfg.Timeout = shape, timeout
	return server, registry.New(cfg)
}

// eachShape runs a test in every shape.
func eachShape(t *testing.T, test func(t *testing.T, shape registry.Shape)) {
	t.Helper()
	for _, shape := range registry.Shapes {
		t.Run(string(shape), func(t *testing.T) {
			t.Parallel()
			test(t, shape)
		})
	}
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
		"9009": none(registry.CauseGarbage),
		"9010": none(registry.CauseUnreachable),
		"9011": none(registry.CauseGarbage),
		"9012": none(registry.CauseGarbage),
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
	eachShape(t, func(t *testing.T, shape registry.Shape) {
		for serial, want := range serials {
			t.Run(serial, func(t *testing.T) {
				t.Parallel()
				timeout := 10 * time.Second
				if want.Cause == registry.CauseTimeout {
					timeout = 100 * time.Millisecond
				}
				_, client := simulated(t, shape, timeout)
				q := somebody
				q.NIK = somebody.NIK[:12] + serial
				got := client.Verify(t.Context(), q)
				if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(registry.Answer{}, "RetryAfter")); diff != "" {
					t.Error(diff)
				}
			})
		}
	})
}

func TestAFaultOfTheRegistryNeverBecomesAVerdict(t *testing.T) {
	t.Parallel()
	faults := []string{"timeout", "http500", "quota", "login", "ip", "garbage", "reset", "html", "half", "another", "contradictory"}
	eachShape(t, func(t *testing.T, shape registry.Shape) {
		for _, fault := range faults {
			t.Run(fault, func(t *testing.T) {
				t.Parallel()
				server, client := simulated(t, shape, 200*time.Millisecond)
				if err := server.SetControl(sim.Control{Fault: fault}); err != nil {
					t.Fatal(err)
				}
				if got := client.Verify(t.Context(), somebody); got.Outcome != registry.NoAnswer || got.Unasked {
					t.Errorf("%+v", got)
				}
				if err := server.SetControl(sim.Control{}); err != nil {
					t.Fatal(err)
				}
				patient := config(server.URL())
				patient.Shape = shape
				if got := registry.New(patient).Verify(t.Context(), somebody); got.Outcome != registry.Matched {
					t.Errorf("after the fault: %+v", got)
				}
			})
		}
	})
}

func TestASyntheticPopulationIsJudgedFieldByField(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, shape registry.Shape) {
		people := sim.Population(7, 2000)
		server, err := sim.Start(sim.Config{User: "user", Password: "secret", People: people})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = server.Close(context.WithoutCancel(t.Context())) })
		cfg := config(server.URL())
		cfg.Shape, cfg.Pace = shape, 1000
		client := registry.New(cfg)
		for i := range 200 {
			p := people.At(i)
			q := registry.Query{NIK: p.NIK, KK: p.KK, Name: p.Name, BirthPlace: p.BirthPlace, BirthDate: p.Birth.Format(time.DateOnly), Sex: p.Sex}
			want := registry.Answer{Outcome: registry.Matched}
			switch {
			case p.State != "":
				want.Outcome = registry.Outcome(p.State)
			case i%3 == 1:
				q.KK = people.At(i + 100).KK
				want = differs(registry.FieldKK)
			case i%3 == 2:
				q.Name = "Zzxxqq Wwvvkk"
				want = differs(registry.FieldName)
			}
			if diff := cmp.Diff(want, client.Verify(t.Context(), q)); diff != "" {
				t.Errorf("person %d: %s", i, diff)
			}
		}
	})
}
