package client

import (
	"context"

	"callmanager/api/cmdpb"
)

// Modify asks the other side for other rates of a call that this end has made
// (Q.2963.1, Q.2963.2), and waits for the outcome; one change at a time. What is
// zero in the contract stays as it is, and rates and bursts alone may differ. The
// call carries data all the while, by the old rates until Modify returns nil;
// Parameters tells what is in force then.
//
// A refusal is an *[Error] and leaves everything as it was; its status is
// NOT_SUPPORTED if the other side made the call or has no modification. If the
// context ends first, its error is returned and the change goes on by itself.
func (v *VC) Modify(ctx context.Context, contract *cmdpb.Contract) error {
	return v.ModifyWith(ctx, ModifyOptions{Contract: contract})
}

// ModifyOptions are what a change asks for.
type ModifyOptions struct {
	// Contract are the new rates; what is zero stays.
	Contract *cmdpb.Contract
	// Minimum and Alternative are acceptable in its place, as those of [CallOptions].
	Minimum     *cmdpb.PeakRates
	Alternative *cmdpb.Contract
	// Transmit and Receive ask in the units of the model, in place of Contract; Rounding is that of
	// [CallOptions]. A nil one stays as it is, and so does a field that is not specified (0xFFFFFFFF), or that
	// has the value that Transmit or Receive of Parameters tells. The service and the delays cannot be
	// changed. What is in force is in the Transmit and Receive of the new parameters, with Changed set if a
	// rate differs from the one asked for. A contract beside them, and what contradicts itself, is an
	// *[Error] with INVALID_DATA; a daemon before version 1.3 is not asked.
	Transmit, Receive *cmdpb.FlowSpec
	Rounding          cmdpb.Rounding
}

// parameters are those of the request.
func (o *ModifyOptions) parameters(c *Conn) (*cmdpb.CallParameters, error) {
	return &cmdpb.CallParameters{
		Contract: o.Contract, Minimum: o.Minimum, Alternative: o.Alternative,
		Transmit: o.Transmit, Receive: o.Receive, Rounding: o.Rounding,
	}, c.knowsFlowspecs(o.Transmit, o.Receive)
}

// ModifyWith is Modify for rates that may be negotiated: Parameters tells what came
// of it.
func (v *VC) ModifyWith(ctx context.Context, o ModifyOptions) error {
	p, err := o.parameters(v.conn)
	if err != nil {
		return err
	}
	op := &cmdpb.ModifyCallQoS{Vc: v.handle, Parameters: p}
	m, err := v.conn.request(ctx, "ModifyCallQoS", &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_ModifyCallQos{ModifyCallQos: op}},
		func(m *cmdpb.ServerMessage) {
			d := m.GetModifyCallQosComplete()
			if d.GetStatus() == cmdpb.Status_SUCCESS && d.GetParameters() != nil {
				v.setParameters(d.GetParameters())
			}
		})
	if err != nil {
		return err
	}
	d := m.GetModifyCallQosComplete()
	return statusError("ModifyCallQoS", d.GetStatus(), d.GetCause(), d.GetDetail())
}

// Changes returns a channel that holds a token after the call has been modified by
// somebody else: the other side if that made it, else an administrator
// ([Conn.ModifyOther]). [VC.Parameters] tells what is in force. One that does not
// agree closes the VC; doing nothing is consent.
func (v *VC) Changes() <-chan struct{} { return v.changes }

// changed handles IncomingCallQoSChange.
func (v *VC) changed(p *cmdpb.CallParameters) {
	if p == nil {
		return // it says nothing
	}
	v.setParameters(p)
	select {
	case v.changes <- struct{}{}:
	default:
	}
}

func (v *VC) setParameters(p *cmdpb.CallParameters) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.params = p
}
