package portal_test

import (
	"fmt"
	"image/color"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/boombuler/barcode/qr"
)

var qrRun = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1H(\d+)z`)

// modules reads the drawn code as rows of dark and light.
func (s screen) modules() string {
	s.t.Helper()
	var size int
	if _, err := fmt.Sscanf(s.attr(".qr svg", "viewBox"), "0 0 %d", &size); err != nil {
		s.t.Fatal(err)
	}
	grid := []byte(strings.Repeat(".", size*size))
	for _, run := range qrRun.FindAllStringSubmatch(s.attr(".qr path", "d"), -1) {
		x, _ := strconv.Atoi(run[1])
		y, _ := strconv.Atoi(run[2])
		wide, _ := strconv.Atoi(run[3])
		for at := range wide {
			grid[y*size+x+at] = '#'
		}
	}
	return string(grid)
}

func TestTheReceiptCarriesACodeThatLeadsToItsDraw(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	receipt := b.joined()
	address := "http://contoh.example.com/draws/" + strings.TrimPrefix(receipt.path, "/receipt/") + "?code=" + receipt.words(".hash")
	want, err := qr.Encode(address, qr.M, qr.Auto)
	b.must(err)
	var grid strings.Builder
	for y := range want.Bounds().Dy() {
		for x := range want.Bounds().Dx() {
			mark := byte('.')
			if want.At(x, y) == color.Black {
				mark = '#'
			}
			grid.WriteByte(mark)
		}
	}
	if receipt.modules() != grid.String() {
		t.Errorf("the code does not say %s", address)
	}
	page := address[strings.Index(address, "/draws"):strings.Index(address, "?")]
	b.get(address[strings.Index(address, "/draws"):]).expect(200, page)
}
