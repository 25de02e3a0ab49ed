// Package ktp prints specimen identity cards of people who do not exist, and
// photographs them as well or as badly as asked.
//
// Everything comes from a seed: the same seed, class and index give the same
// bytes on every machine. The layout follows what anyone can see of a KTP
// (header, NIK line, fields on the left, portrait on the right, a light blue
// ground); there is no coat of arms, hologram, chip or map in it, so that what
// is printed here can be taken for nothing but a specimen.
package ktp

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"

	"golang.org/x/image/font/opentype"
)

// Class is what is wrong with a photograph.
type Class string

const (
	Good     Class = "good"
	Blur     Class = "blur"      // out of focus or moved
	Cropped  Class = "cropped"   // a part of the card is outside the picture
	Copy     Class = "copy"      // a grey or tinted photocopy
	Screen   Class = "screen"    // a display photographed
	Glare    Class = "glare"     // a lamp mirrored in the text
	Dark     Class = "dark"      // too little light
	Small    Class = "small"     // the card fills too little of the picture
	NotFound Class = "not_found" // no KTP in it
)

// Classes is the closed list.
var Classes = []Class{Good, Blur, Cropped, Copy, Screen, Glare, Dark, Small, NotFound}

// Photo is one file as a phone would send it.
type Photo struct {
	Name  string
	Class Class
	NIK   string // what is printed on the card; empty when there is none
	Shot  Shot   // how it was taken
	JPEG  []byte
}

// Sample is photograph i of a class. It costs from 50 ms at 2 megapixels to
// about a second at 12.
func Sample(seed uint64, class Class, i int) Photo {
	return SampleWith(seed, class, i, nil)
}

// SampleWith is Sample with the NIK set in a font.
func SampleWith(seed uint64, class Class, i int, digits *opentype.Font) Photo {
	r := random(seed, class, i)
	return take(seed, class, i, shotOf(class, r), r, digits)
}

// SampleAt is Sample in a picture so small that the card is at most so many
// pixels wide, for tests that have little time.
func SampleAt(seed uint64, class Class, i int, cardWidth float64) Photo {
	r := random(seed, class, i)
	shot := shotOf(class, r)
	if shot.CardWidth > cardWidth {
		shot = shot.scaled(cardWidth / shot.CardWidth)
	}
	return take(seed, class, i, shot, r, nil)
}

// Take photographs the card with a NIK, always in the same way for the same number and
// class. It is as large as a page sends it.
func Take(nik string, class Class) Photo {
	h := fnv.New64a()
	_, _ = h.Write([]byte(nik)) // never fails
	r := random(h.Sum64(), class, 0)
	shot := shotOf(class, r)
	if shot.CardWidth > sentWidth {
		shot = shot.scaled(sentWidth / shot.CardWidth)
	}
	person := PersonAt(h.Sum64(), 0)
	person.NIK = nik
	subject := PrintCard(person, nil)
	if class == NotFound {
		subject = otherThing(r)
	}
	return Photo{Name: string(class) + ".jpg", Class: class, NIK: nik, Shot: shot, JPEG: Encode(Photograph(subject, shot), shot)}
}

// sentWidth is a card that fills most of a picture of 1,600 pixels.
const sentWidth = 1100

func take(seed uint64, class Class, i int, shot Shot, r *rand.Rand, digits *opentype.Font) Photo {
	p := Photo{Name: fmt.Sprintf("%s-%d-%03d.jpg", class, seed, i), Class: class, Shot: shot}
	person := PersonAt(seed, r.Int())
	var subject *Print
	if class == NotFound {
		subject = otherThing(r)
	} else {
		p.NIK = person.NIK
		subject = PrintCard(person, digits)
	}
	p.JPEG = Encode(Photograph(subject, shot), shot)
	return p
}

// random gives each photograph its own stream, so that one class more or less
// changes no other photograph.
func random(seed uint64, class Class, i int) *rand.Rand {
	h := uint64(14695981039346656037)
	for _, c := range []byte(class) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return rand.New(rand.NewPCG(seed, h+uint64(i)))
}

func between(r *rand.Rand, lo, hi float64) float64 { return lo + (hi-lo)*r.Float64() }

func oneOf[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }
