package desk

import (
	"time"

	"gelombang/internal/page"
	"gelombang/wave"
)

// Programme is what the pages need of the programme file: catalog keys and names,
// no sentences.
type Programme struct {
	Name, Tagline, Organiser, HelpHours string // catalog keys
	HelpMail, HelpPhone                 string // may be empty
	Conditions                          []string
	Statements                          []Choice
	Education, Employment               []Choice
	ConsentVersion                      string
	PhotoRequired                       bool // words only: nothing waits for a photo
	// Has says whether a catalog key exists: a wave that an earlier programme file
	// planned has no title any more and is called by its name.
	Has func(key string) bool
}

// Choice is one statement or one item of a list: its stored name and its catalog key.
type Choice struct{ Name, Key string }

// LimitRow is one published limit. Most 0 means that only the time counts.
type LimitRow struct {
	Key    string // catalog key of what is counted
	Whose  string // catalog key of a class of people; "": everybody's
	Most   int
	Window time.Duration
}

// WaveTitle calls a wave by its title, or by the one it was planned with.
func (p Programme) WaveTitle(w wave.Wave) page.Text {
	if p.Has(w.TitleKey()) {
		return page.T(w.TitleKey())
	}
	return page.Plain(w.Title)
}

// StratumTitle calls a stratum by its title, or by its name.
func (p Programme) StratumTitle(w wave.Wave, name string) page.Text {
	if p.Has(w.StratumKey(name)) {
		return page.T(w.StratumKey(name))
	}
	return page.Plain(name)
}

// Options are choices as a list to choose from.
func Options(choices []Choice) []page.Option {
	list := make([]page.Option, len(choices))
	for at, c := range choices {
		list[at] = page.Option{Value: c.Name, Label: page.T(c.Key)}
	}
	return list
}

// chosen gives the words of a stored choice.
func chosen(choices []Choice, name string) page.Text {
	for _, c := range choices {
		if c.Name == name {
			return page.T(c.Key)
		}
	}
	return page.Plain(name)
}
