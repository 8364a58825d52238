package cm

import (
	"slices"
	"time"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// conn is a client's VC and the call on it.
type conn struct {
	handle vc.Handle
	owner  *client
	// incoming tells that the daemon made the VC for an offer.
	incoming bool
	// disposable tells that it was made for a call of its client, with which it goes.
	disposable bool
	state      vc.State
	call       vc.CallState
	// branches are the call's, one on each link that it goes over. A
	// point-to-point call has one from MakeCall or the offer to its end; the root
	// of a point-to-multipoint call has one for each link that leads to its parties.
	branches []*branch
	room     [1]*branch // where branches begin: most calls have one
	// ring is charged from MakeCall or the offer to RingDone.
	ring *ring

	// params are those in force; changed tells that they differ from what the
	// client asked for.
	params  primitive.Params
	changed bool
	// flowspec tells that the client has asked for them in the model's units.
	flowspec bool
	// named tells that the client has named the calling address.
	named bool
	// parties are the leaves of a point-to-multipoint call that the client has
	// made, lastParty the last identifier given out.
	parties   []*party
	lastParty primitive.PartyID
	// sap is the SAP of an incoming call.
	sap vc.Handle
	// makeCall, modify and closeCall number the requests whose completions are
	// owed; zero means none.
	makeCall, modify, closeCall uint64
	// modifyFlowspec tells that modify is in the model's units, modifyRounded that a rate of it is not
	// quite what was asked for.
	modifyFlowspec, modifyRounded bool
	// modifier is who has asked for modify by AdminModify; nil is the owner.
	modifier *client
	// ending says why the daemon itself ended the call.
	ending *ending
	// cause, drain and heard, the user-user information that came with it, are
	// the last call's end; parting is what goes with ours.
	cause   ie.Cause
	drain   vc.DrainReport
	heard   []byte
	parting []byte
}

// branch is one call on one link.
type branch struct {
	link *link
	call primitive.CallID
	id   vc.ID
	// pvc is the PVC that the call uses; nil for a call that is signalled.
	pvc *pvc
	// offered is an incoming call that has not been accepted.
	offered bool
	// leaf tells that the branch is one party of an incoming call.
	leaf  bool
	party primitive.PartyID
	// releasing tells that its end is asked for.
	releasing bool
	// opening tells that AddParty has made it and that its first party has not
	// answered; ending that its last party is being dropped, which ends it.
	opening, ending bool
	// queue is what it has of its client's ring memory, in octets.
	queue int64
}

// branchKey finds a branch by what its link calls it.
type branchKey struct {
	link vc.LinkID
	call primitive.CallID
}

// ending is why the daemon itself ends a call.
type ending struct {
	status Status
	detail string
	cause  ie.Cause
	linger time.Duration
}

// ownVC finds a VC of c by its handle.
func (m *Machine) ownVC(c *client, h vc.Handle) (*conn, *refusal) {
	if v := c.vcs[h]; v != nil {
		return v, nil
	}
	o := m.handles.Find(h)
	named := o != nil
	switch {
	case named && o.owner() == c:
		return nil, refuse(Failure, h.String()+" is no VC")
	case named:
		return nil, refuse(NotPermitted, h.String()+" belongs to another client")
	case m.handles.Given(h):
		return nil, refuse(Failure, "the VC "+h.String()+" is gone")
	}
	return nil, refuse(Failure, "there is no VC "+h.String())
}

// newVC makes a VC for c.
func (m *Machine) newVC(c *client, incoming bool) *conn {
	v := &conn{owner: c, incoming: incoming}
	v.handle = m.handles.Add(object{vc: v})
	m.setVC(v, evCreate)
	c.vcs[v.handle] = v
	m.conns[v.handle] = v
	m.countVC(c, 1)
	return v
}

// removeVC deletes a VC without a call. Its rings stay charged to a client that
// has not said RingDone.
func (m *Machine) removeVC(v *conn) {
	m.setVC(v, evDelete)
	m.handles.Remove(v.handle)
	delete(m.conns, v.handle)
	delete(v.owner.vcs, v.handle)
	m.countVC(v.owner, -1)
}

// dispose deletes a VC that was made for a call which has not come about.
func (m *Machine) dispose(v *conn) {
	if v.disposable {
		m.removeVC(v)
	}
}

// callOnNewVC serves a MakeCall without a VC: one is made for the call and goes with
// it, as that of an incoming call does.
func (m *Machine) callOnNewVC(c *client, in *input) {
	if ref := m.roomForVC(c); ref != nil {
		m.refuseNumber(c, in.request, ref)
		return
	}
	v := m.newVC(c, false)
	v.disposable = true
	if ref := m.step(v, reqMakeCall, in); ref != nil {
		m.refuseNumber(c, in.request, ref)
		m.removeVC(v)
	}
}

// createVC serves CreateVC.
func (m *Machine) createVC(c *client, r CreateVC) {
	if ref := m.roomForVC(c); ref != nil {
		m.refuse(c, r, ref)
		return
	}
	m.reply(c, Reply{Request: r.Request, Handle: m.newVC(c, false).handle})
}

// deleteVC serves DeleteVC on a VC without a call.
func (m *Machine) deleteVC(v *conn, in *input) (vc.CallState, *refusal) {
	m.removeVC(v)
	m.reply(v.owner, Reply{Request: in.request})
	return vc.Idle, nil
}

// deleteGone deletes a VC without a call of a client that is gone.
func (m *Machine) deleteGone(v *conn, _ *input) (vc.CallState, *refusal) {
	m.removeVC(v)
	return vc.Idle, nil
}

// addBranch puts a call on v.
func (m *Machine) addBranch(v *conn, b *branch) {
	if v.branches == nil {
		v.branches = v.room[:0]
	}
	v.branches = append(v.branches, b)
	if v.params.Multipoint && !v.incoming {
		b.queue = queueBytes(&v.params)
		v.owner.ringBytes += b.queue
	}
	key := branchKey{b.link.ID, b.call}
	if b.leaf {
		m.leaves[key].leaves = append(m.leaves[key].leaves, v)
		return
	}
	m.calls[key] = v
}

// branchEvent takes an event of a branch through the call table of its VC.
func (m *Machine) branchEvent(l *link, call primitive.CallID, ev callEvent, in *input) {
	if v := m.calls[branchKey{l.ID, call}]; v != nil {
		m.step(v, ev, in)
	}
}

// branchGone removes a branch that its link has ended.
func (m *Machine) branchGone(l *link, call primitive.CallID, ev callEvent, in *input) {
	if m.leavesGone(l, call, ev, in) {
		return
	}
	key := branchKey{l.ID, call}
	if v := m.calls[key]; v != nil {
		delete(m.calls, key)
		m.endBranch(v, v.branch(l, call), ev, in)
	}
}

// endBranch ends a branch of v, and with the last one the call.
func (m *Machine) endBranch(v *conn, b *branch, ev callEvent, in *input) {
	v.removeBranch(b)
	if v.call != vc.Connected || len(v.branches) == 0 { // Of one that goes before the call its counters tell.
		v.drain.Sent += in.drain.Sent
		v.drain.Dropped += in.drain.Dropped
	}
	v.cause, v.heard = in.cause, in.userUser
	if in.detail != "" {
		in.detail = "link " + b.link.Name + ": " + in.detail
	}
	m.endParties(v, b, in)
	if len(v.branches) > 0 {
		return
	}
	m.setVC(v, evDeactivated)
	m.step(v, ev, in)
	m.unuse(b)
}

// release asks for the end of every branch of v that is not ending yet. An
// offer is refused, a call released.
func (m *Machine) release(v *conn, c ie.Cause, linger time.Duration) {
	asked := false
	for _, b := range v.branches {
		if b.releasing {
			continue
		}
		b.releasing, asked = true, true
		m.emit(Effect{Kind: ToLink, Link: b.link.ID, Request: b.releaseRequest(c, linger, v.parting)})
	}
	if asked {
		m.setVC(v, evDeactivate)
	}
}

// releaseRequest asks a link for the end of a branch.
func (b *branch) releaseRequest(c ie.Cause, linger time.Duration, userUser []byte) primitive.Request {
	switch {
	case b.offered:
		return b.rejectRequest(c, userUser)
	case b.leaf:
		return primitive.DropPartyReq{Call: b.call, Party: b.party, Cause: c, Linger: linger}
	}
	return primitive.ReleaseReq{Call: b.call, Cause: c, Linger: linger, UserUser: userUser}
}

// releasing reports whether the end of v's branches is asked for already.
func (v *conn) releasing() bool {
	return len(v.branches) > 0 && v.branches[0].releasing
}

// setCall is the one place where the state of a call changes. allowed are the
// states that the table names.
func (m *Machine) setCall(v *conn, ev callEvent, next vc.CallState, allowed []vc.CallState) {
	if !slices.Contains(allowed, next) {
		m.fault("VC %s: %s in state %s leads to %s", v.handle, ev, v.call, next)
	}
	if v.call == next {
		return
	}
	change := progress(next) - progress(v.call)
	v.owner.inProgress += change
	m.inProgress += change
	m.emit(Effect{Kind: Transition, VC: v.handle, Client: v.owner.id, From: v.call, To: next, Text: ev.String()})
	v.call = next
}

// progress is 1 for a call between set-up and connection, else 0.
func progress(s vc.CallState) int {
	switch s {
	case vc.Proceeding, vc.Offered, vc.Accepted:
		return 1
	case vc.Idle, vc.Connected, vc.QoSPending, vc.RemoteClosed, vc.Closing:
	}
	return 0
}
