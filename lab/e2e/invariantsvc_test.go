package e2e_test

import (
	"slices"

	"google.golang.org/protobuf/proto"

	"callmanager/api/cmdpb"
	"callmanager/signalling/quota"
)

// vcInvariants are those of VCs and their handles.
var vcInvariants = []invariant{
	{1, "CreateVC answers at once", func(d *duo) {
		for range 100 { // SUCCESS is the first message, and none follows
			d.a.create()
		}
	}},
	{2, "a VC that cannot be made leaves nothing", func(d *duo) {
		fill(d.b)
		before := holdingsOf(d.b)
		d.b.must(cmdpb.Status_RESOURCES, &cmdpb.CreateVC{})
		// Nor can the one for an offer be made, of which the client hears nothing.
		calling := d.a.create()
		d.listen(plainSAP)
		d.a.must(cmdpb.Status_PENDING, &cmdpb.MakeCall{Vc: calling, Parameters: to(d.bob, plainSAP)})
		if done := event[*cmdpb.MakeCallComplete](d.a); done.GetStatus() != cmdpb.Status_RESOURCES || done.GetCause().GetValue() != 47 {
			d.t.Errorf("a call to a client without room: %v", done)
		}
		after := holdingsOf(d.b)
		before["SAPs"], before["handles"] = before["SAPs"]+1, before["handles"]+1
		if over := after.above(before); len(over) > 0 {
			d.t.Errorf("more %v: %v, before %v", over, after, before)
		}
	}},
	{3, "a VC is no call and signals nothing", func(d *duo) {
		before := signalled(d.a)
		wantState(d.a, d.a.create(), "created", "idle")
		if n := signalled(d.a); n != before {
			d.t.Errorf("%d messages were sent", n-before)
		}
	}},
	{4, "a handle is opaque and lives once", func(d *duo) {
		seen := make(map[uint64]bool)
		for range 200 {
			vc := d.a.create()
			if vc == 0 || seen[vc] {
				d.t.Fatalf("%#x was given out twice", vc)
			}
			seen[vc] = true
			d.a.must(cmdpb.Status_SUCCESS, &cmdpb.DeleteVC{Vc: vc})
			d.a.must(cmdpb.Status_FAILURE, &cmdpb.DeleteVC{Vc: vc})
		}
		// The same value names the VC in all that is said of its call.
		calling, o := d.offer(nil)
		if done := d.accepted(o.GetVc()); done.GetVc() != calling {
			d.t.Errorf("MakeCallComplete names %#x, want %#x", done.GetVc(), calling)
		}
		for _, wrong := range []uint64{calling + 1<<32, calling + 1, calling - 1<<32, 1<<64 - 1, 0} {
			d.a.must(cmdpb.Status_FAILURE, &cmdpb.CloseCall{Vc: wrong})
		}
		d.over(calling, o.GetVc())
	}},
	{5, "the client makes the VC of a call that it makes, the daemon that of an offer", func(d *duo) {
		d.a.must(cmdpb.Status_FAILURE, &cmdpb.MakeCall{Vc: 1<<32 | 4711, Parameters: to(d.bob, plainSAP)})
		calling, o := d.offer(nil)
		if r := vcRow(d.b, o.GetVc()); !r.GetIncoming() || r.GetCallState() != "offered" {
			d.t.Errorf("offered on %v", r)
		}
		if r := vcRow(d.a, calling); r.GetIncoming() {
			d.t.Errorf("called on %v", r)
		}
	}},
	{7, "a handle comes with SUCCESS alone", func(d *duo) {
		fill(d.a) // wants of an agent refuses a result beside an error
		d.a.must(cmdpb.Status_RESOURCES, &cmdpb.CreateVC{})
		d.a.must(cmdpb.Status_RESOURCES, &cmdpb.MakeCall{Parameters: to(d.bob, plainSAP)})
		d.b.register(1)
		d.b.must(cmdpb.Status_SAP_IN_USE, &cmdpb.RegisterSAP{Selector: 1})
	}},
	{8, "one call at a time on a VC, many VCs", func(d *duo) {
		first, o := d.offer(nil)
		again := &cmdpb.MakeCall{Vc: first, Parameters: to(d.bob, plainSAP)}
		d.a.must(cmdpb.Status_CALL_ACTIVE, again)
		d.accepted(o.GetVc())
		d.a.must(cmdpb.Status_CALL_ACTIVE, again)
		second, called := d.connect(nil)
		d.over(first, o.GetVc())
		wantState(d.a, second, "active", "connected")
		d.over(second, called)
	}},
	{9, "only its creator deletes a VC", func(d *duo) {
		calling, called := d.connect(nil)
		d.b.must(cmdpb.Status_NOT_ACCEPTED, &cmdpb.DeleteVC{Vc: called})
		other := d.third()
		other.must(cmdpb.Status_NOT_PERMITTED, &cmdpb.DeleteVC{Vc: calling})
		other.must(cmdpb.Status_NOT_PERMITTED, &cmdpb.DeleteVC{Vc: d.a.create()})
		d.over(calling, called) // the called end learns of it by DeleteVCIndication
	}},
	{10, "DeleteVC needs a VC without a call, and never pends", func(d *duo) {
		calling, called := d.lingering()
		d.a.must(cmdpb.Status_CLOSING, &cmdpb.DeleteVC{Vc: calling})
		d.hasten(called)
		d.a.must(cmdpb.Status_SUCCESS, &cmdpb.DeleteVC{Vc: calling})
		calling, o := d.offer(nil)
		d.a.must(cmdpb.Status_NOT_ACCEPTED, &cmdpb.DeleteVC{Vc: calling})
		d.accepted(o.GetVc())
		d.a.must(cmdpb.Status_NOT_ACCEPTED, &cmdpb.DeleteVC{Vc: calling})
		closeCall(d.b, o.GetVc())
		d.deleted(o.GetVc())
		event[*cmdpb.IncomingCloseCall](d.a)
		d.a.must(cmdpb.Status_NOT_ACCEPTED, &cmdpb.DeleteVC{Vc: calling})
		closeCall(d.a, calling)
		d.a.must(cmdpb.Status_SUCCESS, &cmdpb.DeleteVC{Vc: calling})
	}},
	{47, "a VC outlives its call and takes another, with other parameters", func(d *duo) {
		calling, called := d.connect(rate(to(d.bob, plainSAP), 1000))
		closeCall(d.a, calling)
		d.closed(called)
		wantState(d.a, calling, "created", "idle")
		d.a.must(cmdpb.Status_SUCCESS, &cmdpb.RingDone{Vc: calling})
		o := d.offerOn(calling, rate(to(d.bob, plainSAP), 2000))
		d.accepted(o.GetVc())
		if pcr := vcRow(d.a, calling).GetParameters().GetContract().GetForward().GetPcr(); pcr != 2000 {
			d.t.Errorf("the second call has %d cells/s, want 2000", pcr)
		}
		d.over(calling, o.GetVc())
	}},
}

