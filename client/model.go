package client

import (
	"context"
	"errors"

	"callmanager/api/cmdpb"
)

// SAP says which incoming calls a client wants. The zero value takes every call
// to the daemon that no more specific SAP takes.
type SAP struct {
	// Address is one of the daemon's own addresses; empty means any of them.
	Address string
	// Selector is the last octet of the called AESA to match; nil matches any.
	Selector *uint8
	// BHLI and BLLI are the contents of the elements that the call must carry
	// (Q.2931 clauses 4.5.8, 4.5.9); empty matches every call.
	BHLI, BLLI []byte
	// MoreBLLI are up to two alternatives to BLLI: the call lists one of them.
	MoreBLLI [][]byte
	// BHLIAbsent and BLLIAbsent take only calls without such an element.
	BHLIAbsent, BLLIAbsent bool
	// SendRing and ReceiveRing are the sizes of the rings of its offers in octets;
	// 0 takes the daemon's defaults, and so does a call for which the client's
	// quota has no such rings left.
	SendRing, ReceiveRing int
}

// RegisterSAP asks for incoming calls and returns the SAP's handle. Offers come
// to the [Listener] that Listen makes; a SAP registered by this operation alone
// has its offers refused by the library. It blocks until the daemon has
// answered.
func (c *Conn) RegisterSAP(ctx context.Context, s SAP) (handle uint64, err error) {
	return c.registerSAP(ctx, s, nil)
}

// errNoModel says that the daemon is too old.
var errNoModel = errors.New("client: the daemon speaks a version of the protocol before 1.3, which has not this")

// knowsModel returns an error if the daemon would not understand what came with version 1.3.
func (c *Conn) knowsModel() error {
	if c.info.GetMinor() < cmdpb.ModelMinor {
		return errNoModel
	}
	return nil
}

// knowsFlowspecs returns an error if there are FLOWSPECs which the daemon would not understand.
func (c *Conn) knowsFlowspecs(transmit, receive *cmdpb.FlowSpec) error {
	if transmit == nil && receive == nil {
		return nil
	}
	return c.knowsModel()
}

// registerSAP registers a SAP; l receives its offers from the first one on, which may
// come before the answer (INV-17). If the context ends before the answer comes the
// SAP is deregistered by itself.
func (c *Conn) registerSAP(ctx context.Context, s SAP, l *Listener) (uint64, error) {
	if err := checkRings(s.SendRing, s.ReceiveRing); err != nil {
		return 0, err
	}
	if s.BHLIAbsent || s.BLLIAbsent || len(s.MoreBLLI) > 0 {
		if err := c.knowsModel(); err != nil {
			return 0, err
		}
	}
	op := &cmdpb.RegisterSAP{
		Address: s.Address, AnySelector: s.Selector == nil, Bhli: s.BHLI, Blli: s.BLLI,
		SendRing: uint32(s.SendRing), ReceiveRing: uint32(s.ReceiveRing),
		MoreBlli: s.MoreBLLI, BhliAbsent: s.BHLIAbsent, BlliAbsent: s.BLLIAbsent,
	}
	if s.Selector != nil {
		op.Selector = uint32(*s.Selector)
	}
	c.mu.Lock()
	c.registering++
	c.mu.Unlock()
	answer := make(chan *cmdpb.Reply, 1)
	err := c.send(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_RegisterSap{RegisterSap: op}}, &pending{
		reply: func(r *cmdpb.Reply, fds []int) []int {
			if r.GetStatus() == cmdpb.Status_SUCCESS {
				c.registered(r.GetHandle().GetHandle(), l)
			} else {
				c.registered(0, nil)
			}
			answer <- r
			return fds
		},
	})
	if err != nil {
		c.registered(0, nil)
		return 0, err
	}
	r, err := await(ctx, c, answer)
	if err != nil {
		go c.runUndo(answer, func(r *cmdpb.Reply) { c.forgetSAP(r.GetHandle().GetHandle(), l) })
		return 0, err
	}
	return r.GetHandle().GetHandle(), statusError("RegisterSAP", r.GetStatus(), r.GetCause(), r.GetDetail())
}

// forgetSAP deregisters a SAP that nobody knows of.
func (c *Conn) forgetSAP(handle uint64, l *Listener) {
	c.mu.Lock()
	delete(c.listeners, handle)
	c.mu.Unlock()
	_ = c.post(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_DeregisterSap{
		DeregisterSap: &cmdpb.DeregisterSAP{Sap: handle},
	}}, ignored)
	if l == nil {
		return
	}
	for _, o := range l.end() {
		o.refuse()
	}
}

// DeregisterSAP ends the offers of a SAP. Calls received on it are not touched.
func (c *Conn) DeregisterSAP(ctx context.Context, handle uint64) error {
	_, err := c.ask(ctx, "DeregisterSAP", &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_DeregisterSap{
		DeregisterSap: &cmdpb.DeregisterSAP{Sap: handle},
	}})
	return err
}

// CreateVC makes a VC for outgoing calls and returns its handle, which MakeCall and
// DeleteVC take. If the context ends before the answer comes the VC is deleted by
// itself.
func (c *Conn) CreateVC(ctx context.Context) (handle uint64, err error) {
	r, err := c.askUndo(ctx, "CreateVC", &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_CreateVc{CreateVc: &cmdpb.CreateVC{}}},
		func(r *cmdpb.Reply) { _ = c.post(deleteVC(r.GetHandle().GetHandle()), ignored) })
	return r.GetHandle().GetHandle(), err
}

// DeleteVC deletes a VC that this client made and that has no call.
func (c *Conn) DeleteVC(ctx context.Context, handle uint64) error {
	_, err := c.ask(ctx, "DeleteVC", deleteVC(handle))
	return err
}

// deleteVC returns the operation.
func deleteVC(handle uint64) *cmdpb.ClientMessage {
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_DeleteVc{DeleteVc: &cmdpb.DeleteVC{Vc: handle}}}
}

// CloseAF asks the daemon to close the address family: its SAPs go at once, and CloseAF
// waits until every call is closed. Afterwards nothing can be asked for but the
// lists; Close is still due.
func (c *Conn) CloseAF(ctx context.Context) error {
	m, err := c.request(ctx, "CloseAF", &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_CloseAf{CloseAf: &cmdpb.CloseAF{}}}, nil)
	if err != nil {
		return err
	}
	return statusError("CloseAF", m.GetCloseAfComplete().GetStatus(), nil, "")
}
