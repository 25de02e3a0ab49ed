package hooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"gelombang/notify"
)

const (
	// receiptMost bounds a callback of one receipt, which is some 200 bytes.
	receiptMost = 16 << 10
	// envelopeMost bounds one of many: a status is some 600 bytes, and they come
	// gathered when much is sent.
	envelopeMost = 1 << 20
	// challengeMost bounds what we repeat to a caller that knows the word.
	challengeMost = 128
	// refMost bounds a provider's own reference: the longest known are some 60 bytes.
	refMost = 200
	// signatureLife is how far a signature's moment may be from now: past clock
	// differences and a slow way, short for playing back.
	signatureLife = 5 * time.Minute
	// comeBack is when, in seconds, a caller tries again for whom we could not keep
	// a receipt.
	comeBack = "30"
)

// recent says whether a signature's moment, in seconds, is near enough.
func recent(stamp string, now time.Time) bool {
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	return err == nil && now.Sub(time.Unix(seconds, 0)).Abs() <= signatureLife
}

// marked checks a hex HMAC-SHA256 over the parts.
func marked(mark, secret string, parts ...[]byte) bool {
	given, err := hex.DecodeString(mark)
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, []byte(secret))
	for _, part := range parts {
		mac.Write(part)
	}
	return hmac.Equal(given, mac.Sum(nil))
}

// plain says whether a reference can be looked up on every database.
func plain(ref string) bool {
	return len(ref) <= refMost && utf8.ValidString(ref) && !strings.ContainsFunc(ref, unicode.IsControl)
}

type meaning struct {
	state  notify.State
	reason notify.Reason
}

// What each of the gateways' words means here.
var (
	jsonWords = map[string]meaning{
		"requested":            {notify.Accepted, notify.NoReason},
		"delivered":            {notify.Confirmed, notify.NoReason},
		"no_report":            {notify.Unconfirmed, notify.NoReason},
		"undelivered":          {notify.Failed, notify.OperatorFailed},
		"failed_at_operator":   {notify.Failed, notify.OperatorFailed},
		"operator_unreachable": {notify.Failed, notify.OperatorUnreachable},
		"rejected":             {notify.Failed, notify.Rejected},
		"blocked":              {notify.Failed, notify.Blocked},
	}
	formWords = map[string]meaning{
		"SENT":        {notify.Accepted, notify.NoReason},
		"DELIVERED":   {notify.Confirmed, notify.NoReason},
		"UNKNOWN":     {notify.Unconfirmed, notify.NoReason},
		"UNDELIVERED": {notify.Failed, notify.OperatorFailed},
		"FAILED":      {notify.Failed, notify.OperatorFailed},
		"EXPIRED":     {notify.Failed, notify.OperatorUnreachable}, // the operator tried as long as it would
		"UNREACHABLE": {notify.Failed, notify.OperatorUnreachable},
		"REJECTED":    {notify.Failed, notify.Rejected},
		"BLOCKED":     {notify.Failed, notify.Blocked},
	}
	whatsAppWords = map[string]notify.State{
		"sent":      notify.Accepted,
		"delivered": notify.Confirmed,
		"read":      notify.Confirmed, // its "delivered" may have been lost
		"failed":    notify.Failed,
	}
)

var (
	errShape = errors.New("not a receipt")
	errWord  = errors.New("an unknown status word")
)
