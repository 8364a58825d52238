package cm

import (
	"slices"
	"time"

	"callmanager/signalling/cm/terms"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/quota"
	"callmanager/vc"
)

// makeCall serves MakeCall on an idle VC: it validates the parameters (INV-19),
// finds the way and asks for the rings. The reply waits for those.
func (m *Machine) makeCall(v *conn, in *input) (vc.CallState, *refusal) {
	r := askedFor[MakeCall](in)
	if v.ring != nil {
		return vc.Idle, refuse(Closing, "the rings of the VC's last call are in use: send RingDone first")
	}
	if ref := m.roomForCall(v); ref != nil {
		return vc.Idle, ref.withCause()
	}
	w, ref := m.wayFor(&r)
	if ref != nil {
		return vc.Idle, ref.withCause()
	}
	spec, ref := m.ringSpec(v.owner, w.params.Contract.Forward, w.params.Contract.Backward, r.SendRing, r.ReceiveRing)
	if ref != nil {
		if ref.status == Resources {
			m.stats.Limited[quota.Rings]++
		}
		return vc.Idle, ref.withCause()
	}
	if ref := m.roomForQueue(v.owner, &w.params, spec.SendBytes+spec.ReceiveBytes); ref != nil {
		return vc.Idle, ref.withCause()
	}
	v.params, v.changed, v.makeCall, v.named = w.params, w.changed || r.Rounded, r.Request, r.Calling.IsValid()
	v.flowspec = r.Flowspec
	v.ending, v.cause, v.drain, v.lastParty = nil, ie.Cause{}, vc.DrainReport{}, primitive.FirstParty
	v.parting, v.heard = nil, nil
	b := m.newBranch(w.link)
	if w.pvc != nil {
		w.pvc.branch(b)
		w.pvc.user = v
	}
	m.addBranch(v, b)
	m.openRing(v, spec)
	return vc.Proceeding, nil
}

// way is how a call is made: over a link, with parameters that are complete, on a PVC or signalled.
type way struct {
	link    *link
	params  primitive.Params
	changed bool // the parameters differ from what was asked for
	pvc     *pvc // nil if it is signalled
}

// wayFor checks the parameters of a call and finds its way.
func (m *Machine) wayFor(r *MakeCall) (w way, ref *refusal) {
	switch {
	case r.Permanent:
		return m.permanentCall(r)
	case r.Channel != nil:
		return w, refuse(InvalidData, "a channel is named for a call on a PVC: that of another is the link's choice")
	}
	w.params, w.link, w.changed, ref = m.callParams(r)
	return w, ref
}

// notOurs refuses a calling address.
func notOurs(a vc.Addr) *refusal {
	return refuse(InvalidAddress, a.String()+" is no address of this daemon, so no call can come from it")
}

// callParams checks and completes the parameters of a call and finds its link.
func (m *Machine) callParams(r *MakeCall) (p primitive.Params, l *link, changed bool, ref *refusal) {
	p = primitive.Params{Calling: r.Calling, Multipoint: r.Multipoint, BHLI: r.BHLI, BLLI: r.BLLI, UserUser: r.UserUser}
	if p.Called, ref = m.destination(r.Called, r.CalledSelector); ref != nil {
		return p, nil, false, ref
	}
	if ref = invalid(terms.CheckCompatibility(r.BHLI, r.BLLI)); ref != nil {
		return p, nil, false, ref
	}
	if l, ref = m.route(p.Called); ref != nil {
		return p, nil, false, ref
	}
	if ref = l.checkUserUser(r.UserUser); ref != nil {
		return p, nil, false, ref
	}
	if !p.Calling.IsValid() {
		p.Calling = l.Address
	} else if !m.ours(p.Calling) {
		return p, nil, false, notOurs(p.Calling)
	}
	if r.Multipoint {
		if r.Fallback != (vc.Fallback{}) {
			return p, l, false, refuse(InvalidData, "the contract of a point-to-multipoint call is not negotiated: ask for no other")
		}
		p.Contract, changed, ref = l.oneWay(r.Contract)
	} else {
		p.Contract, changed, ref = l.contract(r.Contract)
	}
	if ref != nil {
		return p, l, changed, ref
	}
	var err error
	if p.Fallback, err = terms.Fallback(r.Fallback, &p.Contract); err != nil {
		return p, l, changed, invalid(err)
	}
	p.QoS, err = terms.QoS(r.QoS)
	return p, l, changed, invalid(err)
}

// destination reads whom a client calls.
func (m *Machine) destination(called string, selector *uint8) (vc.Addr, *refusal) {
	a, ref := m.resolve(called)
	if ref != nil || selector == nil {
		return a, ref
	}
	if a.Kind() != vc.AESA {
		return a, refuse(InvalidData, a.String()+" is an E.164 number, which has no selector")
	}
	return a.WithSelector(*selector), nil
}

// setupCall answers MakeCall when the rings are there, and hands the call to
// its link.
func (m *Machine) setupCall(v *conn, _ *input) (vc.CallState, *refusal) {
	b := v.branches[0]
	done := Reply{Request: v.makeCall, Status: Pending, Kept: v.ring.kept}
	if v.disposable {
		done.Handle = v.handle
	}
	m.emit(Effect{Kind: Deliver, Client: v.owner.id, Event: done, VC: v.ports()})
	m.setVC(v, evActivate)
	m.stats.CallsMade++
	var req primitive.Request = primitive.SetupReq{Call: b.call, VC: v.handle, Params: v.params}
	if b.pvc != nil {
		req = primitive.OpenPVCReq{Call: b.call, VC: v.handle, ID: b.id, Params: v.params}
	}
	m.emit(Effect{Kind: ToLink, Link: b.link.ID, Request: req})
	v.params.UserUser = nil // it is said
	return vc.Proceeding, nil
}

