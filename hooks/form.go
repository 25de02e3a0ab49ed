package hooks

import (
	"net/http"
	"net/url"
	"time"

	"gelombang/notify"
)

// formGateway takes messageId, ref, status, at and time as parameters, by GET or as a
// posted form. The parameter "signature" covers all others, sorted by name and encoded as
// in a query.
func formGateway(provider, secret string) gateway {
	return gateway{
		byQuery: true,
		most:    receiptMost,
		signed: func(_ http.Header, said []byte, now time.Time) bool {
			params, ok := parameters(said)
			if !ok {
				return false
			}
			mark := params.Get("signature")
			params.Del("signature")
			return recent(params.Get("time"), now) && marked(mark, secret, []byte(params.Encode()))
		},
		read: func(said []byte) ([]notify.Receipt, error) { return readForm(provider, said) },
	}
}

// parameters refuses a name that stands twice: it would be unclear which one counts.
func parameters(said []byte) (url.Values, bool) {
	params, err := url.ParseQuery(string(said))
	if err != nil {
		return nil, false
	}
	for _, values := range params {
		if len(values) != 1 {
			return nil, false
		}
	}
	return params, true
}

func readForm(provider string, said []byte) ([]notify.Receipt, error) {
	params, ok := parameters(said)
	id, ref := params.Get("messageId"), params.Get("ref")
	if !ok || id == "" && ref == "" || !plain(id) {
		return nil, errShape
	}
	m, known := formWords[params.Get("status")]
	if !known {
		return nil, errWord
	}
	var at time.Time // notify takes its own time for one that is missing
	if given := params.Get("at"); given != "" {
		var err error
		if at, err = time.Parse(time.RFC3339, given); err != nil {
			return nil, errShape
		}
	}
	return []notify.Receipt{{Provider: provider, Ref: id, MessageID: ourNumber(ref), State: m.state, Reason: m.reason, At: at}}, nil
}
