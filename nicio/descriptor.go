package nicio

import (
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/mdlayher/packet"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// A descriptor is a packet socket that calls enter and leave, so that its number is not used for
// anything else while one is inside.
//
// The Go runtime does not know it. A socket that is registered with the runtime's network poller
// wakes that poller's thread for frames that nobody waits for there, which costs one frame in seven
// of the rate (see the design notes of the package).
type descriptor struct {
	fd   int
	refs refCount
	gone chan struct{} // Closed when the socket is.
}

// openDescriptor makes a packet socket with a filter, deaf until it is bound.
func openDescriptor(filter []bpf.RawInstruction) (*descriptor, error) {
	// Interface 0 and protocol 0 receive nothing.
	conn, err := packet.Listen(&net.Interface{}, packet.Raw, 0, &packet.Config{Filter: filter})
	if err != nil {
		return nil, err
	}
	fd, err := duplicate(conn)
	// Closing the original takes the socket out of the runtime's poller and leaves the duplicate.
	if closeErr := conn.Close(); err == nil && closeErr != nil {
		_ = unix.Close(fd)
		err = closeErr
	}
	if err != nil {
		return nil, err
	}
	d := &descriptor{fd: fd, gone: make(chan struct{})}
	d.refs.open()
	return d, nil
}

func duplicate(conn *packet.Conn) (fd int, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return -1, err
	}
	var inner error
	err = raw.Control(func(c uintptr) { fd, inner = unix.FcntlInt(c, unix.F_DUPFD_CLOEXEC, 0) })
	return fd, errors.Join(err, os.NewSyscallError("fcntl", inner))
}

// enter reports false when the socket is closed; else the caller must leave.
func (d *descriptor) enter() bool { return d.refs.enter() }

func (d *descriptor) leave() {
	if d.refs.leave() {
		d.release()
	}
}

func (d *descriptor) release() {
	_ = unix.Close(d.fd)
	close(d.gone)
}

// close refuses further calls. It reports false when it was called before. The socket is closed
// when gone is.
func (d *descriptor) close() bool {
	first, last := d.refs.close()
	if last {
		d.release()
	}
	return first
}

// setFilter replaces the filter in one step. The caller has entered.
func (d *descriptor) setFilter(prog []bpf.RawInstruction) error {
	if err := d.setProgram(unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, prog); err != nil {
		return fmt.Errorf("filter: %w", err)
	}
	return nil
}

// setProgram gives the kernel a program by an option of the socket.
func (d *descriptor) setProgram(level, option int, prog []bpf.RawInstruction) error {
	insns := make([]unix.SockFilter, len(prog))
	for i, raw := range prog {
		insns[i] = unix.SockFilter{Code: raw.Op, Jt: raw.Jt, Jf: raw.Jf, K: raw.K}
	}
	fprog := unix.SockFprog{Len: uint16(len(insns)), Filter: &insns[0]}
	return os.NewSyscallError("setsockopt", unix.SetsockoptSockFprog(d.fd, level, option, &fprog))
}
