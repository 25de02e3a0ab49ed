//go:build !linux

package temppg

import "syscall"

// tied has no way here to let the kernel end the server with us: Stop has to.
func tied() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }
