package gateway

import (
	"strconv"
	"time"
)

const (
	// DefaultTimeout bounds one call: longer than a slow gateway's answer, shorter
	// than notify's limit of a try.
	DefaultTimeout = 15 * time.Second
	// busyLeast is how long a gateway that says it is busy is left alone when it does
	// not say how long, and waitMost what any of them may ask for.
	busyLeast = time.Second
	waitMost  = 5 * time.Minute
	// answerMost bounds an answer, in bytes; one is under 1 KB.
	answerMost = 64 << 10
	// refMost bounds a provider's own reference: the longest known are some 60 bytes.
	refMost = 200
	// Connections kept for later calls. A crowd's codes go to one host.
	idleMost = 32
	idleFor  = 90 * time.Second
)

// Names says whether an answer's reference can be kept. An acceptance without one is
// none: no receipt would ever find the message.
func Names(ref string) bool { return ref != "" && len(ref) <= refMost }

// retryAfter reads the header in its form of seconds; anything else is nothing.
func retryAfter(header string) time.Duration {
	seconds, err := strconv.Atoi(header)
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, waitMost)
}
