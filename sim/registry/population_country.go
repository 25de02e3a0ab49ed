package registry

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

//go:generate go run ./generate

//go:embed regions.tsv
var regions string

// land is every district with a code, those of today first.
type land struct {
	districts []district
	current   uint64
	byCode    map[string]uint64
}

type district struct {
	code    string
	regency *regency
}

type regency struct{ name string }

var country = sync.OnceValue(readCountry)

// readCountry reads "3174 TAB Kota Administrasi Jakarta Selatan TAB 01-10 TAB" and the
// retired districts behind the last tab.
func readCountry() land {
	var now, retired []district
	for line := range strings.Lines(regions) {
		parts := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		r := &regency{parts[1]}
		now = append(now, spread(parts[0], parts[2], r)...)
		retired = append(retired, spread(parts[0], parts[3], r)...)
	}
	c := land{districts: append(now, retired...), current: uint64(len(now))}
	c.byCode = make(map[string]uint64, len(c.districts))
	for i, d := range c.districts {
		c.byCode[d.code] = uint64(i)
	}
	return c
}

// spread reads "01-03 07" as four districts.
func spread(code, runs string, r *regency) []district {
	var list []district
	for _, run := range strings.Fields(runs) {
		from, to, many := strings.Cut(run, "-")
		if !many {
			to = from
		}
		first, _ := strconv.Atoi(from) // the file is generated, and a test reads it all
		last, _ := strconv.Atoi(to)
		for n := first; n <= last; n++ {
			list = append(list, district{fmt.Sprintf("%s%02d", code, n), r})
		}
	}
	return list
}

// place is what a card says: BOGOR for Kabupaten Bogor.
func (r *regency) place() string {
	name := r.name
	for _, kind := range []string{"Kabupaten ", "Kota ", "Administrasi "} {
		name = strings.TrimPrefix(name, kind)
	}
	return strings.ToUpper(name)
}

// Made of words that are common everywhere, so that a name is nobody's in particular.
var given = [2][]string{
	strings.Fields("ADI AGUS ANDI ARIEF BAMBANG BUDI DEDI DIMAS EKO FAJAR GUNAWAN HADI HENDRA IRFAN JOKO KURNIA LUKMAN MADE NUR RAHMAT RIZKI RUDI SLAMET SUGENG TEGUH WAHYU YOHANES YUSUF"),
	strings.Fields("AISYAH ANI AYU DESI DEWI DIAN ENDANG ERNA FITRI INDAH INTAN KARTIKA LESTARI LINA MARIA MEGA NI'MAH NUR PUTRI RATNA RINI SARI SITI SRI TITIK WATI YANTI YULIANA"),
}

var family = strings.Fields("ANDRIANI FIRMANSYAH GINTING HALIM HANDAYANI HARTONO HIDAYAT KUSUMA LUBIS MAHENDRA MANURUNG NASUTION NUGROHO PERMANA PRASETYO PRATAMA PURNAMA RAHAYU RAMADHAN SAPUTRA SETIAWAN SIREGAR SUSANTO SYAHPUTRA UTAMA WIBOWO WIJAYA YULIANTO")

// nameOf gives one word to one in ten, as cards do, two to most, and three to some.
func nameOf(sex string, luck uint64) string {
	first := given[index(sex)]
	words := []string{first[luck%uint64(len(first))]}
	if luck>>16%10 > 0 {
		words = append(words, family[luck>>24%uint64(len(family))])
	}
	if second := first[luck>>32%uint64(len(first))]; luck>>16%10 > 6 && second != words[0] {
		words = append(words[:1:1], second, words[1])
	}
	return strings.Join(words, " ")
}
