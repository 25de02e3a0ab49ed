package loopback

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// Keep is how many items a journal remembers; the oldest go first.
const Keep = 5000

// Journal remembers the last Keep items by key, in memory and, given a folder,
// in a file of JSON lines. A change is the item written again, the last line
// wins. A line is one write, so that a kill tears at most the last line.
type Journal[T any] struct {
	mu     sync.RWMutex
	key    func(T) string
	path   string // empty: memory only
	file   *os.File
	lines  int
	closed bool
	order  []string
	items  map[string]T
}

// OpenJournal reads the journal of that name in dir, or starts an empty one.
func OpenJournal[T any](dir, name string, key func(T) string) (*Journal[T], error) {
	j := &Journal[T]{key: key, items: map[string]T{}}
	if dir == "" {
		return j, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	j.path = filepath.Join(dir, name)
	if err := j.load(); err != nil {
		return nil, fmt.Errorf("read journal %s: %w", name, err)
	}
	if err := j.compact(); err != nil {
		return nil, fmt.Errorf("compact journal %s: %w", name, err)
	}
	return j, nil
}

// Add stores a new item; if its key is known, the known item is returned and
// nothing is stored.
func (j *Journal[T]) Add(item T) (stored T, added bool, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if known, ok := j.items[j.key(item)]; ok {
		return known, false, nil
	}
	return item, true, j.write(item)
}

// Put stores an item, new or changed.
func (j *Journal[T]) Put(item T) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.write(item)
}

// Get finds an item by its key.
func (j *Journal[T]) Get(key string) (T, bool) {
	j.mu.RLock()
	defer j.mu.RUnlock()
	item, ok := j.items[key]
	return item, ok
}

// Newest lists at most limit items that match, the newest first.
func (j *Journal[T]) Newest(limit int, match func(T) bool) []T {
	j.mu.RLock()
	defer j.mu.RUnlock()
	found := []T{}
	for i := len(j.order) - 1; i >= 0 && len(found) < limit; i-- {
		if item := j.items[j.order[i]]; match == nil || match(item) {
			found = append(found, item)
		}
	}
	return found
}

// Close closes the file; what is stored afterwards is refused.
func (j *Journal[T]) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
	if j.file == nil {
		return nil
	}
	return j.file.Close()
}

func (j *Journal[T]) write(item T) error {
	if j.closed {
		return os.ErrClosed
	}
	if j.file != nil {
		line, err := json.Marshal(item)
		if err != nil {
			return fmt.Errorf("encode journal line: %w", err)
		}
		if _, err := j.file.Write(append(line, '\n')); err != nil {
			return fmt.Errorf("write journal: %w", err)
		}
		j.lines++
	}
	j.remember(item)
	if j.lines > 2*Keep {
		return j.compact()
	}
	return nil
}

func (j *Journal[T]) remember(item T) {
	key := j.key(item)
	if _, known := j.items[key]; !known {
		j.order = append(j.order, key)
	}
	j.items[key] = item
	if len(j.order) > Keep {
		delete(j.items, j.order[0])
		j.order = j.order[1:]
	}
}

func (j *Journal[T]) load() error {
	file, err := os.Open(j.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewReader(file)
	for {
		line, err := lines.ReadBytes('\n')
		var item T
		// A torn line was never acknowledged: it is left out.
		if json.Unmarshal(line, &item) == nil {
			j.remember(item)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// compact replaces the file by one without changed and forgotten items.
func (j *Journal[T]) compact() error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	for _, key := range j.order {
		if err := encoder.Encode(j.items[key]); err != nil {
			return err
		}
	}
	if err := WriteFile(j.path, text.Bytes()); err != nil {
		return err
	}
	file, err := os.OpenFile(j.path, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if j.file != nil {
		_ = j.file.Close() // the old file, already replaced
	}
	j.file, j.lines = file, len(j.order)
	return nil
}

// WriteFile replaces a file whole, readable by its owner only: after a kill
// there is the old one or the new one, never half of it.
func WriteFile(path string, text []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // gone already when all went well
	_, err = temp.Write(text)
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}
