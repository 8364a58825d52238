package api

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"
)

const (
	// MaxUnread is how many messages with descriptors may wait unread in the
	// socket. The kernel charges descriptors under way to their sender.
	MaxUnread = 16
	// The writer looks whether a client has read its descriptors after
	// firstLook, and then ever more seldom: the kernel tells nobody.
	firstLook, lastLook = time.Millisecond, 100 * time.Millisecond
)

// writer writes messages to a socket; it belongs to one goroutine.
type writer struct {
	sock   *net.UnixConn
	many   *atomic.Bool    // the client takes several messages in a datagram
	ending context.Context //nolint:containedctx // it is the connection's life
	buf    []byte          // of join
	unread int             // messages with descriptors since the socket was last seen empty
}

// run sends what comes out of o until it is closed and empty, and then the goodbye.
// It blocks as long as the client does not read, and fails when the client is
// gone or, once the connection is ending, does not read in time.
func (w *writer) run(o *outbox) error {
	var taken []outgoing
	for {
		taken = o.take(taken[:0], w.many.Load())
		if len(taken) == 0 {
			break
		}
		err := w.write(w.join(taken))
		for i := range taken {
			closePorts(taken[i].ports)
			taken[i] = outgoing{}
		}
		if err != nil {
			return err
		}
	}
	reason := o.reason()
	if reason == "" {
		return nil
	}
	b, err := proto.Marshal(goodbyeMessage(reason))
	if err == nil {
		err = w.write(outgoing{data: b})
	}
	return err
}

// write sends one message. One with descriptors waits until the client has taken
// enough of the earlier ones, and is dropped if the connection ends meanwhile.
func (w *writer) write(m outgoing) error {
	if m.ports == nil {
		_, _, err := w.sock.WriteMsgUnix(m.data, nil, nil)
		return err
	}
	look := firstLook
	if w.unread >= MaxUnread {
		for empty := false; !empty; {
			var err error
			if empty, err = w.drained(); err != nil {
				return err
			}
			if !empty && !w.wait(&look) {
				return nil
			}
		}
	}
	w.unread++
	oob := unix.UnixRights(int(m.ports.Memory.Fd()), int(m.ports.Doorbell.Fd()))
	for {
		_, _, err := w.sock.WriteMsgUnix(m.data, oob, nil)
		// Other clients have too many descriptors under way.
		if !errors.Is(err, unix.ETOOMANYREFS) || !w.wait(&look) {
			return err
		}
	}
}

// wait waits for the time until the next look, and doubles it. It returns false if
// the connection is ending.
func (w *writer) wait(look *time.Duration) bool {
	ctx, cancel := context.WithTimeout(w.ending, *look)
	defer cancel()
	*look = min(2**look, lastLook)
	<-ctx.Done()
	return w.ending.Err() == nil
}

// drained looks whether the client has read everything.
func (w *writer) drained() (bool, error) {
	raw, err := w.sock.SyscallConn()
	if err != nil {
		return false, fmt.Errorf("api: write: %w", err)
	}
	var octets int
	var inner error
	err = raw.Control(func(fd uintptr) { octets, inner = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) })
	if err = errors.Join(err, inner); err != nil {
		return false, fmt.Errorf("api: write: %w", err)
	}
	if octets == 0 {
		w.unread = 0
	}
	return octets == 0, nil
}

// deadline returns the time after d. Sockets know no other clock than the real one.
func deadline(d time.Duration) time.Time {
	return time.Now().Add(d) //nolint:forbidigo // see above
}