// fill makes as many VCs as a client may have.
func fill(a *agent) {
	a.tb.Helper()
	const batch = 64
	ops := slices.Repeat([]proto.Message{&cmdpb.CreateVC{}}, batch)
	for range quota.VCs.Default() / batch {
		first := a.send(ops...)
		for i := range uint64(batch) {
			a.wants(cmdpb.Status_SUCCESS, ops[i], a.reply(first+i))
		}
	}
}

// afInvariants are those of address families and SAPs.
var afInvariants = []invariant{
	{11, "one call manager an interface", func(d *duo) {
		second := launch(d.t, nil, d.alice.Command(d.t.Context(), need(d.t).daemon, "--config", d.alice.Config()))
		second.want(1, "cmd.sock")
		d.over(d.connect(nil))
	}},
	{12, "CloseAF is completed behind the last call", func(d *duo) {
		calling, called := d.connect(nil)
		idle := d.b.create()
		d.b.must(cmdpb.Status_PENDING, &cmdpb.CloseAF{})
		quiet(d.b)
		if n := len(d.b.must(cmdpb.Status_SUCCESS, &cmdpb.List{Kind: cmdpb.ListKind_SAPS}).GetList().GetSaps()); n != 0 {
			d.t.Errorf("%d SAPs of an address family that closes", n)
		}
		d.b.must(cmdpb.Status_PENDING, &cmdpb.CloseCall{Vc: called})
		event[*cmdpb.CloseCallComplete](d.b)
		d.deleted(called)
		if done := event[*cmdpb.CloseAFComplete](d.b); done.GetStatus() != cmdpb.Status_SUCCESS {
			d.t.Errorf("CloseAF: %v", done)
		}
		if r := vcRow(d.b, idle); r != nil {
			d.t.Errorf("a VC has outlived its address family: %v", r)
		}
		event[*cmdpb.IncomingCloseCall](d.a)
		closeCall(d.a, calling)
	}},
	{13, "a client is served while its CloseAF pends", func(d *duo) {
		calling, called := d.connect(nil)
		d.a.must(cmdpb.Status_PENDING, &cmdpb.CloseAF{})
		wantState(d.a, calling, "active", "connected")
		d.a.must(cmdpb.Status_PENDING, &cmdpb.ModifyCallQoS{Vc: calling, Parameters: rate(&cmdpb.CallParameters{}, 5)})
		event[*cmdpb.ModifyCallQoSComplete](d.a)
		closeCall(d.a, calling)
		event[*cmdpb.CloseAFComplete](d.a)
		d.mayChange(called)
	}},
	{14, "parties, calls, SAPs, the address family", func(d *duo) {
		calling, parties, leaves := d.root(3)
		sap := d.a.register(plainSAP)
		for i, p := range parties[1:] {
			d.a.must(cmdpb.Status_PENDING, &cmdpb.DropParty{Party: p})
			event[*cmdpb.DropPartyComplete](d.a)
			d.closed(leaves[i+1])
		}
		d.over(calling, leaves[0])
		d.a.must(cmdpb.Status_SUCCESS, &cmdpb.DeregisterSAP{Sap: sap})
		d.a.must(cmdpb.Status_PENDING, &cmdpb.CloseAF{})
		event[*cmdpb.CloseAFComplete](d.a)
		d.a.must(cmdpb.Status_SUCCESS, openAF()) // and it may open another
	}},
	{15, "nothing goes before OpenAF", func(d *duo) {
		c := d.with(strange(d.t, d.alice))
		ops := []proto.Message{&cmdpb.CreateVC{}, &cmdpb.RegisterSAP{}, &cmdpb.MakeCall{}, openAF(), &cmdpb.CreateVC{}}
		want := []cmdpb.Status{cmdpb.Status_FAILURE, cmdpb.Status_FAILURE, cmdpb.Status_FAILURE, cmdpb.Status_SUCCESS, cmdpb.Status_SUCCESS}
		first := c.send(ops...)
		for i, op := range ops {
			c.wants(want[i], op, c.reply(first+uint64(i)))
		}
	}},
	{16, "a SAP is one client's", func(d *duo) {
		specific := &cmdpb.RegisterSAP{Selector: 5, Bhli: []byte{1, 2}, Blli: []byte{0x4c}}
		d.b.must(cmdpb.Status_SUCCESS, specific)
		other := d.with(enter(d.t, d.bob))
		other.must(cmdpb.Status_SAP_IN_USE, specific)
		d.b.must(cmdpb.Status_SAP_IN_USE, specific)
		// Another, if less specific, SAP is no duplicate.
		other.must(cmdpb.Status_SUCCESS, &cmdpb.RegisterSAP{Selector: 5, Blli: []byte{0x4c}})
	}},
	{17, "offers come as soon as the SAP is registered, behind the answer", func(d *duo) {
		for i := range 50 {
			calling := d.a.create()
			if i%2 == 0 {
				d.a.send(&cmdpb.MakeCall{Vc: calling, Parameters: to(d.bob, plainSAP)})
			}
			n := d.b.send(&cmdpb.RegisterSAP{Selector: plainSAP})
			if i%2 == 1 {
				d.a.send(&cmdpb.MakeCall{Vc: calling, Parameters: to(d.bob, plainSAP)})
			}
			sap := d.b.reply(n).GetHandle().GetHandle()
			if r := event[*cmdpb.Reply](d.a); r.GetStatus() != cmdpb.Status_PENDING {
				d.t.Fatalf("MakeCall: %v", r)
			}
			d.eitherOfferedOrRefused(sap)
			d.b.must(cmdpb.Status_SUCCESS, &cmdpb.DeregisterSAP{Sap: sap})
			d.a.must(cmdpb.Status_SUCCESS, &cmdpb.DeleteVC{Vc: calling})
		}
	}},
	{18, "the end of a SAP leaves its offers and calls alone", func(d *duo) {
		calling, called, near, far := d.carrying(nil)
		pending, o := d.offer(nil)
		d.b.must(cmdpb.Status_SUCCESS, &cmdpb.DeregisterSAP{Sap: d.saps[plainSAP]})
		put(d.t, near, "still here")
		get(d.t, far, "still here")
		d.accepted(o.GetVc())
		late := d.a.create()
		d.a.must(cmdpb.Status_PENDING, &cmdpb.MakeCall{Vc: late, Parameters: to(d.bob, plainSAP)})
		if done := event[*cmdpb.MakeCallComplete](d.a); done.GetCause().GetValue() != 88 {
			d.t.Errorf("a call to a SAP that has gone: %v", done)
		}
		d.over(calling, called)
		d.over(pending, o.GetVc())
	}},
}

