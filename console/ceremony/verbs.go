package ceremony

import (
	"context"
	"net/http"
	"strconv"

	"gelombang/audit"
	"gelombang/console/desk"
	"gelombang/draw"
	"gelombang/internal/fault"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/staff"
	"gelombang/wave"
)

// verb is something that staff do to a wave. Each asks on a page of its own before
// it is done: a slip of the hand opens, closes and releases nothing.
type verb struct {
	name       string // path, and the catalog's console.do.<name>
	permission staff.Permission
	grave      bool // cannot be taken back, and says so in warm
	fields     []string
	do         func(c *Area, ctx context.Context, wave int64, v page.Values, who audit.Actor) error
}

// verbs in the order of a wave's life.
var verbs = []verb{
	{"open", staff.WaveManage, true, nil, func(c *Area, ctx context.Context, id int64, _ page.Values, who audit.Actor) error {
		return c.Wave.Open(ctx, id, who)
	}},
	{"close", staff.WaveManage, true, nil, func(c *Area, ctx context.Context, id int64, _ page.Values, who audit.Actor) error {
		return c.Wave.Close(ctx, id, who)
	}},
	{"commit", staff.DrawApprove, false, []string{"official", "commitment"}, func(c *Area, ctx context.Context, id int64, v page.Values, who audit.Actor) error {
		return c.Draw.Commit(ctx, id, officialOf(v), v.Get("commitment"), who)
	}},
	{"reveal", staff.DrawApprove, true, []string{"official", "value"}, func(c *Area, ctx context.Context, id int64, v page.Values, who audit.Actor) error {
		return c.Draw.Reveal(ctx, id, officialOf(v), v.Get("value"), who)
	}},
	{"run", staff.DrawRun, false, nil, func(c *Area, ctx context.Context, id int64, _ page.Values, who audit.Actor) error {
		return c.Draw.Run(ctx, id, who)
	}},
	{"inquire", staff.DrawApprove, true, []string{"findings"}, func(c *Area, ctx context.Context, id int64, v page.Values, who audit.Actor) error {
		return c.Draw.Inquire(ctx, id, v.Get("findings"), who)
	}},
	{"approve", staff.DrawApprove, true, nil, func(c *Area, ctx context.Context, id int64, _ page.Values, who audit.Actor) error {
		return c.Draw.Approve(ctx, id, who)
	}},
	{"release", staff.DrawRun, true, nil, func(c *Area, ctx context.Context, id int64, _ page.Values, who audit.Actor) error {
		return c.Draw.Release(ctx, id, who)
	}},
}

func officialOf(v page.Values) int {
	n, err := strconv.Atoi(v.Get("official"))
	if err != nil {
		return 0 // the draw refuses it
	}
	return n
}

func verbNamed(name string) verb {
	for _, v := range verbs {
		if v.name == name {
			return v
		}
	}
	return verb{}
}

// fieldMost bounds what a verb's field takes; an inquiry's findings are the longest.
const fieldMost = 2000

type verbPage struct {
	page.Summary
	Token             string
	Title, Lead, Warn page.Text
	Button            page.Text
	Action, Back      string
	Wave              page.Text
	Fields            []*page.Field
	Official          *page.Choices
}

func (c *Area) verbPage(v verb, w wave.Wave) verbPage {
	name := []any{"wave", desk.Key(w.TitleKey())}
	p := verbPage{
		Token: c.Token(), Title: page.T("console.do."+v.name+".ask", name...), Lead: page.T("console.do." + v.name + ".lead"),
		Button: page.T("console.do." + v.name), Wave: page.T(w.TitleKey()),
		Action: desk.Path("/console/waves/", w.ID) + "/" + v.name, Back: desk.Path("/console/waves/", w.ID),
	}
	if v.grave {
		p.Warn = page.T("console.do.grave")
	}
	for _, f := range v.fields {
		if f == "official" {
			p.Official = &page.Choices{Name: f, Label: page.T("console.field.official"), Options: []page.Option{
				{Value: "1", Label: page.T("console.field.official.n", "n", 1)}, {Value: "2", Label: page.T("console.field.official.n", "n", 2)}}}
			continue
		}
		p.Fields = append(p.Fields, &page.Field{Name: f, Label: page.T("console.field." + f), Hint: page.T("console.field." + f + ".hint"), MaxLength: fieldMost})
	}
	return p
}

func (c *Area) verbForm(v verb) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		one, err := c.oneWave(req)
		if err != nil {
			c.Page.Fail(w, req, err)
			return
		}
		c.Show(w, req, "ceremony/verb", c.verbPage(v, one))
	}
}

func (c *Area) oneWave(req *http.Request) (w wave.Wave, err error) {
	err = c.Read(req, func(rx *sqldb.Rx) (err error) {
		w, err = c.Wave.Get(rx, desk.Number(req))
		return err
	})
	return w, err
}

func (c *Area) verbDo(v verb) http.HandlerFunc {
	rules := make([]page.FieldRule, len(v.fields))
	for i, f := range v.fields {
		rules[i] = page.FieldRule{Name: f, Max: fieldMost}
	}
	return func(w http.ResponseWriter, req *http.Request) {
		one, err := c.oneWave(req)
		if err != nil {
			c.Page.Fail(w, req, err)
			return
		}
		values, err := c.Form(w, req, rules...)
		if err == nil {
			err = tooEarly(v.do(c, req.Context(), one.ID, values, desk.Actor(req)))
		}
		if err != nil {
			c.verbAgain(w, req, err, c.verbPage(v, one), values)
			return
		}
		c.Flash(req, "console.do."+v.name+".done")
		desk.To(w, req, desk.Path("/console/waves/", one.ID))
	}
}

// tooEarly turns "there is none" into a no: the wave is there, and only what the
// verb works on has not come yet.
func tooEarly(err error) error {
	if f, ok := fault.As(err); ok && f.Kind == fault.NotFound {
		return fault.New(fault.Refused, f.Key, f.Args)
	}
	return err
}

// verbAgain shows the page again with what the noun said no to.
func (c *Area) verbAgain(w http.ResponseWriter, req *http.Request, err error, p verbPage, values page.Values) {
	var inputs []page.Input
	for _, f := range p.Fields {
		f.Value = values.Get(f.Name)
		inputs = append(inputs, f)
	}
	if p.Official != nil {
		p.Official.Value = values.Get("official")
		inputs = append(inputs, p.Official)
	}
	c.Mended(w, req, err, func(s page.Summary) {
		p.Summary = s
		c.Page.Render(w, req, http.StatusUnprocessableEntity, "ceremony/verb", p)
	}, inputs...)
}

// next says which verbs make sense for a wave now. What is impossible is refused by
// the noun anyway; this only keeps the page to what can be done.
func next(w wave.Wave, p draw.Publication) []string {
	switch w.State {
	case wave.Scheduled:
		return []string{"open", "commit"}
	case wave.Open:
		return []string{"close", "commit"}
	case wave.Settling:
		return []string{"commit"}
	case wave.Frozen:
		if p.Source == draw.FromNone {
			return []string{"reveal"}
		}
		return []string{"run"}
	case wave.Drawn:
		switch {
		case p.Held():
			return []string{"inquire"}
		case len(p.Approvals) < w.Approvals:
			return []string{"approve"}
		}
		return []string{"release"}
	case wave.Released, wave.Void:
	}
	return nil
}
