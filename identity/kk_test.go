package identity_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gelombang/identity"
	"gelombang/internal/fault"
)

func TestParseKKRefusesOnlyWhatIsNotSixteenDigits(t *testing.T) {
	t.Parallel()
	kk, findings := identity.ParseKK("317401 120320 000")
	want := []identity.Finding{{Key: "identity.kk.too_short", Args: fault.Args{"missing": 1, "count": 15}}}
	if diff := cmp.Diff(want, findings); diff != "" || kk != "" {
		t.Errorf("%q %s", kk, diff)
	}
	checkSentences(t, findings)
	for _, typed := range []string{"", "31740112032O0000", "3174011203200000000"} {
		kk, findings := identity.ParseKK(typed)
		if len(findings) != 1 || findings[0].Soft || kk != "" {
			t.Errorf("ParseKK(%q) = %q, %v", typed, kk, findings)
		}
		checkSentences(t, findings)
	}
	if kk, findings := identity.ParseKK("317401 120320 0000"); kk != "3174011203200000" || len(findings) != 0 {
		t.Errorf("%q %v", kk, findings)
	}
}

func TestCheckKKDoubtsPlaceAndDateOfIssue(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		kk       identity.KK
		nik      identity.NIK
		domicile string
		want     []identity.Finding
	}{
		{"good", "3174011203200000", "3174015506920000", "3174", nil},
		{"moved away", "3174011203200000", "", "3273", nil},
		{"issued today", "3174010708260000", "", "", nil},
		{"the NIK typed again", "3174015506920000", "3174015506920000", "",
			[]identity.Finding{{Key: "identity.kk.same_as_nik", Soft: true}}},
		{"somebody's NIK", "3174015506190000", "", "",
			[]identity.Finding{{Key: "identity.kk.date_impossible", Soft: true, Digit: 7,
				Args: fault.Args{"day": "55", "month": "06", "year": "19"}}}},
		{"issued tomorrow", "3174010808260000", "", "",
			[]identity.Finding{{Key: "identity.kk.date_future", Soft: true,
				Args: fault.Args{"day": "08", "month": "08", "year": "26"}}}},
		{"unknown province", "4174011203200000", "", "3174",
			[]identity.Finding{{Key: "identity.kk.province_unknown", Soft: true, Digit: 1, Suggestion: "3174011203200000",
				Args: fault.Args{"code": "41"}}}},
		{"unknown regency", "3184011203200000", "", "3174",
			[]identity.Finding{{Key: "identity.kk.regency_unknown", Soft: true, Digit: 3, Suggestion: "3174011203200000",
				Args: fault.Args{"code": "84", "province": "Daerah Khusus Ibukota Jakarta"}}}},
		{"unknown district", "3174991203200000", "", "",
			[]identity.Finding{{Key: "identity.kk.district_unknown", Soft: true, Digit: 5, Suggestion: "3174091203200000",
				Args: fault.Args{"code": "99", "regency": "Kota Administrasi Jakarta Selatan"}}}},
	}
	for _, c := range cases {
		got := identity.CheckKK(c.kk, identity.Stated{NIK: c.nik, Domicile: c.domicile}, today)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		checkSentences(t, got)
	}
}

func TestNoSixteenDigitsOfAKKAreEverBlocked(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		kk, hard := identity.ParseKK(rapid.StringMatching(`[0-9]{16}`).Draw(t, "kk"))
		if len(hard) != 0 {
			t.Fatalf("%s is refused: %v", kk, hard)
		}
		for _, f := range identity.CheckKK(kk, identity.Stated{Domicile: "3174"}, today) {
			if !f.Soft {
				t.Fatalf("%s is blocked by %v", kk, f)
			}
		}
	})
}
