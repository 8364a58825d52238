package e2e_test

import (
	"slices"

	"google.golang.org/protobuf/proto"

	"callmanager/api/cmdpb"
)

// expectation is what a request is to be answered in the state that its client has come to.
type expectation struct {
	state, operation string
	want             []cmdpb.Status
}

// expecting returns one.
func expecting(state, operation string, want ...cmdpb.Status) expectation {
	return expectation{state, operation, want}
}

// operationOf names an operation on a VC, and says which.
func operationOf(op proto.Message) (name string, vc uint64) {
	switch op := op.(type) {
	case *cmdpb.MakeCall:
		return "MakeCall", op.GetVc()
	case *cmdpb.IncomingCallComplete:
		if op.GetStatus() == cmdpb.Status_SUCCESS {
			return "accept", op.GetVc()
		}
		return "refuse", op.GetVc()
	case *cmdpb.CloseCall:
		return "CloseCall", op.GetVc()
	case *cmdpb.DeleteVC:
		return "DeleteVC", op.GetVc()
	case *cmdpb.Alert:
		return "Alert", op.GetVc()
	case *cmdpb.Notify:
		return "Notify", op.GetVc()
	case *cmdpb.ModifyCallQoS:
		return "Modify", op.GetVc()
	case *cmdpb.AddParty:
		return "AddParty", op.GetVc()
	}
	return string(op.ProtoReflect().Descriptor().Name()), 0
}

// expect says how a request of c is to be answered.
func (w *world) expect(c *modelClient, r *asked) expectation {
	name, vc := operationOf(r.op)
	const failure = cmdpb.Status_FAILURE
	switch r.op.(type) {
	case *cmdpb.List:
		return expecting("any", name, cmdpb.Status_SUCCESS)
	case *cmdpb.OpenAF:
		if c.af != afClosed {
			return expecting("address family "+string(c.af), name, failure)
		}
		return expecting("address family closed", name, cmdpb.Status_SUCCESS)
	case *cmdpb.CloseAF:
		if c.af != afOpen {
			return expecting("address family "+string(c.af), name, failure)
		}
		return expecting("address family open", name, cmdpb.Status_PENDING)
	case *cmdpb.RingDone:
		if op, _ := r.op.(*cmdpb.RingDone); c.af != afClosed || hasRings(c, op.GetVc()) {
			return w.expectRingDone(c, op.GetVc())
		}
	}
	if c.af == afClosed || c.af == afClosing && slices.Contains(begins, name) {
		return expecting("address family "+string(c.af), name, failure)
	}
	switch op := r.op.(type) {
	case *cmdpb.CreateVC:
		return expecting("address family open", name, cmdpb.Status_SUCCESS)
	case *cmdpb.RegisterSAP:
		return w.expectRegister(c, op)
	case *cmdpb.DeregisterSAP:
		return w.expectDeregister(c, op.GetSap())
	case *cmdpb.DropParty:
		return w.expectDrop(c, r, op.GetParty())
	case *cmdpb.AdminClose:
		return w.expectAdminClose(c, op.GetVc())
	case *cmdpb.MakeCall:
		if vc == 0 { // the daemon makes one
			return expecting("own call idle", name, cmdpb.Status_PENDING)
		}
	}
	return w.expectOnVC(c, r, name, vc)
}

// hasRings tells whether a client has got the rings of a VC and not given them back.
func hasRings(c *modelClient, vc uint64) bool {
	_, has := c.rings[vc]
	return has
}

// expectOnVC is expect for an operation on a VC.
func (w *world) expectOnVC(c *modelClient, r *asked, name string, vc uint64) expectation {
	v := c.vcs[vc]
	if v == nil || v.phase == ended {
		switch o := w.find(vc, c.side); {
		case o != nil && o.owner != c:
			want := []cmdpb.Status{cmdpb.Status_NOT_PERMITTED}
			if w.together { // it may have gone by now
				want = append(want, cmdpb.Status_FAILURE)
			}
			return expecting("another client's VC", name, want...)
		case v != nil || slices.Contains(c.deadVCs, vc):
			return expecting("a dead VC", name, cmdpb.Status_FAILURE)
		}
		want := []cmdpb.Status{cmdpb.Status_FAILURE}
		if w.together { // another client's that is being made
			want = append(want, cmdpb.Status_NOT_PERMITTED)
		}
		return expecting("no VC", name, want...)
	}
	r.vc = v
	table, state := ownCalls, "own call "
	if v.incoming {
		table, state = offeredCalls, "offered call "
	}
	want := table[v.phase][name]
	state += string(v.phase)
	switch {
	case name == "MakeCall" && !v.incoming && v.phase == idle && hasRings(c, vc):
		return expecting("rings of the last call", name, cmdpb.Status_CLOSING)
	case name == "CloseCall" && v.left() > 1 && v.phase != closing:
		return expecting("a call with parties", name, cmdpb.Status_NOT_ACCEPTED)
	case name == "Modify" && v.multipoint && !v.incoming && v.phase == connected:
		return expecting("a call with parties", name, cmdpb.Status_NOT_SUPPORTED)
	case name == "AddParty" && !v.multipoint && !v.incoming && v.phase == connected:
		return expecting("a call without parties", name, cmdpb.Status_NOT_SUPPORTED)
	case name == "Alert" && v.phase == offered && v.legs[0].further:
		return expecting("a further leaf", name, cmdpb.Status_NOT_SUPPORTED)
	}
	return expecting(state, name, want)
}

