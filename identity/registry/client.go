package registry

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Config is how to reach the registry. URL, Agency, User, Password, ClientIP and
// Now have no default.
type Config struct {
	Shape         Shape  // Dukcapil by default
	URL           string // up to, not including, the shape's own path
	Agency        string // the word for us
	User          string
	Password      string
	ClientIP      string        // the address that the registry knows us by
	NameThreshold int           // 1 to 100: a name scored at least this is the same; 80 by default
	Timeout       time.Duration // for one question; 10 s by default
	Concurrency   uint          // questions under way at once; 64 by default
	Pace          float64       // questions a second at first; 10 by default. The rest is found out
	Patience      time.Duration // how long a question waits for its turn; 20 s by default
	Failures      uint          // in a row, until the circuit opens; 5 by default
	OpenFor       time.Duration // until one question probes again; 10 s by default
	QuotaRecheck  time.Duration // hint after "quota used up", at most until midnight; 15 min by default
	HTTPClient    *http.Client  // one of its own by default; redirects are never followed
	Now           func() time.Time
}

// LogValue keeps the sign-in out of every log.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.Agency) }

// Client asks the registry. Safe for concurrent use.
type Client struct {
	config  Config
	wording wording
	http    *http.Client
	gate    *gate
}

// New makes a client. It does not call the registry. A shape that is not of the
// closed list is a mistake of the programme's, found at the first start.
func New(config Config) *Client {
	config = config.withDefaults()
	words, known := wordings[config.Shape]
	if !known {
		panic("registry: no shape " + string(config.Shape))
	}
	return &Client{config: config, wording: words, http: withoutRedirects(config.HTTPClient), gate: newGate(config)}
}

func (c Config) withDefaults() Config {
	c.NameThreshold = cmp.Or(c.NameThreshold, defaultNameThreshold)
	c.Timeout = cmp.Or(c.Timeout, defaultTimeout)
	c.Concurrency = cmp.Or(c.Concurrency, defaultConcurrency)
	c.Pace = cmp.Or(c.Pace, defaultPace)
	c.Patience = cmp.Or(c.Patience, defaultPatience)
	c.Failures = cmp.Or(c.Failures, defaultFailures)
	c.OpenFor = cmp.Or(c.OpenFor, defaultOpenFor)
	c.QuotaRecheck = cmp.Or(c.QuotaRecheck, defaultQuotaRecheck)
	if c.HTTPClient == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConnsPerHost = int(c.Concurrency) // two by default: the rest would dial anew each time
		c.HTTPClient = &http.Client{Transport: transport}
	}
	return c
}

// withoutRedirects copies a client: the body carries our password and a person's
// data, which belong to the one address that was configured.
func withoutRedirects(client *http.Client) *http.Client {
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// body writes a question; false when it cannot be said in the registry's words.
func (c *Client) body(q Query) ([]byte, bool) {
	asked, ok := c.wording.question(c.config, q)
	if !ok || q.NIK == "" {
		return nil, false
	}
	body, err := json.Marshal(asked)
	return body, err == nil
}

// ask is one call over the wire.
func (c *Client) ask(ctx context.Context, body []byte, q Query) Answer {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	endpoint := strings.TrimRight(c.config.URL, "/") + c.wording.endpoint(c.config)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewReader(body))
	if err != nil {
		return noAnswer(CauseRequest)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	c.wording.sign(req, c.config)
	resp, err := c.http.Do(req)
	if err != nil {
		return noAnswer(causeOf(err))
	}
	defer resp.Body.Close()
	return c.read(resp, q)
}

func (c *Client) read(resp *http.Response, q Query) Answer {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return noAnswer(causeOf(err))
	}
	if len(body) > maxBody {
		return noAnswer(CauseGarbage)
	}
	answer := c.wording.read(resp.StatusCode, body, q, c.config.NameThreshold)
	switch answer.Cause {
	case CauseBusy:
		answer.RetryAfter = c.retryAfter(resp.Header)
	case CauseQuota:
		answer.RetryAfter = quotaOpens(c.config.Now(), c.config.QuotaRecheck)
	}
	return answer
}

// retryAfter reads the header's seconds; its other form, a date, is the clock of a stranger.
func (c *Client) retryAfter(header http.Header) time.Time {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil || seconds <= 0 {
		return time.Time{}
	}
	wait := min(time.Duration(min(seconds, int(maxRetryAfter/time.Second)))*time.Second, maxRetryAfter)
	return c.config.Now().Add(wait)
}

// unasked is the answer for a question that never left; it keeps its place.
func (c *Client) unasked(cause Cause) Answer {
	a := Answer{Outcome: NoAnswer, Cause: cause, Unasked: true}
	switch cause {
	case CauseQuota:
		c.gate.mu.Lock()
		defer c.gate.mu.Unlock()
		a.RetryAfter = c.gate.quota
	case CauseCircuitOpen:
		a.RetryAfter = c.config.Now().Add(c.gate.breaker.RemainingDelay())
	}
	return a
}

// causeOf names what kept the registry from answering.
func causeOf(err error) Cause {
	var timedOut interface{ Timeout() bool }
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timedOut) && timedOut.Timeout() {
		return CauseTimeout
	}
	return CauseUnreachable
}
