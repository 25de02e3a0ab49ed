// Package ceremony is the console's area of waves: their list, one wave with its way
// to a result, and what staff do to it.
package ceremony

import (
	"net/http"

	"gelombang/announce"
	"gelombang/console/desk"
	"gelombang/draw"
	"gelombang/internal/page"
	"gelombang/report"
	"gelombang/staff"
	"gelombang/wave"
)

// Area answers for waves.
type Area struct {
	*desk.Desk
	Wave     *wave.Service
	Draw     *draw.Service
	Announce *announce.Service
	Report   *report.Service
}

// Routes lists the area's addresses.
func (c *Area) Routes() []page.Route {
	routes := []page.Route{
		desk.Route(http.MethodGet, "/console/waves", staff.WaveSee, c.waves),
		desk.Route(http.MethodGet, "/console/waves/{id}", staff.WaveSee, c.wave),
	}
	for _, v := range verbs {
		routes = append(routes,
			desk.Route(http.MethodGet, "/console/waves/{id}/"+v.name, v.permission, c.verbForm(v)),
			desk.Route(http.MethodPost, "/console/waves/{id}/"+v.name, v.permission, c.verbDo(v)))
	}
	return routes
}
