package client

import (
	"cmp"
	"context"
	"fmt"

	"callmanager/api/cmdpb"
)

// Offer is an incoming call that waits for an answer. Exactly one of Accept,
// AcceptWith and Reject is to be called; a second one returns [ErrAnswered].
type Offer struct {
	vc   *VC
	link string
	sap  uint64
}

// Parameters returns what the caller asks for: from a daemon of version 1.3 also in the units of the
// model, in Transmit and Receive, as this end would send and receive. The caller of this method must not
// change it.
func (o *Offer) Parameters() *cmdpb.CallParameters { return o.vc.Parameters() }

// Link returns the name of the link on which the call comes.
func (o *Offer) Link() string { return o.link }

// Permanent reports whether a PVC is offered, which nobody has called: its client may have it and send
// at once, and there may be nobody at the other end.
func (o *Offer) Permanent() bool { return o.vc.Parameters().GetPermanent() }

// Channel returns the link and the VPI/VCI of the call.
func (o *Offer) Channel() *cmdpb.ChannelID { return o.vc.Channel() }

// Accept accepts the call with the parameters offered and waits until data may
// flow. If the caller gives up first the error is an *[Error] that says why. If the
// context ends first the call is released by itself.
func (o *Offer) Accept(ctx context.Context) (*VC, error) { return o.AcceptWith(ctx, nil) }

// AcceptWith accepts the call with another contract (INV-51): the sizes of SDUs may be
// lowered, and the rates as far as the minimum or the alternative of Parameters
// allows; what is zero stays as offered. A nil contract accepts the one offered.
// A contract that cannot be accepted is an error and the call is refused.
func (o *Offer) AcceptWith(ctx context.Context, contract *cmdpb.Contract) (*VC, error) {
	return o.AcceptAs(ctx, AcceptOptions{Contract: contract})
}

// AcceptOptions say how a call is accepted. The zero value accepts what is offered.
type AcceptOptions struct {
	// Contract is a smaller contract, as [Offer.AcceptWith] takes it.
	Contract *cmdpb.Contract
	// Transmit and Receive alter the offer in the units of the model, in place of Contract and as far as that
	// may: a nil one stays as offered, and so does a field that is not specified (0xFFFFFFFF), or that has the
	// value that Transmit or Receive of the offer's Parameters tells. Rounding is that of [CallOptions]; it is
	// the rate that it leads to which the caller has to accept. What is in force is in Transmit and Receive of
	// the VC's Parameters. An answer that cannot be accepted, or has Contract too, is an *[Error] with
	// INVALID_DATA, and the call is refused.
	Transmit, Receive *cmdpb.FlowSpec
	Rounding          cmdpb.Rounding
	// UserUser is user-user information for the caller, as in [CallOptions].
	UserUser []byte
}

// AcceptAs accepts the call as AcceptWith does, with what the options say.
func (o *Offer) AcceptAs(ctx context.Context, opt AcceptOptions) (*VC, error) {
	v := o.vc
	if !v.unanswered.CompareAndSwap(true, false) {
		return nil, ErrAnswered
	}
	if err := o.accept(ctx, opt); err != nil {
		v.abandon(ctx)
		return nil, err
	}
	return v, nil
}

