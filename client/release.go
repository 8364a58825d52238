package client

import (
	"cmp"
	"context"
	"errors"
	"math"
	"net"
	"time"

	"callmanager/api/cmdpb"
)

// CloseOptions say how a call is closed.
type CloseOptions struct {
	// Linger bounds the time in which the daemon still sends what was written;
	// 0 drops it. It is rounded up to milliseconds.
	Linger time.Duration
	// Cause is sent to the other side; the zero Cause is normal call clearing.
	Cause Cause
	// UserUser is user-user information for the other side, as in [CallOptions]. It is not sent if
	// that has released the call before. If the call carries none the call is closed without it, and
	// the error says so.
	UserUser []byte
}

// DefaultLinger is the linger of [VC.Close].
const DefaultLinger = 30 * time.Second

// CloseResult is what became of the SDUs that were still in the ring when the
// call was closed.
type CloseResult struct {
	// Sent were sent while draining, Dropped were not.
	Sent, Dropped uint64
	// UserUser is what came with the other side's answer; nil for nothing.
	UserUser []byte
}

// Close closes the call as CloseWith does with [DefaultLinger], waits for the
// completion and gives everything back. It returns an error if SDUs were
// dropped.
func (v *VC) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), DefaultLinger+closeTimeout)
	defer cancel()
	r, err := v.CloseWith(ctx, CloseOptions{Linger: DefaultLinger})
	if err == nil && r.Dropped > 0 {
		err = errors.New("client: close: the linger ended before everything was sent")
	}
	return err
}

// CloseWith closes the call: the daemon sends what was written, for at most the
// linger, and then releases. It blocks until the call is closed and its rings and the
// VC are given back; sending ends with [net.ErrClosed] at once, receiving when the
// call is closed. If the other side has released the call before, it waits for
// the end of that.
//
// If the context ends first, its error is returned and the rest goes on by itself.
// CloseWith may be called again, and then waits for the same result.
func (v *VC) CloseWith(ctx context.Context, o CloseOptions) (CloseResult, error) {
	v.shut(o)
	select {
	case <-v.gone:
	case <-ctx.Done():
		return CloseResult{}, context.Cause(ctx)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.result, v.closeErr
}

// shut closes the call if there is one, and has everything given back when it is
// closed. It does not block.
func (v *VC) shut(o CloseOptions) {
	v.shutting.Store(true)
	v.finish(net.ErrClosed)
	linger := lingerOf(o.Linger)
	if op := v.begin(&cmdpb.CloseCall{LingerMs: &linger, Cause: o.Cause.proto(), CloseData: o.UserUser}); op != nil {
		v.closeCall(op)
	}
	v.endLater()
}

// endLater has everything given back when the call is closed.
func (v *VC) endLater() { v.ending.Do(func() { go v.runEnd() }) }

// lingerOf returns a linger in the protocol's milliseconds.
func lingerOf(d time.Duration) uint32 {
	d = min(max(d, 0), math.MaxUint32*time.Millisecond)
	return uint32((d + time.Millisecond - 1) / time.Millisecond)
}

// begin moves to closing and returns the CloseCall that is to be sent, or nil. That of a VC whose handle is not known
// yet waits for it.
func (v *VC) begin(op *cmdpb.CloseCall) *cmdpb.CloseCall {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch v.state {
	case stateOpen:
		v.state = stateClosing
		if v.handle == 0 {
			v.unsaid = op
			return nil
		}
		op.Vc = v.handle
		return op
	case stateIdle:
		v.state = stateClosed
		close(v.closed)
	case stateClosing, stateClosed:
	}
	return nil
}

// named takes in the handle of a VC that the daemon has made for a call, and sends the CloseCall that waits for it.
func (v *VC) named(handle uint64) {
	if handle == 0 {
		return
	}
	v.mu.Lock()
	v.handle = handle
	op := v.unsaid
	v.unsaid = nil
	v.mu.Unlock()
	if op != nil {
		op.Vc = handle
		v.closeCall(op)
	}
}

// closeCall posts CloseCall. Its completion, or the end of the connection, ends up in
// finished.
func (v *VC) closeCall(op *cmdpb.CloseCall) {
	v.dropOthers()
	v.postClose(op, nil)
}

// postClose posts CloseCall. One that is refused for the user-user information in it is posted again without, and ends
// with that refusal: the call is to be closed in any case.
func (v *VC) postClose(op *cmdpb.CloseCall, refused error) {
	err := v.conn.post(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_CloseCall{CloseCall: op}}, &pending{
		reply: func(r *cmdpb.Reply, fds []int) []int {
			err := statusError("CloseCall", r.GetStatus(), r.GetCause(), r.GetDetail())
			switch {
			case r.GetStatus() == cmdpb.Status_PENDING:
			case r.GetStatus() == cmdpb.Status_INVALID_DATA && len(op.GetCloseData()) > 0:
				v.postClose(&cmdpb.CloseCall{Vc: op.GetVc(), LingerMs: op.LingerMs, Cause: op.GetCause()}, err)
			default:
				v.finished(CloseResult{}, err)
			}
			return fds
		},
		complete: func(m *cmdpb.ServerMessage) {
			d := m.GetCloseCallComplete()
			v.finished(CloseResult{Sent: d.GetSent(), Dropped: d.GetDropped(), UserUser: d.GetUserUser()},
				cmp.Or(statusError("CloseCall", d.GetStatus(), d.GetCause(), ""), refused))
		},
	})
	if err != nil && !errors.Is(err, errNotSent) { // else the end of the connection follows
		v.finished(CloseResult{}, err)
	}
}

