package checks

import (
	"net/http"
	"slices"
	"strconv"

	"gelombang/console/desk"
	"gelombang/identity"
	"gelombang/internal/fault"
	"gelombang/internal/page"
)

// form switches how identities are checked.
type form struct {
	Token  string
	Seen   string // the change that held when the form was shown
	Mode   page.Choices
	Reason page.Field
	Undo   page.Text // what was before; empty when nothing was
	UndoTo string
}

func (c *Area) form(f facts) *form {
	now := f.health.Setting
	v := &form{Token: c.Token(), Seen: seen(now), Reason: desk.ReasonField(),
		Mode: page.Choices{Name: "mode", Label: page.T("console.checks.choose"), Value: string(now.Mode), Required: true}}
	v.Reason.Hint = page.T("console.checks.reason.hint")
	for _, m := range identity.Modes {
		o := page.Option{Value: string(m), Label: ModeText(m), Hint: page.T("console.checks.mode." + string(m) + ".means")}
		if m == now.Mode {
			o.Label = page.T("console.checks.holds", "mode", ModeText(m))
		}
		v.Mode.Options = append(v.Mode.Options, o)
	}
	if before := before(f.changes); before != now.Mode {
		v.Undo, v.UndoTo = page.T("console.checks.undo", "mode", ModeText(before)), Path+"?mode="+string(before)+"#mode"
	}
	return v
}

// before is how identities were checked before the last change.
func before(changes []identity.Setting) identity.Mode {
	if len(changes) < 2 {
		return identity.Online
	}
	return changes[1].Mode
}

func seen(s identity.Setting) string { return strconv.FormatInt(s.ID, 10) }

type offPage struct {
	Token, Seen, Reason string
	Badge               page.Badge // how it is now
	Lead                page.Text
	Back                string
}

// change switches how identities are checked. What lets people pass is asked twice.
func (c *Area) change(w http.ResponseWriter, req *http.Request) {
	values, err := c.Form(w, req, desk.ReasonRule, page.FieldRule{Name: "mode"}, page.FieldRule{Name: "seen"}, page.FieldRule{Name: "sure"})
	f, loadErr := c.facts(req)
	if loadErr != nil {
		c.Page.Fail(w, req, loadErr)
		return
	}
	to, reason := identity.Mode(values.Get("mode")), desk.ReasonOf(values)
	if err == nil {
		err = checkChange(f.health.Setting, to, reason, values.Get("seen"))
	}
	if err == nil && to == identity.Off && !values.Has("sure") {
		c.Page.Render(w, req, http.StatusUnprocessableEntity, "checks/off", offPage{Token: c.Token(), Seen: values.Get("seen"), Reason: reason, Badge: Badge(f.health),
			Lead: page.T("console.checks.off.lead", "n", parked(f.health.Parked)), Back: Path})
		return
	}
	if err == nil {
		err = c.Identity.SetMode(req.Context(), to, desk.Actor(req), reason)
	}
	if err != nil {
		c.again(w, req, err, f, values)
		return
	}
	c.Flash(req, "console.checks.changed."+string(to))
	desk.To(w, req, Path)
}

// checkChange says what is wrong with a change. Somebody who did not see the last one may
// be about to undo it unknowingly.
func checkChange(now identity.Setting, to identity.Mode, reason, saw string) error {
	var fields []fault.Field
	switch {
	case !slices.Contains(identity.Modes, to):
		fields = append(fields, fault.Field{Name: "mode", Key: "identity.mode_unknown"})
	case saw != seen(now):
		fields = append(fields, fault.Field{Name: "mode", Key: "console.checks.meanwhile", Args: fault.Args{"mode": ModeText(now.Mode)}})
	case to == now.Mode:
		fields = append(fields, fault.Field{Name: "mode", Key: "console.checks.same"})
	}
	if f, ok := fault.As(desk.CheckReason(reason)); ok {
		fields = append(fields, f.Fields...)
	}
	return fault.InvalidFields(fields)
}

// again shows the form with what is wrong with it.
func (c *Area) again(w http.ResponseWriter, req *http.Request, err error, f facts, values page.Values) {
	v := c.page(req, f)
	if values.Has("mode") {
		v.Form.Mode.Value = values.Get("mode")
	}
	v.Form.Reason.Value = values.Get("reason")
	c.Mended(w, req, err, func(s page.Summary) {
		v.Summary = s
		c.Page.Render(w, req, http.StatusUnprocessableEntity, "checks/checks", v)
	}, &v.Form.Mode, &v.Form.Reason)
}
