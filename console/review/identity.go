package review

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"gelombang/console/desk"
	"gelombang/identity"
	"gelombang/internal/fault"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/photo"
)

// identityPage is one NIK that more than one account wants.
type identityPage struct {
	page.Summary
	Flash    *page.Notice
	Backlog  backlogHead
	Token    string
	Seen     string
	ID       int64
	Number   string
	Why      page.Text
	NIK      []page.Group
	Figures  []*figure
	Rivals   []rival
	First    string // a second look: why the first official said no
	Own      bool   // who said no is the reader
	Handed   []handed
	Decision page.Choices
	Reason   page.Field
	Skip     string
	Pass     string
}

// rival is one account that stated the NIK.
type rival struct {
	ID     int64
	Number string
	This   bool // the one that is decided about
	State  page.Badge
	Owner  time.Time // since when the NIK is theirs
	Card   page.Badge
}

// The decisions about a NIK.
const (
	give  = "give"    // to who claims it
	admit = "admit"   // have the registry asked about a newcomer
	no    = "decline" // do not
	keep  = "keep"    // everything stays as it is
)

// heldItem is a submission as it waits.
func heldItem(h identity.Held) item {
	return item{path: desk.Path(identityPath, h.Account), account: h.Account, since: h.Since, why: whyHeld(h), barred: h.Barred}
}

// heldOf is a submission as the list of those who wait has it.
func heldOf(r identity.Record) identity.Held {
	return identity.Held{Account: r.Account, Since: r.StateSince, Claim: r.Asked, Barred: r.Decliner}
}

func whyHeld(h identity.Held) page.Text {
	switch {
	case h.Claim:
		return page.T("console.review.why.claim")
	case h.Barred != 0:
		return page.T("console.review.why.second")
	}
	return page.T("console.review.why.crowded")
}

// wanted is what is read for one contested NIK.
type wanted struct {
	identity identity.Record
	rivals   []identity.Record
	photos   map[int64]photo.Photo
	handed   []handed
	head     backlogHead
}

// shown are the accounts whose cards are laid side by side: the owner's and the one that
// is decided about.
func (v wanted) shown() (accounts []int64) {
	for _, one := range v.rivals {
		if one.Account == v.identity.Account || !one.Claimed.IsZero() {
			accounts = append(accounts, one.Account)
		}
	}
	return accounts
}

func (c *Area) loadWanted(req *http.Request) (v wanted, err error) {
	err = c.Read(req, func(rx *sqldb.Rx) (err error) {
		if v.identity, err = c.Identity.Record(rx, desk.Number(req)); err != nil {
			return err
		}
		if !contested(v.identity) {
			return fault.New(fault.Refused, "identity.not_held", nil)
		}
		if v.rivals, err = c.rivals(rx, v.identity); err != nil {
			return err
		}
		if v.photos, err = c.photosOf(rx, v.rivals); err != nil {
			return err
		}
		if v.handed, err = c.handedOn(rx, heldItem(heldOf(v.identity))); err != nil {
			return err
		}
		v.head, err = c.head(rx, req)
		return err
	})
	return v, err
}

func (c *Area) photosOf(q sqldb.Querier, rivals []identity.Record) (map[int64]photo.Photo, error) {
	found := map[int64]photo.Photo{}
	if c.Photo == nil {
		return found, nil
	}
	for _, r := range rivals {
		p, err := c.Photo.Current(q, r.Account)
		if err != nil {
			return nil, err
		}
		found[r.Account] = p
	}
	return found, nil
}

// identity shows who wants a NIK, and their cards. Each look is written down first.
func (c *Area) identity(w http.ResponseWriter, req *http.Request) {
	v, err := c.loadWanted(req)
	for _, account := range v.shown() {
		if err == nil {
			err = c.look(req, account)
		}
	}
	if err != nil {
		c.settled(w, req, err)
		return
	}
	data := c.identityPage(req, v)
	if !data.Own {
		c.seats.take(desk.Path(identityPath, v.identity.Account), desk.At(req).ID, c.Now())
	}
	data.Flash = c.Flashed(req)
	c.Show(w, req, "review/identity", data)
}

