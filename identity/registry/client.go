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
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/bulkhead"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/failsafe-go/failsafe-go/timeout"
)

const (
	// maxBody bounds an answer: an envelope is under 2 KB.
	maxBody = 64 << 10

	// maxRetryAfter bounds what a Retry-After header can ask for: a broken proxy
	// must not park people for days.
	maxRetryAfter = time.Hour

	defaultTimeout       = 10 * time.Second
	defaultConcurrency   = 16
	defaultFailures      = 5
	defaultOpenFor       = 30 * time.Second
	defaultQuotaRecheck  = 15 * time.Minute
	defaultNameThreshold = 80
)

// Config is how to reach the registry. URL, Agency, User, Password, ClientIP and
// Now have no default.
type Config struct {
	URL           string // up to, not including, /dukcapil/get_json
	Agency        string // the word for us in the path
	User          string
	Password      string
	ClientIP      string        // the address that the registry knows us by
	NameThreshold int           // 1 to 100: a name scored at least this is the same; 80 by default
	Timeout       time.Duration // for one question; 10 s by default
	Concurrency   uint          // questions under way at once; 16 by default
	Failures      uint          // in a row, until the circuit opens; 5 by default
	OpenFor       time.Duration // until one question probes again; 30 s by default
	QuotaRecheck  time.Duration // hint after "quota used up", at most until midnight; 15 min by default
	HTTPClient    *http.Client  // one of its own by default; redirects are never followed
	Now           func() time.Time
}

// LogValue keeps the sign-in out of every log.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.Agency) }

// Client asks the registry. Safe for concurrent use.
type Client struct {
	config   Config
	endpoint string
	http     *http.Client
	breaker  circuitbreaker.CircuitBreaker[Answer]
	guard    failsafe.Executor[Answer]
}

// New makes a client. It does not call the registry.
func New(config Config) *Client {
	config = config.withDefaults()
	c := &Client{
		config: config,
		endpoint: strings.TrimRight(config.URL, "/") + "/dukcapil/get_json/" +
			url.PathEscape(config.Agency) + "/CALL_VERIFY_BY_ELEMENT",
		http: withoutRedirects(config.HTTPClient),
		// A verdict is a success, whatever it says; every way of giving none counts
		// towards opening. One question probes a half-open circuit.
		breaker: circuitbreaker.NewBuilder[Answer]().
			HandleIf(func(a Answer, err error) bool { return err != nil || a.Outcome == NoAnswer }).
			WithFailureThreshold(config.Failures).
			WithSuccessThreshold(1).
			WithDelay(config.OpenFor).
			Build(),
	}
	// The bulkhead stands outside the breaker: our own crowd says nothing about
	// the registry's health.
	c.guard = failsafe.With(bulkhead.New[Answer](config.Concurrency), c.breaker, timeout.New[Answer](config.Timeout))
	return c
}

func (c Config) withDefaults() Config {
	c.NameThreshold = cmp.Or(c.NameThreshold, defaultNameThreshold)
	c.Timeout = cmp.Or(c.Timeout, defaultTimeout)
	c.Concurrency = cmp.Or(c.Concurrency, defaultConcurrency)
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

// request puts a query into the registry's words; false when a stated value
// cannot be said in them, so that leaving it out would pass for "not asked".
func (c *Client) request(q Query) ([]byte, bool) {
	asked := map[string]string{
		"USER_ID":  c.config.User,
		"PASSWORD": c.config.Password,
		"IP_USER":  c.config.ClientIP,
		"TRESHOLD": strconv.Itoa(c.config.NameThreshold), // spelt so by the registry
	}
	for _, w := range wire {
		if value := w.value(q); value != "" {
			asked[w.name] = value
		}
	}
	if q.NIK == "" || (q.BirthDate != "" && asked["TGL_LHR"] == "") || (q.Sex != "" && asked["JENIS_KLMIN"] == "") {
		return nil, false
	}
	body, err := json.Marshal(asked)
	return body, err == nil
}

// attempt is one call over the wire.
func (c *Client) attempt(body []byte, q Query) func(failsafe.Execution[Answer]) (Answer, error) {
	return func(exec failsafe.Execution[Answer]) (Answer, error) {
		req, err := http.NewRequestWithContext(exec.Context(), http.MethodPost, c.endpoint, bytes.NewReader(body))
		if err != nil {
			return noAnswer(CauseRequest), nil
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", "application/json")
		resp, err := c.http.Do(req)
		if err != nil {
			return Answer{}, err
		}
		defer resp.Body.Close()
		return c.read(resp, q)
	}
}

func (c *Client) read(resp *http.Response, q Query) (Answer, error) {
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return Answer{Outcome: NoAnswer, Cause: CauseBusy, RetryAfter: c.retryAfter(resp.Header)}, nil
	default:
		return noAnswer(CauseHTTP), nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return Answer{}, err
	}
	if len(body) > maxBody {
		return noAnswer(CauseGarbage), nil
	}
	return Classify(body, q, c.config.NameThreshold), nil
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

// withHint says when asking again makes sense, where only this client knows.
func (c *Client) withHint(a Answer) Answer {
	now := c.config.Now()
	switch a.Cause {
	case CauseQuota:
		a.RetryAfter = quotaOpens(now, c.config.QuotaRecheck)
	case CauseCircuitOpen:
		a.RetryAfter = now.Add(c.breaker.RemainingDelay())
	}
	return a
}

// causeOf names what kept the registry from answering.
func causeOf(err error) Cause {
	var timedOut interface{ Timeout() bool }
	switch {
	case errors.Is(err, circuitbreaker.ErrOpen):
		return CauseCircuitOpen
	case errors.Is(err, bulkhead.ErrFull):
		return CauseBusy
	case errors.Is(err, timeout.ErrExceeded), errors.Is(err, context.DeadlineExceeded):
		return CauseTimeout
	case errors.As(err, &timedOut) && timedOut.Timeout():
		return CauseTimeout
	}
	return CauseUnreachable
}
