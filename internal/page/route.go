package page

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// Auth says who may call a route. Every route declares it; there is no default.
type Auth string

// The closed list of who may call a route.
const (
	Public  Auth = "public"  // anybody
	Account Auth = "account" // who has signed in to an account
	Staff   Auth = "staff"   // staff with the route's permission
	Machine Auth = "machine" // another system, by its signature
)

// Auths is the closed list, in the order of the constants.
var Auths = []Auth{Public, Account, Staff, Machine}

// Class says how long a route is served when the house has too much to do: the new
// are turned away first, then those inside; what is told to everybody never is.
type Class string

// The closed list of classes.
const (
	Inside   Class = ""       // who has begun: a session, an open code, a form; any route that says nothing
	Always   Class = "always" // what everybody may read: dates, draws, help, the waiting room
	Newcomer Class = "new"    // who is about to begin
)

// Classes is the closed list, in the order in which they are kept longest.
var Classes = []Class{Always, Inside, Newcomer}

// Route is one address of a surface. Surfaces list theirs in a table that the
// architecture tests read.
type Route struct {
	Method     string
	Pattern    string // as http.ServeMux takes it, without the method
	Auth       Auth
	Permission string // a word of the staff's permissions; needed with Staff, and only there
	Class      Class
	Held       bool // the same for every visitor, so served from memory; see Hold
	Handle     http.HandlerFunc
}

// Fault says what a route fails to declare.
func (r Route) Fault() error {
	methods := []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
	switch {
	case !slices.Contains(methods, r.Method) || r.Pattern == "" || r.Handle == nil:
		return fmt.Errorf("route %s %s: method, pattern and handler are needed", r.Method, r.Pattern)
	case !slices.Contains(Auths, r.Auth):
		return fmt.Errorf("route %s %s: does not say who may call it", r.Method, r.Pattern)
	case !slices.Contains(Classes, r.Class):
		return fmt.Errorf("route %s %s: %q is no class", r.Method, r.Pattern, r.Class)
	case r.Held && (r.Auth != Public || r.Method != http.MethodGet):
		return fmt.Errorf("route %s %s: only what everybody may read is held", r.Method, r.Pattern)
	case (r.Auth == Staff) != (r.Permission != ""):
		return fmt.Errorf("route %s %s: staff routes, and only they, name a permission", r.Method, r.Pattern)
	}
	return nil
}

// Mount puts routes on a mux, each behind the guard that its auth asks for. A
// faulty or doubled route is an error, and then nothing can be relied on.
func Mount(mux *http.ServeMux, routes []Route, guard func(Route) func(http.Handler) http.Handler) error {
	var faults []error
	for _, route := range routes {
		if err := route.Fault(); err != nil {
			faults = append(faults, err)
			continue
		}
		faults = append(faults, handle(mux, route, guard(route)(route.Handle)))
	}
	return errors.Join(faults...)
}

// handle registers a route. ServeMux panics on a conflict; here it is an error like any other.
func handle(mux *http.ServeMux, route Route, h http.Handler) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("route %s %s: %v", route.Method, route.Pattern, v)
		}
	}()
	mux.Handle(route.Method+" "+route.Pattern, noted(route.Pattern, h))
	return nil
}

// noted tells the log line which route answered.
func noted(pattern string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if seen, ok := req.Context().Value(keyRoute).(*visit); ok {
			seen.route = pattern
		}
		next.ServeHTTP(w, req)
	})
}
