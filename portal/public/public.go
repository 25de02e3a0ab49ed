// Package public has the pages that anybody may read: the first page, the draws and
// what it takes to check them, how codes arrive, whether a message is from us, help,
// privacy and limits.
package public

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
	const get = http.MethodGet
	return []page.Route{
		{Method: get, Pattern: "/{$}", Auth: page.Public, Class: page.Always, Held: true, Handle: p.home},
		{Method: get, Pattern: "/help", Auth: page.Public, Class: page.Always, Held: true, Handle: p.help},
		{Method: get, Pattern: "/privacy", Auth: page.Public, Class: page.Always, Held: true, Handle: p.privacy},
		{Method: get, Pattern: "/limits", Auth: page.Public, Class: page.Always, Held: true, Handle: p.limits},
		{Method: get, Pattern: "/draws", Auth: page.Public, Class: page.Always, Held: true, Handle: p.draws},
		{Method: get, Pattern: "/draws/{wave}", Auth: page.Public, Class: page.Always, Held: true, Handle: p.draw},
		{Method: get, Pattern: "/draws/{wave}/bundle", Auth: page.Public, Class: page.Always, Handle: p.bundle},
		{Method: get, Pattern: "/status", Auth: page.Public, Class: page.Always, Held: true, Handle: p.status},
		{Method: get, Pattern: "/status.json", Auth: page.Public, Class: page.Always, Held: true, Handle: p.statusJSON},
		{Method: get, Pattern: "/message", Auth: page.Public, Class: page.Always, Held: true, Handle: p.messageForm},
		{Method: http.MethodPost, Pattern: "/message", Auth: page.Public, Class: page.Inside, Handle: p.message},
	}
}
