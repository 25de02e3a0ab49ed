package transcript

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Receipt is what the holder keeps: every input of the commitment. It has no
// number in a row, as nothing that tells the order of arrival may exist twice.
type Receipt struct {
	Wave      string
	Stratum   string
	Household Digest
	NIK       string
	Nonce     Digest // 32 random bytes, made when joining
	IssuedMs  int64
	Key       string // verifier key of the signer; set by IssueReceipt
}

const receiptTitle = "gelombang receipt v1"

// maxReceipt is several times the longest receipt there can be.
const maxReceipt = 4096

// Commitment is what stands for the receipt in the published list.
func (r Receipt) Commitment() Digest {
	return Commitment(r.Wave, r.Stratum, r.Household, r.NIK, r.Nonce)
}

// IssueReceipt gives the signed text that the holder receives.
func IssueReceipt(r Receipt, s *Signer) (string, error) {
	r.Key = s.VerifierKey()
	if err := r.check(); err != nil {
		return "", fmt.Errorf("issue receipt: %w", err)
	}
	return s.sign(r.text())
}

func (r Receipt) check() error {
	switch {
	case !idPattern.MatchString(r.Wave), !idPattern.MatchString(r.Stratum):
		return errors.New("wave or stratum is not an id")
	case !nikPattern.MatchString(r.NIK):
		return errors.New("the NIK is not 16 digits")
	case r.IssuedMs <= 0 || r.IssuedMs > maxMs:
		return errors.New("the time of issue is out of range")
	case r.Nonce == Digest{}:
		return errors.New("the nonce is empty")
	}
	return nil
}

func (r Receipt) text() string {
	return receiptTitle +
		"\nwave " + r.Wave +
		"\nstratum " + r.Stratum +
		"\nhousehold " + r.Household.String() +
		"\nnik " + r.NIK +
		"\nnonce " + r.Nonce.String() +
		"\ncommitment " + r.Commitment().String() +
		"\nissued_ms " + strconv.FormatInt(r.IssuedMs, 10) +
		"\nkey " + r.Key + "\n"
}

// OpenReceipt reads a receipt and checks that the key it names signed it. That
// the key is the operator's is for the caller to compare: anyone can sign with
// a key of their own. Line ends that a mail program changed are forgiven.
func OpenReceipt(signed []byte) (Receipt, error) {
	if len(signed) > maxReceipt {
		return Receipt{}, errors.New("the file is too long to be a receipt")
	}
	text := strings.TrimSpace(strings.ReplaceAll(string(signed), "\r\n", "\n")) + "\n"
	body, _, _ := strings.Cut(text, "\n\n")
	r, err := parseReceipt(body + "\n")
	if err != nil {
		return Receipt{}, err
	}
	if _, _, err := openNote(text, []string{r.Key}); err != nil {
		return Receipt{}, fmt.Errorf("the receipt's signature does not fit: %w", err)
	}
	return r, nil
}

func parseReceipt(text string) (Receipt, error) {
	value := make(map[string]string, 8)
	for line := range strings.Lines(text) {
		word, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		value[word] = rest
	}
	household, err1 := ParseDigest(value["household"])
	nonce, err2 := ParseDigest(value["nonce"])
	issued, err3 := strconv.ParseInt(value["issued_ms"], 10, 64)
	r := Receipt{
		Wave: value["wave"], Stratum: value["stratum"], Household: household,
		NIK: value["nik"], Nonce: nonce, IssuedMs: issued, Key: value["key"],
	}
	if err := errors.Join(err1, err2, err3, r.check()); err != nil {
		return Receipt{}, fmt.Errorf("this is not a receipt: %w", err)
	}
	if r.text() != text {
		return Receipt{}, errors.New("the receipt's lines are not as they were issued, or its commitment does not follow from them")
	}
	return r, nil
}
