package nicio

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// DefaultSpin is how long a worker looks for work before it sleeps, the processor yielded between
// looks. It takes a round trip from 62-98 us to 20 us and costs no throughput.
const DefaultSpin = 20 * time.Microsecond

// A sleeper is ppoll(2) on up to three descriptors with room for its arguments, so that sleeping
// does not allocate. One goroutine uses it at a time.
type sleeper struct {
	fds [3]unix.PollFd
	n   int
	ts  unix.Timespec
}

// watch adds one of the first two descriptors.
func (s *sleeper) watch(fd int, events int16) {
	s.fds[s.n] = unix.PollFd{Fd: int32(fd), Events: events}
	s.n++
}

// also watches a third descriptor for input in the calls that follow, or none (-1).
func (s *sleeper) also(fd int) {
	s.fds[2] = unix.PollFd{Fd: int32(fd), Events: unix.POLLIN} //nolint:gosec // a descriptor
	if s.n = 3; fd < 0 {
		s.n = 2
	}
}

// poll blocks until a descriptor is ready, a signal arrives or timeout has passed; negative is for
// ever.
func (s *sleeper) poll(timeout time.Duration) error {
	var ts *unix.Timespec
	if timeout >= 0 {
		s.ts = unix.NsecToTimespec(timeout.Nanoseconds())
		ts = &s.ts
	}
	for i := range s.fds {
		s.fds[i].Revents = 0
	}
	_, err := unix.Ppoll(s.fds[:s.n], ts, nil)
	if err != nil && !errors.Is(err, unix.EINTR) {
		return fmt.Errorf("nicio: sleep: %w", os.NewSyscallError("ppoll", err))
	}
	return nil
}

// settle reports whether the last poll found anything, errors and hang-up included, and clears w,
// the second descriptor, if it was that.
func (s *sleeper) settle(w *wakeup) bool {
	if s.fds[1].Revents != 0 {
		w.clear()
		return true
	}
	return s.fds[0].Revents|s.fds[2].Revents != 0
}

// wait looks for spin, then sleeps, until a descriptor is ready or timeout has passed.
func (s *sleeper) wait(w *wakeup, spin, timeout time.Duration) error {
	if spin > 0 && (timeout < 0 || timeout > spin) {
		for end := time.Now().Add(spin); ; yield() {
			if err := s.poll(0); err != nil || s.settle(w) {
				return err
			}
			if !time.Now().Before(end) {
				break
			}
		}
	}
	err := s.poll(timeout)
	s.settle(w)
	return err
}

// yield gives the processor to another thread. It is a system call that the Go scheduler sees, so a
// stop of the world does not wait for it; runtime.Gosched would park a locked thread.
func yield() { _, _, _ = unix.Syscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }
