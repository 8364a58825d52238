package rtnl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"callmanager/nicio/ethtool"
)

// Pauses between attempts to subscribe again after the kernel has ended a subscription.
const (
	retryFirst = 50 * time.Millisecond
	retryMax   = 5 * time.Second
)

// Get returns the state of the interface of a name now, in the network namespace of the calling
// thread. A name that nobody has gives a Link that does not exist and no error.
func Get(name string) (Link, error) {
	s, err := newSource(name)
	if err != nil {
		return Link{}, err
	}
	defer s.close()
	return s.query()
}

// Watch follows the interface of a name until the context ends. The channel receives the present
// state first and then every change, in order; it is closed at the end. A receiver that is slow
// only delays later changes: when the kernel's queue overflows meanwhile, the state is asked for
// anew and changes that were undone in between are not seen.
//
// An error means that rtnetlink cannot be used at all. Once Watch has returned a channel it never
// gives up: it subscribes again, with pauses of up to five seconds, whenever a subscription ends.
func Watch(ctx context.Context, name string) (<-chan Link, error) {
	s, err := newSource(name)
	if err != nil {
		return nil, err
	}
	w := &watcher{source: s, tracker: tracker{name: name, link: Link{Name: name}}, out: make(chan Link)}
	if err := w.subscribe(); err != nil {
		s.close()
		return nil, err
	}
	go w.run(ctx)
	return w.out, nil
}

// A source answers questions about one name in the network namespace where it was made.
type source struct {
	name   string
	handle *netlink.Handle
	sock   int // For ethtool.
}

func newSource(name string) (*source, error) {
	if name == "" || len(name) >= unix.IFNAMSIZ {
		return nil, fmt.Errorf("rtnl: interface name %q: want 1 to %d octets", name, unix.IFNAMSIZ-1)
	}
	runtime.LockOSThread() // Both sockets belong to the same namespace.
	defer runtime.UnlockOSThread()
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("rtnl: open rtnetlink: %w", err)
	}
	// Any family will do; this one is allowed to a service that may not talk IP.
	sock, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		h.Close()
		return nil, fmt.Errorf("rtnl: open socket: %w", os.NewSyscallError("socket", err))
	}
	return &source{name: name, handle: h, sock: sock}, nil
}

func (s *source) close() {
	s.handle.Close()
	_ = unix.Close(s.sock)
}

// query asks the kernel for the present state.
func (s *source) query() (Link, error) {
	found, err := s.handle.LinkByName(s.name)
	if missing := (netlink.LinkNotFoundError{}); errors.As(err, &missing) || errors.Is(err, unix.ENODEV) {
		return Link{Name: s.name}, nil
	}
	if err != nil {
		return Link{}, fmt.Errorf("rtnl: query %s: %w", s.name, err)
	}
	l := linkOf(s.name, found.Attrs())
	l.Speed = s.speed()
	return l, nil
}

// speed returns 0 for an interface that is gone by now: a message about that is on its way.
func (s *source) speed() uint64 {
	bits, err := ethtool.Speed(s.sock, s.name)
	if err != nil {
		return 0
	}
	return bits
}

// A watcher is the state of one Watch; its goroutine owns all of it.
type watcher struct {
	*source
	tracker tracker
	out     chan Link
	home    netns.NsHandle // Where Watch was called; opened by the first subscribe.
	updates chan netlink.LinkUpdate
	done    chan struct{} // Closed to end the subscription.
}

// run delivers states until the context ends.
func (w *watcher) run(ctx context.Context) {
	defer close(w.out)
	defer w.close()
	defer func() { _ = w.home.Close() }()
	defer w.unsubscribe()
	ok := w.resync(ctx, true)
	for ok {
		select {
		case <-ctx.Done():
			return
		case u, open := <-w.updates:
			if !open {
				ok = w.renew(ctx) && w.resync(ctx, false)
				continue
			}
			ok = w.apply(ctx, &u)
		}
	}
}

// apply takes a message in. Like the others it returns false when the context has ended.
func (w *watcher) apply(ctx context.Context, u *netlink.LinkUpdate) bool {
	was := w.tracker.link
	if !w.tracker.update(u) {
		return true
	}
	if w.tracker.link.Exists() {
		w.tracker.link.Speed = w.speed()
	}
	if w.tracker.link == was {
		return true
	}
	return w.emit(ctx)
}

// resync asks for the present state, however often it takes to get it, and delivers it if it is a
// change or if always is set.
func (w *watcher) resync(ctx context.Context, always bool) bool {
	for pause := retryFirst; ; pause = min(2*pause, retryMax) {
		l, err := w.query()
		if err == nil {
			was := w.tracker.link
			w.tracker.link = l
			return (l == was && !always) || w.emit(ctx)
		}
		if !sleep(ctx, pause) {
			return false
		}
	}
}

func (w *watcher) emit(ctx context.Context) bool {
	select {
	case w.out <- w.tracker.link:
		return true
	case <-ctx.Done():
		return false
	}
}

// renew replaces a subscription that has ended.
func (w *watcher) renew(ctx context.Context) bool {
	w.unsubscribe()
	for pause := retryFirst; ; pause = min(2*pause, retryMax) {
		if w.subscribe() == nil {
			return true
		}
		if !sleep(ctx, pause) {
			return false
		}
	}
}

// subscribe starts a subscription in the namespace where Watch was called. Entering a namespace
// takes a capability, so it is done only by a process whose threads are in several.
func (w *watcher) subscribe() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	here, err := netns.Get()
	if err != nil {
		return fmt.Errorf("rtnl: find network namespace: %w", err)
	}
	var opts netlink.LinkSubscribeOptions
	switch {
	case w.done == nil:
		w.home = here
	case here.Equal(w.home):
		_ = here.Close()
	default:
		_ = here.Close()
		opts.Namespace = &w.home
	}
	updates, done := make(chan netlink.LinkUpdate), make(chan struct{})
	if err := netlink.LinkSubscribeWithOptions(updates, done, opts); err != nil {
		close(done)
		if w.done == nil {
			_ = w.home.Close()
		}
		return fmt.Errorf("rtnl: subscribe to links: %w", err)
	}
	w.updates, w.done = updates, done
	return nil
}

// unsubscribe ends the subscription and waits for its goroutine, which may be about to deliver. It
// is called once a subscription.
func (w *watcher) unsubscribe() {
	if w.updates == nil {
		return
	}
	close(w.done)
	for range w.updates {
	}
	w.updates = nil
}

// sleep waits and returns false when the context ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
