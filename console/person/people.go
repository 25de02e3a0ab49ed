package person

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"gelombang/account"
	"gelombang/audit"
	"gelombang/console/desk"
	"gelombang/identity"
	"gelombang/internal/fault"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
)

const (
	nikDigits = 16
	// foundMost bounds what one number may lead to: a NIK that many have typed is no list to browse.
	foundMost = 10
)

// peoplePage asks whom to look for, and why.
type peoplePage struct {
	page.Summary
	Token  string
	Query  page.Field
	Reason page.Field
	Found  []int64
}

func (c *Area) peoplePage() peoplePage {
	return peoplePage{Token: c.Token(),
		Query:  page.Field{Name: "query", Label: page.T("console.people.query"), Hint: page.T("console.people.query.hint"), Required: true},
		Reason: desk.ReasonField()}
}

func (c *Area) people(w http.ResponseWriter, req *http.Request) {
	c.Show(w, req, "person/people", c.peoplePage())
}

// search finds accounts by a whole e-mail, phone, NIK or account number. It is a
// POST, so that none of these stands in an address; what was typed is kept nowhere.
func (c *Area) search(w http.ResponseWriter, req *http.Request) {
	values, err := c.Form(w, req, page.FieldRule{Name: "query"}, desk.ReasonRule)
	reason := desk.ReasonOf(values)
	if err == nil {
		err = desk.CheckReason(reason)
	}
	var found []int64
	if err == nil {
		found, err = c.find(req, values.Get("query"), reason)
	}
	v := c.peoplePage()
	v.Query.Value, v.Reason.Value, v.Found = values.Get("query"), values.Get("reason"), found
	switch {
	case err != nil:
		c.Mended(w, req, err, func(s page.Summary) {
			v.Summary = s
			c.Page.Render(w, req, http.StatusUnprocessableEntity, "person/people", v)
		}, &v.Query, &v.Reason)
	case len(found) == 1:
		desk.To(w, req, desk.Path("/console/people/", found[0]))
	default:
		c.Show(w, req, "person/people", v)
	}
}

// find looks up and writes down that it did, in one transaction: a search that
// failed to be logged finds nothing.
func (c *Area) find(req *http.Request, query, reason string) (found []int64, err error) {
	err = c.DB.Write(req.Context(), func(tx *sqldb.Tx) (err error) {
		if found, err = c.lookUp(tx, query); err != nil {
			return err
		}
		if len(found) == 0 {
			return audit.Write(tx, audit.Entry{Actor: desk.Actor(req), Action: "person.search", Reason: reason})
		}
		for _, id := range found {
			if err := audit.Write(tx, audit.Entry{Actor: desk.Actor(req), Action: "person.search", SubjectKind: "account", SubjectID: id, Reason: reason}); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && len(found) == 0 {
		err = desk.Missing("query", "console.people.none")
	}
	for _, id := range found {
		c.remember(req, id, reason)
	}
	return found, err
}

// lookUp tries what the query can be: sixteen digits are a NIK, what looks like an
// address is one, other digits are an account's number.
func (c *Area) lookUp(q sqldb.Querier, query string) ([]int64, error) {
	if query == "" {
		return nil, desk.Missing("query", "console.people.query.missing")
	}
	nik, findings := identity.ParseNIK(query)
	if len(findings) == 0 && len(nik) == nikDigits {
		ids, err := c.Identity.FindByNIK(q, nik)
		slices.Sort(ids)
		return ids[:min(len(ids), foundMost)], err
	}
	address, faults := account.ParseAddress(query)
	if !slices.ContainsFunc(faults, func(f fault.Field) bool { return !f.Soft }) {
		return one(c.Account.FindByAddress(q, address))
	}
	id, err := strconv.ParseInt(strings.ReplaceAll(query, " ", ""), 10, 64)
	if err != nil || id <= 0 {
		return nil, desk.Missing("query", "console.people.query.shape")
	}
	a, err := c.Account.Get(q, id)
	return one(a.ID, err)
}

func one(id int64, err error) ([]int64, error) {
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []int64{id}, nil
}
