package cm

import (
	"fmt"
	"slices"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// The root of a point-to-multipoint call has a branch on each link that leads to
// its parties. To the link a branch is a point-to-multipoint call of its own, with a
// first party that SETUP has brought; to the client they are one call.
//
//	VC ─┬─ branch: call 7 on link "east" ─┬─ party 0
//	    │                                 └─ party 1
//	    └─ branch: call 8 on link "west" ─── party 0
//
// A branch comes with the first party on its link and goes with the last one, while
// the others live on. With the last branch the call ends.

// newBranch makes a branch on a link. The call to which it is added takes it over.
func (m *Machine) newBranch(l *link) *branch {
	m.lastCall++
	return &branch{link: l, call: m.lastCall}
}

// branch finds a branch of v by what its link calls it.
func (v *conn) branch(l *link, call primitive.CallID) *branch {
	if i := slices.IndexFunc(v.branches, func(b *branch) bool { return b.link == l && b.call == call }); i >= 0 {
		return v.branches[i]
	}
	return nil
}

// branchOn returns the branch of v on a link that takes more parties, or nil.
func (v *conn) branchOn(l *link) *branch {
	if i := slices.IndexFunc(v.branches, func(b *branch) bool { return b.link == l && !b.ending }); i >= 0 {
		return v.branches[i]
	}
	return nil
}

// stayOn counts the parties on a branch that stay there when one goes.
func (v *conn) stayOn(b *branch, but *party) int {
	n := 0
	for _, p := range v.parties {
		if p != but && p.b == b && p.state != vc.PartyDropping {
			n++
		}
	}
	return n
}

// removeBranch takes a branch off v and gives back what its client has been charged for it.
func (v *conn) removeBranch(b *branch) {
	v.branches = slices.DeleteFunc(v.branches, func(o *branch) bool { return o == b })
	if len(v.branches) == 0 {
		v.branches = nil
	}
	v.owner.ringBytes -= b.queue
	b.queue = 0
}

// queueBytes returns what a branch of a point-to-multipoint call takes of ring memory: its
// queue in the data plane.
func queueBytes(p *primitive.Params) int64 { return int64(vc.QueueBytes(p.Contract.Forward)) }

// roomForQueue refuses a call, or a branch, for whose queue c has no room beside so many
// octets more.
func (m *Machine) roomForQueue(c *client, p *primitive.Params, more int) *refusal {
	if !p.Multipoint || c.ringBytes+queueBytes(p)+int64(more) <= m.limits.RingBytes {
		return nil
	}
	return refuse(Resources, fmt.Sprintf(
		"the client's %d octets of ring memory are used up (%d charged), and a branch on another link takes %d for its queue",
		m.limits.RingBytes, c.ringBytes, queueBytes(p)))
}

// mayOpenBranch refuses a branch on a link that cannot carry the call.
func (m *Machine) mayOpenBranch(v *conn, l *link) *refusal {
	size := v.params.Contract.Forward.MaxSDU
	switch largest := max(l.Largest, l.MaxSDU); {
	case largest == 0:
		return refuseCause(ie.CauseDestinationOutOfOrder, fmt.Sprintf("link %s is down: %s", l.Name, l.Reason))
	case size > largest:
		return refuseCause(ie.CauseAALNotSupportedUNI30, fmt.Sprintf(
			"link %s carries SDUs of %d octets at most, and the call has been made for %d", l.Name, largest, size))
	}
	return m.roomForQueue(v.owner, &v.params, 0)
}

// openBranch opens a branch for a party, its first.
func (m *Machine) openBranch(p *party, l *link) {
	v := p.v
	b := m.newBranch(l)
	b.opening = true
	m.addBranch(v, b)
	p.b, p.id, p.waits = b, primitive.FirstParty, false
	params := p.params
	params.QoS = v.params.QoS
	params.QoS.Delay, params.QoS.Forward.CDV, params.QoS.Backward.CDV = 0, 0, 0 // Of another way.
	m.stats.PartiesAdded++
	m.emit(Effect{Kind: ToLink, Link: l.ID, Request: primitive.SetupReq{Call: b.call, VC: v.handle, Params: params}})
}

// opens reports whether a call of a link is a branch that is opening.
func (m *Machine) opens(l *link, call primitive.CallID) bool {
	v := m.calls[branchKey{l.ID, call}]
	return v != nil && v.branch(l, call).opening
}

// branchProceeds notes the channel of a branch that is opening. It reports whether the
// call is one.
func (m *Machine) branchProceeds(l *link, ind primitive.ProceedingInd) bool {
	if !m.opens(l, ind.Call) {
		return false
	}
	m.calls[branchKey{l.ID, ind.Call}].branch(l, ind.Call).id = ind.ID
	return true
}

// branchConnected: the first party of a branch that is opening has answered. Those that
// have waited for it are asked for. A connection that has crossed our release does not
// count. It reports whether the call is such a branch.
func (m *Machine) branchConnected(l *link, ind *primitive.ConnectInd) bool {
	if !m.opens(l, ind.Call) {
		return false
	}
	v := m.calls[branchKey{l.ID, ind.Call}]
	b := v.branch(l, ind.Call)
	if b.releasing {
		return true
	}
	b.opening, b.id = false, ind.ID
	m.stepParty(v.party(b, primitive.FirstParty), cnfAddParty, &partyInput{added: &primitive.AddPartyConf{
		Call: ind.Call, Party: primitive.FirstParty, Params: ind.Params, Changed: ind.Changed,
	}})
	for _, p := range v.waiting(b) {
		m.askForParty(p)
	}
	return true
}

// waiting returns the parties that wait for a branch to open, in their order.
func (v *conn) waiting(b *branch) []*party {
	var ps []*party
	for _, p := range v.parties {
		if p.b == b && p.waits {
			ps = append(ps, p)
		}
	}
	return ps
}

// endParties ends the parties on a branch that has gone: one that was being added has
// failed, and those that have waited for it try again. Of the rest the client is told,
// by IncomingDropParty while other branches live (INV-40), else with the call.
func (m *Machine) endParties(v *conn, b *branch, in *input) {
	if len(v.parties) == 0 {
		return
	}
	why := partyInput{cause: in.cause, detail: in.detail, remote: in.remote}
	waiting := v.waiting(b)
	for _, p := range slices.Clone(v.parties) {
		if p.b == b && !p.waits && (p.state == vc.PartyAdding || p.state == vc.PartyDropping) {
			m.stepParty(p, cnfDropParty, &why)
		}
	}
	if v.call == vc.Connected {
		m.tryAgain(v, b.link, waiting)
	} else {
		for _, p := range waiting {
			m.stepParty(p, cnfDropParty, &why)
		}
	}
	for _, p := range slices.Clone(v.parties) {
		if p.b != b {
			continue
		}
		p.b = nil
		if v.call == vc.Connected && len(v.branches) > 0 && p.state == vc.PartyActive {
			m.stepParty(p, indDropParty, &why)
		}
	}
}

// tryAgain opens a branch for parties that have waited for one which has not come about.
func (m *Machine) tryAgain(v *conn, l *link, waiting []*party) {
	if len(waiting) == 0 {
		return
	}
	if ref := m.mayOpenBranch(v, l); ref != nil {
		ref = ref.withCause()
		for _, p := range waiting {
			m.stepParty(p, cnfDropParty, &partyInput{cause: ref.cause, detail: ref.detail})
		}
		return
	}
	m.openBranch(waiting[0], l)
	for _, p := range waiting[1:] {
		p.b = waiting[0].b
	}
}

// BranchRow is one branch of a call in a list.
type BranchRow struct {
	// Link is the name of its link, ID its channel there; zero while unknown.
	Link string
	ID   vc.ID
	// Parties counts those that are active on it, of the root of a
	// point-to-multipoint call.
	Parties int
	// Opening tells that its first party has not answered yet.
	Opening bool
}

// branchRows returns the branches of v in the order of their making.
func (v *conn) branchRows() []BranchRow {
	rows := make([]BranchRow, 0, len(v.branches))
	for _, b := range v.branches {
		r := BranchRow{Link: b.link.Name, ID: b.id, Opening: b.opening}
		r.ID.Link = b.link.ID
		for _, p := range v.parties {
			if p.b == b && p.state == vc.PartyActive {
				r.Parties++
			}
		}
		rows = append(rows, r)
	}
	return rows
}