// mayChange takes the end of a call that may have been told of a modification before.
func (d *duo) mayChange(called uint64) {
	d.t.Helper()
	m, err := d.b.take()
	if _, ok := m.(*cmdpb.IncomingCallQoSChange); ok {
		m, err = d.b.take()
	}
	if ind, ok := m.(*cmdpb.IncomingCloseCall); !ok || ind.GetVc() != called {
		d.t.Fatalf("at the called end: %T{%v}, %v", m, m, err)
	}
	closeCall(d.b, called)
	d.deleted(called)
}

// eitherOfferedOrRefused waits for a call that met the registration of its SAP on the way: it is offered to that
// SAP, or is refused for want of one.
func (d *duo) eitherOfferedOrRefused(sap uint64) {
	d.t.Helper()
	for len(d.a.came) == 0 && len(d.b.came) == 0 {
		ready, err := await(patience, d.a, d.b)
		if err != nil || len(ready) == 0 {
			d.t.Fatalf("nothing becomes of the call: %v", err)
		}
		if err := ready[0].receive(); err != nil {
			d.t.Fatal(err)
		}
	}
	if len(d.b.came) > 0 {
		o := event[*cmdpb.IncomingCall](d.b)
		if o.GetSap() != sap || sap == 0 {
			d.t.Fatalf("offered to SAP %#x, want %#x", o.GetSap(), sap)
		}
		d.b.must(cmdpb.Status_SUCCESS, refuse(o.GetVc()))
		d.deleted(o.GetVc())
	}
	if done := event[*cmdpb.MakeCallComplete](d.a); done.GetStatus() == cmdpb.Status_SUCCESS {
		d.t.Fatalf("MakeCall: %v", done)
	}
}
