package identity_test

import (
	"strings"
	"testing"
	"time"

	"gelombang/identity"
	"gelombang/identity/region"
	"gelombang/identity/registry"
	sim "gelombang/sim/registry"
)

// formOf is what somebody of the population types from her cards.
func formOf(who sim.Person) identity.Form {
	truth := truthOf(who)
	return identity.Form{Name: who.Name, NIK: who.NIK, KK: who.KK, BirthPlace: who.BirthPlace, BirthDate: truth.Birth,
		Sex: truth.Sex, Regency: truth.Domicile, District: who.District, Education: "primary", Employment: "job_seeker"}
}

func queryOf(f identity.Form) registry.Query {
	return registry.Query{NIK: f.NIK, KK: f.KK, Name: f.Name, BirthPlace: f.BirthPlace, BirthDate: f.BirthDate.String(), Sex: string(f.Sex)}
}

// The form takes the whole population: it doubts those whose NIK disagrees, and stops
// nobody. The registry then confirms them.
func TestWhoseNIKDisagreesIsWarnedAndThenMatched(t *testing.T) {
	t.Parallel()
	people := sim.Population(benchSeed, 3_000)
	server, err := sim.Start(sim.Config{User: "user", Password: "secret", People: people})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close(t.Context()) })
	client := registry.New(registry.Config{URL: server.URL(), Agency: "PMO", User: "user", Password: "secret", ClientIP: "10.0.0.1",
		Timeout: 10 * time.Second, Now: time.Now})
	asked := 0
	for i := range people.Size() {
		who := people.At(i)
		f, doubted := formOf(who), false
		for _, found := range checker().Check(f) {
			doubted = true
			if !found.Soft || found.Name != "nik" {
				t.Fatalf("%+v is stopped by %+v", who, found)
			}
		}
		if doubted != who.Disagrees {
			t.Fatalf("%+v is doubted: %v", who, doubted)
		}
		if !who.Disagrees && i%50 > 0 {
			continue
		}
		asked++
		want := registry.Outcome(who.State)
		if who.State == "" {
			want = registry.Matched
		}
		if got := client.Verify(t.Context(), queryOf(f)); got.Outcome != want {
			t.Errorf("%+v: %+v", who, got)
		}
	}
	if asked < 60 {
		t.Errorf("%d asked", asked)
	}
}

func TestThePopulationLivesInRegionsThatExist(t *testing.T) {
	t.Parallel()
	people, retired := sim.Population(benchSeed, sim.PopulationMost), 0
	const looked, stride = 20_000, 17_497 // no multiple of a block, so that every place in one is met
	for i := range looked {
		who := people.At(i * stride)
		born, known := region.Lookup(who.NIK[:6])
		home, there := region.Lookup(who.District)
		if !known || !there || home.Retired || who.KK[:6] != home.Code {
			t.Fatalf("%+v: born in %+v, lives in %+v", who, born, home)
		}
		if regency, _ := region.Lookup(who.NIK[:4]); !strings.HasSuffix(strings.ToUpper(regency.Name), who.BirthPlace) {
			t.Fatalf("%+v was born in %s", who, regency.Name)
		}
		if born.Retired {
			retired++
		}
	}
	if retired < looked/100 || retired > looked/20 {
		t.Errorf("%d of %d have a retired code", retired, looked)
	}
}
