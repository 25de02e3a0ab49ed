// Package enrol makes an account and opens it again: an address, the code that
// proves it, a password, signing in and out.
package enrol

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
		{Method: get, Pattern: "/register", Auth: page.Public, Class: page.Newcomer, Handle: p.registerForm},
		{Method: post, Pattern: "/register", Auth: page.Public, Class: page.Newcomer, Handle: p.register},
		{Method: get, Pattern: "/code/{id}", Auth: page.Public, Handle: p.codePage},
		{Method: post, Pattern: "/code/{id}", Auth: page.Public, Handle: p.codeCheck},
		{Method: get, Pattern: "/code/{id}/resend", Auth: page.Public, Handle: toCode},
		{Method: post, Pattern: "/code/{id}/resend", Auth: page.Public, Handle: p.codeResend},
		{Method: get, Pattern: "/link/{link}", Auth: page.Public, Handle: p.linkPage},
		{Method: post, Pattern: "/link/{link}", Auth: page.Public, Handle: p.linkConfirm},
		{Method: get, Pattern: "/sign-in", Auth: page.Public, Handle: p.signInForm},
		{Method: post, Pattern: "/sign-in", Auth: page.Public, Handle: p.signIn},
		{Method: get, Pattern: "/sign-in/passkey", Auth: page.Public, Handle: toSignIn},
		{Method: post, Pattern: "/sign-in/passkey", Auth: page.Public, Handle: p.signInPasskey},
		{Method: post, Pattern: "/sign-in/passkey/begin", Auth: page.Public, Handle: p.signInPasskeyBegin},
		{Method: get, Pattern: "/sign-in/code", Auth: page.Public, Handle: p.signInCodeForm},
		{Method: post, Pattern: "/sign-in/code", Auth: page.Public, Handle: p.signInCode},
		{Method: get, Pattern: "/sign-in/second", Auth: page.Public, Handle: p.secondForm},
		{Method: post, Pattern: "/sign-in/second", Auth: page.Public, Handle: p.secondCode},
		{Method: get, Pattern: "/recover", Auth: page.Public, Handle: p.recoverForm},
		{Method: post, Pattern: "/recover", Auth: page.Public, Handle: p.recover},
		{Method: get, Pattern: "/recover/done", Auth: page.Account, Handle: p.recovered},
		{Method: get, Pattern: "/recover/{id}", Auth: page.Public, Handle: p.recovery},
		{Method: post, Pattern: "/recover/{id}", Auth: page.Public, Handle: p.recoveryBegin},
		{Method: get, Pattern: "/undo", Auth: page.Public, Handle: p.undoForm},
		{Method: post, Pattern: "/undo", Auth: page.Public, Handle: p.undo},
		{Method: get, Pattern: "/undo/done", Auth: page.Account, Handle: p.undone},
		{Method: post, Pattern: "/undo/here", Auth: page.Account, Handle: p.undoHere},
		{Method: get, Pattern: "/undo/{link}", Auth: page.Public, Handle: p.undoLink},
		{Method: post, Pattern: "/undo/{link}", Auth: page.Public, Handle: p.undoByLink},
		{Method: post, Pattern: "/sign-out", Auth: page.Public, Handle: p.signOut},
		{Method: get, Pattern: "/password", Auth: page.Account, Handle: p.passwordForm},
		{Method: post, Pattern: "/password", Auth: page.Account, Handle: p.password},
	}
}
