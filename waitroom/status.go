package waitroom

import (
	"encoding/json"
	"math"

	"gelombang/internal/sqldb"
)

// State is the room as this node knows it, from memory.
func (r *Room) State() State {
	v := r.view.Load()
	return State{Engaged: v.Why != None, Why: v.Why, Began: sqldb.Time(v.Episode), Opens: v.Opens, Drawn: v.Drawn,
		Front: int64(v.Front), Early: v.Early, Issued: v.issued(), PerMinute: v.perMinute(), At: v.At}
}

// Status is a small JSON document for all who wait: each finds its own place with it.
// It is made at each beat, so it costs nothing to give and is there when the database
// isn't. The caller must not change it.
func (r *Room) Status() []byte { return r.view.Load().status }

func (v *view) document() []byte {
	doc, err := json.Marshal(struct {
		Engaged   bool  `json:"engaged"`
		Episode   int64 `json:"episode"`
		OpensMS   int64 `json:"opens_ms"`
		Drawn     bool  `json:"drawn"`
		Early     int64 `json:"early"`
		Front     int64 `json:"front"`
		Past      int64 `json:"past"`
		PerMinute int64 `json:"per_minute"`
		Issued    int64 `json:"issued"`
		AtMS      int64 `json:"at_ms"`
		AgainS    int64 `json:"again_s"`
	}{
		v.Why != None, v.Episode, sqldb.Millis(v.Opens), v.Drawn, v.Early, int64(v.Front), v.past,
		v.perMinute(), v.issued(), sqldb.Millis(v.At), int64(pollEvery(v.waiting()).Seconds()),
	})
	if err != nil {
		panic(err) // numbers and booleans always have a JSON
	}
	return doc
}

// issued counts the tickets of all nodes up to the last beat, and this node's since.
func (v *view) issued() int64 {
	mine := v.counts.tally(v.Episode)
	return v.sum.early + v.sum.late + mine.early + mine.late - v.told.early - v.told.late
}

func (v *view) perMinute() int64 { return int64(math.Round(v.Pace * 60)) }

// waiting is how many places are not called yet.
func (v *view) waiting() int64 {
	if !v.Drawn {
		return v.issued()
	}
	return max(0, v.tail(v.sum)-int64(v.Front))
}
