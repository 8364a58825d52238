package e2e_test

import (
	"context"
	"fmt"
	"testing"

	"callmanager/api/cmdpb"
	rings "callmanager/datapath/ring"
)

// partyInvariants are those of point-to-multipoint calls.
var partyInvariants = []invariant{
	{33, "a point-to-multipoint call has a party from its completion on", func(d *duo) {
		calling, parties, leaves := d.root(1)
		if parties[0] == 0 || holdingsOf(d.a)["parties"] != 1 {
			d.t.Errorf("party %#x", parties[0])
		}
		d.over(calling, leaves[0])
	}},
	{34, "a party handle is good with SUCCESS alone", func(d *duo) {
		calling, parties, leaves := d.root(1)
		leaf := d.adding(calling, leafSAP+1)
		d.b.must(cmdpb.Status_SUCCESS, refuse(leaf))
		d.deleted(leaf)
		if done := event[*cmdpb.AddPartyComplete](d.a); done.GetStatus() != cmdpb.Status_NOT_ACCEPTED || done.GetParty() != 0 {
			d.t.Errorf("AddParty: %v", done)
		}
		d.a.must(cmdpb.Status_FAILURE, &cmdpb.DropParty{Party: parties[0] + 1}) // the next handle there would be
		d.over(calling, leaves[0])
	}},
	{35, "the parties of a call share its contract", func(d *duo) {
		p := d.multipoint()
		p.Contract = &cmdpb.Contract{Category: cmdpb.Category_CBR, Forward: &cmdpb.Flow{Pcr: 1000}}
		calling, o := d.offer(p)
		d.accepted(o.GetVc())
		d.listen(leafSAP + 1)
		party := to(d.bob, leafSAP+1)
		party.Contract = &cmdpb.Contract{Category: cmdpb.Category_CBR, Forward: &cmdpb.Flow{Pcr: 5}}
		d.a.must(cmdpb.Status_PENDING, &cmdpb.AddParty{Vc: calling, Parameters: party})
		leaf := event[*cmdpb.IncomingCall](d.b)
		got := d.joined(leaf.GetVc()).GetParameters().GetContract().GetForward().GetPcr()
		if got != 1000 || leaf.GetParameters().GetContract().GetForward().GetPcr() != 1000 {
			d.t.Errorf("the second party has %d cells/s, offered %v; want 1000", got, leaf)
		}
	}},
	{38, "parties are for calls that were made as point-to-multipoint", func(d *duo) {
		calling, called := d.connect(nil)
		d.listen(leafSAP)
		d.a.must(cmdpb.Status_NOT_SUPPORTED, &cmdpb.AddParty{Vc: calling, Parameters: to(d.bob, leafSAP)})
		d.b.must(cmdpb.Status_NOT_SUPPORTED, &cmdpb.AddParty{Vc: called, Parameters: to(d.alice, leafSAP)})
		d.over(calling, called)
	}},
	{39, "the last party goes by CloseCall alone", func(d *duo) {
		calling, parties, leaves := d.root(2)
		d.a.must(cmdpb.Status_NOT_ACCEPTED, &cmdpb.CloseCall{Vc: calling})
		d.a.must(cmdpb.Status_PENDING, &cmdpb.DropParty{Party: parties[1]})
		event[*cmdpb.DropPartyComplete](d.a)
		d.closed(leaves[1])
		d.a.must(cmdpb.Status_FAILURE, &cmdpb.DropParty{Party: parties[0]})
		d.over(calling, leaves[0])
	}},
	{40, "the last leaf ends the call, another leaves it", func(d *duo) {
		calling, parties, leaves := d.root(2)
		closeCall(d.b, leaves[0])
		d.deleted(leaves[0])
		gone := event[*cmdpb.IncomingDropParty](d.a)
		if gone.GetParty() != parties[0] || gone.GetStatus() != cmdpb.Status_SUCCESS || gone.GetCause().GetValue() != 16 {
			d.t.Errorf("IncomingDropParty: %v", gone)
		}
		closeCall(d.b, leaves[1])
		d.deleted(leaves[1])
		if over := event[*cmdpb.IncomingCloseCall](d.a); over.GetVc() != calling || over.GetStatus() != cmdpb.Status_SUCCESS {
			d.t.Errorf("IncomingCloseCall: %v", over)
		}
	}},
	{41, "a client answers the end of a party and of a call", func(d *duo) {
		calling, parties, leaves := d.root(2)
		closeCall(d.b, leaves[1])
		d.deleted(leaves[1])
		event[*cmdpb.IncomingDropParty](d.a)
		d.a.must(cmdpb.Status_NOT_ACCEPTED, &cmdpb.CloseCall{Vc: calling}) // the party is owed a DropParty
		d.a.must(cmdpb.Status_PENDING, &cmdpb.DropParty{Party: parties[1]})
		event[*cmdpb.DropPartyComplete](d.a)
		closeCall(d.b, leaves[0])
		d.deleted(leaves[0])
		event[*cmdpb.IncomingCloseCall](d.a)
		wantState(d.a, calling, "created", "remote_closed")
		d.a.must(cmdpb.Status_NOT_ACCEPTED, &cmdpb.DeleteVC{Vc: calling})
		closeCall(d.a, calling)
		d.a.must(cmdpb.Status_SUCCESS, &cmdpb.DeleteVC{Vc: calling})
	}},
	{42, "each party handle is given back once, in any order", func(d *duo) {
		for last := range 3 {
			calling, parties, leaves := d.root(3)
			for i, p := range parties {
				if i == last {
					continue
				}
				d.a.must(cmdpb.Status_PENDING, &cmdpb.DropParty{Party: p})
				event[*cmdpb.DropPartyComplete](d.a)
				d.closed(leaves[i])
				d.a.must(cmdpb.Status_FAILURE, &cmdpb.DropParty{Party: p})
			}
			d.over(calling, leaves[last])
			d.a.must(cmdpb.Status_FAILURE, &cmdpb.DropParty{Party: parties[last]})
			if h := holdingsOf(d.a); h["parties"] != 0 {
				d.t.Errorf("%d parties", h["parties"])
			}
		}
	}},
}

