package locale

import (
	"fmt"
	"math"
	"reflect"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// printers are safe for concurrent use: each call takes its own state from a pool.
var printers = map[Lang]*message.Printer{
	ID: message.NewPrinter(language.Indonesian),
	EN: message.NewPrinter(language.English),
}

// Format writes a value the way the language does: whole numbers in thousands,
// times with date and zone, durations in words, keys and texts translated.
// Strings stay as they are, so a number that is a name (a year, a NIK) is passed as one.
func (c *Catalog) Format(lang Lang, v any) string {
	switch v := v.(type) {
	case string:
		return v
	case Key:
		return c.Text(lang, string(v), nil)
	case Text:
		return c.Say(lang, v)
	case time.Time:
		return DateTime(lang, v)
	case time.Duration:
		return Duration(lang, v)
	case fmt.Stringer:
		return v.String()
	}
	return formatKind(lang, reflect.ValueOf(v))
}

func formatKind(lang Lang, v reflect.Value) string {
	switch {
	case !v.IsValid():
		return ""
	case v.CanInt():
		return Number(lang, v.Int())
	case v.CanUint():
		return printers[lang].Sprint(number.Decimal(v.Uint()))
	case v.CanFloat():
		return printers[lang].Sprint(number.Decimal(v.Float(), number.MaxFractionDigits(2)))
	case v.Kind() == reflect.String:
		return v.String()
	}
	return fmt.Sprint(v.Interface())
}

// Number writes a whole number with the language's thousands marks.
func Number(lang Lang, n int64) string {
	return printers[lang].Sprint(number.Decimal(n))
}

// Rupiah writes whole rupiah. The space is a plain one: a no-break space would
// turn an SMS into UCS-2 and double its price.
func Rupiah(lang Lang, rp int64) string {
	if rp < 0 {
		return "-" + Rupiah(lang, -rp)
	}
	return "Rp " + Number(lang, rp)
}

// Percent writes a share of 1 with at most one decimal: 0.742 is "74,2 %".
func Percent(lang Lang, share float64) string {
	tenths := math.Round(share*1000) / 10
	digits := printers[lang].Sprint(number.Decimal(tenths, number.MaxFractionDigits(1)))
	if lang == EN {
		return digits + "%"
	}
	return digits + " %"
}

type unit struct {
	size time.Duration
	name map[Lang]string
}

var units = []unit{
	{24 * time.Hour, map[Lang]string{ID: "hari", EN: "day"}},
	{time.Hour, map[Lang]string{ID: "jam", EN: "hour"}},
	{time.Minute, map[Lang]string{ID: "menit", EN: "minute"}},
	{time.Second, map[Lang]string{ID: "detik", EN: "second"}},
}

// Duration writes the two largest units that are not zero: "4 menit", "1 jam 5 menit".
// Parts of a second are rounded up: a person who waits as told never comes too early.
func Duration(lang Lang, d time.Duration) string {
	if d < 0 {
		d = 0
	}
	d = (d + time.Second - 1).Truncate(time.Second)
	var words string
	for at, u := range units {
		n := d / u.size
		if n == 0 && u.size != time.Second {
			continue
		}
		words = quantity(lang, int64(n), u)
		if rest := d % u.size; rest > 0 && rest/units[at+1].size > 0 {
			words += " " + quantity(lang, int64(rest/units[at+1].size), units[at+1])
		}
		return words
	}
	return words
}

func quantity(lang Lang, n int64, u unit) string {
	name := u.name[lang]
	if lang == EN && n != 1 {
		name += "s"
	}
	return Number(lang, n) + " " + name
}
