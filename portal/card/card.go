// Package card takes what stands on the identity card, points at doubtful digits,
// reads it back, and says how the check stands. It takes a photo of the card too.
package card

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
		{Method: get, Pattern: "/identity", Auth: page.Account, Handle: p.identityForm},
		{Method: post, Pattern: "/identity", Auth: page.Account, Handle: p.identityCheck},
		{Method: post, Pattern: lookPath, Auth: page.Account, Handle: p.identityLook},
		{Method: get, Pattern: "/identity/review", Auth: page.Account, Handle: toForm},
		{Method: post, Pattern: "/identity/review", Auth: page.Account, Handle: p.identitySubmit},
		{Method: get, Pattern: statusPath, Auth: page.Account, Handle: p.identityStatus},
		{Method: post, Pattern: claimPath, Auth: page.Account, Handle: p.claimAsk},
		{Method: get, Pattern: claimPath, Auth: page.Account, Handle: toStatus},
		{Method: post, Pattern: appealPath, Auth: page.Account, Handle: p.appealAsk},
		{Method: get, Pattern: appealPath, Auth: page.Account, Handle: toStatus},
		{Method: get, Pattern: desk.PhotoPath, Auth: page.Account, Handle: p.photoForm},
		{Method: post, Pattern: desk.PhotoPath, Auth: page.Account, Handle: p.photoSend},
		{Method: get, Pattern: "/photo/picture", Auth: page.Account, Handle: p.photoPicture},
		{Method: post, Pattern: "/photo/ask", Auth: page.Account, Handle: p.photoAsk},
		{Method: get, Pattern: "/photo/ask", Auth: page.Account, Handle: toPhoto},
		{Method: post, Pattern: uploadPath, Auth: page.Account, Handle: p.uploadBegin},
		{Method: get, Pattern: uploadPath + "/{id}", Auth: page.Account, Handle: p.uploadStands},
		{Method: http.MethodPatch, Pattern: uploadPath + "/{id}", Auth: page.Account, Handle: p.uploadGoOn},
	}
}

// toForm answers whoever comes back to the address of the review, by a bookmark or
// the other language: what is read back there lives in its form alone.
func toForm(w http.ResponseWriter, req *http.Request) { desk.To(w, req, "/identity") }

// toPhoto answers whoever signs in again after asking for a look.
func toPhoto(w http.ResponseWriter, req *http.Request) { desk.To(w, req, desk.PhotoPath) }
