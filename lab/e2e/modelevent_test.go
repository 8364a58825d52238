package e2e_test

import (
	"slices"

	"google.golang.org/protobuf/proto"

	"callmanager/api/cmdpb"
)

// learn takes one message.
func (w *world) learn(c *modelClient, m proto.Message) {
	w.t.Helper()
	switch m := m.(type) {
	case *cmdpb.Reply:
		w.answered(c, m)
	case *cmdpb.MakeCallComplete:
		w.made(c, m)
	case *cmdpb.CloseCallComplete:
		w.closedCall(c, m)
	case *cmdpb.CloseAFComplete:
		w.closedAF(c, m)
	case *cmdpb.ModifyCallQoSComplete:
		w.modified(c, m)
	case *cmdpb.AddPartyComplete:
		w.added(c, m)
	case *cmdpb.DropPartyComplete:
		w.dropped(c, m)
	case *cmdpb.IncomingCall:
		w.offer(c, m)
	case *cmdpb.CallConnected:
		v := w.own(c, m, m.GetVc(), accepted)
		v.phase = connected
	case *cmdpb.IncomingCloseCall:
		w.remoteClose(c, m)
	case *cmdpb.IncomingDropParty:
		w.remoteDrop(c, m)
	case *cmdpb.DeleteVCIndication:
		w.deleted(c, m)
	case *cmdpb.IncomingCallQoSChange:
		v := w.own(c, m, m.GetVc(), connected)
		v.pcr = m.GetParameters().GetContract().GetForward().GetPcr()
	case *cmdpb.Notification:
		v := w.own(c, m, m.GetVc(), proceeding, offered, accepted, connected, modifying)
		n := &v.notices
		if v.incoming {
			n = &v.legs[0].notices
		}
		if n.came++; n.came > n.most {
			w.fail("client %d: a notification that nobody has sent", c.number)
		}
	case *cmdpb.CallProgress:
		w.own(c, m, m.GetVc(), proceeding)
	default:
		w.fail("client %d: %T{%v}", c.number, m, m)
	}
	w.forget()
}

// own finds the VC that a message is about, which must be in one of some phases.
func (w *world) own(c *modelClient, m proto.Message, vc uint64, phases ...phase) *modelVC {
	w.t.Helper()
	v := c.vcs[vc]
	if v == nil {
		w.fail("client %d has no VC of %T{%v}", c.number, m, m)
	}
	if !slices.Contains(phases, v.phase) {
		w.fail("client %d gets %T{%v} while the call is %s", c.number, m, m, v.phase)
	}
	return v
}

// completed finds the request that a message completes. It is the only one.
func completed[R proto.Message](w *world, c *modelClient, m proto.Message, request uint64) *asked {
	w.t.Helper()
	r := c.owed[request]
	if r == nil {
		w.fail("client %d: nothing is owed %T{%v}", c.number, m, m)
	}
	if _, ok := r.op.(R); !ok {
		w.fail("client %d: %T{%v} completes %T", c.number, m, m, r.op)
	}
	delete(c.owed, request)
	return r
}

// because checks the cause by which a leg has ended.
func (w *world) because(l *leg, m proto.Message, cause uint32) {
	w.t.Helper()
	if !slices.Contains(l.why, cause) {
		w.fail("%T{%v}: cause %d, want one of %v", m, m, cause, l.why)
	}
}

// made takes the completion of MakeCall.
func (w *world) made(c *modelClient, m *cmdpb.MakeCallComplete) {
	w.t.Helper()
	r := completed[*cmdpb.MakeCall](w, c, m, m.GetRequest())
	v := w.own(c, m, m.GetVc(), proceeding, closing)
	if v != r.vc || m.GetStatus() != cmdpb.Status_SUCCESS && m.GetParty() != 0 {
		w.fail("client %d: %v, made on VC %#x", c.number, m, r.vc.handle)
	}
	switch {
	case v.phase == closing: // CloseCall has been answered
		if m.GetStatus() != cmdpb.Status_REQUEST_ABORTED {
			w.fail("client %d: %v of a call that it closes", c.number, m)
		}
	case m.GetStatus() == cmdpb.Status_SUCCESS:
		v.phase = connected
		if !r.leg.accepting || m.GetChannel().GetVci() < 32 || (m.GetParty() != 0) != v.multipoint || m.GetParameters().GetContract().GetForward().GetPcr() != v.pcr {
			w.fail("client %d: %v; accepted %t", c.number, m, r.leg.accepting)
		}
		if v.multipoint {
			r.leg.party = &party{handle: m.GetParty(), vc: v, leg: r.leg, state: active}
			v.parties = append(v.parties, r.leg.party)
		}
	default:
		w.because(r.leg, m, m.GetCause().GetValue())
		w.callOver(v)
	}
}

