package divert

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// A Program is on an interface from Attach to Close, or until the interface or the process is gone.
type Program struct {
	maps
	program *ebpf.Program
	link    link.Link
}

// Load makes the program of a rule, which is on no interface yet. The error wraps that of the system call and says what
// an operator can do.
func Load(r Rule) (*Program, error) {
	p := &Program{}
	if err := p.load(r); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// Attach puts the program on the interface of an index in the network namespace of the calling thread. Everything passes
// until there are an address and a socket. The error is as that of [Load].
func (p *Program) Attach(index int) (err error) {
	p.link, err = link.AttachXDP(link.XDPOptions{Program: p.program, Interface: index, Flags: link.XDPDriverMode})
	if err != nil {
		p.link = nil
		return refused("attach the program", err)
	}
	return nil
}

// SetAddress says what our unicast address is from now on; the zero address is nobody's.
func (p *Program) SetAddress(a [6]byte) error {
	v := uint64(nobody)
	if a != ([6]byte{}) {
		v = addressValue(a)
	}
	if err := p.address.Put(key, v); err != nil {
		return refused("set the address", err)
	}
	return nil
}

// Count returns how many frames were diverted so far. One is counted just before the socket gets it, or drops it.
func (p *Program) Count() uint64 {
	var n uint64
	if err := p.count.Lookup(key, &n); err != nil {
		return 0 // Never: the key is that of an array.
	}
	return n
}

// Divert has a socket get the frames from now on. It returns when all that came before has passed.
func (p *Program) Divert(socket int) error {
	if err := p.socket.Put(key, uint32(socket)); err != nil { //nolint:gosec // a descriptor
		return refused("divert frames to the socket", err)
	}
	settle()
	return nil
}

// Restore has all frames pass from now on. It returns when the socket has all that came before.
func (p *Program) Restore() {
	_ = p.socket.Delete(key) // There is none if Divert has failed.
	settle()
}

// settlePause is what settle takes where the kernel cannot be asked, in a system with isolated processors: some
// hundred times what a processor goes on for with the frames of an interface.
const settlePause = 50 * time.Millisecond

// settle waits until no processor is in the middle of a batch of frames that it began before. Within one the
// socket is told of frames, and the host of those that pass, at the end. A batch is a critical section of RCU.
func settle() {
	const global = 1 // MEMBARRIER_CMD_GLOBAL: synchronize_rcu().
	if _, _, errno := unix.Syscall(unix.SYS_MEMBARRIER, global, 0, 0); errno != 0 {
		time.Sleep(settlePause)
	}
}

// Close takes the program off.
func (p *Program) Close() error {
	var errs []error
	if p.link != nil {
		errs = append(errs, p.link.Close())
	}
	if p.program != nil {
		errs = append(errs, p.program.Close())
	}
	for _, m := range []*ebpf.Map{p.socket, p.address, p.count} {
		if m != nil {
			errs = append(errs, m.Close())
		}
	}
	return errors.Join(errs...)
}

// hints say what an operator can do about what the kernel refuses.
var hints = []struct {
	errno unix.Errno
	text  string
}{
	{unix.EPERM, "takes CAP_BPF and CAP_NET_ADMIN, and bpf in SystemCallFilter of a systemd unit"},
	{unix.ENOSYS, "takes CONFIG_BPF_SYSCALL"},
	{unix.EOPNOTSUPP, `the driver has no native XDP; write receive = "packet", which is faster than what is had without`},
	{unix.EBUSY, `another XDP program is on the interface, see "ip link show"; take it off, or write receive = "packet"`},
	{unix.EEXIST, `another XDP program is on the interface, see "ip link show"; take it off, or write receive = "packet"`},
	{unix.ERANGE, "the MTU is more than the driver takes with XDP"},
}

// refused names what the kernel refused.
func refused(op string, err error) error {
	for _, h := range hints {
		if errors.Is(err, h.errno) {
			return fmt.Errorf("divert: %s (%s): %w", op, h.text, os.NewSyscallError("bpf", h.errno))
		}
	}
	return fmt.Errorf("divert: %s: %w", op, err)
}
