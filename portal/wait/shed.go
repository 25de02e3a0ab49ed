package wait

import (
	"math/rand/v2"
	"net/http"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/page"
	"gelombang/waitroom"
)

// Fail answers with an error; page.Renderer.Fail is one.
type Fail func(w http.ResponseWriter, req *http.Request, err error, ways ...page.Link)

// Shed stands before a route when the house is fuller than it bears: newcomers are sent
// away first, those inside last, and what everybody may read never. What was typed stays
// on the page of fail.
func (p *Pages) Shed(class page.Class, fail Fail, next http.Handler) http.Handler {
	if class == page.Always || p.Room == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		stay, shed := p.shed(class, w, req)
		if !shed {
			next.ServeHTTP(w, req)
			return
		}
		fail(w, req, &fault.Error{Kind: fault.Unavailable, Key: "page.busy", Until: p.Now().Add(apart(stay))})
	})
}

// shed asks the room. Whoever was let in, or is finishing a step, is inside; the form is
// read only where that decides.
func (p *Pages) shed(class page.Class, w http.ResponseWriter, req *http.Request) (stay time.Duration, shed bool) {
	if class == page.Newcomer {
		if stay, shed = p.Room.Shed(waitroom.ClassNew); !shed || !p.inside(w, req) {
			return stay, shed
		}
	}
	return p.Room.Shed(waitroom.ClassInside)
}

func (p *Pages) inside(w http.ResponseWriter, req *http.Request) bool {
	if req.Method == http.MethodPost {
		if sent, err := page.Sent(w, req); err == nil && p.begun(sent.Get(page.TokenField)) {
			return true
		}
	}
	_, admitted := p.pass(req)
	return admitted
}

// apart adds up to a half, so that those who were sent away together do not come back
// together.
func apart(stay time.Duration) time.Duration {
	return stay + rand.N(stay/2+1) // #nosec G404 -- nobody gains by guessing it
}
