package deploy_test

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// These name what runs in the sandbox: a program, and the system calls that it may make.
const (
	sandboxProgram = "SANDBOX_PROGRAM"
	sandboxCalls   = "SANDBOX_CALLS"
)

func TestMain(m *testing.M) {
	if program := os.Getenv(sandboxProgram); program != "" {
		fmt.Fprintln(os.Stderr, "sandbox:", sandboxed(program))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// sandboxed becomes a program with the one capability and the system calls that the unit allows. It
// returns only if that fails.
func sandboxed(program string) error {
	calls, err := parseCalls(os.Getenv(sandboxCalls))
	if err != nil {
		return err
	}
	filter, err := seccompFilter(calls)
	if err != nil {
		return err
	}
	runtime.LockOSThread() // What follows holds for this thread, which becomes the program.
	if err := hideProc(); err != nil {
		return err
	}
	for c := uintptr(0); c <= unix.CAP_LAST_CAP; c++ {
		if c != unix.CAP_NET_RAW {
			if err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0); err != nil {
				return os.NewSyscallError("prctl", err)
			}
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl", err)
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	// Safety: prog and the filter that it names are complete and live through the call.
	err = unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&prog)), 0, 0)
	if err != nil {
		return os.NewSyscallError("prctl", err)
	}
	return unix.Exec(program, append([]string{program}, os.Args[1:]...), os.Environ())
}

// hideProc is ProcSubset=pid and ProtectProc=invisible.
func hideProc() error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return os.NewSyscallError("unshare", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return os.NewSyscallError("mount", err)
	}
	return os.NewSyscallError("mount", unix.Mount("proc", "/proc", "proc", 0, "subset=pid,hidepid=invisible"))
}

// seccompFilter is what systemd makes of SystemCallFilter, SystemCallErrorNumber=EPERM and
// RestrictAddressFamilies: a program over struct seccomp_data.
func seccompFilter(calls map[uint32]bool) ([]unix.SockFilter, error) {
	const nr, firstArgument = 0, 16 // Offsets; of an argument the low half, on a little-endian host.
	allow, fail := bpf.RetConstant{Val: unix.SECCOMP_RET_ALLOW}, uint32(unix.SECCOMP_RET_ERRNO)
	prog := []bpf.Instruction{bpf.LoadAbsolute{Off: nr, Size: 4}}
	for call := range calls {
		if call != unix.SYS_SOCKET {
			prog = append(prog, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: call, SkipTrue: 1}, allow)
		}
	}
	prog = append(prog,
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SYS_SOCKET, SkipTrue: 1},
		bpf.RetConstant{Val: fail | uint32(unix.EPERM)},
		bpf.LoadAbsolute{Off: firstArgument, Size: 4})
	for _, family := range []uint32{unix.AF_UNIX, unix.AF_PACKET, unix.AF_NETLINK} {
		prog = append(prog, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: family, SkipTrue: 1}, allow)
	}
	prog = append(prog, bpf.RetConstant{Val: fail | uint32(unix.EAFNOSUPPORT)})
	raw, err := bpf.Assemble(prog)
	if err != nil {
		return nil, err
	}
	filter := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		filter[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	return filter, nil
}
