package public

import (
	"time"

	"gelombang/identity"
	"gelombang/internal/page"
)

// checksPart is how identities are checked, for whoever waits for an answer.
type checksPart struct {
	Badge page.Badge
	Text  page.Text
	First bool      // to be told before how codes arrive: not everybody is asked about, or nobody answers
	Since time.Time // of a way of checking that officials chose; zero otherwise
}

// checksOf is nil while nobody was asked.
func checksOf(h identity.Health) *checksPart {
	if h.Mode == "" {
		return nil
	}
	c := checksPart{Badge: page.Badge{Tone: page.Good}, First: h.Mode != identity.Online || h.Down}
	key := "portal.status.checks." + string(h.Mode)
	if c.First {
		c.Badge.Tone = page.Look
	}
	switch {
	case h.Down:
		key = "portal.status.checks.down"
	case h.Mode != identity.Online:
		c.Since = h.Since
	}
	c.Badge.Text, c.Text = page.T(key), page.T(key+".text", "n", h.Parked, "pace", h.PerMinute)
	if h.Mode == identity.Online && !h.Down && h.Parked == 0 {
		c.Text = page.T("portal.status.checks.empty")
	}
	return &c
}

// checksData is the same for programs.
type checksData struct {
	Mode      string     `json:"mode"`
	Since     *time.Time `json:"since"`   // null: as it was from the beginning
	Answers   bool       `json:"answers"` // false: asked, and no answer in the last minutes
	Waiting   int        `json:"waiting"`
	PerMinute int        `json:"per_minute"`
}

func checksDataOf(h identity.Health) *checksData {
	if h.Mode == "" {
		return nil
	}
	c := checksData{Mode: string(h.Mode), Answers: !h.Down, Waiting: h.Parked, PerMinute: h.PerMinute}
	if !h.Since.IsZero() {
		c.Since = utc(h.Since)
	}
	return &c
}
