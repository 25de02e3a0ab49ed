package message

import (
	"net/http"
	"time"

	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/notify"
)

// changesMost is how many changes of the routes are shown: some days of an unquiet week.
const changesMost = 50

type routesPage struct {
	Routes  []routeRow
	Spend   spendPart
	Changes []changeRow
}

// routeRow is one provider towards one operator.
type routeRow struct {
	Channel  page.Text
	Operator page.Text
	Provider string
	Share    float64 // of the messages to this operator that are given to the provider
	Full     bool    // its share is what the settings say
	Sent     int64   // codes of the last hour
	Soon     float64 // of them, confirmed or typed within a minute
	Paused   time.Time
}

type changeRow struct {
	At           time.Time
	Operator     page.Text
	Provider     string
	Was, Becomes int
	Why          page.Text
}

// routes shows which providers are trusted with how much and why that changed, what codes
// by SMS cost, and which numbers they are held back from.
func (c *Area) routes(w http.ResponseWriter, req *http.Request) {
	var list []notify.Route
	var spending notify.Spending
	var changes []notify.Change
	err := c.Read(req, func(rx *sqldb.Rx) (err error) {
		if list, err = c.Notify.Routes(rx); err != nil {
			return err
		}
		if spending, err = c.Notify.Spending(rx); err != nil {
			return err
		}
		changes, err = c.Notify.Changes(rx, changesMost)
		return err
	})
	if err != nil {
		c.Page.Fail(w, req, err)
		return
	}
	v := routesPage{Routes: routeRows(list), Spend: spendOf(spending)}
	for _, ch := range changes {
		v.Changes = append(v.Changes, changeRow{At: ch.At, Operator: operator(ch.Operator), Provider: ch.Provider,
			Was: ch.Was, Becomes: ch.Becomes, Why: page.T("notify.change." + string(ch.Reason))})
	}
	c.Show(w, req, "message/routes", v)
}

// routeRows leaves out where nothing went and nothing was learnt.
func routeRows(list []notify.Route) (rows []routeRow) {
	type way struct {
		channel  notify.Channel
		operator string
	}
	all := map[way]int{}
	for _, r := range list {
		all[way{r.Channel, r.Operator}] += r.Weight
	}
	for _, r := range list {
		if r.Hour.Sent == 0 && r.Weight == r.Configured && r.Paused.IsZero() {
			continue
		}
		row := routeRow{Channel: page.T("console.channel." + string(r.Channel)), Operator: operator(r.Operator), Provider: r.Provider,
			Full: r.Weight == r.Configured, Sent: r.Hour.Sent, Paused: r.Paused}
		if sum := all[way{r.Channel, r.Operator}]; sum > 0 {
			row.Share = float64(r.Weight) / float64(sum)
		}
		if r.Hour.Sent > 0 {
			row.Soon = float64(r.Hour.ArrivedSoon) / float64(r.Hour.Sent)
		}
		rows = append(rows, row)
	}
	return rows
}

func operator(word string) page.Text { return page.T("notify.operator." + word) }
