package crowd

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Times counts durations in buckets that are never wider than a sixty-fourth of
// what they hold, so that a quantile is exact to 1.6 %. Its size is fixed and adding
// costs one atomic operation. The zero value works.
type Times struct {
	buckets [bucketCount]atomic.Int64
	count   atomic.Int64
}

const (
	fineBits    = 6
	fine        = 1 << fineBits
	bucketCount = (64 - fineBits + 1) * fine
)

// bucketOf numbers the bucket of a count of microseconds: one each up to 2×fine,
// then fine of them for every doubling.
func bucketOf(micros uint64) int {
	if micros < 2*fine {
		return int(micros)
	}
	shift := bits.Len64(micros) - fineBits - 1
	return shift*fine + int(micros>>shift)
}

// upperOf is the largest count of microseconds that falls into a bucket.
func upperOf(bucket int) uint64 {
	if bucket < 2*fine {
		return uint64(bucket)
	}
	shift := bucket/fine - 1
	return (uint64(bucket-shift*fine)+1)<<shift - 1
}

// Add counts one.
func (h *Times) Add(d time.Duration) {
	h.buckets[bucketOf(uint64(max(d, 0).Microseconds()))].Add(1)
	h.count.Add(1)
}

// Quantile is the time within which a share q of all was done; 0 when there is nothing.
func (h *Times) Quantile(q float64) time.Duration {
	rank := int64(q * float64(h.count.Load()))
	var seen int64
	last := 0
	for at := range h.buckets {
		n := h.buckets[at].Load()
		if n == 0 {
			continue
		}
		last = at
		if seen += n; seen > rank {
			break
		}
	}
	return time.Duration(upperOf(last)) * time.Microsecond
}
