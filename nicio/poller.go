package nicio

import (
	"errors"
	"fmt"
	"math"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// wakeTag is the epoll data of the poller's own eventfd; [Poller.Add] refuses it.
const wakeTag = math.MaxUint64

// A Poller waits for any of many descriptors to become readable: the doorbells of a transmit
// worker, or several sockets of a receive worker. It is an epoll instance with a wake-up of its
// own, used outside of the Go runtime's network poller, which costs a wake-up more for each event
// (DESIGN section 9).
//
// One goroutine at a time calls Wait. Add, Remove, Wake and Close may be called from anywhere. A
// descriptor must be removed before it is closed; the poller neither owns nor closes any.
type Poller struct {
	epfd   int
	spin   time.Duration
	wake   *wakeup
	refs   refCount
	mu     sync.Mutex
	member map[int]struct{}

	waiting sync.Mutex                 // Held by Wait, guards events and sleep.
	events  [BatchSize]unix.EpollEvent // Out of epoll_wait.
	sleep   sleeper                    // On epfd: epoll_wait itself knows milliseconds only.
}

// NewPoller makes an empty poller. Wait looks for spin before it goes to sleep; zero or less sleeps
// at once. [DefaultSpin] is the measured choice for a worker.
func NewPoller(spin time.Duration) (*Poller, error) {
	epfd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("nicio: poller: %w", os.NewSyscallError("epoll_create1", err))
	}
	w, err := newWakeup()
	if err != nil {
		_ = unix.Close(epfd)
		return nil, err
	}
	p := &Poller{epfd: epfd, spin: spin, wake: w, member: make(map[int]struct{})}
	p.sleep.watch(epfd, unix.POLLIN)
	p.refs.open()
	if err := p.control(unix.EPOLL_CTL_ADD, w.fd, wakeTag); err != nil {
		_ = unix.Close(epfd)
		w.close()
		return nil, err
	}
	return p, nil
}

// Add watches fd for input, hang-up and errors, level-triggered; Wait reports it as tag. The tag is
// the caller's; all values but the largest uint64 are free. Adding a descriptor twice is an error.
func (p *Poller) Add(fd int, tag uint64) error {
	if tag == wakeTag {
		return fmt.Errorf("nicio: poller: add descriptor %d: tag %#x is reserved", fd, tag)
	}
	if !p.refs.enter() {
		return errClosed("poller: add")
	}
	defer p.leave()
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.member[fd]; ok {
		return fmt.Errorf("nicio: poller: add descriptor %d: %w", fd, unix.EEXIST)
	}
	if err := p.control(unix.EPOLL_CTL_ADD, fd, tag); err != nil {
		return err
	}
	p.member[fd] = struct{}{}
	return nil
}

// Remove stops watching fd. A Wait that is under way may still report its tag once. Removing one
// that was not added is an error.
func (p *Poller) Remove(fd int) error {
	if !p.refs.enter() {
		return errClosed("poller: remove")
	}
	defer p.leave()
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.member[fd]; !ok {
		return fmt.Errorf("nicio: poller: remove descriptor %d: %w", fd, unix.ENOENT)
	}
	delete(p.member, fd)
	return p.control(unix.EPOLL_CTL_DEL, fd, 0)
}

// Wait fills tags with those of ready descriptors and returns their number, at most [BatchSize] a
// call. It returns 0 after [Poller.Wake], after timeout (negative: for ever, zero: only look) or
// for no reason. It spins for the poller's spin time first, with the processor yielded between
// looks, then sleeps. It does not allocate. After Close it returns [net.ErrClosed].
func (p *Poller) Wait(tags []uint64, timeout time.Duration) (int, error) {
	if len(tags) == 0 {
		return 0, errors.New("nicio: poller: wait: no room for tags")
	}
	if !p.refs.enter() {
		return 0, errClosed("poller: wait")
	}
	defer p.leave()
	if !p.waiting.TryLock() {
		return 0, errors.New("nicio: poller: wait: another Wait is under way")
	}
	defer p.waiting.Unlock()
	n, woken, err := p.look(tags)
	if n > 0 || woken || err != nil || timeout == 0 {
		return n, err
	}
	if p.spin > 0 && (timeout < 0 || timeout > p.spin) {
		for end := time.Now().Add(p.spin); time.Now().Before(end); {
			yield()
			if n, woken, err = p.look(tags); n > 0 || woken || err != nil {
				return n, err
			}
		}
	}
	if err := p.sleep.poll(timeout); err != nil {
		return 0, err
	}
	n, _, err = p.look(tags)
	return n, err
}

// look takes what is ready.
func (p *Poller) look(tags []uint64) (n int, woken bool, err error) {
	events := p.events[:min(len(tags)+1, len(p.events))]
	got, err := unix.EpollWait(p.epfd, events, 0)
	if p.refs.closed() {
		return 0, false, errClosed("poller: wait")
	}
	if err != nil {
		if errors.Is(err, unix.EINTR) {
			return 0, true, nil
		}
		return 0, false, fmt.Errorf("nicio: poller: wait: %w", os.NewSyscallError("epoll_wait", err))
	}
	for i := range events[:got] {
		tag := uint64(uint32(events[i].Fd)) | uint64(uint32(events[i].Pad))<<32
		if tag == wakeTag {
			p.wake.clear()
			woken = true
			continue
		}
		if n < len(tags) {
			tags[n] = tag
			n++
		}
	}
	return n, woken, nil
}

// Wake ends a Wait that is under way, or else the next one.
func (p *Poller) Wake() { p.wake.set() }

// Close ends Wait and releases the poller's own descriptors as soon as Wait has left. Closing
// again is a no-op.
func (p *Poller) Close() error {
	first, last := p.refs.close()
	if !first {
		return nil
	}
	p.wake.set()
	if last {
		p.release()
	}
	return nil
}

func (p *Poller) leave() {
	if p.refs.leave() {
		p.release()
	}
}

func (p *Poller) release() {
	_ = unix.Close(p.epfd)
	p.wake.close()
}

func (p *Poller) control(op, fd int, tag uint64) error {
	ev := unix.EpollEvent{
		Events: unix.EPOLLIN | unix.EPOLLRDHUP,
		Fd:     int32(uint32(tag)),
		Pad:    int32(uint32(tag >> 32)),
	}
	if err := unix.EpollCtl(p.epfd, op, fd, &ev); err != nil {
		return fmt.Errorf("nicio: poller: descriptor %d: %w", fd, os.NewSyscallError("epoll_ctl", err))
	}
	return nil
}
