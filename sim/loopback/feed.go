package loopback

import (
	"encoding/json"
	"net/http"
	"sync"
)

// feedBuffer is how far a reader may fall behind before it is cut off: told of
// nothing it would wait for ever, kept it would fill the memory.
const feedBuffer = 1 << 16

// Feed tells whoever listens about each item as it arrives. It remembers nothing. The
// zero value works.
type Feed[T any] struct {
	mu        sync.Mutex
	listeners map[chan T]struct{}
}

// Publish tells all who listen.
func (f *Feed[T]) Publish(item T) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for listener := range f.listeners {
		select {
		case listener <- item:
		default:
			delete(f.listeners, listener)
			close(listener)
		}
	}
}

func (f *Feed[T]) listen() chan T {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.listeners == nil {
		f.listeners = map[chan T]struct{}{}
	}
	listener := make(chan T, feedBuffer)
	f.listeners[listener] = struct{}{}
	return listener
}

func (f *Feed[T]) leave(listener chan T) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.listeners, listener)
}

// Stream answers with a line of JSON per item, from now until the client leaves. What
// says whether an item is told at all, and how.
func (f *Feed[T]) Stream(what func(T) (line any, tell bool)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		listener := f.listen()
		defer f.leave(listener)
		w.Header().Set("Content-Type", "application/jsonl; charset=utf-8")
		w.WriteHeader(http.StatusOK)
		out, flush := json.NewEncoder(w), http.NewResponseController(w).Flush
		err := flush()
		for err == nil {
			select {
			case <-r.Context().Done():
				return
			case item, more := <-listener:
				if !more {
					return
				}
				if line, tell := what(item); tell {
					err = out.Encode(line)
				}
				if err == nil && len(listener) == 0 {
					err = flush()
				}
			}
		}
	}
}
