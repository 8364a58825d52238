package client

import (
	"context"
	"errors"
	"time"

	"callmanager/api/cmdpb"
)

// Closing is closed when the daemon has said that it ends. The library then closes everything of the
// connection by itself, in the order of the model (INV-14): parties, calls, whose rings are still sent within
// the daemon's time, listeners, the address family. A VC's [VC.Err] and [Listener.Accept] say so by an
// *[Error] with CLOSING, new things are refused with it, and [Conn.Done] follows. VCs and the
// connection are to be closed by the program, as ever.
//
// A daemon before version 1.3 of the protocol says nothing: calls end by themselves, and then the
// connection.
func (c *Conn) Closing() <-chan struct{} { return c.closing }

// notifiedClose handles NotifyCloseAF. What it leads to waits for answers, so it has a goroutine of its own: the
// reader must not wait (INV-13).
func (c *Conn) notifiedClose(m *cmdpb.NotifyCloseAF) {
	select {
	case <-c.closing: // a daemon says it once
	default:
		close(c.closing)
		why := &Error{Status: cmdpb.Status_CLOSING, Cause: causeOf(m.GetCause()), Detail: m.GetReason()}
		go c.runLeave(why, time.Duration(m.GetTimeoutMs())*time.Millisecond, time.Duration(m.GetLingerMs())*time.Millisecond)
	}
}

// runLeave closes what the connection has, and tells the daemon so. A drain may outlast the timeout: the
// daemon waits for it by itself.
func (c *Conn) runLeave(why *Error, timeout, linger time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	vcs, listeners := c.held()
	for _, v := range vcs {
		v.leave(why, linger)
	}
	for _, l := range listeners {
		l.leave(why)
	}
	done := true
	for _, v := range vcs {
		select {
		case <-v.closed:
		case <-ctx.Done():
			done = false
		}
	}
	for _, l := range listeners {
		l.deregister(ctx)
	}
	if done {
		_ = c.CloseAF(ctx) // a second one is refused: the program's own is under way
	}
	status := cmdpb.Status_SUCCESS
	if ctx.Err() != nil {
		status = cmdpb.Status_FAILURE
	}
	_, _ = c.ask(ctx, "NotifyCloseAFComplete", &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_NotifyCloseAfComplete{
		NotifyCloseAfComplete: &cmdpb.NotifyCloseAFComplete{Status: status},
	}})
}

// isClosing reports whether an error says that the daemon ends.
func isClosing(err error) bool { return errors.Is(err, &Error{Status: cmdpb.Status_CLOSING}) }

// held returns what the connection has.
func (c *Conn) held() (vcs []*VC, listeners []*Listener) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, v := range c.vcs {
		vcs = append(vcs, v)
	}
	for _, l := range c.listeners {
		listeners = append(listeners, l)
	}
	return vcs, listeners
}

// leave ends the call because the daemon ends. What was written is still sent, for at most the linger.
func (v *VC) leave(why *Error, linger time.Duration) {
	end := *why
	end.Op = "Call"
	v.ended(&end, ErrReleased)
	v.partiesGone(&cmdpb.IncomingCloseCall{Status: why.Status, Detail: why.Detail})
	ms := lingerOf(linger)
	if op := v.begin(&cmdpb.CloseCall{LingerMs: &ms, Cause: why.Cause.proto()}); op != nil {
		v.closeCall(op)
	}
	if v.unanswered.Load() {
		v.endLater()
	}
}
