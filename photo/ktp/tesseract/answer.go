package tesseract

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// The columns of a line of the answer that are of use, and how many there are.
const (
	levelColumn, confidenceColumn, textColumn, columns = 0, 10, 11, 12

	wordLevel = "5" // a line of the table that tells of a word
)

var errNoTable = errors.New("the answer is not the table that was asked for")

// parse takes the words of an answer for parts of one number, and the least confidence
// of them for that of the whole.
func parse(answer []byte) (digits string, sure float64, err error) {
	lines := strings.Split(strings.TrimSuffix(string(answer), "\n"), "\n")
	if !strings.HasPrefix(lines[0], "level\t") {
		return "", 0, errNoTable
	}
	least := 100.0
	for _, l := range lines[1:] {
		f := strings.Split(strings.TrimSuffix(l, "\r"), "\t")
		if len(f) != columns {
			return "", 0, errNoTable
		}
		if f[levelColumn] != wordLevel {
			continue
		}
		confidence, err := strconv.ParseFloat(f[confidenceColumn], 64)
		if err != nil || math.IsNaN(confidence) || confidence > 100 {
			return "", 0, errNoTable
		}
		least = min(least, max(0, confidence))
		digits += strings.TrimSpace(f[textColumn])
	}
	if digits == "" {
		return "", 0, nil
	}
	return digits, least / 100, nil
}
