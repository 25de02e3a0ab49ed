package desk

import (
	"time"

	"gelombang/audit"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
)

// Deed is one line of the audit log.
type Deed struct {
	At        time.Time
	Who, What page.Text
	Reason    string
}

// DeedsMost bounds the log on a page.
const DeedsMost = 50

// Names gives officials' names by id, for logs.
func (d *Desk) Names(q sqldb.Querier) (map[int64]string, error) {
	all, err := d.Staff.List(q)
	out := make(map[int64]string, len(all))
	for _, s := range all {
		out[s.ID] = s.Name
	}
	return out, err
}

// DeedsOf makes entries readable.
func DeedsOf(entries []audit.Entry, names map[int64]string) []Deed {
	out := make([]Deed, len(entries))
	for i, e := range entries {
		out[i] = Deed{At: e.At, Who: whoDid(e.Actor, names), What: page.T("console.deed." + e.Action), Reason: e.Reason}
	}
	return out
}

func whoDid(a audit.Actor, names map[int64]string) page.Text {
	if name, ok := names[a.ID]; ok && a.Kind == "staff" {
		return page.Plain(name)
	}
	return page.T("console.actor." + a.Kind)
}
