package photo_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gelombang/internal/blob"
	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/photo"
	"gelombang/photo/ktp"
	sim "gelombang/sim/ktp"
)

func TestAGoodPhotoIsAcceptedAndItsNIKCompared(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		card, me := taken[sim.Good](), s.account()
		s.types(card.NIK)
		p, err := s.Send(t.Context(), me, "t", card.JPEG)
		if err != nil || p.State != photo.Checking {
			t.Fatalf("%s, %v", p.State, err)
		}
		s.work()
		if p = s.is(me, photo.Accepted); p.Verdict != ktp.OK || p.NIKMatch != ktp.Same || !p.ShowsNIK() || p.NIKRead != card.NIK {
			t.Errorf("%s, %s, %q", p.Verdict, p.NIKMatch, p.NIKRead)
		}
		if !slices.Equal(s.news, []photo.State{photo.Checking, photo.Accepted}) || len(s.told) > 0 {
			t.Errorf("news %v, told %v", s.news, s.told)
		}
		picture, err := s.Picture(t.Context(), p)
		if err != nil || len(picture) == 0 || bytes.Contains(picture, []byte("Exif\x00\x00II*\x00")) && len(picture) > len(card.JPEG) {
			t.Errorf("the picture has %d bytes, %v", len(picture), err)
		}
	})
}

func TestASlipInTheTypedNIKIsShownAndMendedWithoutAnotherPhoto(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		card, me := taken[sim.Good](), s.account()
		slip := []byte(card.NIK)
		slip[9] = '0' + (slip[9]-'0'+5)%10
		s.types(string(slip))
		if p := s.send(me, "t", card.JPEG); p.State != photo.Differs || p.DiffersAt != 10 {
			t.Fatalf("%s at digit %d", p.State, p.DiffersAt)
		}
		s.types(card.NIK)
		s.write(func(tx *sqldb.Tx) error { return s.NIKChanged(tx, me) })
		if p := s.is(me, photo.Accepted); !p.ShowsNIK() {
			t.Error("the corrected NIK is not the card's")
		}
		s.types(string(slip))
		s.write(func(tx *sqldb.Tx) error { return s.NIKChanged(tx, me) })
		s.is(me, photo.Differs)
	})
}

func TestACroppedPhotoKeepsWhichCornersAreCutOff(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		p := s.send(s.account(), "t", taken[sim.Cropped]().JPEG)
		names := make([]string, len(p.Cut))
		for i, c := range p.Cut {
			names[i] = string(c)
		}
		want := taken[sim.Cropped]().Shot.Outside(0)
		slices.Sort(names)
		slices.Sort(want)
		if p.State != photo.Refused || p.Verdict != ktp.Cropped || len(want) == 0 || !slices.Equal(names, want) {
			t.Errorf("%s, %s, %v are named, and %v are cut off", p.State, p.Verdict, names, want)
		}
	})
}

func TestANumberThatOnlyTheSecondReaderReadsIsComparedAlike(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		card := otherPrint()
		slip := card.NIK[:15] + string('0'+(card.NIK[15]-'0'+5)%10)
		for _, c := range []struct {
			read, typed string
			state       photo.State
			match       ktp.Match
		}{{card.NIK, card.NIK, photo.Accepted, ktp.Same}, {card.NIK, slip, photo.Differs, ktp.Differs}, {"", slip, photo.Accepted, ktp.Unreadable}} {
			s.types(c.typed)
			s.note(func() { s.read = c.read })
			if p := s.send(s.account(), "t", card.JPEG); p.State != c.state || p.NIKMatch != c.match || p.NIKRead != c.read {
				t.Errorf("%s typed, %q read: %s, %s", c.typed, c.read, p.State, p.NIKMatch)
			}
		}
	})
}

