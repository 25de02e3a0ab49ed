package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"gelombang/limit"
	"gelombang/notify"
	"gelombang/otp"
)

func TestAClassOfLimitsChangesWhatItSaysAndLeavesTheRest(t *testing.T) {
	t.Parallel()
	text := strings.Replace(readFile(t, "testdata/desa.yaml"), "  join: {", `  classes:
    - name: slow
      title: {id: Operator yang lambat, en: Slow operators}
      when: {channel: sms, operators: [smartfren, tri]}
      code: {life: 1h, sends_per_destination_hour: 6}
    - name: papua
      title: {id: Papua, en: Papua}
      when: {browser: known, provinces: ["91", "94"]}
      code: {sends_per_destination_day: 12}
  guards: {otp.rise: record}
  join: {`, 1)
	p, err := parseProgramme("desa.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	base := p.Limits.Code.policy()
	slow, papua := base, base
	slow.Life, slow.SendsPerDestinationHour, papua.SendsPerDestinationDay = time.Hour, 6, 12
	got := p.Limits.classes()
	if len(got) != 2 || got[0].Policy != slow || got[1].Policy != papua {
		t.Fatalf("%+v", got)
	}
	if w := got[0].When; w.Channel != notify.SMS || !slices.Equal(w.Operators, []string{notify.Smartfren, notify.Tri}) || w.Browser != "" {
		t.Errorf("%+v", w)
	}
	if w := got[1].When; w.Browser != otp.KnownBrowser || !slices.Equal(w.Provinces, []string{"91", "94"}) {
		t.Errorf("%+v", w)
	}
	if p.Texts()["en"]["limit.class.slow"] != "Slow operators" {
		t.Error("the class has no words on the page of limits")
	}
	if p.Limits.mode(otp.RuleRise) != limit.Record || p.Limits.mode("spend.day") != "" {
		t.Error("a guard's mode was not read")
	}
}
