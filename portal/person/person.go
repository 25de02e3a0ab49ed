// Package person is the account seen by its holder: what happened, what is next,
// every message, and the ways to be reached.
package person

import (
	"embed"
	"io/fs"
	"net/http"

	"gelombang/internal/page"
	"gelombang/portal/desk"
)

//go:embed *.html
var templates embed.FS

// Templates are the pages of this room.
func Templates() fs.FS { return templates }

// Pages answers the requests of this room.
type Pages struct{ *desk.Desk }

// Routes lists the addresses of this room.
func (p *Pages) Routes() []page.Route {
	const get, post = http.MethodGet, http.MethodPost
	return []page.Route{
		{Method: get, Pattern: "/me", Auth: page.Account, Handle: p.me},
		{Method: get, Pattern: "/messages", Auth: page.Account, Handle: p.messages},
		{Method: get, Pattern: "/phone", Auth: page.Account, Handle: p.contactForm(phoneStep)},
		{Method: post, Pattern: "/phone", Auth: page.Account, Handle: p.contact(phoneStep)},
		{Method: get, Pattern: "/email", Auth: page.Account, Handle: p.contactForm(emailStep)},
		{Method: post, Pattern: "/email", Auth: page.Account, Handle: p.contact(emailStep)},
		{Method: get, Pattern: "/passkeys", Auth: page.Account, Handle: p.passkeys},
		{Method: post, Pattern: "/passkeys", Auth: page.Account, Handle: p.addPasskey},
		{Method: post, Pattern: "/passkeys/begin", Auth: page.Account, Handle: p.beginPasskey},
		{Method: get, Pattern: "/passkeys/{id}", Auth: page.Account, Handle: p.passkey},
		{Method: post, Pattern: "/passkeys/{id}", Auth: page.Account, Handle: p.renamePasskey},
		{Method: post, Pattern: "/passkeys/{id}/remove", Auth: page.Account, Handle: p.removePasskey},
		{Method: get, Pattern: "/sessions", Auth: page.Account, Handle: p.sessions},
		{Method: post, Pattern: "/sessions", Auth: page.Account, Handle: p.endSession},
	}
}