func TestTheThirdRefusalGoesToAPerson(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		dark, me := taken[sim.Dark](), s.account()
		for n, want := range []photo.State{photo.Refused, photo.Refused, photo.Review} {
			p := s.send(me, fmt.Sprint(n), dark.JPEG)
			if p.State != want || p.Verdict != ktp.Dark || p.Failures != n+1 {
				t.Fatalf("photo %d: %s, %s, %d failures", n, p.State, p.Verdict, p.Failures)
			}
			s.clock.Add(time.Minute)
		}
		waiting, n := s.reviews()
		if n != 1 || waiting[0].Why != photo.WhyFailures {
			t.Errorf("%d wait, %v", n, waiting)
		}
	})
}

func (s *scene) reviews() (list []photo.Photo, n int) {
	s.t.Helper()
	err := s.db.Read(s.t.Context(), func(rx *sqldb.Rx) (err error) {
		list, n, err = s.Reviews(rx, 10)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return list, n
}

func TestWhoDeclinedDoesNotJudgeTheAppeal(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		dark, me, ctx := taken[sim.Dark](), s.account(), t.Context()
		for n := range 3 {
			s.send(me, fmt.Sprint(n), dark.JPEG)
		}
		p := s.is(me, photo.Review)
		if err := s.Decide(ctx, p.ID, photo.Decision{Officer: 7}); fault.Of(err) != fault.Invalid {
			t.Fatalf("declined without a reason: %v", err)
		}
		if err := s.Decide(ctx, p.ID, photo.Decision{Officer: 7, Reason: photo.ReasonUnreadable}); err != nil {
			t.Fatal(err)
		}
		if p = s.is(me, photo.Declined); p.Reason != photo.ReasonUnreadable {
			t.Errorf("the reason is %q", p.Reason)
		}
		if err := s.Decide(ctx, p.ID, photo.Decision{Officer: 8, Accept: true}); !fault.Is(err, fault.Refused) {
			t.Errorf("decided twice: %v", err)
		}
		if err := s.Ask(ctx, s.account(), p.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a stranger asked for a look: %v", err)
		}
		for range 2 { // the button may be pressed twice
			if err := s.Ask(ctx, me, p.ID); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Decide(ctx, p.ID, photo.Decision{Officer: 7, Accept: true}); !fault.Is(err, fault.Refused) {
			t.Errorf("who declined judged the appeal: %v", err)
		}
		if err := s.Decide(ctx, p.ID, photo.Decision{Officer: 8, Reason: photo.ReasonNotCard}); err != nil {
			t.Fatal(err)
		}
		s.is(me, photo.Declined)
		if err := s.Ask(ctx, me, p.ID); !fault.Is(err, fault.Refused) {
			t.Errorf("an appeal against an appeal: %v", err)
		}
		if !slices.Equal(s.told, []string{"photo.told.declined", "photo.told.declined"}) {
			t.Errorf("told %v", s.told)
		}
	})
}

func TestAMisreadCardIsLookedAtByAPerson(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		card, me := taken[sim.Good](), s.account()
		s.types("3174015506920000")
		p := s.send(me, "t", card.JPEG)
		if err := s.Ask(t.Context(), me, p.ID); err != nil {
			t.Fatal(err)
		}
		if p = s.is(me, photo.Review); p.Why != photo.WhyNIK {
			t.Errorf("why %q", p.Why)
		}
		accept := photo.Decision{Officer: 7, Accept: true, NIK: "3174015506920001"}
		if err := s.Decide(t.Context(), p.ID, accept); !fault.Is(err, fault.Refused) {
			t.Errorf("decided about a NIK that is not typed any more: %v", err)
		}
		accept.NIK = "3174015506920000"
		if err := s.Decide(t.Context(), p.ID, accept); err != nil {
			t.Fatal(err)
		}
		if p = s.is(me, photo.Accepted); !p.ShowsNIK() {
			t.Error("the official's word does not count as read from the card")
		}
		s.types("3174015506920001") // the official looked at another number
		s.write(func(tx *sqldb.Tx) error { return s.NIKChanged(tx, me) })
		s.is(me, photo.Differs)
		if !slices.Equal(s.told, []string{"photo.told.accepted"}) {
			t.Errorf("told %v", s.told)
		}
	})
}

