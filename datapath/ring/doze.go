package ring

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"

	"golang.org/x/sys/unix"
)

// MaxBerths is how many threads of a process sleep at doorbells at a time. They are the shortest way to who waits, but a
// thread each, and an eventfd that the process keeps; whoever finds all of them taken sleeps by the listener.
const MaxBerths = 16

// A berth is leave for a thread to sleep in poll(2) at a doorbell, and the eventfd that wakes it up before that rings.
type berth struct{ wake int }

// berths are those of this process. They are made when they are wanted first, and kept.
var berths struct {
	mu   sync.Mutex
	free []*berth
	made int
}

// takeBerth returns a berth, or nil if there is none.
func takeBerth() *berth {
	berths.mu.Lock()
	defer berths.mu.Unlock()
	if n := len(berths.free); n > 0 {
		b := berths.free[n-1]
		berths.free = berths.free[:n-1]
		return b
	}
	if berths.made == MaxBerths {
		return nil
	}
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil // The listener does without.
	}
	berths.made++
	return &berth{wake: fd}
}

// leave gives the berth back.
func (b *berth) leave() {
	berths.mu.Lock()
	defer berths.mu.Unlock()
	berths.free = append(berths.free, b)
}

// rouse wakes whoever sleeps there: for nothing if that is somebody else by now, who then looks and sleeps on.
func (b *berth) rouse() {
	_, _ = unix.Write(b.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0}) // A full counter wakes as well.
}

// clear takes in what has roused. What that was about is to be looked for afterwards.
func (b *berth) clear() {
	var count [8]byte
	_, _ = unix.Read(b.wake, count[:])
}

// lie lets the caller sleep at the doorbell itself, or returns nil: the listener runs or another one sleeps there, the
// other party is gone, or all berths are taken.
func (l *listener) lie() *berth {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil || l.wanted || l.dozer != nil || l.lost {
		return nil
	}
	l.dozer = takeBerth()
	return l.dozer
}

// rise ends what lie began.
func (l *listener) rise() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dozer.leave()
	l.dozer = nil
	if l.wanted {
		close(l.risen)
	}
}

// rouse wakes the one that sleeps at the doorbell itself, if there is one.
func (l *listener) rouse() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dozer != nil {
		l.dozer.rouse()
	}
}

// errListen ends a sleep at the doorbell itself when another sleeper comes: one of two cannot wake the other, the
// listener wakes both.
var errListen = errors.New("ring: the listener is wanted")

// An alarm rouses the one that sleeps at a doorbell when a context ends. It stays set, since callers tend to come with
// the same context again.
type alarm struct {
	of   context.Context //nolint:containedctx // what it is set to
	stop func() bool
}

// set sets the alarm to the end of ctx.
func (a *alarm) set(ctx context.Context, ears *listener) {
	if a.of == ctx {
		return
	}
	a.unset()
	if a.of = ctx; ctx.Done() != nil {
		a.stop = context.AfterFunc(ctx, ears.rouse)
	}
}

// unset ends what set began.
func (a *alarm) unset() {
	if a.stop != nil {
		a.stop()
	}
	*a = alarm{}
}

// alarm returns that of a direction. It belongs to who waits for that.
func (e *Endpoint) alarm(n int) *alarm {
	if n == forRecord {
		return &e.alarms[0]
	}
	return &e.alarms[1]
}

// doze blocks until Tx has room for n octets, or until Rx is readable if n is forRecord, as sleep does, with this thread
// at the doorbell. The caller has got b from lie.
func (e *Endpoint) doze(ctx context.Context, n int, b *berth) error {
	ears := &e.pair.ears
	defer ears.rise()
	e.alarm(n).set(ctx, ears)
	for !e.arm(n) {
		err := e.roused(ctx) // What came before lie roused nobody here.
		if err == nil {
			_, err = e.pair.bell.Poll(-1, b.wake)
			b.clear()
		}
		if errors.Is(err, io.EOF) {
			ears.lose(e.pair)
			if e.arm(n) {
				return nil // What it published before it went is still to be read.
			}
			err = ErrPeerGone
		}
		if err != nil {
			e.disarm(n)
			return err
		}
	}
	return nil
}

// roused tells why a sleeper is to wake up though nothing has come; nil if it is not.
func (e *Endpoint) roused(ctx context.Context) error {
	select {
	case <-e.gate.stop:
		return net.ErrClosed
	default:
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	ears := &e.pair.ears
	ears.mu.Lock()
	defer ears.mu.Unlock()
	if ears.wanted {
		return errListen
	}
	return nil
}
