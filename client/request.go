package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"

	"callmanager/api/cmdpb"
)

const (
	// maxWaiting bounds the requests that a daemon which does not read leaves
	// waiting.
	maxWaiting = 4096
	// flushTimeout bounds how long Close waits for the requests that wait, and
	// goodbyeTimeout how long a daemon that reads no more may take to say why.
	flushTimeout, goodbyeTimeout = time.Second, 2 * time.Second
	// closeTimeout bounds what the library asks for by itself.
	closeTimeout = 10 * time.Second
)

// outbox is the queue of requests between those who ask and the writer.
type outbox struct {
	done chan struct{} // closed when the writer has ended

	mu     sync.Mutex
	ready  *sync.Cond
	queue  [][]byte
	taken  int // of queue, by the writer
	closed bool
}

// newOutbox returns an empty queue.
func newOutbox() *outbox {
	o := &outbox{done: make(chan struct{})}
	o.ready = sync.NewCond(&o.mu)
	return o
}

// put queues a request; it returns false if the queue is closed or full.
func (o *outbox) put(b []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || len(o.queue) >= maxWaiting {
		return false
	}
	o.queue = append(o.queue, b)
	o.ready.Signal()
	return true
}

// take returns the next requests, one or with many as many as go into one datagram, in the order in which
// they were put. It blocks until there is one, and returns nothing when the queue is closed and empty. What it
// returns is valid until the next call.
func (o *outbox) take(many bool) [][]byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.queue = slices.Delete(o.queue, 0, o.taken)
	for o.taken = 0; len(o.queue) == 0; {
		if o.closed {
			return nil
		}
		o.ready.Wait()
	}
	for octets := cmdpb.BatchRoom; o.taken < len(o.queue); o.taken++ {
		octets -= cmdpb.Batched(len(o.queue[o.taken]))
		if o.taken > 0 && (!many || octets < 0) {
			break
		}
	}
	return o.queue[:o.taken:o.taken]
}

// close refuses further requests; those queued are still to be taken.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.ready.Broadcast()
}

// runWriter writes requests until the queue is closed or the daemon reads no more.
// In the second case the daemon may have said why, so the reader goes on for a
// while.
func (c *Conn) runWriter() {
	defer close(c.out.done)
	var buf []byte
	for {
		taken := c.out.take(c.recent.Load())
		if len(taken) == 0 {
			return
		}
		b := taken[0]
		if len(taken) > 1 {
			buf = cmdpb.AppendBatch(buf[:0], taken, func(b []byte) []byte { return b })
			b = buf
		}
		if _, err := c.sock.Write(b); err != nil {
			c.out.close()
			_ = c.sock.SetReadDeadline(deadline(goodbyeTimeout))
			return
		}
	}
}

// deadline returns the time after d. Sockets know no other clock than the real one.
func deadline(d time.Duration) time.Time {
	return time.Now().Add(d) //nolint:forbidigo // see above
}

// pending is a request on its way. Its functions run in the reader's goroutine,
// so that what they set up is there before the next message. They must not block.
type pending struct {
	reply    func(*cmdpb.Reply, []int) (rest []int)
	complete func(*cmdpb.ServerMessage)
	answered bool // PENDING: only the completion is due
}

// ignored is a request whose outcome needs no attention.
var ignored = &pending{reply: func(_ *cmdpb.Reply, fds []int) []int { return fds }}

// errNotSent says that the connection takes no more requests.
var errNotSent = errors.New("client: the daemon takes no more requests")

// post numbers a request, notes who waits for it, and queues it. It does not block. A nil p waits for nothing.
func (c *Conn) post(m *cmdpb.ClientMessage, p *pending) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pending == nil {
		return errNotSent
	}
	c.last++
	m.Request = c.last
	b, err := proto.Marshal(m)
	switch {
	case err != nil:
		return fmt.Errorf("client: %w", err)
	case len(b) > cmdpb.MaxMessage:
		return fmt.Errorf("client: request of %d octets, want at most %d", len(b), cmdpb.MaxMessage)
	case !c.out.put(b):
		return errNotSent
	}
	if p != nil {
		c.pending[c.last] = p
	}
	return nil
}

// send posts a request. When the connection is gone it says why.
func (c *Conn) send(m *cmdpb.ClientMessage, p *pending) error { return c.gone(c.post(m, p)) }

// gone replaces errNotSent by the reason. It waits for the reader to know it.
func (c *Conn) gone(err error) error {
	if !errors.Is(err, errNotSent) {
		return err
	}
	// The reader meets the same end and knows the reason, unless the daemon just
	// does not read.
	ctx, cancel := context.WithTimeout(context.Background(), goodbyeTimeout)
	defer cancel()
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", err, unix.EAGAIN)
	}
}

