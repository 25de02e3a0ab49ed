package main

import (
	"cmp"
	"slices"
	"time"

	"gelombang/photo"
)

// How a programme uses photos of identity cards.
const (
	photosOff      = "off"      // none is asked for
	photosAsked    = "asked"    // it is asked for and checked; a place without one says so
	photosRequired = "required" // a place needs an accepted one when settling ends
)

var photoModes = []string{photosOff, photosAsked, photosRequired}

// PhotoTerms are what the programme says of photos. What is absent is the usual.
type PhotoTerms struct {
	Mode   string        `yaml:"mode"`
	PerDay int           `yaml:"per_day"` // of one account
	Keep   time.Duration `yaml:"keep"`    // after it was decided about
}

func (t PhotoTerms) mode() string { return cmp.Or(t.Mode, photosAsked) }

func (t PhotoTerms) policy() photo.Policy {
	p := photo.DefaultPolicy
	p.PerDay, p.KeepFor = cmp.Or(t.PerDay, p.PerDay), cmp.Or(t.Keep, p.KeepFor)
	return p
}

func checkPhotos(d *document, t PhotoTerms) {
	if d.has("photos.mode") && !slices.Contains(photoModes, t.Mode) {
		d.add("photos.mode", "must be one of %v", photoModes)
	}
	written(d, "photos.per_day", t.PerDay, 3, 100)
	written(d, "photos.keep", t.Keep, day, 3650*day)
}
