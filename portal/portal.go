// Package portal is what a citizen sees: making an account, proving a contact,
// identity, statements, joining, the result, and the public pages around them.
//
// Each part of the journey is a room of its own (enrol, person, card, place, with
// public for what anybody may read and wait for the gate before all of it); a page is a handler with its template beside
// it. Handlers read in one snapshot, call one verb of a noun, and redirect; what a
// verb refuses is shown where it can be mended, with everything that was typed.
// What the rooms share is in desk, with the order of the journey in one table.
// The package decides nothing, knows no SQL, and consumes nothing by a GET.
package portal

import (
	"embed"
	"io/fs"
	"net/http"
	"slices"

	"gelombang/internal/page"
	"gelombang/portal/card"
	"gelombang/portal/desk"
	"gelombang/portal/enrol"
	"gelombang/portal/person"
	"gelombang/portal/place"
	"gelombang/portal/public"
	"gelombang/portal/wait"
)

// Catalog holds the sentences of these pages, for locale.Load.
//
//go:embed catalog.*.yaml public/catalog.*.yaml
var Catalog embed.FS

//go:embed layout.html
var layout embed.FS

// Pages are the templates, for page.Config.
func Pages() []fs.FS {
	return []fs.FS{layout, public.Templates(), wait.Templates(), enrol.Templates(), person.Templates(), card.Templates(), place.Templates()}
}

// What the portal stands on, and what it needs of the programme.
type (
	Config    = desk.Config
	Programme = desk.Programme
	Choice    = desk.Choice
	LimitRow  = desk.LimitRow
	Funnel    = desk.Funnel

	FunnelRow   = desk.FunnelRow
	FunnelStage = desk.FunnelStage
)

// FunnelStages are the stages that a Funnel may tell, in their order.
var FunnelStages = desk.FunnelStages

// Portal answers the citizen's requests.
type Portal struct {
	*desk.Desk
	public public.Pages
	wait   wait.Pages
	enrol  enrol.Pages
	person person.Pages
	card   card.Pages
	place  place.Pages
}

// New makes the portal. Its pages are rendered by a renderer whose Templates are
// Pages and whose Frame is Frame.
func New(c Config) *Portal {
	d := desk.New(c)
	return &Portal{Desk: d, public: public.Pages{Desk: d}, wait: wait.Pages{Desk: d}, enrol: enrol.Pages{Desk: d}, person: person.Pages{Desk: d},
		card: card.Pages{Desk: d}, place: place.Pages{Desk: d}}
}

// Routes lists every address with who may call it. Account routes go behind Guard;
// those of newcomers stand behind the gate of the waiting room.
func (p *Portal) Routes() []page.Route {
	routes := slices.Concat(p.public.Routes(), p.wait.Routes(), p.enrol.Routes(), p.person.Routes(), p.card.Routes(), p.place.Routes())
	for at := range routes {
		if routes[at].Class == page.Newcomer {
			routes[at].Handle = p.wait.Gate(routes[at].Handle)
		}
	}
	return routes
}

// Shed stands before the routes of a class, of whatever surface; see wait.Pages.Shed.
func (p *Portal) Shed(class page.Class, fail wait.Fail, next http.Handler) http.Handler {
	return p.wait.Shed(class, fail, next)
}
