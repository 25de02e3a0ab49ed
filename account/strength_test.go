package account_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"gelombang/account"
	"gelombang/internal/fault"
	"gelombang/internal/locale"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
)

func TestAWeakPasswordIsRefusedWithItsReason(t *testing.T) {
	t.Parallel()
	clock := sqldbtest.NewClock()
	w := newWorld(t, sqldbtest.Open(t, sqldb.SQLite, clock), clock)
	id := w.member(rani, mine)
	w.prove(w.adds(id, hp), hp, mine)
	for password, why := range map[string]string{
		"sayang123":          "common",
		"P@ssw0rd":           "common",
		"aaaaaaaaaaaaaaa":    "repeat",
		"3174015506920000":   "digits",
		"15-06-1992":         "digits",
		"ranirani":           "own",
		"rani2024!":          "own",
		"bvcxz,mn":           "keyboard",
		"abcdefghij":         "sequence",
		"melati1992":         "word",
		"m3l4t1-1945":        "word",
		"elizabeth12":        "name",
		"x 17-08-1945":       "date",
		"7hk2pq":             "", // too short before it is weak
		"kucing88":           "word",
		"semangat45semangat": "word",
	} {
		err := w.accounts.SetPassword(context.Background(), id, password)
		f, _ := fault.As(err)
		if f == nil || f.Kind != fault.Invalid || len(f.Fields) != 1 {
			t.Errorf("%q: %v", password, err)
			continue
		}
		if key := f.Fields[0].Key; why != "" && key != "account.password.weak."+why {
			t.Errorf("%q: %s, not %s", password, key, why)
		}
	}
}

func TestAPasswordThatNobodyGuessesIsTakenWhateverItLooksLike(t *testing.T) {
	t.Parallel()
	clock := sqldbtest.NewClock()
	w := newWorld(t, sqldbtest.Open(t, sqldb.SQLite, clock), clock)
	id := w.member(rani, mine)
	for _, password := range []string{"kopi payung selasa", "kapal layar biru", "ombak tenang 17", "xkqvbzwp7", "tR4-9zLw", "correct horse battery",
		"сегодня дождь опять", "昨日は雨でした今日も", "rani naik sepeda ke pasar"} {
		if err := w.accounts.SetPassword(context.Background(), id, password); err != nil {
			t.Errorf("%q: %v", password, err)
		}
	}
}

func TestEveryReasonHasASentenceInBothLanguages(t *testing.T) {
	t.Parallel()
	texts, err := locale.Load(nil, account.Catalog)
	if err != nil {
		t.Fatal(err)
	}
	for _, why := range strings.Fields("common repeat digits own keyboard sequence name word date simple") {
		if !texts.Has("account.password.weak." + why) {
			t.Errorf("no sentence for %s", why)
		}
	}
}

// A made-up password must not cost more than the hash that comes after it.
func FuzzAnyPasswordIsJudgedSoon(f *testing.F) {
	for _, seed := range []string{"", "a", strings.Repeat("4@8({[<369!1|7$5+%2", 7), strings.Repeat("12.12.12", 16), "\xff\xfe", strings.Repeat("İ", 128), "1234567890-="} {
		f.Add(seed)
	}
	clock := sqldbtest.NewClock()
	w := newWorld(f, sqldbtest.Open(f, sqldb.SQLite, clock), clock)
	id := w.member(rani, mine)
	f.Fuzz(func(t *testing.T, password string) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		err := w.accounts.SetPassword(ctx, id, password)
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Fatalf("%q: %v", password, err)
		}
	})
}
