package client

import (
	"context"
	"slices"

	"callmanager/api/cmdpb"
)

// Party is one leaf of a point-to-multipoint call that was made here. It receives what is sent on the
// call's VC.
type Party struct {
	v      *VC
	handle uint64
	params *cmdpb.CallParameters
	gone   chan struct{} // closed when the leaf has left

	// Under the VC's lock.
	dropped bool   // DropParty is said, or not due
	end     *Error // why the leaf has left
}

// PartyOptions are what is asked of a party beside its address. The zero value asks for nothing.
type PartyOptions struct {
	// Selector replaces the last octet of the called AESA, as in [CallOptions].
	Selector *uint8
	// BHLI is the contents of the B-HLI element, BLLI that of the B-LLI element.
	BHLI, BLLI []byte
}

// AddParty adds a party to a call that was made with Multipoint, and returns it once it receives. The
// party may be reached over any link of the daemon: a copy of what is sent on the VC goes out on each link
// that leads to one. Where a link carries less than the VC sends, only its own parties lose SDUs. A refused one is an *[Error] with the network's cause. If the context ends first, AddParty returns at
// once with the context's error and the party is dropped by itself.
func (v *VC) AddParty(ctx context.Context, dest string, o *PartyOptions) (*Party, error) {
	p := &cmdpb.CallParameters{Called: dest}
	if o != nil {
		p.Bhli = o.BHLI
		if len(o.BLLI) > 0 {
			p.Blli = [][]byte{o.BLLI}
		}
		if o.Selector != nil {
			selector := uint32(*o.Selector)
			p.CalledSelector = &selector
		}
	}
	done := make(chan *Party, 1)
	m, err := v.conn.request(ctx, "AddParty", &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_AddParty{
		AddParty: &cmdpb.AddParty{Vc: v.handle, Parameters: p},
	}}, func(m *cmdpb.ServerMessage) {
		if c := m.GetAddPartyComplete(); c.GetStatus() == cmdpb.Status_SUCCESS {
			done <- v.begun(c.GetParty(), c.GetParameters())
		}
	})
	if err != nil {
		if ctx.Err() != nil {
			go v.runAddUndo(done)
		}
		return nil, err
	}
	c := m.GetAddPartyComplete()
	if err := statusError("AddParty", c.GetStatus(), c.GetCause(), c.GetDetail()); err != nil {
		return nil, err
	}
	return <-done, nil
}

// runAddUndo drops a party that nobody waits for any more.
func (v *VC) runAddUndo(done <-chan *Party) {
	select {
	case p := <-done:
		p.drop(Cause{}, ignored)
	case <-v.closed:
	case <-v.conn.done:
	}
}

// Parties returns the parties of the call, in the order of their adding; none of a point-to-point
// call.
func (v *VC) Parties() []*Party {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(v.parties), func(p *Party) bool { return p.dropped })
}

// Handle returns the party's handle.
func (p *Party) Handle() uint64 { return p.handle }

// Parameters returns what was negotiated. The caller must not change it.
func (p *Party) Parameters() *cmdpb.CallParameters { return p.params }

// Gone is closed when the leaf, the network or the daemon has ended the party while others remain, or
// the whole call. Drop is still due, but for the last party.
func (p *Party) Gone() <-chan struct{} { return p.gone }

// Err returns nil while the party stands or after it was dropped here; else why it ended: an
// *[Error] whose status is SUCCESS if the leaf asked for it, and another one after a fault.
func (p *Party) Err() error {
	p.v.mu.Lock()
	defer p.v.mu.Unlock()
	if p.end == nil {
		return nil
	}
	return p.end
}

// Drop drops the party, with a cause for the leaf; the zero Cause is normal call clearing. It blocks
// until the party is dropped. The last party of a call cannot be dropped (FAILURE): close the VC.
func (p *Party) Drop(ctx context.Context, cause Cause) error {
	m, err := p.v.conn.request(ctx, "DropParty", p.dropRequest(cause), nil)
	if err != nil {
		p.setDropped(false)
		return err
	}
	c := m.GetDropPartyComplete()
	p.forget()
	return statusError("DropParty", c.GetStatus(), c.GetCause(), "")
}

// drop posts DropParty.
func (p *Party) drop(cause Cause, answer *pending) { _ = p.v.conn.post(p.dropRequest(cause), answer) }

// dropRequest returns the operation; the party counts as dropped from now on.
func (p *Party) dropRequest(cause Cause) *cmdpb.ClientMessage {
	p.setDropped(true)
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_DropParty{DropParty: &cmdpb.DropParty{Party: p.handle, Cause: cause.proto()}}}
}

func (p *Party) setDropped(dropped bool) {
	p.v.mu.Lock()
	defer p.v.mu.Unlock()
	p.dropped = dropped
}

// forget removes the party from its call.
func (p *Party) forget() {
	p.v.mu.Lock()
	defer p.v.mu.Unlock()
	p.v.parties = slices.DeleteFunc(p.v.parties, func(o *Party) bool { return o == p })
}

// begun notes a party that is active. Only the reader's goroutine calls it.
func (v *VC) begun(handle uint64, params *cmdpb.CallParameters) *Party {
	if handle == 0 {
		return nil
	}
	p := &Party{v: v, handle: handle, params: params, gone: make(chan struct{})}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.parties = append(v.parties, p)
	return p
}

// partyDropped handles IncomingDropParty. Only the reader's goroutine calls it.
func (v *VC) partyDropped(m *cmdpb.IncomingDropParty) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, p := range v.parties {
		if p.handle == m.GetParty() {
			p.ended(&Error{Op: "Party", Status: m.GetStatus(), Cause: causeOf(m.GetCause()), Detail: m.GetDetail()})
		}
	}
}

// partiesGone ends the parties of a call that the other side or a fault has ended. Only the reader's
// goroutine calls it.
func (v *VC) partiesGone(m *cmdpb.IncomingCloseCall) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, p := range v.parties {
		p.ended(&Error{Op: "Party", Status: m.GetStatus(), Cause: causeOf(m.GetCause()), Detail: m.GetDetail()})
	}
}

// ended notes why the party has ended, once, under the VC's lock.
func (p *Party) ended(why *Error) {
	if p.end == nil && !p.dropped {
		p.end = why
		close(p.gone)
	}
}

// dropOthers drops all parties but one, as the close of a call wants it.
func (v *VC) dropOthers() {
	ps := v.Parties()
	for _, p := range ps[:max(0, len(ps)-1)] {
		p.drop(Cause{}, ignored)
	}
}
