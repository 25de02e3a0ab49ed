package smsgw

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"gelombang/notify"
)

const (
	// DefaultTimeout bounds one call: longer than a slow gateway's answer, shorter
	// than notify's limit of a try.
	DefaultTimeout = 15 * time.Second
	// The breaker opens when most of a fair number of calls failed: one number that
	// always fails must not stop everybody's.
	openRate   = 0.6
	openCalls  = 20
	openWindow = time.Minute
	openFor    = 10 * time.Second
	closeCalls = 2 // that must succeed before it closes again
	// retryMost bounds what a gateway may ask us to wait.
	retryMost = 5 * time.Minute
	// answerMost bounds an answer, in bytes.
	answerMost = 64 << 10
	idleMost   = 32
	idleFor    = 90 * time.Second
)

// broken says that a call shows the gateway in trouble. Its refusals are answers.
func broken(a answer, err error) bool {
	if err != nil {
		return !errors.Is(err, context.Canceled)
	}
	return a.status >= 500
}

type verdict struct {
	send notify.SendError
	ours bool // our key or our request is at fault: never the person's number
}

// verdict reads a refusal. Only a word about the number itself is final.
func (a answer) verdict() verdict {
	switch {
	case a.status == http.StatusBadRequest && a.Error == "invalid_number":
		return verdict{send: notify.SendError{Permanent: true, Reason: notify.NoSuchNumber}}
	case a.status == http.StatusTooManyRequests:
		return verdict{send: notify.SendError{After: max(a.retryAfter, time.Second)}}
	case a.status >= 500:
		return verdict{send: notify.SendError{After: a.retryAfter}}
	}
	return verdict{ours: true}
}

// retryAfter reads the header in its form of seconds; anything else is nothing.
func retryAfter(header string) time.Duration {
	seconds, err := strconv.Atoi(header)
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, retryMost)
}
