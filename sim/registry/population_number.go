package registry

import (
	"fmt"
	"strconv"
	"time"
)

// sexes in the order of a slot's lowest bit.
var sexes = [2]string{"male", "female"}

func index(sex string) int {
	if sex == sexes[1] {
		return 1
	}
	return 0
}

// nikOf writes a slot of a district as a NIK, with 40 added to a woman's day.
func nikOf(district, slot uint64) string {
	born := firstBirth.AddDate(0, 0, int(slot/2))
	return fmt.Sprintf("%s%02d%s0000", country().districts[district].code, born.Day()+40*int(slot%2), born.Format("0106"))
}

// readNIK is the way back; false for a number that no slot writes.
func readNIK(nik string) (district, slot uint64, ok bool) {
	if len(nik) != 16 || nik[12:] != "0000" {
		return 0, 0, false
	}
	district, ok = country().byCode[nik[:6]]
	date, err := strconv.Atoi(nik[6:12])
	if !ok || err != nil {
		return 0, 0, false
	}
	day, month, year := date/10_000, date/100%100, 1900+date%100
	if day > 40 {
		day, slot = day-40, 1
	}
	if year < firstBirth.Year() {
		year += 100
	}
	born := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if born.Day() != day || int(born.Month()) != month {
		return 0, 0, false // 31 February
	}
	slot += 2 * uint64(born.Sub(firstBirth)/(24*time.Hour))
	return district, slot, slot < slots
}

// shuffle is a permutation of the numbers below n that can be undone: a Feistel
// network over the next power of four, walked until it lands inside.
type shuffle struct{ n, key uint64 }

const rounds = 4

func (s shuffle) at(x uint64) uint64 {
	half := s.half()
	for {
		left, right := x>>half, x&(1<<half-1)
		for r := range uint64(rounds) {
			left, right = right, left^mix(s.key+r, right)&(1<<half-1)
		}
		if x = left<<half | right; x < s.n {
			return x
		}
	}
}

func (s shuffle) inverse(x uint64) uint64 {
	half := s.half()
	for {
		left, right := x>>half, x&(1<<half-1)
		for r := uint64(rounds); r > 0; r-- {
			left, right = right^mix(s.key+r-1, left)&(1<<half-1), left
		}
		if x = left<<half | right; x < s.n {
			return x
		}
	}
}

// half is how many bits each side has.
func (s shuffle) half() (bits uint64) {
	for bits = 1; 1<<(2*bits) < s.n; bits++ {
	}
	return bits
}

// mix spreads two numbers over 64 bits, the same on every machine and in every release.
func mix(key, x uint64) uint64 {
	z := key ^ (x+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