// broken gives some bytes and then breaks off, as a connection does.
func broken(data []byte) io.Reader {
	return io.MultiReader(bytes.NewReader(data), errReader{})
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestAnUploadThatIsCutOffGoesOnWhereItStood(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		data, me, ctx := taken[sim.Good]().JPEG, s.account(), t.Context()
		u, err := s.Begin(ctx, me, "t", int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		cuts := []int{20_000, 20_000 + 1000, 60_000} // the second brings too little to be worth keeping
		for _, cut := range cuts {
			if u, err = s.Append(ctx, me, u.ID, u.Received, broken(data[u.Received:cut])); !fault.Is(err, fault.Unavailable) {
				t.Fatalf("at %d: %v", u.Received, err)
			}
		}
		if u.Received != 60_000 {
			t.Fatalf("%d bytes are here", u.Received)
		}
		if again, err := s.Begin(ctx, me, "t", int64(len(data))); err != nil || again.ID != u.ID || again.Received != u.Received {
			t.Fatalf("beginning again gives %+v, %v", again, err)
		}
		if moved, err := s.Append(ctx, me, u.ID, 20_000, bytes.NewReader(data[20_000:])); !errors.Is(err, photo.ErrMoved) || moved.Received != 60_000 {
			t.Fatalf("from the wrong place: %d, %v", moved.Received, err)
		}
		if u, err = s.Append(ctx, me, u.ID, 60_000, bytes.NewReader(data[60_000:])); err != nil || !u.Done {
			t.Fatalf("%+v, %v", u, err)
		}
		s.work()
		p := s.is(me, photo.Accepted)
		want, err := ktp.Clean(data)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Picture(ctx, p); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d of %d bytes, %v", len(got), len(want), err)
		}
		if names, err := s.store.Names(ctx, "upload/"); err != nil || len(names) > 0 {
			t.Errorf("parts are left: %v, %v", names, err)
		}
	})
}

func TestTwoTabsOfOneFormAreOnePhoto(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		data, me := taken[sim.Good]().JPEG, s.account()
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				if _, err := s.Send(t.Context(), me, "same", data); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		s.work()
		s.is(me, photo.Accepted)
		if n := s.count(); n != 1 {
			t.Errorf("%d photos", n)
		}
	})
}

func (s *scene) count() (n int) {
	s.t.Helper()
	err := s.db.Read(s.t.Context(), func(rx *sqldb.Rx) error { return rx.QueryRow(`SELECT COUNT(*) FROM photo`).Scan(&n) })
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

func TestTwoDifferentUploadsAtOnceLoseNothingAndTheLastOneCounts(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		good, dark, me, ctx := taken[sim.Good]().JPEG, taken[sim.Dark]().JPEG, s.account(), t.Context()
		first, err1 := s.Begin(ctx, me, "1", int64(len(good)))
		second, err2 := s.Begin(ctx, me, "2", int64(len(dark)))
		if err1 != nil || err2 != nil || first.ID == second.ID {
			t.Fatal(err1, err2)
		}
		half := int64(len(good) / 2)
		first, _ = s.Append(ctx, me, first.ID, 0, broken(good[:half]))
		if _, err := s.Append(ctx, me, second.ID, 0, bytes.NewReader(dark)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Append(ctx, me, first.ID, half, bytes.NewReader(good[half:])); err != nil {
			t.Fatal(err)
		}
		s.work()
		if n := s.count(); n != 2 {
			t.Errorf("%d photos", n)
		}
		// The newest is the one that was begun last: it is what the person saw themselves choose last.
		s.is(me, photo.Refused)
	})
}

