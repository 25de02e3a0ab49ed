// Package people makes synthetic applicants, nobody real among them: their addresses,
// phones and identity cards, and how far each of them comes.
package people

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// People makes applicants out of their number: the same seed gives the same ones, so
// that nothing has to be remembered of who was sent.
type People struct{ Seed uint64 }

// Fate is the person's lot; two draws that nobody else has.
func (p People) Fate(n int) Fate {
	r := rand.New(rand.NewPCG(p.Seed, uint64(n)))
	return fateOf(r.Float64(), r.Float64())
}

// Address is unique and nobody's: example.com is reserved for this. The simulated
// mail provider treats full@ and nosuch@ as what they say; what follows a plus is free.
func (p People) Address(n int, f Fate) string {
	local := "p%d-%d"
	switch f {
	case MailboxFull:
		local = "full+" + local
	case WrongAddress:
		local = "nosuch+" + local
	}
	return fmt.Sprintf(local+"@example.com", p.Seed, n)
}

// The ends of numbers that the simulators treat apart are kept for those who need them.
const (
	phonesPerBlock = 10_000 - 10
	firstOperator  = 50 // 0850 to 0899 are all given out
	phoneBlocks    = 50 * 10_000
	birthdays      = 5000
	lostSMS        = 2
	nikSerials     = 8999
	notFoundSerial = 9104
	differsSerial  = 9202
)

// Phone is a mobile number as it is typed: 08, two digits of an operator, eight more.
func (p People) Phone(n int, f Fate) string {
	block, last := n/phonesPerBlock, 10+n%phonesPerBlock
	if f == SMSLost {
		block, last = n, lostSMS
	}
	block = (p.offset(phoneBlocks) + block) % phoneBlocks
	return fmt.Sprintf("08%02d%04d%04d", firstOperator+block/10_000, block%10_000, last)
}

// offset sets the people of one seed apart from those of another, for rehearsals that
// follow each other on one site.
func (p People) offset(among int) int {
	return int(rand.New(rand.NewPCG(p.Seed, 0)).Uint64() % uint64(among))
}

// PhoneSent is the same number as the gateway is given it.
func (p People) PhoneSent(n int, f Fate) string { return "62" + p.Phone(n, f)[1:] }

// homes are districts that exist; the first four digits are the regency.
var homes = []string{"317401", "327301", "357801", "517101"}

// districts are the numbers of districts of the four cities, from 01 on, as many as exist.
var districts = []int{10, 30, 31, 4}

// oldBirthdays are the days of birth of those whose serial is given: sixty years.
const oldBirthdays = 21_900

// elsewhere spreads those whose serial decides the registry's answer over districts and
// days: a number that several accounts state is looked at by an official first.
func (p People) elsewhere(n int) (home string, born time.Time) {
	all := 0
	for _, most := range districts {
		all += most
	}
	at, city := n%all, 0
	for at >= districts[city] {
		at -= districts[city]
		city++
	}
	day := (p.offset(oldBirthdays) + n/all) % oldBirthdays
	return fmt.Sprintf("%s%02d", homes[city][:4], at+1), time.Date(1946, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, day)
}

// Card is what stands on somebody's identity card.
type Card struct {
	Name, NIK, KK, Place, Sex, Regency string
	Born                               time.Time
}

var (
	firstNames = []string{"Adi", "Bunga", "Citra", "Dimas", "Eka", "Fajar", "Gita", "Hadi", "Indah", "Joko", "Kartika", "Lestari", "Made", "Nur", "Putri", "Rani"}
	lastNames  = []string{"Contoh", "Gladi", "Latihan", "Percobaan", "Simulasi", "Uji"}
)

// Card is unique by its number: a serial of the NIK per person, and a day of birth per
// nine thousand; of those whose serial is given, a district and a day of birth.
func (p People) Card(n int, f Fate) Card {
	home := homes[p.Seed%uint64(len(homes))]
	day := (p.offset(birthdays) + n/nikSerials) % birthdays
	born := time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, day)
	if f == NotFound || f == Differs {
		home, born = p.elsewhere(n)
	}
	serial, sex, coded := 1+n%nikSerials, "male", born.Day()
	if n%2 == 0 {
		sex, coded = "female", born.Day()+40
	}
	switch f {
	case NotFound:
		serial = notFoundSerial
	case Differs:
		serial = differsSerial
	case WrongDigit:
		coded = coded/10*10 + (coded+1)%10 // the second digit of the day
	}
	issued := time.Date(2012, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n/9999%3000)
	return Card{
		Name: firstNames[n%len(firstNames)] + " " + lastNames[n/len(firstNames)%len(lastNames)], Place: "Jakarta",
		NIK: fmt.Sprintf("%s%02d%s%04d", home, coded, born.Format("0106"), serial),
		KK:  fmt.Sprintf("%s%s%04d", home, issued.Format("020106"), 1+n%9999),
		Sex: sex, Regency: home[:4], Born: born,
	}
}