func (c *Area) identityPage(req *http.Request, v wanted) identityPage {
	r, waits := v.identity, heldItem(heldOf(v.identity))
	data := identityPage{
		Backlog: v.head, Token: c.Token(), Seen: seenOf(r), ID: r.Account, Number: strconv.FormatInt(r.Account, 10), Why: waits.why,
		First: r.Reason, Own: waits.barred == desk.At(req).ID, Handed: v.handed,
		NIK: page.Digits(r.Form.NIK, 0), Decision: verdicts(r), Reason: desk.ReasonField(), Skip: nextPath + "?after=" + waits.path, Pass: waits.path + "/pass",
	}
	for _, one := range v.rivals {
		p := v.photos[one.Account]
		number := strconv.FormatInt(one.Account, 10)
		data.Rivals = append(data.Rivals, rival{ID: one.Account, Number: number, This: one.Account == r.Account,
			State: registryBadge(one), Owner: one.Claimed, Card: cardBadge(p)})
		if p.ID != 0 && slices.Contains(v.shown(), one.Account) {
			data.Figures = append(data.Figures, figureOf(req, p, page.T("console.review.card_of", "id", number)))
		}
	}
	return data
}

// cardBadge says what an account's photo proves.
func cardBadge(p photo.Photo) page.Badge {
	switch {
	case p.ShowsNIK():
		return page.Badge{Tone: page.Good, Text: page.T("console.review.card.shows")}
	case p.ID == 0:
		return page.Badge{Tone: page.Wait, Text: page.T("console.review.card.none")}
	case p.State == photo.Accepted:
		return page.Badge{Tone: page.Wait, Text: page.T("console.review.card.unread")}
	}
	return page.Badge{Tone: page.Look, Text: page.T("console.review.card.not")}
}

// verdicts offers what can be decided, each with what the person will read.
func verdicts(r identity.Record) page.Choices {
	c := page.Choices{Name: "decision", Label: page.T("console.review.decision"), Required: true}
	add := func(value, label, told string) {
		c.Options = append(c.Options, page.Option{Value: value, Label: page.T(label), Hint: reads(told)})
	}
	if r.Asked {
		add(give, "console.review.give", "identity.told.given.text")
		add(keep, "console.review.keep", "identity.told.kept.text")
		return c
	}
	add(admit, "console.review.admit", "identity.state.parked.happened")
	add(no, "console.review.no", "identity.told.declined.text")
	add(keep, "console.review.wait", "identity.state.review.happened")
	return c
}

// decideIdentity says whose a NIK is, or that it stays as it is.
func (c *Area) decideIdentity(w http.ResponseWriter, req *http.Request) {
	values, err := c.Form(w, req, page.FieldRule{Name: "decision"}, page.FieldRule{Name: "seen"}, desk.ReasonRule)
	word, reason := values.Get("decision"), desk.ReasonOf(values)
	if err == nil && word == "" {
		err = desk.Missing("decision", "console.review.choose")
	}
	if err == nil {
		err = desk.CheckReason(reason)
	}
	v, loadErr := c.loadWanted(req)
	if loadErr == nil && err == nil {
		if values.Get("seen") != seenOf(v.identity) {
			loadErr = fault.New(fault.Refused, photo.KeyCorrected, nil)
		} else {
			loadErr = c.judge(req, v.identity.Account, word, reason)
		}
	}
	switch {
	case loadErr != nil:
		c.settled(w, req, loadErr)
	case err != nil:
		c.identityAgain(w, req, v, word, values.Get("reason"), err)
	default:
		c.done(w, req, desk.Path(identityPath, v.identity.Account), "console.review.decided."+word)
	}
}

func (c *Area) judge(req *http.Request, account int64, word, reason string) error {
	ctx, by := req.Context(), desk.Actor(req)
	switch word {
	case give:
		return c.Identity.MoveClaim(ctx, account, by, reason)
	case admit:
		return c.Identity.Admit(ctx, account, by, reason)
	case no:
		return c.Identity.Decline(ctx, account, by, reason)
	case keep:
		return c.Identity.Keep(ctx, account, by, reason)
	}
	return desk.Missing("decision", "console.review.choose")
}

func (c *Area) identityAgain(w http.ResponseWriter, req *http.Request, v wanted, word, reason string, err error) {
	data := c.identityPage(req, v)
	data.Decision.Value, data.Reason.Value = word, reason
	c.Mended(w, req, err, func(s page.Summary) {
		data.Summary = s
		c.Page.Render(w, req, http.StatusUnprocessableEntity, "review/identity", data)
	}, &data.Decision, &data.Reason)
}
