package api

import (
	"slices"
	"sync"

	"callmanager/api/cmdpb"
	"callmanager/vc"
)

// The bounds of what waits for a client that does not read.
const (
	MaxQueued       = 8192
	MaxQueuedOctets = 8 << 20
)

// outgoing is one message on its way to a client. Its ports are closed once it is
// sent or dropped.
type outgoing struct {
	data  []byte
	ports *vc.Ports
	// alone goes into a datagram of its own, as one with ports does.
	alone bool
	// key names a message of which the latest counts, replaced how many it has taken the place of.
	key      string
	replaced uint32
}

// outbox is the bounded queue between those who send to a client and its writer.
type outbox struct {
	mu     sync.Mutex
	ready  *sync.Cond // take may go on
	room   *sync.Cond // awaitRoom may go on
	queue  []outgoing
	next   int // the first of queue that is not taken
	octets int
	closed bool
	why    string
}

// newOutbox returns an empty queue.
func newOutbox() *outbox {
	o := new(outbox)
	o.ready, o.room = sync.NewCond(&o.mu), sync.NewCond(&o.mu)
	return o
}

// put queues a message. If the queue is closed it returns false and leaves the
// ports to the caller. A queue that overflows closes itself, drops all and
// reports it once.
func (o *outbox) put(m outgoing) (queued, overflow bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false, false
	}
	return o.push(m)
}

// putLatest queues a message in place of the one of its key that still waits. encode is called with how many it
// has taken the place of.
func (o *outbox) putLatest(key string, encode func(replaced uint32) []byte) (queued, overflow bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false, false
	}
	m := outgoing{key: key}
	if i := slices.IndexFunc(o.queue[o.next:], func(old outgoing) bool { return old.key == key }); i >= 0 {
		i += o.next
		m.replaced = o.queue[i].replaced + 1
		o.octets -= len(o.queue[i].data)
		o.queue = slices.Delete(o.queue, i, i+1)
	}
	m.data = encode(m.replaced)
	return o.push(m)
}

// push appends a message to a queue that is open; the caller holds the lock.
func (o *outbox) push(m outgoing) (queued, overflow bool) {
	if len(o.queue)-o.next >= MaxQueued || o.octets+len(m.data) > MaxQueuedOctets {
		o.shut("the client does not read what it is sent")
		o.drop()
		return false, true
	}
	o.queue = append(o.queue, m)
	o.octets += len(m.data)
	o.ready.Signal()
	return true, false
}

// take appends the next messages to into: one, or with many as many as go into one
// datagram. One with descriptors comes alone, and so does one that says so. It blocks until there is one, and
// returns nothing when the queue is closed and empty.
func (o *outbox) take(into []outgoing, many bool) []outgoing {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.next == len(o.queue) {
		if o.closed {
			return into
		}
		o.ready.Wait()
	}
	octets := cmdpb.BatchRoom
	for o.next < len(o.queue) {
		m := o.queue[o.next]
		octets -= cmdpb.Batched(len(m.data))
		if len(into) > 0 && (!many || m.ports != nil || m.alone || octets < 0) {
			break
		}
		into = append(into, m)
		o.queue[o.next] = outgoing{}
		o.next++
		o.octets -= len(m.data)
		if m.ports != nil || m.alone {
			break
		}
	}
	o.compact()
	o.room.Signal()
	return into
}

// compact drops the places of what has been taken, once they are as many as the others; the
// caller holds the lock.
func (o *outbox) compact() {
	if o.next < len(o.queue)-o.next {
		return
	}
	left := copy(o.queue, o.queue[o.next:])
	clear(o.queue[left:])
	o.queue, o.next = o.queue[:left], 0
}

// awaitRoom blocks until the queue is far from its bounds, for a sender that can
// wait. It returns false when the queue is closed.
func (o *outbox) awaitRoom() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for !o.closed && (len(o.queue)-o.next > MaxQueued/4 || o.octets > MaxQueuedOctets/4) {
		o.room.Wait()
	}
	return !o.closed
}

// close refuses further messages and reports whether it is the first to do so.
// Those queued are still sent, but for descriptors: the VCs behind them end with
// the connection.
func (o *outbox) close(reason string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false
	}
	o.shut(reason)
	o.queue = slices.DeleteFunc(o.queue[o.next:], func(m outgoing) bool {
		closePorts(m.ports)
		return m.ports != nil
	})
	o.next = 0
	return true
}

// abandon closes the queue of a client that has gone, and drops what is in it. It
// does nothing to a queue that is closed.
func (o *outbox) abandon() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed {
		o.shut("")
		o.drop()
	}
}

// discard closes the queue and drops what is in it: nobody takes from it any more.
func (o *outbox) discard() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed {
		o.shut("")
	}
	o.drop()
}

// shut closes the queue; the caller holds the lock.
func (o *outbox) shut(reason string) {
	o.closed, o.why = true, reason
	o.ready.Broadcast()
	o.room.Broadcast()
}

// drop forgets what is queued; the caller holds the lock.
func (o *outbox) drop() {
	for _, m := range o.queue[o.next:] {
		closePorts(m.ports)
	}
	o.queue, o.next, o.octets = nil, 0, 0
}

// reason returns why the queue was closed, or nothing.
func (o *outbox) reason() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.why
}