// activeInvariants are those of calls that stand.
var activeInvariants = []invariant{
	{36, "a call that stands is left alone", func(d *duo) {
		calling, called := d.connect(nil)
		atA, atB := signalled(d.a), signalled(d.b)
		quiet(d.a, d.b)
		if a, b := signalled(d.a), signalled(d.b); a != atA || b != atB {
			d.t.Errorf("%d and %d messages are sent for a call that stands", a-atA, b-atB)
		}
		d.over(calling, called)
	}},
	{37, "the signalling VC is no client's and in no list", func(d *duo) {
		before := counter(onlyLink(d.a).GetCounters(), "control_tx_sdus")
		d.fails(nil, cmdpb.Status_INVALID_SAP, 88)
		if n := counter(onlyLink(d.a).GetCounters(), "control_tx_sdus"); n <= before {
			d.t.Errorf("a call was signalled with %d SDUs of the signalling VC", n-before)
		}
		if vcs := d.a.must(cmdpb.Status_SUCCESS, &cmdpb.List{Kind: cmdpb.ListKind_VCS}).GetList().GetVcs(); len(vcs) != 0 {
			d.t.Errorf("%v", vcs)
		}
	}},
	{43, "activation precedes data, and again changes what is in force", func(d *duo) {
		calling, called, near, far := d.carrying(rate(to(d.bob, plainSAP), 1000))
		d.modify(calling, 2000, cmdpb.Status_SUCCESS)
		event[*cmdpb.IncomingCallQoSChange](d.b)
		for a, vc := range map[*agent]uint64{d.a: calling, d.b: called} {
			wantState(a, vc, "active", "connected")
			if pcr := vcRow(a, vc).GetParameters().GetContract().GetForward().GetPcr(); pcr != 2000 {
				d.t.Errorf("%s has %d cells/s", a.host.Name, pcr)
			}
		}
		put(d.t, near, "by the new rate")
		get(d.t, far, "by the new rate")
		d.over(calling, called)
	}},
	{44, "a change that is refused leaves the old parameters in force", func(d *duo) {
		calling, called, near, far := d.carrying(rate(to(d.bob, plainSAP), 1000))
		reserved := onlyLink(d.a).GetReserved()
		d.modify(calling, tooFast, cmdpb.Status_CELLRATE_NOT_AVAILABLE)
		if now := onlyLink(d.a).GetReserved(); now != reserved || reserved == 0 {
			d.t.Errorf("%d bit/s reserved, %d before", now, reserved)
		}
		put(d.t, near, "as before")
		get(d.t, far, "as before")
		// One change at a time: of two in one datagram the second is refused while the first pends.
		first := d.a.send(
			&cmdpb.ModifyCallQoS{Vc: calling, Parameters: rate(&cmdpb.CallParameters{}, 10)},
			&cmdpb.ModifyCallQoS{Vc: calling, Parameters: rate(&cmdpb.CallParameters{}, 20)},
		)
		d.a.reply(first)
		m, err := d.a.take()
		if r, ok := m.(*cmdpb.Reply); ok && r.GetStatus() == cmdpb.Status_NOT_ACCEPTED {
			event[*cmdpb.ModifyCallQoSComplete](d.a)
		} else if _, ok := m.(*cmdpb.ModifyCallQoSComplete); ok { // it had ended by then
			d.a.reply(first + 1)
			event[*cmdpb.ModifyCallQoSComplete](d.a)
			event[*cmdpb.IncomingCallQoSChange](d.b)
		} else {
			d.t.Fatalf("%T{%v}, %v", m, m, err)
		}
		event[*cmdpb.IncomingCallQoSChange](d.b)
		d.over(calling, called)
	}},
	{45, "many activations, one deactivation", func(d *duo) {
		calling, called := d.connect(rate(to(d.bob, plainSAP), 1000))
		for pcr := range uint32(5) {
			d.modify(calling, 2000+pcr, cmdpb.Status_SUCCESS)
			event[*cmdpb.IncomingCallQoSChange](d.b)
		}
		closeCall(d.a, calling)
		wantState(d.a, calling, "created", "idle")
		if n := onlyLink(d.a).GetReserved(); n != 0 {
			d.t.Errorf("%d bit/s reserved", n)
		}
		d.closed(called)
	}},
	{53, "a change by the other side is in force when it is told, and silence consents", func(d *duo) {
		calling, called := d.connect(rate(to(d.bob, plainSAP), 1000))
		d.modify(calling, 500, cmdpb.Status_SUCCESS)
		change := event[*cmdpb.IncomingCallQoSChange](d.b)
		if p := change.GetParameters(); p.GetContract().GetForward().GetPcr() != 500 || !p.GetChanged() {
			d.t.Errorf("IncomingCallQoSChange: %v", change)
		}
		if pcr := vcRow(d.b, called).GetParameters().GetContract().GetForward().GetPcr(); pcr != 500 {
			d.t.Errorf("%d cells/s in force", pcr)
		}
		wantState(d.a, calling, "active", "connected")
		d.modify(calling, 400, cmdpb.Status_SUCCESS)
		event[*cmdpb.IncomingCallQoSChange](d.b)
		closeCall(d.b, called) // it does not agree
		d.deleted(called)
		event[*cmdpb.IncomingCloseCall](d.a)
		closeCall(d.a, calling)
	}},
	{63, "a reset of the NIC leaves address family, SAPs, VCs and calls", func(d *duo) {
		calling, called, near, far := d.carrying(nil)
		idle := d.a.create()
		ip(d.t, d.alice, "link", "set", "eth0", "down")
		eventually(d.t, "the links are down", func() error { return linksAre("establishing", d.a, d.b) })
		ip(d.t, d.alice, "link", "set", "eth0", "up")
		eventually(d.t, "the links are up", func() error { return linksAre("up", d.a, d.b) })
		wantState(d.a, calling, "active", "connected")
		wantState(d.a, idle, "created", "idle")
		put(d.t, near, "still here")
		get(d.t, far, "still here")
		o := d.offerOn(idle, nil)
		if o.GetSap() != d.saps[plainSAP] {
			d.t.Errorf("offered to SAP %#x, want %#x", o.GetSap(), d.saps[plainSAP])
		}
		d.over(idle, d.accept(o))
		d.over(calling, called)
	}},
}