// replied runs the reply function of a request and forgets the request unless a
// completion is due. A second reply to a request is ignored.
func (c *Conn) replied(r *cmdpb.Reply, fds []int) []int {
	c.mu.Lock()
	p := c.pending[r.GetRequest()]
	switch {
	case p == nil || p.answered:
		p = nil
	case r.GetStatus() == cmdpb.Status_PENDING && p.complete != nil:
		p.answered = true
	default:
		delete(c.pending, r.GetRequest())
	}
	c.mu.Unlock()
	if p == nil {
		return fds
	}
	return p.reply(r, fds)
}

// completed runs the completion function of a request and forgets it.
func (c *Conn) completed(request uint64, m *cmdpb.ServerMessage) {
	c.mu.Lock()
	p := c.pending[request]
	if p != nil && p.complete != nil {
		delete(c.pending, request)
	}
	c.mu.Unlock()
	if p != nil && p.complete != nil {
		p.complete(m)
	}
}

// ask sends a request and waits for its immediate answer. An answer other than
// SUCCESS is an *Error.
func (c *Conn) ask(ctx context.Context, op string, m *cmdpb.ClientMessage) (*cmdpb.Reply, error) {
	return c.askUndo(ctx, op, m, nil)
}

// askThen is ask for what changes with the daemon's answer: the reader calls then with a successful
// one, before it reads on.
func (c *Conn) askThen(ctx context.Context, op string, m *cmdpb.ClientMessage, then func()) error {
	answer := make(chan *cmdpb.Reply, 1)
	if err := c.send(m, &pending{reply: func(r *cmdpb.Reply, fds []int) []int {
		if r.GetStatus() == cmdpb.Status_SUCCESS {
			then()
		}
		answer <- r
		return fds
	}}); err != nil {
		return err
	}
	r, err := await(ctx, c, answer)
	if err != nil {
		return err
	}
	return statusError(op, r.GetStatus(), r.GetCause(), r.GetDetail())
}

// askUndo is ask for what has to be taken back if the context ends before the answer
// comes: undo is then called with a successful answer, whenever it comes.
func (c *Conn) askUndo(ctx context.Context, op string, m *cmdpb.ClientMessage, undo func(*cmdpb.Reply)) (*cmdpb.Reply, error) {
	answer := make(chan *cmdpb.Reply, 1)
	if err := c.send(m, &pending{reply: func(r *cmdpb.Reply, fds []int) []int {
		answer <- r
		return fds
	}}); err != nil {
		return nil, err
	}
	r, err := await(ctx, c, answer)
	if err != nil {
		if undo != nil {
			go c.runUndo(answer, undo)
		}
		return nil, err
	}
	return r, statusError(op, r.GetStatus(), r.GetCause(), r.GetDetail())
}

// request sends a request that is answered PENDING, and waits for its completion. Any other answer is
// an *Error. then, unless nil, is called with the completion by the reader, before it reads on.
func (c *Conn) request(ctx context.Context, op string, m *cmdpb.ClientMessage, then func(*cmdpb.ServerMessage)) (*cmdpb.ServerMessage, error) {
	replied, done := make(chan *cmdpb.Reply, 1), make(chan *cmdpb.ServerMessage, 1)
	err := c.send(m, &pending{
		reply: func(r *cmdpb.Reply, fds []int) []int {
			replied <- r
			return fds
		},
		complete: func(m *cmdpb.ServerMessage) {
			if then != nil {
				then(m)
			}
			done <- m
		},
	})
	if err != nil {
		return nil, err
	}
	r, err := await(ctx, c, replied)
	switch {
	case err != nil:
		return nil, err
	case r.GetStatus() == cmdpb.Status_SUCCESS:
		return nil, fmt.Errorf("client: %s: %w: it is completed by a message of its own", op, errProtocol)
	case r.GetStatus() != cmdpb.Status_PENDING:
		return nil, statusError(op, r.GetStatus(), r.GetCause(), r.GetDetail())
	}
	return await(ctx, c, done)
}

// runUndo waits for an answer that nobody else waits for any more.
func (c *Conn) runUndo(answer <-chan *cmdpb.Reply, undo func(*cmdpb.Reply)) {
	r, err := await(context.Background(), c, answer)
	if err == nil && r.GetStatus() == cmdpb.Status_SUCCESS {
		undo(r)
	}
}

// await waits for a value, the context or the end of the connection.
func await[T any](ctx context.Context, c *Conn, ch <-chan T) (v T, err error) {
	select {
	case v = <-ch:
		return v, nil
	case <-ctx.Done():
		return v, context.Cause(ctx)
	case <-c.done:
	}
	select { // what came before the end counts
	case v = <-ch:
		return v, nil
	default:
		return v, c.err
	}
}
