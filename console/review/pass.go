package review

import (
	"net/http"
	"strconv"
	"time"

	"gelombang/console/desk"
	"gelombang/internal/fault"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/photo"
)

// passPage asks why somebody hands an item on.
type passPage struct {
	page.Summary
	Token        string
	Number       string
	Action, Item string
	Why          page.Text
	Reason       page.Field
}

// handed says who handed an item on before, and why.
type handed struct {
	Who    page.Text
	Reason string
	At     time.Time
}

// passes serves the two addresses of handing on, for items that load finds.
func (c *Area) passes(load func(*http.Request) (item, error)) (show, do http.HandlerFunc) {
	show = func(w http.ResponseWriter, req *http.Request) {
		p, err := load(req)
		if err != nil {
			c.settled(w, req, err)
			return
		}
		c.Show(w, req, "review/pass", c.passPage(p))
	}
	do = func(w http.ResponseWriter, req *http.Request) {
		values, err := c.Form(w, req, desk.ReasonRule)
		if err == nil {
			err = desk.CheckReason(desk.ReasonOf(values))
		}
		p, loadErr := load(req)
		switch {
		case loadErr != nil:
			c.settled(w, req, loadErr)
		case err != nil:
			v := c.passPage(p)
			v.Reason.Value = values.Get("reason")
			c.Mended(w, req, err, func(s page.Summary) {
				v.Summary = s
				c.Page.Render(w, req, http.StatusUnprocessableEntity, "review/pass", v)
			}, &v.Reason)
		default:
			c.handOn(w, req, p, desk.ReasonOf(values))
		}
	}
	return show, do
}

func (c *Area) passPage(p item) passPage {
	return passPage{Token: c.Token(), Number: strconv.FormatInt(p.account, 10), Action: p.path + "/pass", Item: p.path, Why: p.why, Reason: desk.ReasonField()}
}

// handOn leaves an item to the others, and leads on. It keeps its place in the queue.
func (c *Area) handOn(w http.ResponseWriter, req *http.Request, p item, reason string) {
	me := desk.At(req).ID
	if err := c.Staff.HandOn(req.Context(), p.path, p.account, desk.Actor(req), reason); err != nil {
		c.Page.Fail(w, req, err)
		return
	}
	c.seats.leave(me, c.Now())
	c.Flash(req, "console.review.passed")
	desk.To(w, req, nextPath)
}

func (c *Area) passingPhoto(req *http.Request) (item, error) {
	if c.Photo == nil {
		return item{}, fault.New(fault.NotFound, "console.review.no_photos", nil)
	}
	r, err := c.load(req)
	return photoItem(r.photo), err
}

func (c *Area) passingIdentity(req *http.Request) (item, error) {
	v, err := c.loadWanted(req)
	return heldItem(heldOf(v.identity)), err
}

// handedOn lists who handed an item on since it waits.
func (c *Area) handedOn(q sqldb.Querier, i item) (list []handed, err error) {
	handings, err := c.Staff.HandedOn(q, i.path, i.since)
	if err != nil || len(handings) == 0 {
		return nil, err
	}
	names, err := c.Names(q)
	for _, h := range handings {
		list = append(list, handed{Who: page.Plain(names[h.Staff]), Reason: h.Reason, At: h.At})
	}
	return list, err
}

// photoItem is a photo as it waits.
func photoItem(p photo.Photo) item {
	one := item{path: desk.Path(photoPath, p.ID), account: p.Account, since: p.Since, why: whyPhoto(p)}
	if p.Second {
		one.barred = p.Officer
	}
	return one
}
