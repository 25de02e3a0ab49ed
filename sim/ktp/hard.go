package ktp

import "golang.org/x/image/font/opentype"

// Hard takes a good photograph whose number is hard to read, by the number i: as it
// is, a little out of focus, or of few pixels, in turn. Its digits are set in a font;
// nil is the printer's own OCR-A. There is no fault in it that a rule has a name for.
func Hard(seed uint64, i int, digits *opentype.Font) Photo {
	r := random(seed, Good, i)
	shot := shotOf(Good, r)
	if most := 2_200_000; shot.Width*shot.Height > most {
		shot = shot.scaled(0.6)
	}
	switch i % 3 {
	case 1:
		shot.Blur = between(r, 1.2, 2)
	case 2:
		shot = shot.scaled(between(r, 490, 560) / shot.CardWidth)
	}
	return take(seed, Good, i, shot, r, digits)
}
