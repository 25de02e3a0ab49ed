package locale_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"gelombang/internal/locale"
)

func files(id, en string) fstest.MapFS {
	return fstest.MapFS{
		"deep/catalog.id.yaml": {Data: []byte(id)},
		"deep/catalog.en.yaml": {Data: []byte(en)},
		"deep/other.yaml":      {Data: []byte("x: [")},
	}
}

const (
	sampleID = "a.hello: \"Halo **{name}**, {n} orang\"\na.plain: Ya\na.programme: \"Tentang {programme}\"\n"
	sampleEN = "a.hello: \"Hello **{name}**, {n} people\"\na.plain: \"Yes\"\na.programme: \"About {programme}\"\n"
)

func sample(t *testing.T) *locale.Catalog {
	t.Helper()
	c, err := locale.Load(nil, files(sampleID, sampleEN))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func check(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func TestATextIsFilledInItsLanguage(t *testing.T) {
	t.Parallel()
	c := sample(t)
	args := map[string]any{"name": "<Rani>", "n": 1432133}
	check(t, "id", c.Text(locale.ID, "a.hello", args), "Halo <Rani>, 1.432.133 orang")
	check(t, "en", c.Text(locale.EN, "a.hello", args), "Hello <Rani>, 1,432,133 people")
	check(t, "html", string(c.HTML(locale.ID, "a.hello", args)), "Halo <strong>&lt;Rani&gt;</strong>, 1.432.133 orang")
	check(t, "say", c.Say(locale.EN, locale.Text{Key: "a.plain"}), "Yes")
	check(t, "plain", string(c.SayHTML(locale.EN, locale.Text{Plain: "a & b"})), "a &amp; b")
}

func TestValuesAreFormattedByTheirType(t *testing.T) {
	t.Parallel()
	c := sample(t)
	at := time.Date(2026, 8, 7, 16, 59, 0, 0, time.UTC)
	type word string
	for _, v := range []struct {
		value  any
		id, en string
	}{
		{int64(-1200), "-1.200", "-1,200"},
		{uint8(7), "7", "7"},
		{1234.5, "1.234,5", "1,234.5"},
		{at, "Jumat, 7 Agustus 2026, 23.59 WIB", "Friday, 7 August 2026, 23:59 WIB"},
		{4 * time.Minute, "4 menit", "4 minutes"},
		{locale.Key("a.plain"), "Ya", "Yes"},
		{locale.Text{Key: "a.plain"}, "Ya", "Yes"},
		{word("open"), "open", "open"},
		{"2026", "2026", "2026"},
		{nil, "", ""},
	} {
		check(t, "id", c.Format(locale.ID, v.value), v.id)
		check(t, "en", c.Format(locale.EN, v.value), v.en)
	}
}

func TestWhatIsMissingIsShownAndReported(t *testing.T) {
	t.Parallel()
	c := sample(t)
	var missed []string
	c.OnMissing(func(lang locale.Lang, key string) { missed = append(missed, string(lang)+" "+key) })
	check(t, "key", c.Text(locale.EN, "no.<such>", nil), "⟦no.<such>⟧")
	check(t, "key in HTML", string(c.HTML(locale.ID, "no.<such>", nil)), "⟦no.&lt;such&gt;⟧")
	check(t, "value", c.Text(locale.ID, "a.hello", map[string]any{"n": 1}), "Halo ⟦a.hello{name}⟧, 1 orang")
	if want := []string{"en no.<such>", "id no.<such>", "id a.hello{name}"}; !slices.Equal(missed, want) {
		t.Errorf("reported %v", missed)
	}
}

func TestGlobalsNeedNotBeHandedOver(t *testing.T) {
	t.Parallel()
	c := sample(t)
	c.Globals(map[string]any{"programme": "Hibah Desa"})
	check(t, "global", c.Text(locale.ID, "a.programme", nil), "Tentang Hibah Desa")
}

func TestTheProgrammesWordingLiesOverTheCatalog(t *testing.T) {
	t.Parallel()
	c, err := locale.Load(map[locale.Lang]map[string]string{locale.ID: {"a.hello": "Selamat datang, {name}"}}, files(sampleID, sampleEN))
	if err != nil {
		t.Fatal(err)
	}
	args := map[string]any{"name": "Rani", "n": 1}
	check(t, "overridden", c.Text(locale.ID, "a.hello", args), "Selamat datang, Rani")
	check(t, "the other language", c.Text(locale.EN, "a.hello", args), "Hello Rani, 1 people")
}

func TestAFaultyCatalogIsRefusedWithEveryFault(t *testing.T) {
	t.Parallel()
	_, err := locale.Load(
		map[locale.Lang]map[string]string{locale.ID: {"x.none": "x", "x.both": "{other}"}, "fr": {"x.both": "x"}},
		files("x.id: satu\nx.args: \"{a} {b}\"\nx.both: x\nx.bold: \"**x\"\nx.brace: \"a } b\"\nx.number: 1\n", "x.en: one\nx.args: \"{a}\"\nx.both: x\nx.bold: x\nx.brace: x\nx.number: x\n"),
		files("x.both: y\n", "x.both: y\n"),
	)
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		"catalog en: x.id is missing", "catalog id: x.en is missing", "catalog en: x.args names [a], but [a b] in id",
		"catalog id: x.both is there twice", "catalog en: x.both is there twice", "x.bold: bold is not closed", "stray brace",
		"x.number is not a text", "there is no text x.none", "x.both names [other]", "wording fr: no such language",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not among the faults:\n%v", want, err)
		}
	}
}

func TestAKeyTwiceInOneFileIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := locale.Load(nil, files("a: x\na: y\n", "a: x\n")); err == nil {
		t.Error("accepted")
	}
}

func TestKeysAreListedOnce(t *testing.T) {
	t.Parallel()
	c := sample(t)
	if got := c.Keys(); !slices.Equal(got, []string{"a.hello", "a.plain", "a.programme"}) || !c.Has("a.plain") || c.Has("a.none") {
		t.Errorf("got %v", got)
	}
}

func TestTimesAreShownOnTheClockOfTheirRegion(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 8, 7, 16, 59, 8, 0, time.UTC)
	tokyo := time.FixedZone("Asia/Tokyo", 9*3600)
	for _, c := range []struct {
		at     time.Time
		id, en string
	}{
		{at, "23.59 WIB", "23:59 WIB"},
		{at.In(locale.WITA), "00.59 WITA", "00:59 WITA"},
		{at.In(locale.WIT), "01.59 WIT", "01:59 WIT"},
		{at.In(tokyo), "23.59 WIB", "23:59 WIB"},
	} {
		check(t, "id", locale.Clock(locale.ID, c.at), c.id)
		check(t, "en", locale.Clock(locale.EN, c.at), c.en)
	}
	check(t, "date", locale.Date(locale.ID, at), "Jumat, 7 Agustus 2026")
	check(t, "date in the east is the next", locale.Date(locale.ID, at.In(locale.WIT)), "Sabtu, 8 Agustus 2026")
	check(t, "day", locale.Day(locale.ID, at), "7 Agustus 2026")
	check(t, "seconds", locale.DateTimeSeconds(locale.ID, at), "Jumat, 7 Agustus 2026, 23.59.08 WIB")
	check(t, "month", locale.Month(locale.ID, time.May)+locale.Month(locale.EN, time.May)+locale.Month(locale.ID, 13), "MeiMay")
}

func TestEveryDayAndMonthHasItsName(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for at := range 366 {
		words := strings.Fields(locale.Date(locale.ID, time.Date(2028, 1, 1+at, 5, 0, 0, 0, time.UTC)))
		seen[words[0]], seen[words[2]] = true, true
	}
	if len(seen) != 7+12 {
		t.Errorf("%d names", len(seen))
	}
}

func TestFiguresAreWrittenAsTheLanguageDoes(t *testing.T) {
	t.Parallel()
	check(t, "rupiah", locale.Rupiah(locale.ID, 3550000), "Rp 3.550.000")
	check(t, "owed", locale.Rupiah(locale.ID, -500), "-Rp 500")
	check(t, "rupiah en", locale.Rupiah(locale.EN, 3550000), "Rp 3,550,000")
	check(t, "percent", locale.Percent(locale.ID, 0.7423), "74,2 %")
	check(t, "percent en", locale.Percent(locale.EN, 0.12), "12%")
}

func TestDurationsAreSaidInTwoUnits(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0:                                "0 detik",
		-time.Second:                     "0 detik",
		300 * time.Millisecond:           "1 detik",
		90 * time.Second:                 "1 menit 30 detik",
		time.Hour:                        "1 jam",
		time.Hour + 5*time.Minute:        "1 jam 5 menit",
		time.Hour + 5*time.Second:        "1 jam",
		30*24*time.Hour + 90*time.Minute: "30 hari 1 jam",
	} {
		check(t, d.String(), locale.Duration(locale.ID, d), want)
	}
	check(t, "one", locale.Duration(locale.EN, time.Minute+2*time.Second), "1 minute 2 seconds")
	check(t, "left", locale.Left(locale.ID, 861*time.Second), "14.21")
	check(t, "left long", locale.Left(locale.EN, time.Hour+62*time.Second), "1:01:02")
	check(t, "left none", locale.Left(locale.ID, -time.Second), "0.00")
}

func TestTheBrowsersLanguageIsTakenWhenWeHaveIt(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]locale.Lang{
		"": locale.ID, "en-GB,en;q=0.9": locale.EN, "id-ID,id;q=0.9,en;q=0.8": locale.ID, "in": locale.ID, "fr": locale.ID,
		"fr, en;q=0.5": locale.EN, ";;;": locale.ID, strings.Repeat("a,", 1<<16): locale.ID,
	} {
		if got := locale.Negotiate(header); got != want {
			t.Errorf("%.20q: got %s, want %s", header, got, want)
		}
	}
	if _, ok := locale.Parse("fr"); ok {
		t.Error("fr is no language of ours")
	}
}
