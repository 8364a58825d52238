package client

import (
	"context"
	"fmt"
	"math"

	"callmanager/api/cmdpb"
	"callmanager/datapath/ring"
)

// CallOptions are what a call asks for. The zero value is best effort at the
// link's capacity with the link's largest SDU.
type CallOptions struct {
	// Contract is the traffic contract; nil takes the default.
	Contract *cmdpb.Contract
	// Minimum are the lowest peak rates that are acceptable when the contract cannot
	// be had, Alternative is another contract that is; at most one of them. What came
	// of it is in the VC's Parameters, with Changed set.
	Minimum     *cmdpb.PeakRates
	Alternative *cmdpb.Contract
	// QoS is what is asked of the way; nil asks for nothing.
	QoS *cmdpb.QoS
	// Transmit and Receive ask for the call in the units of the model, in place of Contract and QoS: octets a
	// second and microseconds. Rounding says how rates become whole cells a second. What is in force is in
	// the Transmit and Receive of the VC's Parameters, with Changed set if a rate differs from the one
	// asked for.
	Transmit, Receive *cmdpb.FlowSpec
	Rounding          cmdpb.Rounding
	// Selector replaces the last octet of the called AESA, by which the called
	// host tells its SAPs apart; nil keeps that of the address.
	Selector *uint8
	// Calling is the calling address; empty takes that of the outgoing link.
	Calling string
	// BHLI and BLLI are the contents of the B-HLI element and of the B-LLI
	// elements in order of preference.
	BHLI []byte
	BLLI [][]byte
	// Multipoint makes the call point-to-multipoint: its first party is the one that is called, and
	// [VC.AddParty] adds others. Nothing flows backward.
	Multipoint bool
	// Permanent makes the call on a PVC: the one of Channel, or else one whose destination is
	// called. It comes about without the other side, by the operator's contract, whatever Contract
	// asks for. A Channel alone says as much.
	Permanent bool
	Channel   *Channel
	// UserUser is user-user information for the called user: the protocol discriminator first, at most
	// 128 octets; empty for none.
	UserUser []byte
	// OnProgress is called when the called user is being alerted, and when the network tells of its
	// progress. It runs in the connection's reader: it must return soon and must not call methods of
	// the connection. Nil for none.
	OnProgress func(Progress)
	// SendRing and ReceiveRing are the sizes of the rings in octets; 0 takes
	// 100 ms at the contract's rate.
	SendRing, ReceiveRing int
}

// Call makes a call to an address or to a name of the daemon's [hosts], and
// returns its VC once data may flow. A refused call is an *[Error] with the
// network's cause. If the context ends first, Call returns at once with the
// context's error and the call is aborted by itself.
func (c *Conn) Call(ctx context.Context, dest string, o *CallOptions) (*VC, error) {
	op, err := c.makeCall(dest, o)
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	h := uint64(0) // the daemon makes one, which goes with the call
	if !c.recent.Load() {
		if h, err = c.CreateVC(ctx); err != nil {
			return nil, err
		}
	}
	v := newVC(c, h)
	v.disposable = h != 0
	v.onProgress = o.onProgress()
	return v.call(ctx, op)
}

// MakeCall makes a call, as Call does, on a VC that CreateVC has made. Closing the
// returned VC ends the call and leaves the handle, on which another call may be made
// (one at a time) until DeleteVC.
func (c *Conn) MakeCall(ctx context.Context, handle uint64, dest string, o *CallOptions) (*VC, error) {
	op, err := c.makeCall(dest, o)
	if err != nil {
		return nil, err
	}
	v := newVC(c, handle)
	v.onProgress = o.onProgress()
	return v.call(ctx, op)
}

// onProgress returns the function, if there is one.
func (o *CallOptions) onProgress() func(Progress) {
	if o == nil {
		return nil
	}
	return o.OnProgress
}

// checkRings refuses sizes of rings that cannot be written.
func checkRings(sizes ...int) error {
	for _, n := range sizes {
		if n < 0 || n > math.MaxInt32 {
			return fmt.Errorf("client: a ring of %d octets cannot be asked for", n)
		}
	}
	return nil
}

