package registry

import (
	"fmt"
	"time"
)

// People is a synthetic population: any number of persons, each made on demand out of
// the seed and a number, so that a hundred million take no more room than one. From a
// NIK it finds the person again.
//
// Nobody in it is real: the serial of every NIK is 0000 and that of every family card
// 9000 or more, which no office has given out. The codes of the regions are real, the
// retired ones among them. A quarter of the people were registered elsewhere than
// where they live, and one in a hundred has a NIK that lawfully disagrees with the
// date of birth or the sex: a NIK is not changed when those are set right.
type People struct {
	seed, size uint64
}

// Person is one of the People, as the registry holds the record.
type Person struct {
	Index            int
	NIK, KK          string
	Name, BirthPlace string
	Birth            time.Time // the true date, at midnight UTC
	Sex              string    // "male" or "female": the true one
	District         string    // where the person lives: six digits
	Household        int       // the same for all on one family card
	Disagrees        bool      // birth date or sex is not what the NIK says
	State            string    // "", or deceased, duplicate, inactive, not_found
}

const (
	// PopulationMost is what the region codes and birth dates have room for.
	PopulationMost = 350_000_000

	// A block is 24 neighbours in eight households; a district has as many blocks as
	// there are birth dates and sexes to give out.
	blockSize = 24
	slots     = 2 * birthDays
	blocks    = slots / blockSize

	// The numbers of family cards in one district, one to a household.
	cards       = cardDays * cardSerials
	cardSerials = 3
	firstSerial = 9000
)

// Adults of 17 to 86 in 2026: fewer than a hundred years, so that two digits tell the
// year. Cards of the form with a date in it were issued from 2005 on.
var (
	firstBirth = time.Date(1940, 1, 1, 0, 0, 0, 0, time.UTC)
	firstCard  = time.Date(2005, 1, 1, 0, 0, 0, 0, time.UTC)
)

const (
	birthDays = 25_203 // to the last day of 2008
	cardDays  = 7_670  // to the last day of 2025
)

// households are the sizes within a block; the ends are summed up.
var householdEnds = [...]int{4, 7, 12, 14, 15, 19, 22, 24}

// movers are the places in a block whose people were registered elsewhere.
var movers = [blockSize]bool{1: true, 6: true, 11: true, 13: true, 17: true, 22: true}

// Population gives the people of a seed; size is at most PopulationMost, and 0 is nobody.
func Population(seed int64, size int) People {
	return People{seed: uint64(seed), size: uint64(min(max(size, 0), PopulationMost))}
}

// Size is how many there are.
func (p People) Size() int { return int(p.size) }

// At makes the person of a number from 0 to Size()-1.
func (p People) At(i int) Person {
	if i < 0 || uint64(i) >= p.size {
		panic(fmt.Sprintf("person %d of %d", i, p.size))
	}
	block, at := uint64(i)/blockSize, uint64(i)%blockSize
	spot := p.neighbourhoods().at(block)
	home, row := spot%country().current, spot/country().current
	born := origin(home, at)
	slot := p.births(born).at(row*blockSize + at)
	return p.person(i, home, row, born, slot)
}

// ByNIK finds the person of a NIK; false when nobody has it.
func (p People) ByNIK(nik string) (Person, bool) {
	born, slot, ok := readNIK(nik)
	if !ok {
		return Person{}, false
	}
	seat := p.births(born).inverse(slot)
	row, at := seat/blockSize, seat%blockSize
	home, ok := homeOf(born, at)
	if !ok || row >= blocks {
		return Person{}, false
	}
	i := p.neighbourhoods().inverse(row*country().current+home)*blockSize + at
	if i >= p.size {
		return Person{}, false
	}
	return p.person(int(i), home, row, born, slot), true
}

func (p People) person(i int, home, row, born, slot uint64) Person {
	c, luck := country(), mix(p.seed^0x706572736f6e, uint64(i))
	household, at := 0, i%blockSize
	for at >= householdEnds[household] {
		household++
	}
	who := Person{
		Index: i, NIK: nikOf(born, slot), BirthPlace: c.districts[born].regency.place(), District: c.districts[home].code,
		Birth: firstBirth.AddDate(0, 0, int(slot/2)), Sex: sexes[slot%2],
		Household: i/blockSize*len(householdEnds) + household, State: stateOf(luck),
	}
	who.KK = p.cardOf(home, row*uint64(len(householdEnds))+uint64(household))
	if luck>>32%100 == 0 {
		who = disagreeing(who, mix(luck, 1))
	}
	who.Name = nameOf(who.Sex, mix(luck, 2))
	return who
}

// cardOf gives a household's card: its district, a day of issue, and a serial.
func (p People) cardOf(home, household uint64) string {
	card := shuffle{n: cards, key: mix(p.seed^0x63617264, home)}.at(household)
	issued := firstCard.AddDate(0, 0, int(card%cardDays))
	return fmt.Sprintf("%s%s%d", country().districts[home].code, issued.Format("020106"), firstSerial+card/cardDays)
}

// neighbourhoods put the blocks into districts, births the people registered in a
// district into its birth dates and sexes.
func (p People) neighbourhoods() shuffle {
	return shuffle{n: country().current * blocks, key: mix(p.seed, 0)}
}

func (p People) births(district uint64) shuffle {
	return shuffle{n: slots, key: mix(p.seed^0x6269727468, district)}
}

// origin is where somebody was registered; homeOf is the way back. Each place in a
// block moves by a distance of its own, so that no two people share a number.
func origin(home, at uint64) uint64 {
	if !movers[at] {
		return home
	}
	return (home + distance(at)) % uint64(len(country().districts))
}

func homeOf(born, at uint64) (home uint64, ok bool) {
	home = born
	if movers[at] {
		all := uint64(len(country().districts))
		home = (born + all - distance(at)) % all
	}
	return home, home < country().current // nobody lives in a district that is no more
}

func distance(at uint64) uint64 { return 97 + 331*at }

// stateOf makes a few records be what registries report.
func stateOf(luck uint64) string {
	switch luck % 1000 {
	case 0, 1, 2:
		return "deceased"
	case 3:
		return "duplicate"
	case 4, 5:
		return "inactive"
	case 6:
		return "not_found" // the region has not passed it on yet
	}
	return ""
}

// disagreeing sets a birth date or a sex right that the NIK goes on saying otherwise.
func disagreeing(who Person, luck uint64) Person {
	year, month, day := who.Birth.Date()
	more := int(luck >> 8)
	if more < 0 {
		more = -more
	}
	switch luck % 5 {
	case 0, 1:
		day = 1 + (day+more%27)%28
	case 2:
		month, day = 1+(month+time.Month(more%11))%12, min(day, 28)
	case 3:
		year, day = 1940+(year-1940+1+more%60)%69, min(day, 28)
	default:
		who.Sex = sexes[1-index(who.Sex)]
	}
	who.Birth, who.Disagrees = time.Date(year, month, day, 0, 0, 0, 0, time.UTC), true
	return who
}
