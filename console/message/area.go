// Package message is the console's area of messages: the log of what was sent, and
// one message's way. Addresses are always masked here.
package message

import (
	"net/http"

	"gelombang/console/desk"
	"gelombang/internal/page"
	"gelombang/notify"
	"gelombang/staff"
)

// Area answers for messages.
type Area struct {
	*desk.Desk
	Notify *notify.Service
}

// Routes lists the area's addresses.
func (c *Area) Routes() []page.Route {
	return []page.Route{
		desk.Route(http.MethodGet, "/console/messages", staff.MessageSee, c.messages),
		desk.Route(http.MethodGet, "/console/routes", staff.MessageSee, c.routes),
		desk.Route(http.MethodGet, "/console/messages/{id}", staff.MessageSee, c.message),
	}
}