// linksAre returns an error unless the links of agents are in a state. Establishing stands for down as well.
func linksAre(state string, agents ...*agent) error {
	for _, a := range agents {
		if s := onlyLink(a).GetState(); s != state && (state == "up" || s == "up") {
			return fmt.Errorf("the link of %s is %s", a.host.Name, s)
		}
	}
	return nil
}

// modify asks for a rate and takes the completion.
func (d *duo) modify(calling uint64, pcr uint32, want cmdpb.Status) {
	d.t.Helper()
	d.a.must(cmdpb.Status_PENDING, &cmdpb.ModifyCallQoS{Vc: calling, Parameters: rate(&cmdpb.CallParameters{}, pcr)})
	if done := event[*cmdpb.ModifyCallQoSComplete](d.a); done.GetStatus() != want || done.GetVc() != calling {
		d.t.Fatalf("ModifyCallQoS: %v, want %s", done, want)
	}
}

// closeInvariants are those of the end of calls.
var closeInvariants = []invariant{
	{46, "what was sent is out before the call is closed, and nothing moves afterwards", func(d *duo) {
		calling, called, near, far := d.carrying(nil)
		const n = 100
		for i := range n {
			put(d.t, near, fmt.Sprint(i))
		}
		if done := closeCall(d.a, calling); done.GetSent()+done.GetDropped() > n || done.GetDropped() != 0 {
			d.t.Errorf("CloseCallComplete: %v", done)
		}
		for i := range n {
			get(d.t, far, fmt.Sprint(i))
		}
		wantEnd(d.t, far)
		wantEnd(d.t, near)
		d.closed(called)
	}},
	{55, "nothing is sent behind CloseCall", func(d *duo) {
		calling, called, near, far := d.carrying(nil)
		closeCall(d.a, calling)
		sent := counter(onlyLink(d.a).GetCounters(), "tx_sdus")
		_ = near.Send(d.t.Context(), rings.Record{Payload: []byte("too late")}) // it may fail
		d.closed(called)
		wantEnd(d.t, far)
		if now := counter(onlyLink(d.a).GetCounters(), "tx_sdus"); now != sent {
			d.t.Errorf("%d SDUs were sent", now-sent)
		}
	}},
	{56, "a closed call has given its channel back", func(d *duo) {
		calling, called := d.connect(rate(to(d.bob, plainSAP), 1000))
		closeCall(d.a, calling)
		wantState(d.a, calling, "created", "idle")
		r := vcRow(d.a, calling)
		if h := holdingsOf(d.a); r.GetVci() != 0 || r.GetLink() != "" || h["calls"] != 0 || h["bit/s reserved"] != 0 {
			d.t.Errorf("VC %v, holding %v", r, h)
		}
		d.closed(called)
	}},
	{57, "close data goes before the release, or is refused", func(d *duo) {
		calling, called := d.connect(nil)
		d.a.must(cmdpb.Status_INVALID_DATA, &cmdpb.CloseCall{Vc: calling, CloseData: make([]byte, 129)})
		wantState(d.a, calling, "active", "connected")
		d.a.must(cmdpb.Status_PENDING, &cmdpb.CloseCall{Vc: calling, CloseData: []byte{4, 'b', 'y', 'e'}})
		event[*cmdpb.CloseCallComplete](d.a)
		if ind := d.closed(called); string(ind.GetUserUser()) != "\x04bye" {
			d.t.Errorf("IncomingCloseCall: %v", ind)
		}
	}},
	{58, "no data behind IncomingCloseCall", func(d *duo) {
		calling, called, near, far := d.carrying(nil)
		put(d.t, near, "before")
		closeCall(d.a, calling)
		event[*cmdpb.IncomingCloseCall](d.b)
		get(d.t, far, "before")
		wantEnd(d.t, far)
		sent := counter(onlyLink(d.b).GetCounters(), "tx_sdus")
		_ = far.Send(d.t.Context(), rings.Record{Payload: []byte("behind")}) // it may fail
		closeCall(d.b, called)
		d.deleted(called)
		if now := counter(onlyLink(d.b).GetCounters(), "tx_sdus"); now != sent {
			d.t.Errorf("%d SDUs were sent", now-sent)
		}
	}},
	{59, "a fault and a remote close tell themselves apart", func(d *duo) {
		calling, called := d.connect(nil)
		d.a.must(cmdpb.Status_SUCCESS, &cmdpb.AdminClose{Vc: calling})
		if ind := event[*cmdpb.IncomingCloseCall](d.a); ind.GetStatus() == cmdpb.Status_SUCCESS || ind.GetVc() != calling {
			d.t.Errorf("an administrator has closed it: %v", ind)
		}
		closeCall(d.a, calling)
		d.a.must(cmdpb.Status_SUCCESS, &cmdpb.DeleteVC{Vc: calling})
		if ind := d.closed(called); ind.GetStatus() != cmdpb.Status_SUCCESS || ind.GetCause().GetValue() != 31 {
			d.t.Errorf("the other end: %v", ind)
		}
		calling, called = d.connect(nil)
		closeCall(d.b, called)
		d.deleted(called)
		if ind := event[*cmdpb.IncomingCloseCall](d.a); ind.GetStatus() != cmdpb.Status_SUCCESS {
			d.t.Errorf("the other side has closed it: %v", ind)
		}
		closeCall(d.a, calling)
		d.a.must(cmdpb.Status_SUCCESS, &cmdpb.RingDone{Vc: calling})
		d.over(calling, d.accept(d.offerOn(calling, nil))) // and so the VC is good for another
	}},
	{60, "a VC of the daemon's is gone with its call", func(d *duo) {
		calling, called := d.connect(nil)
		closeCall(d.b, called)
		d.deleted(called)
		for name, op := range everyUse(d, called) {
			if r := d.b.ask(op); r.GetStatus() != cmdpb.Status_FAILURE {
				d.t.Errorf("%s: %v", name, r)
			}
		}
		event[*cmdpb.IncomingCloseCall](d.a)
		closeCall(d.a, calling)
	}},
}

// wantEnd waits for the end of what a ring brings, before which nothing may come.
func wantEnd(t *testing.T, e *rings.Endpoint) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	buf := make([]byte, 9000)
	n, _, err := e.Receive(ctx, buf)
	if err == nil || ctx.Err() != nil {
		t.Fatalf("%q came, %v; want the end", buf[:n], err)
	}
}
