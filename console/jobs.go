package console

import (
	"net/http"
	"slices"

	"gelombang/audit"
	"gelombang/console/desk"
	"gelombang/internal/fault"
	"gelombang/internal/jobs"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/staff"
)

// jobsMost bounds the list of dead jobs; the newest come first.
const jobsMost = 100

type jobsPage struct {
	Flash *page.Notice
	Token string
	Jobs  []jobs.DeadJob
	May   bool
}

func (c *Console) deadJobs(w http.ResponseWriter, req *http.Request) {
	list, err := c.config.Jobs.DeadJobs(req.Context(), jobsMost)
	if err != nil {
		c.Page.Fail(w, req, err)
		return
	}
	c.Show(w, req, "jobs", jobsPage{Flash: c.Flashed(req), Token: c.Token(), Jobs: list, May: desk.At(req).May(staff.JobRedrive)})
}

// redrive gives a dead job its tries anew. One that lives again already is left
// alone, and nobody is told that it was done.
func (c *Console) redrive(w http.ResponseWriter, req *http.Request) {
	_, err := c.Form(w, req)
	if err == nil {
		err = c.stopped(req)
	}
	if err == nil {
		err = c.DB.Write(req.Context(), func(tx *sqldb.Tx) error {
			if err := c.config.Jobs.Redrive(tx, desk.Number(req)); err != nil {
				return err
			}
			return audit.Write(tx, audit.Entry{Actor: desk.Actor(req), Action: "job.redrive", SubjectKind: "job", SubjectID: desk.Number(req)})
		})
	}
	if err != nil {
		c.Page.Fail(w, req, err, page.Link{Href: "/console/jobs", Text: page.T("console.nav.jobs")})
		return
	}
	c.Flash(req, "console.jobs.redriven")
	desk.To(w, req, "/console/jobs")
}

// stopped refuses a job that the list does not show.
func (c *Console) stopped(req *http.Request) error {
	list, err := c.config.Jobs.DeadJobs(req.Context(), jobsMost)
	if err == nil && !slices.ContainsFunc(list, func(j jobs.DeadJob) bool { return j.ID == desk.Number(req) }) {
		err = fault.New(fault.Refused, "console.jobs.lives", nil)
	}
	return err
}
