package identity

// exchanged says that the two numbers stand in each other's field: the one that is
// stated as KK is a NIK that fits the person, the one that is stated as NIK does not
// and fits a family card. Without a birth date nothing tells the two apart for sure.
func exchanged(nik, kk string, stated Stated, today Date) bool {
	return nik != kk && aCard(nik, stated, today) && len(kk) == numberDigits && nikFits(kk, stated, today)
}

// twice says that the family card's number stands in both fields.
func twice(nik, kk string, stated Stated, today Date) bool {
	return nik == kk && aCard(nik, stated, today)
}

// aCard says that a number is no NIK of this person and may be a family card's.
func aCard(digits string, stated Stated, today Date) bool {
	return len(digits) == numberDigits && stated.Birth.Valid() &&
		!nikFits(digits, stated, today) && kkFits(digits, today)
}
