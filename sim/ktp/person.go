package ktp

import (
	"fmt"
	"math/rand/v2"
)

// Person is what stands on one card.
type Person struct {
	Province, Regency string
	NIK               string
	Name              string
	Birth             string // place, dd-mm-yyyy
	Woman             bool
	Blood             string
	Address           string
	Hamlet            string // RT/RW
	Village           string
	District          string
	Religion          string
	Marital           string
	Work              string
	IssuedAt          string
	IssuedOn          string
	evenYear          bool // a blue ground behind the portrait, else a red one
}

var (
	places = []struct{ code, province, regency, district, village string }{
		{"317401", "DKI JAKARTA", "JAKARTA SELATAN", "TEBET", "MENTENG DALAM"},
		{"320114", "JAWA BARAT", "KABUPATEN BOGOR", "CIAWI", "BENDUNGAN"},
		{"327305", "JAWA BARAT", "KOTA BANDUNG", "ANDIR", "CIROYOM"},
		{"337402", "JAWA TENGAH", "KOTA SEMARANG", "GENUK", "BANGETAYU"},
		{"357801", "JAWA TIMUR", "KOTA SURABAYA", "KARANGPILANG", "KEBRAON"},
		{"510305", "BALI", "KABUPATEN BADUNG", "KUTA", "LEGIAN"},
		{"127106", "SUMATERA UTARA", "KOTA MEDAN", "HELVETIA", "DWIKORA"},
		{"737109", "SULAWESI SELATAN", "KOTA MAKASSAR", "PANAKKUKANG", "PAMPANG"},
		{"910101", "PAPUA BARAT", "KABUPATEN FAKFAK", "FAKFAK", "WAGOM"},
		{"647203", "KALIMANTAN TIMUR", "KOTA SAMARINDA", "PALARAN", "BANTUAS"},
	}
	firsts    = []string{"ANI", "BUDI", "CITRA", "DEWI", "EKO", "FITRI", "GALIH", "HENDRA", "INTAN", "JOKO", "KARTIKA", "LUKMAN", "MAYA", "NURUL", "OKTA", "PUTRI", "RIZKY", "SITI", "TONO", "WAHYU"}
	lasts     = []string{"", "SANTOSO", "WIJAYA", "LESTARI", "HIDAYAT", "PRATAMA", "RAHAYU", "SETIAWAN", "SIREGAR", "TUMBELAKA", "NUGROHO", "MAHARANI", "PERMATASARI KUSUMANINGRUM"}
	streets   = []string{"JL. MELATI NO. 12", "JL. KENANGA RAYA BLOK C2 NO. 7", "DUSUN KRAJAN", "KP. BABAKAN", "GG. MAWAR III NO. 5A", "JL. PAHLAWAN"}
	religions = []string{"ISLAM", "KRISTEN", "KATHOLIK", "HINDU", "BUDHA"}
	maritals  = []string{"BELUM KAWIN", "KAWIN", "CERAI HIDUP", "CERAI MATI"}
	works     = []string{"KARYAWAN SWASTA", "BELUM/TIDAK BEKERJA", "WIRASWASTA", "BURUH HARIAN LEPAS", "MENGURUS RUMAH TANGGA", "PETANI/PEKEBUN", "GURU"}
	bloods    = []string{"-", "A", "B", "AB", "O"}
)

// PersonAt is person i of the seed.
func PersonAt(seed uint64, i int) Person {
	r := rand.New(rand.NewPCG(seed, uint64(i)^0x9e3779b97f4a7c15))
	at := oneOf(r, places)
	day, month, year := 1+r.IntN(28), 1+r.IntN(12), 1955+r.IntN(50)
	p := Person{Province: at.province, Regency: at.regency, District: at.district, Village: at.village,
		Woman: r.IntN(2) == 0, Blood: oneOf(r, bloods), Address: oneOf(r, streets),
		Hamlet:   fmt.Sprintf("%03d/%03d", 1+r.IntN(20), 1+r.IntN(15)),
		Religion: oneOf(r, religions), Marital: oneOf(r, maritals), Work: oneOf(r, works),
		IssuedAt: at.regency, evenYear: year%2 == 0,
		IssuedOn: fmt.Sprintf("%02d-%02d-%d", 1+r.IntN(28), 1+r.IntN(12), 2012+r.IntN(12))}
	p.Name = oneOf(r, firsts)
	if last := oneOf(r, lasts); last != "" {
		p.Name += " " + last
	}
	p.Birth = fmt.Sprintf("%s, %02d-%02d-%d", oneOf(r, places).district, day, month, year)
	if p.Woman {
		day += 40
	}
	// The serial is drawn from all of its four digits: real ones are nearly always
	// below 0100, which would leave the reader's other digits untried there.
	p.NIK = fmt.Sprintf("%s%02d%02d%02d%04d", at.code, day, month, year%100, r.IntN(10000))
	return p
}
