package review

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"gelombang/audit"
	"gelombang/console/desk"
	"gelombang/identity"
	"gelombang/internal/blob"
	"gelombang/internal/fault"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/photo"
)

// openFor is for how long one look at a card, or one reveal of the values beside it, is
// the same one: to turn the picture is no second look.
const openFor = 10 * time.Minute

// The session's keys of what is open.
const (
	looked   = "review.looked"
	revealed = "review.revealed"
)

// openMost bounds what one session keeps open: the cards of a page.
const openMost = 6

// once does what is to be written down when an official opens something, unless they have
// it open.
func (c *Area) once(req *http.Request, key string, id int64, note func(tx *sqldb.Tx) error) error {
	if c.opened(req, key, id) {
		return nil
	}
	if err := c.DB.Write(req.Context(), note); err != nil {
		return err
	}
	until := c.Now().Add(openFor).UnixMilli()
	lines := append([]string{fmt.Sprint(id, " ", until)}, strings.Split(c.Sessions.GetString(req.Context(), key), "\n")...)
	c.Sessions.Put(req.Context(), key, strings.Join(lines[:min(len(lines), openMost)], "\n"))
	return nil
}

func (c *Area) opened(req *http.Request, key string, id int64) bool {
	for line := range strings.SplitSeq(c.Sessions.GetString(req.Context(), key), "\n") {
		which, until, _ := strings.Cut(line, " ")
		ms, err := strconv.ParseInt(until, 10, 64)
		if err == nil && which == strconv.FormatInt(id, 10) && c.Now().Before(time.UnixMilli(ms)) {
			return true
		}
	}
	return false
}

// look writes down that somebody's card is about to be seen.
func (c *Area) look(req *http.Request, account int64) error {
	return c.once(req, looked, account, func(tx *sqldb.Tx) error {
		return audit.Write(tx, audit.Entry{Actor: desk.Actor(req), Action: "photo.look", SubjectKind: "account", SubjectID: account})
	})
}

// figure is a card as it is shown; the path is empty when the picture is not kept any more.
type figure struct {
	Path    string
	Caption page.Text
	Large   bool
	Turn    int    // quarters, clockwise
	Larger  string // the query of the next step, for who has no script
	Turned  string
}

func figureOf(req *http.Request, p photo.Photo, caption page.Text) *figure {
	q := req.URL.Query()
	turn, _ := strconv.Atoi(q.Get("turn")) // anything else is upright
	f := &figure{Caption: caption, Large: q.Get("large") == "1", Turn: turn & 3}
	if p.Gone.IsZero() {
		f.Path = desk.Path(photoPath, p.ID) + "/picture"
	}
	f.Larger, f.Turned = query(!f.Large, f.Turn), query(f.Large, (f.Turn+1)&3)
	return f
}

func query(large bool, turn int) string {
	q := "?turn=" + strconv.Itoa(turn)
	if large {
		q += "&large=1"
	}
	return q
}

// picture gives the card itself, to whoever has its item open or is written down now.
func (c *Area) picture(w http.ResponseWriter, req *http.Request) {
	var p photo.Photo
	err := c.Read(req, func(rx *sqldb.Rx) (err error) {
		if p, err = c.Photo.Get(rx, 0, desk.Number(req)); err == nil {
			err = c.onDesk(rx, p)
		}
		return err
	})
	if err == nil {
		err = c.look(req, p.Account)
	}
	var data []byte
	if err == nil {
		if data, err = c.Photo.Picture(req.Context(), p); errors.Is(err, blob.ErrNone) {
			err = fault.New(fault.NotFound, "console.review.gone", nil)
		}
	}
	if err != nil {
		c.Page.Fail(w, req, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", kindOf(data))
	h.Set("Content-Length", strconv.Itoa(len(data)))
	h.Set("Cache-Control", "no-store")
	w.Write(data) //nolint:errcheck // the official has gone; there is nobody to tell
}

// kindOf names what a browser may show. Whatever else somebody sent is a file of bytes:
// it must not run here as a page.
func kindOf(data []byte) string {
	if kind := http.DetectContentType(data); kind == "image/jpeg" || kind == "image/png" {
		return kind
	}
	return "application/octet-stream"
}

// onDesk refuses pictures that no item of the desk is about.
func (c *Area) onDesk(q sqldb.Querier, p photo.Photo) error {
	if p.State == photo.Review {
		return nil
	}
	r, err := c.Identity.Record(q, p.Account)
	if err != nil {
		return err
	}
	rivals, err := c.rivals(q, r)
	for _, one := range rivals {
		if contested(one) {
			return nil
		}
	}
	if err == nil {
		err = fault.New(fault.Refused, photo.KeyDecided, nil)
	}
	return err
}

// contested says that an official is to look whose the NIK of a submission is.
func contested(r identity.Record) bool { return r.State == identity.Review || r.Asked }

// rivals are all that stated the same NIK, the submission itself among them.
func (c *Area) rivals(q sqldb.Querier, r identity.Record) (list []identity.Record, err error) {
	if r.State == identity.None {
		return nil, nil
	}
	ids, err := c.Identity.FindByNIK(q, identity.NIK(r.Form.NIK))
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		one, err := c.Identity.Record(q, id)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}
