package review

import (
	"sync"
	"time"
)

// seatFor is how long an item that somebody opened is left to them.
const seatFor = 3 * time.Minute

// seats says who has which item open, so that two officials who work the queue down do
// not look at the same one. It knows of this node alone: whoever is led to the same item
// all the same hears, on deciding, that it is decided.
type seats struct {
	mu    sync.Mutex
	taken map[string]seat
}

type seat struct {
	official int64
	until    time.Time
}

// take gives an item to an official, and lets go what they had open before.
func (s *seats) take(path string, official int64, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.empty(official, now)
	if s.taken == nil {
		s.taken = map[string]seat{}
	}
	if _, there := s.taken[path]; !there {
		s.taken[path] = seat{official, now.Add(seatFor)}
	}
}

// leave lets go what an official had open.
func (s *seats) leave(official int64, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.empty(official, now)
}

func (s *seats) empty(official int64, now time.Time) {
	for path, one := range s.taken {
		if one.official == official || !now.Before(one.until) {
			delete(s.taken, path)
		}
	}
}

// free says that nobody else has an item open.
func (s *seats) free(path string, official int64, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	one, there := s.taken[path]
	return !there || one.official == official || !now.Before(one.until)
}
