package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestAFullDiskUnderSQLiteLosesNothingAndIsNobodysMistake(t *testing.T) {
	t.Parallel()
	dir, mounted := smallDisk(t)
	x := trouble{dsn: "sqlite:" + filepath.Join(dir, "gelombang.db")}
	if mounted {
		x.begin = func(*process) { fill(t, dir) }
		x.end = func(*process) { empty(t, dir) }
	} else { // no right to mount: the kernel refuses writes past what there is now
		x.begin = func(p *process) { fileLimit(t, p, "4096") }
		x.end = func(p *process) { fileLimit(t, p, "unlimited") }
	}
	befall(t, x)
}

// A file system that the kernel turned read-only refuses writes to files that are
// open; so does a limit of nothing.
func TestADatabaseFileThatTurnsReadOnlyLosesNothingAndIsNobodysMistake(t *testing.T) {
	t.Parallel()
	befall(t, trouble{dsn: "sqlite:" + filepath.Join(t.TempDir(), "gelombang.db"),
		begin: func(p *process) { fileLimit(t, p, "0") },
		end:   func(p *process) { fileLimit(t, p, "unlimited") }})
}

// smallDisk is a folder on a file system of its own, where we may mount one.
func smallDisk(t *testing.T) (dir string, mounted bool) {
	t.Helper()
	dir, err := os.MkdirTemp("", "gelombang-disk-")
	if err != nil {
		t.Fatal(err)
	}
	mounted = syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=48m,mode=0777") == nil
	t.Cleanup(func() {
		if mounted {
			if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
				t.Error(err)
			}
		}
		_ = os.RemoveAll(dir)
	})
	return dir, mounted
}

// filler is the file that takes up a small disk.
const filler = "filler"

func fill(t *testing.T, dir string) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, filler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for size := 1 << 20; size >= 1; { // ever smaller pieces, until not one byte fits
		if _, err := f.WriteString(strings.Repeat("x", size)); err != nil {
			size /= 2
		}
	}
}

func empty(t *testing.T, dir string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, filler)); err != nil {
		t.Fatal(err)
	}
}
