package hooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"gelombang/notify"
)

const (
	// bodyMost bounds a callback's body; a receipt is some 200 bytes.
	bodyMost = 16 << 10
	// signatureLife is how far a signature's moment may be from now: past clock
	// differences and a slow way, short for playing back.
	signatureLife = 5 * time.Minute
)

// signed checks "t=SECONDS,v1=HEX" over "SECONDS.body".
func signed(header, secret string, body []byte, now time.Time) bool {
	rest, found := strings.CutPrefix(header, "t=")
	stamp, mark, cut := strings.Cut(rest, ",v1=")
	if !found || !cut {
		return false
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > signatureLife {
		return false
	}
	given, err := hex.DecodeString(mark)
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	return hmac.Equal(given, mac.Sum(nil))
}

// smsReceipt is the gateway's shape.
type smsReceipt struct {
	MessageID string    `json:"message_id"`
	ClientRef string    `json:"client_ref"`
	Status    string    `json:"status"`
	At        time.Time `json:"at"`
}

type meaning struct {
	state  notify.State
	reason notify.Reason
}

// smsWords says what each of the gateway's words means here.
var smsWords = map[string]meaning{
	"requested":            {notify.Accepted, notify.NoReason},
	"delivered":            {notify.Confirmed, notify.NoReason},
	"no_report":            {notify.Unconfirmed, notify.NoReason},
	"undelivered":          {notify.Failed, notify.OperatorFailed},
	"failed_at_operator":   {notify.Failed, notify.OperatorFailed},
	"operator_unreachable": {notify.Failed, notify.OperatorUnreachable},
	"rejected":             {notify.Failed, notify.Rejected},
	"blocked":              {notify.Failed, notify.Blocked},
}

var (
	errShape = errors.New("not a receipt")
	errWord  = errors.New("an unknown status word")
)

// readSMS turns a gateway's receipt into ours. Our own number travels as the
// client's reference.
func readSMS(provider string, body []byte) (notify.Receipt, error) {
	var in smsReceipt
	if json.Unmarshal(body, &in) != nil || in.MessageID == "" && in.ClientRef == "" {
		return notify.Receipt{}, errShape // the cause could repeat what was sent
	}
	m, known := smsWords[in.Status]
	if !known {
		return notify.Receipt{}, errWord
	}
	id, err := strconv.ParseInt(in.ClientRef, 10, 64)
	if err != nil {
		id = 0 // not a reference of ours; the gateway's own is left
	}
	return notify.Receipt{Provider: provider, Ref: in.MessageID, MessageID: id, State: m.state, Reason: m.reason, At: in.At}, nil
}