// finished notes the outcome of CloseCall.
func (v *VC) finished(r CloseResult, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.state == stateClosed {
		return
	}
	v.state, v.result, v.closeErr = stateClosed, r, err
	close(v.closed)
}

// over reports whether the call is closed and nothing is owed.
func (v *VC) over() bool {
	select {
	case <-v.closed:
		return true
	default:
		return false
	}
}

// runEnd gives everything back when the call is closed: it unmaps the rings, tells the
// daemon so, and deletes a VC of the library's own.
func (v *VC) runEnd() {
	defer close(v.gone)
	c := v.conn
	select {
	case <-v.closed:
	case <-c.done:
		v.finished(CloseResult{}, c.err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	kept := v.ep != nil && v.keep()
	if v.ep != nil && !kept {
		_ = v.ep.Close()
		<-v.ep.Done()
	}
	if v.charged && !kept {
		_, _ = c.ask(ctx, "RingDone", &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_RingDone{
			RingDone: &cmdpb.RingDone{Vc: v.handle},
		}})
	}
	if v.disposable {
		_ = c.DeleteVC(ctx, v.handle)
	}
	c.mu.Lock()
	if c.vcs[v.handle] == v {
		delete(c.vcs, v.handle)
	}
	c.mu.Unlock()
}

// abandon undoes a call that did not come about. It waits for it as long as ctx
// stands.
func (v *VC) abandon(ctx context.Context) {
	_, _ = v.CloseWith(ctx, CloseOptions{})
}

// idle notes that there is no call on the VC, so that nothing is owed, and no CloseCall is to be sent.
func (v *VC) idle() {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.state == stateOpen:
		v.state = stateIdle
	case v.state == stateClosing && v.unsaid != nil:
		v.state, v.unsaid = stateClosed, nil
		close(v.closed)
	}
}

// established notes what was negotiated.
func (v *VC) established(m *cmdpb.MakeCallComplete) {
	v.mu.Lock()
	v.params, v.channel, v.userUser = m.GetParameters(), m.GetChannel(), m.GetUserUser()
	v.mu.Unlock()
	v.connectedEvent()
}

// connectedEvent notes that data may flow. Only the reader's goroutine calls it.
func (v *VC) connectedEvent() {
	select {
	case <-v.connected:
	default:
		close(v.connected)
	}
}

// remoteClosed handles IncomingCloseCall: it is answered at once (INV-41), and
// what has arrived stays readable until Close. An offer that nobody has answered is
// given back.
func (v *VC) remoteClosed(m *cmdpb.IncomingCloseCall) {
	v.ended(&Error{Op: "Call", Status: m.GetStatus(), Cause: causeOf(m.GetCause()), Detail: m.GetDetail(), UserUser: m.GetUserUser()}, ErrReleased)
	v.partiesGone(m)
	if op := v.begin(&cmdpb.CloseCall{}); op != nil {
		v.closeCall(op)
	}
	if v.unanswered.Load() {
		v.endLater()
	}
}

// ended notes why the call ended, once, and wakes those who send.
func (v *VC) ended(why *Error, cause error) {
	v.mu.Lock()
	first := v.end == nil
	if first {
		v.end = why
	}
	v.mu.Unlock()
	if first {
		v.finish(cause)
		close(v.released)
	}
}

// deletedEvent handles the deletion of a VC that the daemon made. A refused or
// abandoned offer ends so, without a CloseCall; after a CloseCall it is what
// follows, and tells nothing new.
func (v *VC) deletedEvent() {
	v.mu.Lock()
	open := v.state == stateOpen
	v.mu.Unlock()
	if open {
		v.ended(&Error{Op: "Call", Status: cmdpb.Status_FAILURE, Detail: "the daemon deleted the VC"}, ErrReleased)
	}
	v.finished(CloseResult{}, nil)
	if v.unanswered.Load() {
		v.endLater()
	}
}

// disconnected handles the end of the connection to the daemon.
func (v *VC) disconnected() {
	err := v.conn.err
	v.ended(&Error{Op: "Call", Status: cmdpb.Status_FAILURE, Detail: err.Error(), err: err}, err)
	v.finished(CloseResult{}, err)
}
