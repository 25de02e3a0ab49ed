package person

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"gelombang/audit"
	"gelombang/console/desk"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
)

// looksMost bounds the files that one session holds open; the oldest asks again.
const looksMost = 20

// revealFor is how long the full values of one file are shown after a reason.
const revealFor = 5 * time.Minute

// remember keeps the reason for which a file may be looked at during this session.
func (c *Area) remember(req *http.Request, id int64, reason string) {
	lines := []string{strconv.FormatInt(id, 10) + " " + reason}
	for _, line := range strings.Split(c.Sessions.GetString(req.Context(), "looks"), "\n") {
		if line != "" && !strings.HasPrefix(line, strconv.FormatInt(id, 10)+" ") && len(lines) < looksMost {
			lines = append(lines, line)
		}
	}
	c.Sessions.Put(req.Context(), "looks", strings.Join(lines, "\n"))
}

// reasonFor gives the reason for a file, "" when none was given in this session.
func (c *Area) reasonFor(req *http.Request, id int64) string {
	for _, line := range strings.Split(c.Sessions.GetString(req.Context(), "looks"), "\n") {
		if reason, found := strings.CutPrefix(line, strconv.FormatInt(id, 10)+" "); found {
			return reason
		}
	}
	return ""
}

// revealed gives the reason for seeing a file in full, "" when there is none or
// its time is over.
func (c *Area) revealed(req *http.Request, id int64) string {
	parts := strings.SplitN(c.Sessions.GetString(req.Context(), "reveal"), " ", 3)
	if len(parts) != 3 || parts[0] != strconv.FormatInt(id, 10) {
		return ""
	}
	until, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || !c.Now().Before(time.UnixMilli(until)) {
		return ""
	}
	return parts[2]
}

type openPage struct {
	page.Summary
	Token  string
	ID     int64
	Reason page.Field
}

// askReason is what stands before a file.
func (c *Area) askReason(w http.ResponseWriter, req *http.Request, status int, err error, typed string) {
	v := openPage{Token: c.Token(), ID: desk.Number(req), Reason: desk.ReasonField()}
	v.Reason.Value = typed
	if err == nil {
		c.Page.Render(w, req, status, "person/open", v)
		return
	}
	c.Mended(w, req, err, func(s page.Summary) {
		v.Summary = s
		c.Page.Render(w, req, status, "person/open", v)
	}, &v.Reason)
}

func (c *Area) openFile(w http.ResponseWriter, req *http.Request) {
	values, err := c.Form(w, req, desk.ReasonRule)
	if err == nil {
		err = desk.CheckReason(desk.ReasonOf(values))
	}
	if err != nil {
		c.askReason(w, req, http.StatusUnprocessableEntity, err, values.Get("reason"))
		return
	}
	c.remember(req, desk.Number(req), desk.ReasonOf(values))
	desk.To(w, req, desk.Path("/console/people/", desk.Number(req)))
}

// reveal shows the values in full for a while. The look itself is logged by the
// page that shows them.
func (c *Area) reveal(w http.ResponseWriter, req *http.Request) {
	values, err := c.Form(w, req, desk.ReasonRule)
	if err == nil {
		err = desk.CheckReason(desk.ReasonOf(values))
	}
	if err != nil {
		v, buildErr := c.file(req, c.reasonFor(req, desk.Number(req)), "")
		if buildErr != nil {
			c.Page.Fail(w, req, buildErr)
			return
		}
		v.Reason.Value = values.Get("reason")
		c.Mended(w, req, err, func(s page.Summary) {
			v.Summary = s
			c.Page.Render(w, req, http.StatusUnprocessableEntity, "person/person", v)
		}, &v.Reason)
		return
	}
	until := c.Now().Add(revealFor).UnixMilli()
	c.Sessions.Put(req.Context(), "reveal", strings.Join([]string{strconv.FormatInt(desk.Number(req), 10), strconv.FormatInt(until, 10), desk.ReasonOf(values)}, " "))
	c.remember(req, desk.Number(req), desk.ReasonOf(values))
	desk.To(w, req, desk.Path("/console/people/", desk.Number(req)))
}

// noteLook writes down that a file is about to be seen.
func noteLook(tx *sqldb.Tx, who audit.Actor, id int64, reason, full string) error {
	e := audit.Entry{Actor: who, Action: "person.look", SubjectKind: "account", SubjectID: id, Reason: reason}
	if full != "" {
		e.Action, e.Reason = "person.reveal", full
	}
	return audit.Write(tx, e)
}