func TestAnObjectStoreThatIsAwayLosesNothing(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		card, me, ctx := taken[sim.Good](), s.account(), t.Context()
		s.types(card.NIK)
		u, err := s.Begin(ctx, me, "t", int64(len(card.JPEG)))
		if err != nil {
			t.Fatal(err)
		}
		if u, err = s.Append(ctx, me, u.ID, 0, broken(card.JPEG[:30_000])); u.Received != 30_000 {
			t.Fatal(u, err)
		}
		s.store.set(true)
		if u, err = s.Append(ctx, me, u.ID, 30_000, bytes.NewReader(card.JPEG[30_000:])); !fault.Is(err, fault.Unavailable) || u.Done || u.Received != 30_000 {
			t.Fatalf("with the store away: %+v, %v", u, err)
		}
		s.store.set(false)
		if u, err = s.Append(ctx, me, u.ID, 30_000, bytes.NewReader(card.JPEG[30_000:])); err != nil || !u.Done {
			t.Fatal(u, err)
		}
		s.store.set(true)
		s.work()
		s.is(me, photo.Checking) // our trouble: it is neither refused nor forgotten
		s.store.set(false)
		s.clock.Add(10 * time.Minute)
		s.work()
		s.is(me, photo.Accepted)
	})
}

func TestAPictureThatIsGoneIsOurFaultAndCountsAgainstNobody(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		dark, me, ctx := taken[sim.Dark]().JPEG, s.account(), t.Context()
		s.send(me, "1", dark)
		p, err := s.Send(ctx, me, "2", dark)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.store.Delete(ctx, fmt.Sprintf("photo/%d", p.ID)); err != nil {
			t.Fatal(err)
		}
		s.work()
		s.is(me, photo.Lost)
		if !slices.Contains(s.told, "photo.told.lost") {
			t.Errorf("told %v", s.told)
		}
	})
}

func TestTheDayHasRoomForTenAndSaysWhenTheNextOpens(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		me, ctx := s.account(), t.Context()
		opens := s.clock.Now().Add(24 * time.Hour)
		for n := range 10 {
			if _, err := s.Begin(ctx, me, fmt.Sprint(n), 1000); err != nil {
				t.Fatal(err)
			}
			s.clock.Add(time.Minute)
		}
		_, err := s.Begin(ctx, me, "eleventh", 1000)
		if f, ok := fault.As(err); !ok || f.Kind != fault.Limited || !f.Until.Equal(opens) {
			t.Fatalf("%v", err)
		}
		if _, err := s.Begin(ctx, me, "3", 1000); err != nil {
			t.Errorf("one that was begun before: %v", err)
		}
		s.clock.Set(opens.Add(-time.Millisecond))
		if _, err := s.Begin(ctx, me, "eleventh", 1000); !fault.Is(err, fault.Limited) {
			t.Errorf("a millisecond early: %v", err)
		}
		s.clock.Set(opens)
		if _, err := s.Begin(ctx, me, "eleventh", 1000); err != nil {
			t.Error(err)
		}
	})
}

func TestWhatCannotBeAPhotoIsSaidBeforeAnythingIsSent(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		me, ctx := s.account(), t.Context()
		for _, size := range []int64{0, -1, s.Policy().SizeMost + 1} {
			if _, err := s.Begin(ctx, me, "t", size); fault.Of(err) != fault.Invalid {
				t.Errorf("%d bytes: %v", size, err)
			}
		}
		if p := s.send(me, "x", []byte("%PDF-1.7 this is no picture")); p.State != photo.Refused || p.Verdict != ktp.Type {
			t.Errorf("%s, %s", p.State, p.Verdict)
		}
	})
}

func TestAStrangersUploadIsNotThere(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		me, other, ctx := s.account(), s.account(), t.Context()
		u, err := s.Begin(ctx, me, "t", 1000)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Append(ctx, other, u.ID, 0, strings.NewReader("x")); !fault.Is(err, fault.NotFound) {
			t.Errorf("%v", err)
		}
		s.clock.Add(s.Policy().FinishFor + time.Millisecond)
		if _, err := s.Append(ctx, me, u.ID, 0, strings.NewReader("x")); !fault.Is(err, fault.NotFound) {
			t.Errorf("after its time: %v", err)
		}
	})
}

