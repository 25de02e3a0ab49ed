package hooks

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"gelombang/notify"
)

// jsonGateway takes {"message_id":…,"client_ref":…,"status":…,"at":…}, signed in a
// header "X-Signature: t=SECONDS,v1=HEX" over "SECONDS.body".
func jsonGateway(provider, secret string) gateway {
	return gateway{
		most: receiptMost,
		signed: func(h http.Header, said []byte, now time.Time) bool {
			rest, found := strings.CutPrefix(h.Get("X-Signature"), "t=")
			stamp, mark, cut := strings.Cut(rest, ",v1=")
			return found && cut && recent(stamp, now) && marked(mark, secret, []byte(stamp+"."), said)
		},
		read: func(said []byte) ([]notify.Receipt, error) { return readJSON(provider, said) },
	}
}

// jsonReceipt is the gateway's shape.
type jsonReceipt struct {
	MessageID string    `json:"message_id"`
	ClientRef string    `json:"client_ref"`
	Status    string    `json:"status"`
	At        time.Time `json:"at"`
}

func readJSON(provider string, body []byte) ([]notify.Receipt, error) {
	var in jsonReceipt
	if json.Unmarshal(body, &in) != nil || in.MessageID == "" && in.ClientRef == "" || !plain(in.MessageID) {
		return nil, errShape // the cause could repeat what was sent
	}
	m, known := jsonWords[in.Status]
	if !known {
		return nil, errWord
	}
	return []notify.Receipt{{Provider: provider, Ref: in.MessageID, MessageID: ourNumber(in.ClientRef), State: m.state, Reason: m.reason, At: in.At}}, nil
}

// ourNumber is the message's id, which travels as the client's reference; 0: it is none
// of ours, and the gateway's own reference is left.
func ourNumber(ref string) int64 {
	id, err := strconv.ParseInt(ref, 10, 64)
	if err != nil || id < 0 {
		return 0
	}
	return id
}
