// Package place is a person's place in a wave: statements, joining, the receipt,
// leaving, and the result.
package place

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
		{Method: get, Pattern: "/statements", Auth: page.Account, Handle: p.statementsForm},
		{Method: post, Pattern: "/statements", Auth: page.Account, Handle: p.statements},
		{Method: get, Pattern: "/join", Auth: page.Account, Handle: p.joinForm},
		{Method: post, Pattern: "/join", Auth: page.Account, Handle: p.join},
		{Method: get, Pattern: "/receipt/{wave}", Auth: page.Account, Handle: p.receipt},
		{Method: get, Pattern: "/receipt/{wave}/file", Auth: page.Account, Handle: p.receiptFile},
		{Method: get, Pattern: "/withdraw/{wave}", Auth: page.Account, Handle: p.withdrawForm},
		{Method: post, Pattern: "/withdraw/{wave}", Auth: page.Account, Handle: p.withdraw},
		{Method: get, Pattern: "/result/{wave}", Auth: page.Account, Handle: p.result},
	}
}
