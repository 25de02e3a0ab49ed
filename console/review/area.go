// Package review is the console's review desk: photos of identity cards, and NIKs that
// more than one account wants, one on a page, who waits longest first.
//
// Whoever opens an item sees a person's card: each such look is in the audit log that
// the person reads. Of what was typed only the NIK is shown, as it is what must be
// compared; the other values are masked until the official asks for them.
package review

import (
	"log/slog"
	"net/http"

	"gelombang/console/desk"
	"gelombang/identity"
	"gelombang/internal/fault"
	"gelombang/internal/page"
	"gelombang/photo"
	"gelombang/staff"
)

// Area answers for the review desk.
type Area struct {
	*desk.Desk
	Identity *identity.Service
	Photo    *photo.Service // nil: the programme asks for no photos, and has no addresses for them

	seats seats
	count count
}

const (
	root         = "/console/review"
	nextPath     = root + "/next"
	photoPath    = root + "/photo/"
	identityPath = root + "/identity/"
)

// Routes lists the area's addresses.
func (c *Area) Routes() []page.Route {
	const get, post = http.MethodGet, http.MethodPost
	route := func(method, pattern string, h http.HandlerFunc) page.Route {
		return desk.Route(method, pattern, staff.ReviewDo, h)
	}
	passPhoto, photoPassed := c.passes(c.passingPhoto)
	passIdentity, identityPassed := c.passes(c.passingIdentity)
	return []page.Route{
		route(get, root, c.queue),
		route(get, nextPath, c.next),
		route(get, photoPath+"{id}", c.pictured(c.photo)),
		route(post, photoPath+"{id}", c.pictured(c.decidePhoto)),
		route(post, photoPath+"{id}/reveal", c.pictured(c.reveal)),
		route(get, photoPath+"{id}/picture", c.pictured(c.picture)),
		route(get, photoPath+"{id}/pass", passPhoto),
		route(post, photoPath+"{id}/pass", photoPassed),
		route(get, identityPath+"{id}", c.identity),
		route(post, identityPath+"{id}", c.decideIdentity),
		route(get, identityPath+"{id}/pass", passIdentity),
		route(post, identityPath+"{id}/pass", identityPassed),
	}
}

// pictured keeps the addresses of photos from a programme that asks for none.
func (c *Area) pictured(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		if c.Photo == nil {
			c.Page.Fail(w, req, fault.New(fault.NotFound, "console.review.no_photos", nil))
			return
		}
		h(w, req)
	}
}

// settled leads on when there is nothing left to decide: somebody else was quicker.
func (c *Area) settled(w http.ResponseWriter, req *http.Request, err error) {
	c.Page.Fail(w, req, err, page.Link{Href: nextPath, Text: page.T("console.review.next")}, page.Link{Href: root, Text: page.T("console.review.back")})
}

// done leads from a decision to the next item. That it was this official's is counted apart
// from the decision, which stands already: without the figure everything else is as it was.
func (c *Area) done(w http.ResponseWriter, req *http.Request, item, key string) {
	if err := c.Staff.Decided(req.Context(), desk.At(req).ID, item); err != nil {
		slog.WarnContext(req.Context(), "console.review.uncounted", "error", err)
	}
	c.count.forget()
	c.seats.leave(desk.At(req).ID, c.Now())
	c.Flash(req, key)
	desk.To(w, req, nextPath)
}
