package cm

import (
	"slices"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// A point-to-multipoint call that comes in may have several leaves at this end.
// Each is offered as a call of its own, with a VC and rings of its own; to the
// link they are parties of one call on one channel. So the client of a leaf
// knows no parties: it is offered a call, and closes it (the model has parties
// at the root only).
//
//	link: call 0/40 ──┬── party 0 ── VC of one client
//	                  └── party 1 ── VC of another

// leafCall is a call with leaves, from its SETUP to its end.
type leafCall struct {
	id vc.ID
	// leaves are the VCs of those that their links have not ended.
	leaves []*conn
}

// leaf finds the VC of a party.
func (c *leafCall) leaf(party primitive.PartyID) *conn {
	i := slices.IndexFunc(c.leaves, func(v *conn) bool { return v.branches[0].party == party })
	if i < 0 {
		return nil
	}
	return c.leaves[i]
}

// incomingParty serves a further leaf of a call.
func (m *Machine) incomingParty(l *link, ind primitive.AddPartyInd) {
	b := &branch{link: l, call: ind.Call, party: ind.Party, leaf: true, offered: true}
	c := m.leaves[branchKey{l.ID, ind.Call}]
	if c == nil {
		m.fault("a party of call %d from link %d, which is not known", ind.Call, l.ID)
		return
	}
	b.id = c.id
	m.incoming(b, ind.Params)
}

// further reports whether the branch is a leaf that an ADD PARTY has brought.
func (b *branch) further() bool { return b.leaf && b.party != primitive.FirstParty }

// leafEvent takes an event of a leaf through the call table of its VC. It
// reports whether the call has leaves at this end.
func (m *Machine) leafEvent(l *link, call primitive.CallID, party primitive.PartyID, ev callEvent, in *input) bool {
	c := m.leaves[branchKey{l.ID, call}]
	if c == nil {
		return false
	}
	if v := c.leaf(party); v != nil {
		m.step(v, ev, in)
	}
	return true
}

// leavesEvent takes an event of the whole call to every leaf.
func (m *Machine) leavesEvent(l *link, call primitive.CallID, ev callEvent, in *input) bool {
	c := m.leaves[branchKey{l.ID, call}]
	if c == nil {
		return false
	}
	for _, v := range slices.Clone(c.leaves) {
		m.step(v, ev, in)
	}
	return true
}

// leafGone removes a leaf that its link has ended; to its client the call has.
// It reports whether the call has leaves at this end.
func (m *Machine) leafGone(l *link, call primitive.CallID, party primitive.PartyID, ev callEvent, in *input) bool {
	c := m.leaves[branchKey{l.ID, call}]
	if c == nil {
		return false
	}
	if v := c.leaf(party); v != nil {
		c.leaves = slices.DeleteFunc(c.leaves, func(o *conn) bool { return o == v })
		m.endBranch(v, v.branches[0], ev, in)
	}
	return true
}

// leavesGone ends a call with leaves, and those that are left.
func (m *Machine) leavesGone(l *link, call primitive.CallID, ev callEvent, in *input) bool {
	key := branchKey{l.ID, call}
	c := m.leaves[key]
	if c == nil {
		return false
	}
	delete(m.leaves, key)
	for _, v := range c.leaves {
		each := *in
		m.endBranch(v, v.branches[0], ev, &each)
		in.drain = vc.DrainReport{} // the call's, and so told once
	}
	return true
}

// rejectRequest asks a link for the refusal of an offer.
func (b *branch) rejectRequest(c ie.Cause, userUser []byte) primitive.Request {
	if b.leaf {
		return primitive.RejectPartyReq{Call: b.call, Party: b.party, Cause: c}
	}
	return primitive.RejectReq{Call: b.call, Cause: c, UserUser: userUser}
}

// acceptRequest asks a link for the acceptance of an offer.
func (b *branch) acceptRequest(h vc.Handle, p primitive.Params) primitive.Request {
	if b.pvc != nil {
		return primitive.OpenPVCReq{Call: b.call, VC: h, ID: b.id, Params: p, Offered: true}
	}
	if b.leaf {
		return primitive.AcceptPartyReq{Call: b.call, Party: b.party, VC: h, Params: p}
	}
	return primitive.AcceptReq{Call: b.call, VC: h, Params: p}
}
