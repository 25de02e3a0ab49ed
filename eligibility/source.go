package eligibility

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// format names the meaning of the text: a later meaning gets another name, so
// that a wave frozen today is never read by tomorrow's rules of reading.
const format = "gelombang.eligibility/1"

type document struct {
	Format string `json:"format"`
	Facts  []Fact `json:"facts"`
	Rules  []Rule `json:"rules"`
}

// Source is the one text of this set: equal sets have equal text. It is stored
// with a wave and read back by Parse.
func (rs *Rules) Source() string { return rs.source }

// Fingerprint is the SHA-256 of Source in hexadecimal.
func (rs *Rules) Fingerprint() string {
	sum := sha256.Sum256([]byte(rs.source))
	return hex.EncodeToString(sum[:])
}

// Parse compiles a text made by Source. Any other spelling of the same rules is
// refused: otherwise two fingerprints could stand for one set.
func Parse(source string) (*Rules, error) {
	if len(source) > maxSourceBytes {
		return nil, fmt.Errorf("rules of %d bytes, the limit is %d", len(source), maxSourceBytes)
	}
	var doc document
	dec := json.NewDecoder(bytes.NewReader([]byte(source)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read rules: text after the end")
	}
	if doc.Format != format {
		return nil, fmt.Errorf("rules of format %q, this is %q", doc.Format, format)
	}
	rs, err := Compile(doc.Facts, doc.Rules)
	if err != nil {
		return nil, fmt.Errorf("compile stored rules: %w", err)
	}
	if rs.source != source {
		return nil, errors.New("rules are not in their canonical text")
	}
	return rs, nil
}

// render writes the text; facts come sorted. Strings are checked as UTF-8 before,
// so that the text reads back as it was.
func render(facts []Fact, rules []Rule) string {
	doc := document{Format: format, Facts: facts, Rules: rules}
	if doc.Facts == nil {
		doc.Facts = []Fact{}
	}
	if doc.Rules == nil {
		doc.Rules = []Rule{}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // rules are full of < > &, and people read this text
	enc.SetIndent("", "  ")
	if err := enc.Encode(doc); err != nil {
		panic("eligibility: strings cannot fail to encode: " + err.Error())
	}
	return b.String()
}
