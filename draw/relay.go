package draw

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"gelombang/draw/transcript"
)

const (
	// relayWait bounds one question to one relay.
	relayWait = 5 * time.Second
	// relayBytes is several times the longest answer.
	relayBytes = 4096
)

// Relays asks drand's HTTP relays for a round, one after the other. None of them
// is trusted: an answer that the chain did not sign is passed over.
type Relays struct {
	URLs   []string // base addresses; the chain's hash and the round are added
	Client *http.Client
}

var errNoRelay = errors.New("no relay is named")

// Round gives the round, or why no relay gave it.
func (r Relays) Round(ctx context.Context, chain transcript.Chain, round uint64) (transcript.Beacon, error) {
	all := errNoRelay
	for i, base := range r.URLs {
		b, err := r.ask(ctx, strings.TrimSuffix(base, "/"), chain, round)
		if err == nil {
			return b, nil
		}
		err = fmt.Errorf("relay %d: %w", i+1, err)
		if i == 0 {
			all = err
		} else {
			all = errors.Join(all, err)
		}
	}
	return transcript.Beacon{}, all
}

func (r Relays) ask(ctx context.Context, base string, chain transcript.Chain, round uint64) (transcript.Beacon, error) {
	ctx, cancel := context.WithTimeout(ctx, relayWait)
	defer cancel()
	var b transcript.Beacon
	body, err := r.get(ctx, fmt.Sprintf("%s/%s/public/%d", base, chain.Hash, round))
	if err != nil {
		return b, err
	}
	if err := json.Unmarshal(body, &b); err != nil {
		return b, fmt.Errorf("read round: %w", err)
	}
	if b.Round != round {
		return b, fmt.Errorf("asked for round %d, got %d", round, b.Round)
	}
	return b, transcript.VerifyBeacon(chain, b)
}

func (r Relays) get(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	client := r.Client
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("answered %d", res.StatusCode)
	}
	return io.ReadAll(io.LimitReader(res.Body, relayBytes))
}
