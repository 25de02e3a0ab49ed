package main

import (
	"bytes"
	"errors"
	"log/slog"
	"testing"
)

// ailing is a file on a disk that is full for a while.
type ailing struct {
	bytes.Buffer
	full bool
}

func (a *ailing) Write(b []byte) (int, error) {
	if a.full {
		return 0, errors.New("no space left on device")
	}
	return a.Buffer.Write(b)
}

func TestTheLogGoesOnWhenTheDiskHasRoomAgain(t *testing.T) {
	t.Parallel()
	disk := &ailing{full: true}
	out := newLogOutput(disk)
	log := slog.New(promptly{asText(out), out})
	log.Warn("test.lost")
	disk.full = false
	log.Warn("test.kept")
	if !bytes.Contains(disk.Bytes(), []byte("test.kept")) || bytes.Contains(disk.Bytes(), []byte("test.lost")) {
		t.Errorf("the log says %q", disk.String())
	}
}