// makeCall returns the operation for a call without its VC.
func (c *Conn) makeCall(dest string, o *CallOptions) (*cmdpb.MakeCall, error) {
	if o == nil {
		o = &CallOptions{}
	}
	if err := checkRings(o.SendRing, o.ReceiveRing); err != nil {
		return nil, err
	}
	op := &cmdpb.MakeCall{
		Parameters: &cmdpb.CallParameters{
			Called: dest, Calling: o.Calling, Contract: o.Contract, Bhli: o.BHLI, Blli: o.BLLI,
			UserUser: o.UserUser, Multipoint: o.Multipoint,
			Minimum: o.Minimum, Alternative: o.Alternative, Qos: o.QoS,
			Transmit: o.Transmit, Receive: o.Receive, Rounding: o.Rounding,
		},
		SendRing: uint32(o.SendRing), ReceiveRing: uint32(o.ReceiveRing),
	}
	if o.Selector != nil {
		selector := uint32(*o.Selector)
		op.Parameters.CalledSelector = &selector
	}
	if o.Channel != nil {
		op.Channel = o.Channel.proto()
	}
	if err := c.knowsFlowspecs(o.Transmit, o.Receive); err != nil {
		return nil, err
	}
	if op.Parameters.Permanent = o.Permanent || o.Channel != nil; op.Parameters.Permanent {
		return op, c.knowsPVCs()
	}
	return op, nil
}

// attempt is one MakeCall on its way.
type attempt struct {
	reply chan *cmdpb.Reply
	done  chan *cmdpb.MakeCallComplete
	err   error // opening the rings; set before reply
}

// call makes the call and waits for its outcome. Unless it comes about nothing is
// left of it, nor of a disposable VC.
func (v *VC) call(ctx context.Context, op *cmdpb.MakeCall) (*VC, error) {
	op.Vc = v.handle
	a := &attempt{reply: make(chan *cmdpb.Reply, 1), done: make(chan *cmdpb.MakeCallComplete, 1)}
	err := v.conn.send(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_MakeCall{MakeCall: op}}, &pending{
		reply: func(r *cmdpb.Reply, fds []int) []int {
			if r.GetStatus() == cmdpb.Status_PENDING {
				v.named(r.GetHandle().GetHandle())
				fds, a.err = v.open(fds, r.GetKept())
			} else {
				v.idle()
			}
			a.reply <- r
			return fds
		},
		complete: func(m *cmdpb.ServerMessage) {
			done := m.GetMakeCallComplete()
			if done.GetStatus() == cmdpb.Status_SUCCESS {
				v.begun(done.GetParty(), done.GetParameters())
				v.established(done)
			} else {
				v.idle()
			}
			a.done <- done
		},
	})
	if err != nil {
		v.idle()
	} else {
		err = v.awaitCall(ctx, a)
	}
	if err != nil {
		if end := v.Err(); isClosing(end) { // the library has aborted the call itself
			err = end
		}
		v.abandon(ctx)
		return nil, err
	}
	return v, nil
}

// awaitCall waits for the outcome of a call under way.
func (v *VC) awaitCall(ctx context.Context, a *attempt) error {
	r, err := await(ctx, v.conn, a.reply)
	switch {
	case err != nil:
		return err
	case r.GetStatus() == cmdpb.Status_SUCCESS:
		return fmt.Errorf("client: MakeCall: %w: a call comes about by its completion", errProtocol)
	case r.GetStatus() != cmdpb.Status_PENDING:
		return statusError("MakeCall", r.GetStatus(), r.GetCause(), r.GetDetail())
	case a.err != nil:
		return a.err
	}
	m, err := await(ctx, v.conn, a.done)
	if err != nil {
		return err
	}
	return withUserUser(statusError("MakeCall", m.GetStatus(), m.GetCause(), m.GetDetail()), m.GetUserUser())
}

// open takes the two descriptors of a VC, or the rings that were kept of another one, opens its rings and
// makes the VC known. It returns the descriptors that it did not take. Only the reader's goroutine calls
// it.
func (v *VC) open(fds []int, kept uint64) (rest []int, err error) {
	v.charged = true
	v.conn.know(v)
	if kept != 0 {
		v.ep, err = v.conn.reuse(kept)
		return fds, err
	}
	if len(fds) < 2 {
		return fds, fmt.Errorf("client: %d descriptors came with VC %#x, want 2: this process may have too many", len(fds), v.handle)
	}
	ep, err := ring.Open(ring.Descriptors{Memory: fds[0], Doorbell: fds[1]})
	if err != nil {
		return fds[2:], fmt.Errorf("client: open the rings of VC %#x: %w", v.handle, err)
	}
	v.ep = ep
	return fds[2:], nil
}

// know makes a VC known under its handle, also in place of one whose call is closed and which is
// still being given back.
func (c *Conn) know(v *VC) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.vcs[v.handle]; c.vcs != nil && (old == nil || old.over()) {
		c.vcs[v.handle] = v
	}
}