// callOver makes a VC of the client's own idle. One that was made for its call goes with it.
func (w *world) callOver(v *modelVC) {
	w.t.Helper()
	for _, p := range v.parties {
		if p.state == adding || p.state == dropping {
			w.fail("VC %#x has ended before its party %#x, which is %s", v.handle, p.handle, p.state)
		}
		v.owner.deadParties = append(v.owner.deadParties, p.handle)
	}
	v.phase, v.legs, v.why, v.parties, v.multipoint, v.doomed = idle, nil, nil, nil, false, false
	if v.disposable {
		w.dead(v)
	}
	w.ringIdle(v.owner, v.handle)
}

// closedCall takes the completion of CloseCall.
func (w *world) closedCall(c *modelClient, m *cmdpb.CloseCallComplete) {
	w.t.Helper()
	r := completed[*cmdpb.CloseCall](w, c, m, m.GetRequest())
	v := w.own(c, m, m.GetVc(), closing)
	if v != r.vc || m.GetStatus() != cmdpb.Status_SUCCESS {
		w.fail("client %d: %v", c.number, m)
	}
	for n, o := range c.owed {
		if o.vc == v {
			w.fail("client %d: CloseCall is completed before %T, request %d", c.number, o.op, n)
		}
	}
	if v.incoming {
		v.phase = ended
		return
	}
	w.callOver(v)
}

// closedAF takes the completion of CloseAF.
func (w *world) closedAF(c *modelClient, m *cmdpb.CloseAFComplete) {
	w.t.Helper()
	completed[*cmdpb.CloseAF](w, c, m, m.GetRequest())
	if c.af != afClosing || m.GetStatus() != cmdpb.Status_SUCCESS {
		w.fail("client %d: %v while the address family is %s", c.number, m, c.af)
	}
	for _, v := range c.vcs {
		if v.phase != idle {
			w.fail("client %d: %v while VC %#x has a call", c.number, m, v.handle)
		}
		w.dead(v)
		w.ringIdle(c, v.handle)
	}
	c.af = afClosed
}

// modified takes the completion of ModifyCallQoS.
func (w *world) modified(c *modelClient, m *cmdpb.ModifyCallQoSComplete) {
	w.t.Helper()
	r := completed[*cmdpb.ModifyCallQoS](w, c, m, m.GetRequest())
	v := w.own(c, m, m.GetVc(), modifying, closing)
	op, _ := r.op.(*cmdpb.ModifyCallQoS)
	asked := op.GetParameters().GetContract().GetForward().GetPcr()
	force := m.GetParameters().GetContract().GetForward().GetPcr()
	switch s := m.GetStatus(); {
	case v.phase == closing && s != cmdpb.Status_REQUEST_ABORTED, s == cmdpb.Status_SUCCESS && asked == tooFast:
		w.fail("client %d: %v", c.number, m)
	case s == cmdpb.Status_SUCCESS:
		v.pcr = asked
	}
	if force != v.pcr {
		w.fail("client %d: %v, want %d cells/s in force", c.number, m, v.pcr)
	}
	if v.phase == modifying {
		v.phase = connected // and if the call has ended, IncomingCloseCall is the next
	}
}

// added takes the completion of AddParty.
func (w *world) added(c *modelClient, m *cmdpb.AddPartyComplete) {
	w.t.Helper()
	r := completed[*cmdpb.AddParty](w, c, m, m.GetRequest())
	v := w.own(c, m, m.GetVc(), connected, remoteClosed, closing)
	if v != r.vc || (m.GetStatus() == cmdpb.Status_SUCCESS) != (m.GetParty() != 0) {
		w.fail("client %d: %v", c.number, m)
	}
	if m.GetStatus() != cmdpb.Status_SUCCESS {
		if v.phase == connected && !slices.Contains(r.leg.why, m.GetCause().GetValue()) {
			// The last of the other leaves has ended the call, and that has met the party on the way.
			w.crossed(v, r.leg, m)
		}
		w.forgetParty(r.party)
		return
	}
	if !r.leg.accepting || v.phase != connected {
		w.fail("client %d: %v of a leaf that has not accepted, or of a call that is %s", c.number, m, v.phase)
	}
	r.party.handle, r.party.state = m.GetParty(), active
}

// crossed takes the failure of a party by the end of its call, of which IncomingCloseCall is to tell.
func (w *world) crossed(v *modelVC, l *leg, m *cmdpb.AddPartyComplete) {
	w.t.Helper()
	const temporary = 41 // the link has heard of the end already
	if !w.together || !slices.Contains(append(v.causes(), temporary), m.GetCause().GetValue()) {
		w.fail("%v: want a cause of the party, %v, or of the call, %v", m, l.why, v.causes())
	}
	if l.far == nil {
		l.sap = 0 // and none hears of it
	}
}