// ringsRefused answers MakeCall when there is no memory for the rings.
func (m *Machine) ringsRefused(v *conn, in *input) (vc.CallState, *refusal) {
	m.forgetRing(v)
	m.forgetBranches(v)
	m.stats.RequestsRefused++
	m.reply(v.owner, Reply{
		Request: v.makeCall, Status: Resources, Detail: "the rings cannot be made: " + in.err.Error(),
		Cause: cause(ie.CauseResourceUnavailable),
	})
	v.makeCall = 0
	m.dispose(v)
	return vc.Idle, nil
}

// ports is the VC whose descriptors are to travel; kept rings have none.
func (v *conn) ports() vc.Handle {
	if v.ring.kept != 0 {
		return 0
	}
	return v.handle
}

// forgetRing takes back the charge of rings that the plane could not make.
func (m *Machine) forgetRing(v *conn) {
	v.owner.ringBytes -= v.ring.bytes()
	delete(v.owner.rings, v.handle)
	if v.ring.kept != 0 { // lost with the attempt
		m.deliver(v.owner, RingsGone{VC: v.ring.kept})
	}
	v.ring = nil
}

// forgetBranches removes branches that no link knows, or need not answer for.
func (m *Machine) forgetBranches(v *conn) {
	for len(v.branches) > 0 {
		b := v.branches[0]
		v.removeBranch(b)
		key := branchKey{b.link.ID, b.call}
		if c := m.leaves[key]; b.leaf && c != nil {
			c.leaves = slices.DeleteFunc(c.leaves, func(o *conn) bool { return o == v })
		}
		delete(m.calls, key)
		m.unuse(b)
	}
}

// proceeding notes the channel of a call that the network works on, and tells
// that the called user is being alerted.
func (m *Machine) proceeding(v *conn, in *input) (vc.CallState, *refusal) {
	ind := toldOf[primitive.ProceedingInd](in)
	v.branches[0].id = ind.ID
	if ind.Alerting && !v.releasing() {
		m.deliver(v.owner, CallProgress{VC: v.handle, Alerting: true, UserUser: ind.UserUser})
	}
	return vc.Proceeding, nil
}

// connected completes MakeCall: the branch is active both ways (INV-24). A
// connection that has crossed our release does not count.
func (m *Machine) connected(v *conn, in *input) (vc.CallState, *refusal) {
	if v.releasing() {
		return vc.Proceeding, nil
	}
	b, ind := v.branches[0], toldOf[primitive.ConnectInd](in)
	b.id = ind.ID
	v.params = terms.InForce(v.params, ind.Params)
	v.changed = v.changed || ind.Changed
	m.setVC(v, evActivated)
	m.countConnected(b)
	m.completeMakeCall(v, MakeCallComplete{
		Status: Success, Parameters: v.params, Changed: v.changed, ID: b.id, Link: b.link.Name, Party: m.firstParty(v),
		UserUser: ind.UserUser,
	})
	return vc.Connected, nil
}

// countConnected counts a call that has come about.
func (m *Machine) countConnected(b *branch) {
	m.stats.CallsConnected++
	if b.pvc != nil {
		m.stats.PVCsOpened++
		b.pvc.opened++
	}
}

// completeMakeCall delivers the completion that MakeCall is owed.
func (m *Machine) completeMakeCall(v *conn, done MakeCallComplete) {
	done.Request, done.VC, done.Flowspec = v.makeCall, v.handle, v.flowspec
	v.makeCall = 0
	m.deliver(v.owner, done)
}

// callFailed completes MakeCall without a call: the link has refused or ended
// it, or the daemon had it ended.
func (m *Machine) callFailed(v *conn, in *input) (vc.CallState, *refusal) {
	m.idleRing(v)
	done := MakeCallComplete{Status: failureOf(in.cause.Value), Detail: in.words(), Cause: in.cause, Parameters: v.params, UserUser: in.userUser}
	if v.ending != nil {
		done.Status, done.Detail, done.Cause = v.ending.status, v.ending.detail, v.ending.cause
	}
	m.completeMakeCall(v, done)
	m.dispose(v)
	return vc.Idle, nil
}

// endProceeding asks for the end of a call that has not come about. The
// completion follows when its link has ended it, and the ring ends with that.
func (m *Machine) endProceeding(v *conn, in *input) (vc.CallState, *refusal) {
	if !v.releasing() {
		v.ending = in.end
		m.release(v, in.end.cause, in.end.linger)
	}
	return vc.Proceeding, nil
}

// abortCall serves CloseCall on a call that has not come about: MakeCall is
// completed first, CloseCall when the link has ended the call (3.2).
func (m *Machine) abortCall(v *conn, in *input) (vc.CallState, *refusal) {
	if ref := v.closeWith(askedFor[CloseCall](in).CloseData); ref != nil {
		return vc.Proceeding, ref
	}
	v.closeCall = in.request
	m.reply(v.owner, Reply{Request: in.request, Status: Pending})
	m.completeMakeCall(v, MakeCallComplete{
		Status: RequestAborted, Detail: "CloseCall has ended the call before it came about", Cause: in.cause,
		Parameters: v.params,
	})
	m.release(v, in.cause, time.Duration(0))
	return vc.Closing, nil
}
