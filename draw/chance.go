package draw

import "math"

const (
	// gammaTerms bounds the sums below; they converge within some hundred terms for
	// the degrees of freedom that days, hours and ages have.
	gammaTerms = 10_000
	gammaClose = 1e-14
)

// chiSquareBeyond is the chance that a chi-square of so many degrees of freedom
// exceeds x: the regularised upper incomplete gamma function Q(df/2, x/2).
func chiSquareBeyond(x float64, df int) float64 {
	if df < 1 || x <= 0 {
		return 1
	}
	a, half := float64(df)/2, x/2
	if half < a+1 {
		return max(0, 1-lowerGamma(a, half))
	}
	return upperGamma(a, half)
}

// lowerGamma sums the power series, which converges for x below a+1.
func lowerGamma(a, x float64) float64 {
	term := 1 / a
	sum := term
	for n := 1; n < gammaTerms && term > sum*gammaClose; n++ {
		term *= x / (a + float64(n))
		sum += term
	}
	return sum * gammaFront(a, x)
}

// upperGamma evaluates the continued fraction by Lentz's method, for larger x.
func upperGamma(a, x float64) float64 {
	const tiny = 1e-300
	b := x + 1 - a
	c, d := 1/tiny, 1/b
	h := d
	for n := 1; n < gammaTerms; n++ {
		k := float64(n)
		an := k * (a - k)
		b += 2
		d = 1 / awayFromZero(an*d+b, tiny)
		c = awayFromZero(b+an/c, tiny)
		h *= d * c
		if math.Abs(d*c-1) < gammaClose {
			break
		}
	}
	return h * gammaFront(a, x)
}

func awayFromZero(x, tiny float64) float64 {
	if math.Abs(x) < tiny {
		return tiny
	}
	return x
}

func gammaFront(a, x float64) float64 {
	logGamma, _ := math.Lgamma(a)
	return math.Exp(-x + a*math.Log(x) - logGamma)
}

// normalBeyond is the chance that a standard normal is farther from 0 than z.
func normalBeyond(z float64) float64 { return math.Erfc(math.Abs(z) / math.Sqrt2) }
