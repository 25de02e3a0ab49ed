package place

import (
	"fmt"
	"image/color"
	"net/url"
	"strings"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"gelombang/application"
	"gelombang/portal/desk"
)

// square is a QR code as one path over Size by Size modules.
type square struct {
	Size int
	Path string
}

// proof is what a receipt's code leads to: the public page of its draw, with the
// commitment. Nothing in it is personal: the list that is published says the same.
func (p *Pages) proof(place application.Place) (square, error) {
	return squareOf(p.Page.URL(desk.WavePath("/draws/", place.Wave.ID)) + "?" + url.Values{"code": {place.Code()}}.Encode())
}

func squareOf(words string) (square, error) {
	code, err := qr.Encode(words, qr.M, qr.Auto)
	if err != nil {
		return square{}, fmt.Errorf("encode a QR code: %w", err)
	}
	s := square{Size: code.Bounds().Dx()}
	var path strings.Builder
	for y := range s.Size {
		for x := 0; x < s.Size; x++ {
			if from := x; dark(code, x, y) {
				for x++; x < s.Size && dark(code, x, y); {
					x++
				}
				fmt.Fprintf(&path, "M%d %dh%dv1H%dz", from, y, x-from, from)
			}
		}
	}
	s.Path = path.String()
	return s, nil
}

func dark(code barcode.Barcode, x, y int) bool { return code.At(x, y) == color.Black }
