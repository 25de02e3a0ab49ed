// Package checks is the console's area of identity checks: how everybody's identity is
// checked now, how the registry answers, and the switch between the ways of checking.
// No person is seen here.
package checks

import (
	"net/http"

	"gelombang/console/desk"
	"gelombang/identity"
	"gelombang/internal/page"
	"gelombang/report"
	"gelombang/staff"
)

// Path is where the area begins.
const Path = "/console/checks"

const modePath = Path + "/mode"

// Area answers for identity checks.
type Area struct {
	*desk.Desk
	Identity *identity.Service
	Report   *report.Service
}

// Routes lists the area's addresses.
func (c *Area) Routes() []page.Route {
	return []page.Route{
		desk.Route(http.MethodGet, Path, staff.OverviewSee, c.checks),
		desk.Route(http.MethodPost, modePath, staff.ChecksManage, c.change),
		// Whoever reloads the page of a mistake, or signs in again from it, begins anew.
		desk.Route(http.MethodGet, modePath, staff.ChecksManage, func(w http.ResponseWriter, req *http.Request) { desk.To(w, req, Path) }),
	}
}
