package temppg

import "syscall"

// tied lets the kernel end the server with us, and keeps a Ctrl-C from it: whoever
// started it may still have to read or to clear up.
func tied() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGINT, Setpgid: true}
}