// causes are those by which a call may end.
func (v *modelVC) causes() []uint32 {
	why := slices.Clone(v.why)
	for _, l := range v.legs {
		why = append(why, l.why...)
	}
	return why
}

// forgetParty ends a party.
func (w *world) forgetParty(p *party) {
	p.vc.parties = slices.DeleteFunc(p.vc.parties, func(o *party) bool { return o == p })
	p.vc.why = append(p.vc.why, p.leg.why...)
	p.vc.legs = slices.DeleteFunc(p.vc.legs, func(l *leg) bool { return l == p.leg })
	if p.handle != 0 {
		p.vc.owner.deadParties = append(p.vc.owner.deadParties, p.handle)
	}
}

// dropped takes the completion of DropParty.
func (w *world) dropped(c *modelClient, m *cmdpb.DropPartyComplete) {
	w.t.Helper()
	r := completed[*cmdpb.DropParty](w, c, m, m.GetRequest())
	if r.party.state != dropping || r.party.handle != m.GetParty() || r.party.vc.handle != m.GetVc() || m.GetStatus() != cmdpb.Status_SUCCESS {
		w.fail("client %d: %v, the party %#x is %s", c.number, m, r.party.handle, r.party.state)
	}
	w.forgetParty(r.party)
}

// offer takes a call that comes in.
func (w *world) offer(c *modelClient, m *cmdpb.IncomingCall) {
	w.t.Helper()
	p := m.GetParameters()
	l := w.legs[string(p.GetBhli())]
	if l == nil || l.far != nil || len(c.ports) != 2 {
		w.fail("client %d is offered %v with %d descriptors", c.number, m, len(c.ports))
	}
	if l.sap != m.GetSap() || c.saps[l.sap] == nil && !w.together {
		w.fail("client %d is offered %v, want SAP %#x", c.number, m, l.sap)
	}
	if p.GetContract().GetForward().GetPcr() != l.pcr || p.GetMultipoint() != l.near.multipoint && !w.together {
		w.fail("client %d is offered %v, made with %d cells/s", c.number, m, l.pcr)
	}
	v := w.newVC(c, m.GetVc())
	v.incoming, v.phase, v.legs, v.pcr = true, offered, []*leg{l}, p.GetContract().GetForward().GetPcr()
	c.rings[v.handle] = false
	l.far = v
}

// remoteClose takes the end of a call.
func (w *world) remoteClose(c *modelClient, m *cmdpb.IncomingCloseCall) {
	w.t.Helper()
	v := w.own(c, m, m.GetVc(), offered, accepted, connected)
	why := v.causes()
	if !slices.Contains(why, m.GetCause().GetValue()) {
		w.fail("client %d: %v, want a cause among %v", c.number, m, why)
	}
	live := 0
	for _, p := range v.parties {
		if p.state == active {
			live++
			p.state = remoteDropped
		}
	}
	if v.multipoint && !v.incoming && live > 1 && !slices.Contains(why, 31) {
		w.fail("client %d: %v while %d parties are active (INV-40)", c.number, m, live)
	}
	v.phase, v.doomed = remoteClosed, false
	w.ringIdle(c, v.handle)
}

// remoteDrop takes the end of a party.
func (w *world) remoteDrop(c *modelClient, m *cmdpb.IncomingDropParty) {
	w.t.Helper()
	v := w.own(c, m, m.GetVc(), connected)
	i := slices.IndexFunc(v.parties, func(p *party) bool { return p.handle == m.GetParty() && p.state == active })
	if i < 0 {
		w.fail("client %d: %v of no active party", c.number, m)
	}
	others := slices.ContainsFunc(v.parties, func(p *party) bool { return p != v.parties[i] && p.state != remoteDropped })
	if !others {
		w.fail("client %d: %v of the last party (INV-40)", c.number, m)
	}
	w.because(v.parties[i].leg, m, m.GetCause().GetValue())
	v.parties[i].state = remoteDropped
}

// deleted takes the end of a VC that the daemon made.
func (w *world) deleted(c *modelClient, m *cmdpb.DeleteVCIndication) {
	w.t.Helper()
	v := w.own(c, m, m.GetVc(), closing, ended)
	for _, o := range c.owed {
		if o.vc == v {
			w.fail("client %d: %v before %T is completed", c.number, m, o.op)
		}
	}
	if !v.incoming {
		w.fail("client %d: %v of its own VC", c.number, m)
	}
	v.phase, v.legs = idle, nil
	w.dead(v)
	w.ringIdle(c, v.handle)
}
