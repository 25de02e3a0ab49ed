package transcript

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
)

// Every line of the file begins with one of these words. Lines of which there
// are millions are words between single spaces; the few others are JSON.
const (
	wordHeader     = "header"
	wordHousehold  = "household"
	wordEntry      = "entry"
	wordCheckpoint = "checkpoint"
	wordBeacon     = "beacon"
	wordFallback   = "fallback"
	wordVoid       = "void"
	wordCutoff     = "cutoff"
	wordResult     = "result"
	wordSeal       = "seal"
)

// jsonLine writes the word and the value: fields in the order of the struct, no
// spaces, nothing escaped that JSON does not force.
func jsonLine(word string, v any) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(word + " ")
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode %s: %w", word, err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func headerLine(h Header) ([]byte, error) { return jsonLine(wordHeader, h) }

func appendHousehold(b []byte, h Household) []byte {
	b = append(b, wordHousehold+" "...)
	b = hex.AppendEncode(b, h.Tag[:])
	b = append(b, ' ')
	return strconv.AppendInt(b, int64(h.Left), 10)
}

func appendEntry(b []byte, e Entry) []byte {
	b = append(b, wordEntry+" "...)
	b = hex.AppendEncode(b, e.Commitment[:])
	b = append(b, ' ')
	b = hex.AppendEncode(b, e.Household[:])
	b = append(b, ' ')
	b = append(b, e.Stratum...)
	b = append(b, ' ')
	return append(b, e.State...)
}

func appendCutoff(b []byte, c Cutoff) []byte {
	b = append(b, wordCutoff+" "...)
	b = append(b, c.Stratum...)
	for _, n := range []int{c.Participants, c.Selected, c.Reserve, c.LastSelected, c.LastReserve} {
		b = append(b, ' ')
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return b
}

func appendResult(b []byte, r Result) []byte {
	b = append(b, wordResult+" "...)
	b = append(b, r.Stratum...)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(r.Rank), 10)
	b = append(b, ' ')
	b = hex.AppendEncode(b, r.Commitment[:])
	b = append(b, ' ')
	return append(b, r.Outcome...)
}

// checkpointText is what the operator signs: a tlog checkpoint (origin, size,
// root) with lines that say again, for a reader without a program, what the
// header already binds as the first leaf.
func checkpointText(h Header, header []byte, size int64, root Digest) string {
	text := fmt.Sprintf("%s\n%d\n%s\nheader %s\nfrozen_ms %d\nround %s %d\n",
		h.Origin, size, base64.StdEncoding.EncodeToString(root[:]), sum(header), h.FrozenMs, h.Chain.Hash, h.Round)
	for _, official := range h.Officials {
		text += "official " + official.String() + "\n"
	}
	return text
}

const sealTitle = "gelombang draw outcome v1"

// sealText is what the operator signs under the whole file, so that a changed
// outcome cannot be blamed on the copy.
func sealText(h Header, root, all Digest) string {
	return sealTitle + "\nwave " + h.Wave + "\nroot " + root.String() + "\nsha256 " + all.String() + "\n"
}