// accept answers the offer and waits for the connection.
func (o *Offer) accept(ctx context.Context, opt AcceptOptions) error {
	v, contract := o.vc, opt.Contract
	if err := v.Err(); err != nil {
		return err
	}
	if err := v.conn.knowsFlowspecs(opt.Transmit, opt.Receive); err != nil {
		return err
	}
	inModel := opt.Transmit != nil || opt.Receive != nil
	op := &cmdpb.IncomingCallComplete{Vc: v.handle, Status: cmdpb.Status_SUCCESS, Parameters: opt.parameters()}
	if _, err := v.conn.ask(ctx, "IncomingCall", answer(op)); err != nil {
		if end := v.Err(); end != nil && ctx.Err() == nil {
			return end // the call has ended before the answer came
		}
		return err
	}
	var err error
	switch {
	case inModel:
		err = v.inform(ctx)
	case contract != nil:
		v.mu.Lock()
		v.params = lowered(v.params, contract)
		v.mu.Unlock()
	}
	if err != nil {
		if end := v.Err(); end != nil && ctx.Err() == nil {
			return end
		}
		return err
	}
	select {
	case <-v.connected:
	case <-v.released:
		err = v.Err()
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	select { // a connection counts, though what came behind it is here as well
	case <-v.connected:
		return nil
	default:
		return err
	}
}

// parameters are those of the answer; nil for none.
func (o *AcceptOptions) parameters() *cmdpb.CallParameters {
	changed := o.Contract != nil || o.Transmit != nil || o.Receive != nil || o.Rounding != cmdpb.Rounding_ROUND_UNSPECIFIED
	if !changed && len(o.UserUser) == 0 {
		return nil
	}
	return &cmdpb.CallParameters{
		Contract: o.Contract, Transmit: o.Transmit, Receive: o.Receive, Rounding: o.Rounding, Changed: changed, UserUser: o.UserUser,
	}
}

// inform asks what an answer in the units of the model has led to: the daemon alone knows. What
// has come in the meantime is newer.
func (v *VC) inform(ctx context.Context) error {
	offered := v.Parameters()
	info, err := v.conn.CallInformation(ctx, v.handle)
	if err != nil {
		return err
	}
	p := info.GetVc().GetParameters()
	if p == nil {
		return fmt.Errorf("client: GetCallInformation: %w: a call without parameters", errProtocol)
	}
	p.Transmit, p.Receive, p.Changed, p.UserUser = info.GetTransmit(), info.GetReceive(), true, offered.GetUserUser()
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.params == offered {
		v.params = p
	}
	return nil
}

// lowered returns the parameters of an offer with the SDU sizes of a contract where they
// are smaller, and its rates, which the daemon has accepted.
func lowered(p *cmdpb.CallParameters, by *cmdpb.Contract) *cmdpb.CallParameters {
	flow := func(f *cmdpb.Flow, by *cmdpb.Flow) *cmdpb.Flow {
		size := f.GetMaxSdu()
		if by.GetMaxSdu() != 0 {
			size = min(size, by.GetMaxSdu())
		}
		return &cmdpb.Flow{
			Pcr: cmp.Or(by.GetPcr(), f.GetPcr()), Scr: cmp.Or(by.GetScr(), f.GetScr()), Mbs: cmp.Or(by.GetMbs(), f.GetMbs()),
			Mdcr: f.GetMdcr(), MaxSdu: size, MinPoliced: f.GetMinPoliced(),
			Tagging: f.GetTagging(), FrameDiscard: f.GetFrameDiscard(),
		}
	}
	c := p.GetContract()
	return &cmdpb.CallParameters{
		Called: p.GetCalled(), Calling: p.GetCalling(), Permanent: p.GetPermanent(), Bhli: p.GetBhli(), Blli: p.GetBlli(), Changed: true, UserUser: p.GetUserUser(), Qos: p.GetQos(),
		Contract: &cmdpb.Contract{
			Category: c.GetCategory(), Forward: flow(c.GetForward(), by.GetForward()), Backward: flow(c.GetBackward(), by.GetBackward()),
		},
	}
}

// answer wraps the answer to an offer.
func answer(op *cmdpb.IncomingCallComplete) *cmdpb.ClientMessage {
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_IncomingCallComplete{IncomingCallComplete: op}}
}

// Reject refuses the call; the zero Cause is call rejected (21). It waits for the
// daemon's answer, and everything of the offer is given back by itself. A caller
// that has given up before is no error.
func (o *Offer) Reject(ctx context.Context, cause Cause) error {
	return o.RejectWith(ctx, cause, nil)
}

// RejectWith refuses the call as Reject does, with user-user information for the caller.
func (o *Offer) RejectWith(ctx context.Context, cause Cause, userUser []byte) error {
	v := o.vc
	if !v.unanswered.CompareAndSwap(true, false) {
		return ErrAnswered
	}
	replied := make(chan error, 1)
	if err := o.reject(cause, userUser, func(err error) { replied <- err }); err != nil {
		return v.conn.gone(err)
	}
	refused, err := await(ctx, v.conn, replied)
	if err == nil && v.Err() == nil {
		err = refused // else the call was over before the refusal
	}
	return err
}

// refuse rejects an offer that nobody will see.
func (o *Offer) refuse() {
	if o.vc.unanswered.CompareAndSwap(true, false) {
		_ = o.reject(Cause{}, nil, func(error) {}) // an end of the connection ends it, too
	}
}

// reject posts a refusal and has everything given back when it is answered. done gets the
// outcome, in the reader's goroutine.
func (o *Offer) reject(cause Cause, userUser []byte, done func(error)) error {
	v := o.vc
	op := &cmdpb.IncomingCallComplete{Vc: v.handle, Status: cmdpb.Status_FAILURE, Cause: cause.proto()}
	if len(userUser) > 0 {
		op.Parameters = &cmdpb.CallParameters{UserUser: userUser}
	}
	err := v.conn.post(answer(op), &pending{reply: func(r *cmdpb.Reply, fds []int) []int {
		if r.GetStatus() == cmdpb.Status_SUCCESS {
			v.idle()
		}
		v.shut(CloseOptions{}) // what was not refused is closed
		done(statusError("IncomingCall", r.GetStatus(), r.GetCause(), r.GetDetail()))
		return fds
	}})
	if err != nil {
		v.shut(CloseOptions{})
	}
	v.endLater() // also when no answer comes, but the end of the connection
	return err
}