func TestPicturesGoWhenTheirTimeIsOver(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		card, me, ctx := taken[sim.Good](), s.account(), t.Context()
		p := s.send(me, "1", card.JPEG)
		left, err := s.Begin(ctx, me, "2", 50_000)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Append(ctx, me, left.ID, 0, broken(card.JPEG[:20_000])); !fault.Is(err, fault.Unavailable) {
			t.Fatal(err)
		}
		retire := func() {
			s.write(func(tx *sqldb.Tx) error { _, err := s.Retire(tx, 100); return err })
			s.work()
		}
		s.clock.Add(s.Policy().KeepFor)
		retire()
		if p = s.current(me); !p.Gone.IsZero() {
			t.Fatal("it went at the last moment of its time")
		}
		if names, err := s.store.Names(ctx, "upload/"); err != nil || len(names) > 0 {
			t.Errorf("an upload that was never finished is left: %v, %v", names, err)
		}
		s.clock.Add(time.Millisecond)
		retire()
		if p = s.current(me); p.Gone.IsZero() || p.State != photo.Accepted {
			t.Errorf("%s, gone %s", p.State, p.Gone)
		}
		if _, err := s.Picture(ctx, p); !errors.Is(err, blob.ErrNone) {
			t.Errorf("the picture: %v", err)
		}
	})
}

func TestAPhotoThatIsReplacedIsDeleted(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		me := s.account()
		first := s.send(me, "1", taken[sim.Dark]().JPEG)
		s.clock.Add(time.Second)
		s.send(me, "2", taken[sim.Good]().JPEG)
		if names, err := s.store.Names(t.Context(), "photo/"); err != nil || len(names) != 1 || names[0] == fmt.Sprintf("photo/%d", first.ID) {
			t.Errorf("%v, %v", names, err)
		}
	})
}

func TestAPersonIsErasedWithTheirPictures(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		me := s.account()
		s.send(me, "1", taken[sim.Good]().JPEG)
		s.write(func(tx *sqldb.Tx) error { return s.Erase(tx, me) })
		s.work()
		s.is(me, photo.None)
		if names, err := s.store.Names(t.Context(), ""); err != nil || len(names) > 0 {
			t.Errorf("%v, %v", names, err)
		}
		s.write(func(tx *sqldb.Tx) error { return s.Erase(tx, me) })
	})
}

func TestNothingOfACardIsReadableInTheStore(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		card, me := taken[sim.Good](), s.account()
		s.types(card.NIK)
		u, err := s.Begin(t.Context(), me, "t", int64(len(card.JPEG)))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = s.Append(t.Context(), me, u.ID, 0, broken(card.JPEG[:40_000]))
		s.send(me, "whole", card.JPEG)
		files := 0
		err = fs.WalkDir(os.DirFS(s.folder), ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			files++
			data, err := os.ReadFile(s.folder + "/" + name)
			for _, clear := range [][]byte{[]byte("JFIF"), []byte("Exif"), []byte(card.NIK), card.JPEG[1000:1032]} {
				if bytes.Contains(data, clear) {
					t.Errorf("%s shows %q", name, clear)
				}
			}
			return err
		})
		if err != nil || files < 2 {
			t.Errorf("%d files, %v", files, err)
		}
	})
}

func TestAPhotoThatWasReplacedWhileItWasCheckedChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		me, ctx := s.account(), t.Context()
		for n, data := range [][]byte{taken[sim.Dark]().JPEG, taken[sim.Good]().JPEG} {
			if _, err := s.Send(ctx, me, fmt.Sprint(n), data); err != nil {
				t.Fatal(err)
			}
			s.clock.Add(time.Second)
		}
		s.work() // both checks run now, the first one for a photo that counts no more
		s.is(me, photo.Accepted)
		if slices.Contains(s.news, photo.Refused) {
			t.Errorf("news %v", s.news)
		}
	})
}
