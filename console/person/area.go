// Package person is the console's area of people: searching for one and reading
// their file. Neither goes without a reason, values are masked until a second
// reason is given, and each look is in the audit log that the person can read.
package person

import (
	"net/http"

	"gelombang/account"
	"gelombang/application"
	"gelombang/console/desk"
	"gelombang/identity"
	"gelombang/internal/page"
	"gelombang/notify"
	"gelombang/staff"
	"gelombang/wave"
)

// Area answers for people.
type Area struct {
	*desk.Desk
	Account     *account.Service
	Identity    *identity.Service
	Notify      *notify.Service
	Wave        *wave.Service
	Application *application.Service
}

// Routes lists the area's addresses.
func (c *Area) Routes() []page.Route {
	return []page.Route{
		desk.Route(http.MethodGet, "/console/people", staff.PersonSee, c.people),
		desk.Route(http.MethodPost, "/console/people", staff.PersonSee, c.search),
		desk.Route(http.MethodGet, "/console/people/{id}", staff.PersonSee, c.person),
		desk.Route(http.MethodPost, "/console/people/{id}/open", staff.PersonSee, c.openFile),
		desk.Route(http.MethodPost, "/console/people/{id}/reveal", staff.PersonSee, c.reveal),
	}
}
