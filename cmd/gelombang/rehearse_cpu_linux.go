package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// withUs lets the kernel end a child when we are gone, and keeps Ctrl-C from it: we
// end it ourselves, after what has to be read.
func withUs() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

// clockTick is the kernel's unit in /proc, 100 a second on every Linux there is.
const clockTick = 10 * time.Millisecond

func cpuOfUs() share {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return share{}
	}
	return share{time.Duration(u.Utime.Nano() + u.Stime.Nano()), true}
}

// cpuOf is what a process has spent so far.
func cpuOf(pid int) share {
	fields := statOf(pid)
	if fields == nil {
		return share{}
	}
	return share{ticks(fields[11]) + ticks(fields[12]), true}
}

// cpuOfTree is what a process, its children and those that have ended spent.
func cpuOfTree(pid int) share {
	fields := statOf(pid)
	if fields == nil {
		return share{}
	}
	total := ticks(fields[11]) + ticks(fields[12]) + ticks(fields[13]) + ticks(fields[14])
	all, _ := filepath.Glob("/proc/[0-9]*") // the pattern is a good one
	for _, dir := range all {
		child, _ := strconv.Atoi(filepath.Base(dir))
		if f := statOf(child); f != nil && string(f[1]) == strconv.Itoa(pid) {
			total += ticks(f[11]) + ticks(f[12])
		}
	}
	return share{total, true}
}

// statOf gives the fields of /proc/PID/stat from the state on; nil when there are none.
func statOf(pid int) [][]byte {
	if pid == 0 {
		return nil
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(fields) < 15 {
		return nil
	}
	return fields
}

// memoryOf is the most memory that a process has had.
func memoryOf(pid int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if pid == 0 || err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(b, []byte("VmHWM:"))
	kilobytes, _, _ := bytes.Cut(bytes.TrimSpace(rest), []byte(" "))
	n, _ := strconv.ParseInt(string(kilobytes), 10, 64) // 0 when it is not told
	return n << 10
}

func ticks(field []byte) time.Duration {
	n, _ := strconv.ParseInt(string(field), 10, 64)
	return time.Duration(n) * clockTick
}
