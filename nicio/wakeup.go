package nicio

import (
	"fmt"
	"net"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// A wakeup is an eventfd that ends a poll(2) or epoll_wait(2) of another thread. It stays readable
// until somebody clears it, so a wake-up that comes before the sleep is not lost.
//
// The descriptor is closed by the last of Close and the calls that were inside; a number that
// the process reuses for something else is never touched.
type wakeup struct {
	fd   int
	refs refCount
}

func newWakeup() (*wakeup, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("nicio: wake-up descriptor: %w", os.NewSyscallError("eventfd2", err))
	}
	w := &wakeup{fd: fd}
	w.refs.open()
	return w, nil
}

// set makes the descriptor readable. A counter at its limit is readable already, so EAGAIN is
// success.
func (w *wakeup) set() {
	if !w.refs.enter() {
		return
	}
	one := [8]byte{1, 1, 1, 1, 1, 1, 1, 1} // Not zero in either byte order, and far from the limit.
	_, _ = unix.Write(w.fd, one[:])
	w.leave()
}

// clear makes the descriptor unreadable; the caller has entered.
func (w *wakeup) clear() {
	var b [8]byte
	_, _ = unix.Read(w.fd, b[:])
}

func (w *wakeup) leave() {
	if w.refs.leave() {
		_ = unix.Close(w.fd)
	}
}

// close ends the wake-up; it reports false when it was closed before.
func (w *wakeup) close() bool {
	first, last := w.refs.close()
	if last {
		_ = unix.Close(w.fd)
	}
	return first
}

// A refCount lets calls enter a resource until it is closed, and tells exactly one party, the last
// to leave, to release it. It never blocks.
type refCount struct {
	state atomic.Int64 // Calls inside plus one for the owner, and closedBit.
}

const closedBit = 1 << 62

func (r *refCount) open() { r.state.Store(1) }

// enter reports false when the resource is closed.
func (r *refCount) enter() bool {
	for {
		s := r.state.Load()
		if s&closedBit != 0 {
			return false
		}
		if r.state.CompareAndSwap(s, s+1) {
			return true
		}
	}
}

// leave reports whether the caller is the one to release the resource.
func (r *refCount) leave() bool { return r.state.Add(-1) == closedBit }

// close refuses further entries. first is false when it was closed before; last tells the caller to
// release.
func (r *refCount) close() (first, last bool) {
	for {
		s := r.state.Load()
		if s&closedBit != 0 {
			return false, false
		}
		if r.state.CompareAndSwap(s, (s-1)|closedBit) {
			return true, s == 1
		}
	}
}

func (r *refCount) closed() bool { return r.state.Load()&closedBit != 0 }

// errClosed names the object of an operation on something closed.
func errClosed(what string) error { return fmt.Errorf("nicio: %s: %w", what, net.ErrClosed) }
