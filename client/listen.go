package client

import (
	"context"
	"sync"

	"callmanager/api/cmdpb"
)

// Listener holds a registered SAP and hands out the calls that are offered to
// it.
type Listener struct {
	conn   *Conn
	handle uint64

	mu     sync.Mutex
	queue  []*Offer
	ended  bool          // nobody takes from the queue any more
	more   chan struct{} // holds a token while queue may have an element
	closed chan struct{}
	why    error // of Accept after closed
	once   sync.Once
	err    error // of the first Close
}

// Listen registers a SAP. Close the listener to deregister it.
func (c *Conn) Listen(ctx context.Context, s SAP) (*Listener, error) {
	l := &Listener{conn: c, more: make(chan struct{}, 1), closed: make(chan struct{})}
	h, err := c.registerSAP(ctx, s, l)
	if err != nil {
		return nil, err
	}
	l.handle = h
	return l, nil
}

// Handle returns the SAP's handle, as `cmctl saps` shows it.
func (l *Listener) Handle() uint64 { return l.handle }

// Accept waits for the next offered call, which is still to be accepted or
// rejected. It returns [ErrListenerClosed] after Close, an *[Error] with CLOSING when the daemon ends,
// and the connection's error once that is gone.
func (l *Listener) Accept(ctx context.Context) (*Offer, error) {
	for {
		if o := l.take(); o != nil {
			return o, nil
		}
		select {
		case <-l.more:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-l.closed:
			return nil, l.why
		case <-l.conn.done:
			return nil, l.conn.err
		}
	}
}

// take returns the oldest offer whose caller still waits, or nil.
func (l *Listener) take() *Offer {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.queue) > 0 {
		o := l.queue[0]
		l.queue[0] = nil
		l.queue = l.queue[1:]
		if len(l.queue) > 0 {
			l.signal()
		}
		if o.vc.Err() == nil {
			return o
		}
		o.vc.shut(CloseOptions{})
	}
	return nil
}

// put queues an offer. It returns false if nobody takes it any more.
func (l *Listener) put(o *Offer) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return false
	}
	l.queue = append(l.queue, o)
	l.signal()
	return true
}

// end lets nobody take any more and returns what is left in the queue.
func (l *Listener) end() []*Offer {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := l.queue
	l.queue, l.ended = nil, true
	return left
}

// signal leaves a token for one waiting Accept.
func (l *Listener) signal() {
	select {
	case l.more <- struct{}{}:
	default:
	}
}

// Close deregisters the SAP and rejects the offers that nobody has taken. Calls
// accepted on it are not touched. It is idempotent.
func (l *Listener) Close() error {
	for _, o := range l.stop(ErrListenerClosed) {
		o.refuse()
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	l.deregister(ctx)
	return l.err
}

// stop ends Accept, and returns the offers that nobody has taken. The first reason counts.
func (l *Listener) stop(why error) []*Offer {
	l.mu.Lock()
	if l.why == nil {
		l.why = why
		close(l.closed)
	}
	l.mu.Unlock()
	return l.end()
}

// leave ends the listener because the daemon ends. Its offers end as all calls do.
func (l *Listener) leave(why *Error) {
	end := *why
	end.Op = "Listen"
	l.stop(&end)
}

// deregister deregisters the SAP, once.
func (l *Listener) deregister(ctx context.Context) {
	l.once.Do(func() {
		l.err = l.conn.DeregisterSAP(ctx, l.handle)
		l.conn.mu.Lock()
		delete(l.conn.listeners, l.handle)
		l.conn.mu.Unlock()
	})
}

// disconnected handles the end of the connection to the daemon: offers are void.
func (l *Listener) disconnected() {
	for _, o := range l.end() {
		o.vc.shut(CloseOptions{})
	}
}

// maxEarly bounds the offers that wait for the answer to their SAP's registration.
const maxEarly = 1024

// offered handles IncomingCall. An offer for a SAP that is gone is refused; one for a
// SAP that is being registered may have overtaken the answer (INV-17).
func (c *Conn) offered(m *cmdpb.IncomingCall, fds []int) ([]int, error) {
	if c.vc(m.GetVc()) != nil {
		return fds, errProtocol // two VCs of one handle
	}
	v := newVC(c, m.GetVc())
	v.incoming, v.params, v.channel = true, m.GetParameters(), m.GetChannel()
	v.unanswered.Store(true)
	rest, err := v.open(fds, m.GetKept())
	o := &Offer{vc: v, link: m.GetLink(), sap: m.GetSap()}
	c.mu.Lock()
	l := c.listeners[o.sap]
	early := err == nil && l == nil && c.registering > 0 && len(c.early) < maxEarly
	if early {
		c.early = append(c.early, o)
	}
	c.mu.Unlock()
	if early || err == nil && l != nil && l.put(o) {
		return rest, nil
	}
	o.refuse()
	return rest, nil
}

// registered ends a registration: l, if it is not nil, gets the offers to the SAP. When
// no other is under way the early offers that are left are refused.
func (c *Conn) registered(sap uint64, l *Listener) {
	c.mu.Lock()
	c.registering--
	if l != nil && c.listeners != nil {
		c.listeners[sap] = l
	}
	var taken, left []*Offer
	for _, o := range c.early {
		if l != nil && o.sap == sap {
			taken = append(taken, o)
		} else {
			left = append(left, o)
		}
	}
	c.early = left
	if c.registering == 0 {
		c.early = nil
	} else {
		left = nil
	}
	c.mu.Unlock()
	for _, o := range taken {
		if !l.put(o) {
			o.refuse()
		}
	}
	for _, o := range left {
		o.refuse()
	}
}
