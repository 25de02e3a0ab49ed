package portal_test

import (
	"context"
	"errors"
	"regexp"
	"testing"
	"time"

	"gelombang/portal"
)

func TestTheFirstPageSaysHowFarEverybodyHasCome(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.funnel = func(context.Context) ([]portal.FunnelRow, time.Time, error) {
		return []portal.FunnelRow{{Stage: "registered", People: 1_432_133}, {Stage: "contact", People: 1_063_028},
			{Stage: "identity", People: 624_090}, {Stage: "joined", People: 77_834}}, s.clock.Now(), nil
	}
	home := s.browser().get("/").expect(200, "/")
	if home.count(".flow li") != 4 || home.words(".flow li:last-child strong") != "77.834" {
		t.Errorf("says %s", home.words(".flow"))
	}
	if first, last := home.attr(".flow li:first-child rect", "width"), home.attr(".flow li:last-child rect", "width"); first != "100" || last != "5.4" {
		t.Errorf("the bars are %s and %s wide", first, last)
	}
}

func TestACountThatIsMissingDoesNotTakeTheFirstPageAlong(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	b := s.browser()
	for name, funnel := range map[string]portal.Funnel{
		"nobody is there yet": func(context.Context) ([]portal.FunnelRow, time.Time, error) {
			return []portal.FunnelRow{{Stage: "registered"}}, s.clock.Now(), nil
		},
		"it cannot be counted": func(context.Context) ([]portal.FunnelRow, time.Time, error) {
			return nil, time.Time{}, errors.New("busy")
		},
	} {
		s.funnel = funnel
		if home := b.get("/").expect(200, "/"); home.count(".flow") != 0 || home.count(".dates div") != 4 {
			t.Errorf("%s: %s", name, home.words("main"))
		}
	}
}

func TestEveryLimitSaysHowOftenInHowLong(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	limits := s.browser().get("/limits").expect(200, "/limits")
	rows := limits.count("tbody tr")
	if rows != len(s.otp.Limits()) || limits.count("tbody td") != rows {
		t.Fatalf("%d rows, %d cells: %s", rows, limits.count("tbody td"), limits.words("table"))
	}
	said := regexp.MustCompile(`(\d+ kali|Sekali) dalam \d+ `).FindAllString(limits.words("tbody"), -1)
	if len(said) != rows {
		t.Errorf("of %d limits %d are said: %s", rows, len(said), limits.words("tbody"))
	}
}
