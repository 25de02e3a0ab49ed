package mailbox

import (
	"sync"

	"gelombang/sim/loopback"
)

// greylist remembers which Message-IDs were turned away once.
type greylist struct {
	mu   sync.Mutex
	seen map[string]bool
}

// first reports whether this Message-ID is new.
func (g *greylist) first(messageID string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.seen[messageID] {
		return false
	}
	if g.seen == nil || len(g.seen) >= loopback.Keep {
		g.seen = map[string]bool{} // forgetting only turns a message away once more
	}
	g.seen[messageID] = true
	return true
}
