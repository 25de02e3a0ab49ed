package wait

import (
	"hash/fnv"
	"strconv"
	"time"

	"gelombang/internal/page"
	"gelombang/waitroom"
)

const (
	// Without a script the page comes again by itself, at times that differ from person
	// to person so that a crowd does not come at once.
	refreshLeast  = 15
	refreshSpread = 26
	// longWait is when it is better to go and come back than to look at the page.
	longWait = 10 * time.Minute
)

// waitPage is the page of a place.
type waitPage struct {
	waitroom.Place
	Ticket    string
	Cookie    bool // the browser kept the ticket
	Again     bool // the place before this one was missed
	Episode   int64
	Opening   bool
	Opens     time.Time
	Countdown *page.Countdown // until called, kept; until the hour, before it
	Turn, End time.Time       // the estimate, and until when the place is kept then
	Left      time.Duration   // until Turn, in whole minutes
	Long      bool
	PerMinute int64
	Keep      time.Duration // how long a called place is kept
	Stay      time.Duration // how long a pass lasts
	At        time.Time     // when this was so
	Refresh   int           // seconds until the page comes again without a script; 0: never
	Kept      *page.Kept    // a form that waits along
}

func (p *Pages) waitPage(t ticket, place waitroom.Place) *waitPage {
	state, policy := p.Room.State(), p.Room.Policy()
	d := &waitPage{Place: place, Ticket: t.text, Cookie: t.kept, Episode: state.Began.UnixMilli(), Opening: state.Why == waitroom.AnOpening,
		Opens: state.Opens, PerMinute: state.PerMinute, Keep: policy.Keep, Stay: policy.Stay, At: p.Now(), Refresh: refresh(t.text)}
	d.Turn = state.At.Add(place.Wait)
	d.End = d.Turn.Add(policy.Keep)
	d.Left = max(time.Minute, (place.Wait + time.Minute - 1).Truncate(time.Minute))
	d.Long = place.Wait >= longWait
	switch {
	case d.IsCalled():
		d.Countdown, d.Refresh = page.CountdownTo(p.Now(), place.Keeps), 0
	case place.Number == 0:
		d.Countdown = &page.Countdown{Until: state.Opens, Left: max(0, state.Opens.Sub(p.Now()))}
	}
	return d
}

// IsCalled says whether the button is shown.
func (d *waitPage) IsCalled() bool { return d.Standing == waitroom.Called }

// Title is what the page is about, in its heading as in the browser's tab.
func (d *waitPage) Title() page.Text {
	if d.IsCalled() {
		return page.T("portal.wait.called")
	}
	return page.T("portal.wait.title")
}

// KeepSeconds is Keep for the script.
func (d *waitPage) KeepSeconds() int64 { return int64(d.Keep / time.Second) }

// refresh gives every ticket a pace of its own.
func refresh(ticket string) int {
	h := fnv.New32a()
	h.Write([]byte(ticket)) //nolint:errcheck // a hash takes everything
	return refreshLeast + int(h.Sum32()%refreshSpread)
}

func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}
