package atmtcp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// Silence is for how long nothing may have come over a connection that a second one does not
// replace. Signalling that is up makes itself heard every few seconds (T_POLL and T_KEEP-ALIVE of
// SSCOP).
const Silence = 10 * time.Second

// runListener listens until the transport is closed.
func (t *Transport) runListener() {
	var pauses backoff
	for t.link.Context().Err() == nil {
		l, err := t.cfg.listen(t.link.Context())
		if err == nil {
			pauses.reset()
			err = t.accept(l)
		}
		if t.link.Context().Err() != nil {
			return
		}
		t.count.failures.Add(1)
		pause := pauses.next()
		t.link.Down(fmt.Sprintf("cannot listen on %s: %v; next attempt after %v", t.cfg.Listen, plain(err), pause))
		if !t.link.Pause(pause) {
			return
		}
	}
}

func (t *Transport) listenTCP(ctx context.Context) (net.Listener, error) {
	var lc net.ListenConfig
	return lc.Listen(ctx, "tcp", t.cfg.Listen)
}

// accept takes connections in until the listener is closed, as it is with the transport.
func (t *Transport) accept(l net.Listener) error {
	done := make(chan struct{})
	defer close(done)
	t.link.Go(func() { t.closeWith(l, done) })
	for {
		wire, err := l.Accept()
		if errors.Is(err, net.ErrClosed) || t.link.Context().Err() != nil {
			return errors.Join(err, l.Close())
		}
		if err != nil { // No descriptor left, say: what is queued may go on later.
			t.count.failures.Add(1)
			if !t.link.Pause(FirstPause) {
				return errors.Join(err, l.Close())
			}
			continue
		}
		if c := t.admit(wire); c != nil {
			t.link.Go(func() { t.runAccepted(c) })
		}
	}
}

// admit decides about a connection that somebody has made. It closes one that is refused, and one
// that the new one replaces.
func (t *Transport) admit(wire net.Conn) *conn {
	if !t.permits(wire.RemoteAddr()) {
		t.count.foreign.Add(1)
		_ = wire.Close()
		return nil
	}
	t.mu.Lock()
	old := t.present
	if old != nil && old.silent() < Silence {
		t.mu.Unlock()
		t.count.second.Add(1)
		_ = wire.Close()
		return nil
	}
	c := newConn(t, wire)
	t.present = c
	t.mu.Unlock()
	if old != nil {
		t.count.replaced.Add(1)
		_ = old.wire.Close()
	}
	return c
}

// permits reports whether a peer may connect.
func (t *Transport) permits(a net.Addr) bool {
	if len(t.cfg.Peers) == 0 {
		return true
	}
	from, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return false
	}
	for _, p := range t.cfg.Peers {
		if p.Contains(from.Addr().Unmap().WithZone("")) {
			return true
		}
	}
	return false
}

// runAccepted serves a connection when the one before it is over.
func (t *Transport) runAccepted(c *conn) {
	t.turn.Lock()
	defer t.turn.Unlock()
	err := c.serve()
	t.mu.Lock()
	replaced := t.present != c
	if !replaced {
		t.present = nil
	}
	t.mu.Unlock()
	reason := fmt.Sprintf("the connection from %s has ended: %v; waiting for another on %s", c.wire.RemoteAddr(), err, t.cfg.Listen)
	if replaced {
		reason = fmt.Sprintf("the connection from %s was silent and is replaced by another", c.wire.RemoteAddr())
	}
	t.link.Down(reason)
}
