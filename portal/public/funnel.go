package public

import (
	"context"
	"log/slog"
	"time"

	"gelombang/internal/page"
	"gelombang/portal/desk"
)

// funnel is how far everybody has come.
type funnel struct {
	At   time.Time
	Rows []funnelRow
}

type funnelRow struct {
	Label  page.Text
	People int64
	Bar    page.Bar
}

// funnel is nil when there is nothing to tell. A count that fails is left out: the
// page is there for the dates and the two ways in, and must not go with it.
func (p *Pages) funnel(ctx context.Context) *funnel {
	if p.Funnel == nil {
		return nil
	}
	rows, at, err := p.Funnel(ctx)
	if err != nil {
		slog.WarnContext(ctx, "portal.funnel", "error", err)
		return nil
	}
	if len(rows) == 0 || rows[0].People == 0 {
		return nil
	}
	return &funnel{At: at, Rows: funnelRows(rows)}
}

// funnelRows draws each stage as a share of the first, to a tenth of a percent.
func funnelRows(rows []desk.FunnelRow) []funnelRow {
	list := make([]funnelRow, len(rows))
	for at, r := range rows {
		share := float64(r.People*1000/rows[0].People) / 10
		list[at] = funnelRow{Label: page.T("portal.funnel." + string(r.Stage)), People: r.People, Bar: page.Bar{Percent: min(share, 100)}}
	}
	return list
}