// expectRingDone is expect for RingDone.
func (w *world) expectRingDone(c *modelClient, vc uint64) expectation {
	const name = "RingDone"
	done, has := c.rings[vc]
	o := w.find(vc, c.side)
	switch {
	case has && !done:
		return expecting("rings held", name, cmdpb.Status_SUCCESS)
	case has:
		return expecting("rings done", name, cmdpb.Status_FAILURE)
	case o != nil && o.owner != c:
		return expecting("another client's rings", name, cmdpb.Status_NOT_PERMITTED, cmdpb.Status_FAILURE)
	}
	return expecting("no VC", name, cmdpb.Status_FAILURE)
}

// expectRegister is expect for RegisterSAP.
func (w *world) expectRegister(c *modelClient, op *cmdpb.RegisterSAP) expectation {
	const name = "RegisterSAP"
	for _, o := range w.clients {
		for _, s := range o.saps {
			if o.side != c.side || o.gone || s.GetAnySelector() != op.GetAnySelector() || !s.GetAnySelector() && s.GetSelector() != op.GetSelector() {
				continue
			}
			if o == c {
				return expecting("SAP registered", name, cmdpb.Status_SAP_IN_USE)
			}
			return expecting("another client's SAP", name, cmdpb.Status_SAP_IN_USE)
		}
	}
	return expecting("SAP free", name, cmdpb.Status_SUCCESS)
}

// expectDeregister is expect for DeregisterSAP.
func (w *world) expectDeregister(c *modelClient, sap uint64) expectation {
	const name = "DeregisterSAP"
	if c.saps[sap] != nil {
		return expecting("SAP registered", name, cmdpb.Status_SUCCESS)
	}
	for _, o := range w.clients {
		if o.side == c.side && !o.gone && o.saps[sap] != nil {
			return expecting("another client's SAP", name, cmdpb.Status_NOT_PERMITTED)
		}
	}
	return expecting("a dead SAP", name, cmdpb.Status_FAILURE)
}

// expectDrop is expect for DropParty.
func (w *world) expectDrop(c *modelClient, r *asked, handle uint64) expectation {
	const name = "DropParty"
	for _, o := range w.clients {
		if o.side != c.side || o.gone {
			continue
		}
		for _, v := range o.vcs {
			for _, p := range v.parties {
				if p.handle != handle || p.state == adding {
					continue
				}
				if o != c {
					return expecting("another client's party", name, cmdpb.Status_NOT_PERMITTED, cmdpb.Status_FAILURE)
				}
				r.party = p
				if p.state != dropping && v.left() == 1 {
					return expecting("last party", name, cmdpb.Status_FAILURE)
				}
				return expecting("party "+string(p.state), name, dropAnswers[p.state])
			}
		}
	}
	return expecting("a dead party", name, cmdpb.Status_FAILURE)
}

// expectAdminClose is expect for AdminClose.
func (w *world) expectAdminClose(c *modelClient, vc uint64) expectation {
	const name = "AdminClose"
	v := w.find(vc, c.side)
	switch {
	case w.together && (v == nil || v.owner != c):
		return expecting("any VC", name, cmdpb.Status_SUCCESS, cmdpb.Status_FAILURE)
	case v == nil, v.phase == idle, v.phase == ended:
		return expecting("no call", name, cmdpb.Status_FAILURE)
	case v.phase == remoteClosed: // its end may be on the way
		return expecting("a call that has ended", name, cmdpb.Status_SUCCESS, cmdpb.Status_FAILURE)
	}
	return expecting("any call", name, cmdpb.Status_SUCCESS)
}

// answered takes an answer.
func (w *world) answered(c *modelClient, reply *cmdpb.Reply) {
	w.t.Helper()
	if len(c.sent) == 0 || c.sent[0].number != reply.GetRequest() {
		w.fail("client %d is answered %v out of turn", c.number, reply)
	}
	r := c.sent[0]
	c.sent = c.sent[1:]
	e := w.expect(c, r)
	if !slices.Contains(e.want, reply.GetStatus()) {
		w.fail("client %d: %T{%v} on %s is answered %v, want %v", c.number, r.op, r.op, e.state, reply, e.want)
	}
	good := reply.GetStatus() == cmdpb.Status_SUCCESS || reply.GetStatus() == cmdpb.Status_PENDING
	if good != (reply.GetDetail() == "") || !good && reply.GetResult() != nil {
		w.fail("client %d: %T is answered %v", c.number, r.op, reply)
	}
	w.seen.visit(e.state, e.operation)
	if good {
		w.begun(c, r, reply)
	}
}

// begun changes the state by a request that was served.
func (w *world) begun(c *modelClient, r *asked, reply *cmdpb.Reply) {
	w.t.Helper()
	if reply.GetStatus() == cmdpb.Status_PENDING {
		c.owed[r.number] = r
	}
	switch op := r.op.(type) {
	case *cmdpb.OpenAF:
		c.af = afOpen
	case *cmdpb.CloseAF:
		c.af = afClosing
		for h := range c.saps {
			c.deadSAPs = append(c.deadSAPs, h)
		}
		clear(c.saps)
	case *cmdpb.CreateVC:
		w.newVC(c, reply.GetHandle().GetHandle())
	case *cmdpb.DeleteVC:
		w.dead(r.vc)
	case *cmdpb.RegisterSAP:
		c.saps[reply.GetHandle().GetHandle()] = op
	case *cmdpb.DeregisterSAP:
		delete(c.saps, op.GetSap())
		c.deadSAPs = append(c.deadSAPs, op.GetSap())
	case *cmdpb.RingDone:
		c.rings[op.GetVc()] = true
		w.ringIdle(c, op.GetVc())
	case *cmdpb.MakeCall:
		w.calling(c, r, op, reply)
	case *cmdpb.AddParty:
		w.addingParty(r, op)
	case *cmdpb.DropParty:
		r.party.state = dropping
	case *cmdpb.IncomingCallComplete:
		if r.vc.phase == offered {
			r.vc.phase = closing
			if op.GetStatus() == cmdpb.Status_SUCCESS {
				r.vc.phase = accepted
			}
		}
	case *cmdpb.CloseCall:
		r.vc.phase = closing
	case *cmdpb.ModifyCallQoS:
		r.vc.phase = modifying
	case *cmdpb.AdminClose:
		if v := w.find(op.GetVc(), c.side); v != nil && v.phase != idle && v.phase != remoteClosed && v.phase != ended {
			v.doomed = true
		}
	case *cmdpb.Notify:
		w.notified(r.vc)
	}
}

// newVC makes a VC known.
func (w *world) newVC(c *modelClient, handle uint64) *modelVC {
	w.t.Helper()
	if handle == 0 || w.find(handle, c.side) != nil || slices.Contains(c.deadVCs, handle) {
		w.fail("client %d gets the handle %#x, which is none or was given out before", c.number, handle)
	}
	v := &modelVC{handle: handle, owner: c, phase: idle}
	c.vcs[handle] = v
	return v
}

// dead forgets a VC.
func (w *world) dead(v *modelVC) {
	delete(v.owner.vcs, v.handle)
	v.owner.deadVCs = append(v.owner.deadVCs, v.handle)
}

// ringIdle gives rings back that the client has done with, if no call uses them any more.
func (w *world) ringIdle(c *modelClient, vc uint64) {
	v := c.vcs[vc]
	if c.rings[vc] && (v == nil || v.phase == idle || v.phase == remoteClosed || v.phase == ended) {
		delete(c.rings, vc)
	}
}

// calling begins a call.
func (w *world) calling(c *modelClient, r *asked, op *cmdpb.MakeCall, reply *cmdpb.Reply) {
	w.t.Helper()
	v := r.vc
	if v == nil {
		v = w.newVC(c, reply.GetHandle().GetHandle())
		v.disposable, r.vc = true, v
	}
	if len(c.ports) != 2 {
		w.fail("client %d: MakeCall is answered with %d descriptors", c.number, len(c.ports))
	}
	c.rings[v.handle] = false
	p := op.GetParameters()
	v.phase, v.multipoint, v.pcr = proceeding, p.GetMultipoint(), p.GetContract().GetForward().GetPcr()
	v.notices = notices{}
	r.leg = w.newLeg(r, v, p)
}

// newLeg begins a leg.
func (w *world) newLeg(r *asked, v *modelVC, p *cmdpb.CallParameters) *leg {
	l := &leg{tag: string(p.GetBhli()), near: v, pcr: v.pcr, why: r.why, notices: notices{most: r.notices}, sap: w.match(1-v.owner.side, p.GetCalledSelector())}
	if l.sap == 0 {
		l.why = append(l.why, 88)
	}
	v.legs = append(v.legs, l)
	w.legs[l.tag] = l
	return l
}

// addingParty begins a party.
func (w *world) addingParty(r *asked, op *cmdpb.AddParty) {
	r.leg = w.newLeg(r, r.vc, op.GetParameters())
	r.leg.further = true
	r.party = &party{vc: r.vc, leg: r.leg, state: adding}
	r.leg.party = r.party
	r.vc.parties = append(r.vc.parties, r.party)
}

// notified counts the notifications that must come of one: each other end of a call that stands gets it.
func (w *world) notified(v *modelVC) {
	for _, l := range v.legs {
		if w.together || v.phase != connected || l.farEnd() != upEnd || l.nearEnd() != upEnd {
			continue
		}
		if v.incoming {
			l.near.notices.least++
		} else {
			l.notices.least++
		}
	}
}
