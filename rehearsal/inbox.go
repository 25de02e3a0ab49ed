package rehearsal

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// inbox reads what arrives for everybody, as it arrives, and gives each their code.
// Asking per person would cost the simulators more than the server.
type inbox struct {
	mu      sync.Mutex
	waiting map[string]*person
	deliver func(p *person, code string)
	broken  func(error)
}

// maxLine bounds one message of a stream.
const maxLine = 1 << 20

// follow reads a simulator's stream until ctx ends.
func (b *inbox) follow(ctx context.Context, base string) (stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/stream", nil)
	if err != nil {
		cancel()
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("read simulated messages: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		cancel()
		return nil, errors.Join(fmt.Errorf("%s/stream answered %s: is it the simulator?", base, resp.Status), resp.Body.Close())
	}
	var done sync.WaitGroup
	done.Go(func() {
		defer func() { _ = resp.Body.Close() }()
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(make([]byte, 0, 64<<10), maxLine)
		for lines.Scan() {
			b.take(lines.Bytes())
		}
		if ctx.Err() == nil { // nobody would get a code any more
			b.broken(fmt.Errorf("the stream of %s ended: %w", base, errors.Join(lines.Err(), errStream)))
		}
	})
	return func() { cancel(); done.Wait() }, nil
}

var errStream = errors.New("simulated messages are lost")

// take hands one message to whoever waits for it.
func (b *inbox) take(line []byte) {
	var m struct {
		To   string `json:"to"`
		Text string `json:"text"`
	}
	if json.Unmarshal(line, &m) != nil {
		return
	}
	code := sixDigits(m.Text)
	if code == "" {
		return
	}
	b.mu.Lock()
	p := b.waiting[m.To]
	delete(b.waiting, m.To)
	b.mu.Unlock()
	if p != nil {
		b.deliver(p, code)
	}
}

func (b *inbox) expect(to string, p *person) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting[to] = p
}

// sixDigits finds the code in a message: the first six digits that stand alone.
func sixDigits(text string) string {
	for rest := text; rest != ""; {
		start := strings.IndexAny(rest, "0123456789")
		if start < 0 {
			return ""
		}
		rest = rest[start:]
		end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
		if end < 0 {
			end = len(rest)
		}
		if end == 6 {
			return rest[:6]
		}
		rest = rest[end:]
	}
	return ""
}
