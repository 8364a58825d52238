package e2e_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"callmanager/api/cmdpb"
	"callmanager/config"
	rings "callmanager/datapath/ring"
	"callmanager/lab"
)

// everyUse is each operation on a VC by its name.
func everyUse(d *duo, vc uint64) map[string]proto.Message {
	return map[string]proto.Message{
		"MakeCall":      &cmdpb.MakeCall{Vc: vc, Parameters: to(d.bob, plainSAP)},
		"acceptance":    accept(vc),
		"refusal":       refuse(vc),
		"CloseCall":     &cmdpb.CloseCall{Vc: vc},
		"DeleteVC":      &cmdpb.DeleteVC{Vc: vc},
		"Alert":         &cmdpb.Alert{Vc: vc},
		"Notify":        &cmdpb.Notify{Vc: vc, Indicator: []byte{0x80}},
		"ModifyCallQoS": &cmdpb.ModifyCallQoS{Vc: vc, Parameters: rate(&cmdpb.CallParameters{}, 9)},
		"AddParty":      &cmdpb.AddParty{Vc: vc, Parameters: to(d.bob, leafSAP)},
	}
}

// illegal are the rows of the model's section 3.5, in its order.
var illegal = []struct {
	row  string
	test func(d *duo)
}{
	{"CreateVC on a dead address family", func(d *duo) {
		d.a.must(cmdpb.Status_PENDING, &cmdpb.CloseAF{})
		event[*cmdpb.CloseAFComplete](d.a)
		d.a.must(cmdpb.Status_FAILURE, &cmdpb.CreateVC{})
	}},
	{"a handler of CreateVC that pends", func(d *duo) {
		// There is no such handler: what the daemon creates for a client is an offer, and PENDING no answer to it.
		calling, o := d.offer(nil)
		d.b.must(cmdpb.Status_INVALID_DATA, &cmdpb.IncomingCallComplete{Vc: o.GetVc(), Status: cmdpb.Status_PENDING})
		d.over(calling, d.accept(o))
	}},
	{"DeleteVC while the VC is active, and while it is being deactivated", func(d *duo) {
		calling, called := d.connect(nil)
		d.a.must(cmdpb.Status_NOT_ACCEPTED, &cmdpb.DeleteVC{Vc: calling})
		d.over(calling, called)
		calling, called = d.lingering()
		d.a.must(cmdpb.Status_CLOSING, &cmdpb.DeleteVC{Vc: calling})
		d.hasten(called)
	}},
	{"DeleteVC by another than the creator", func(d *duo) {
		calling, o := d.offer(nil)
		d.b.must(cmdpb.Status_NOT_ACCEPTED, &cmdpb.DeleteVC{Vc: o.GetVc()})
		d.accepted(o.GetVc())
		d.b.must(cmdpb.Status_NOT_ACCEPTED, &cmdpb.DeleteVC{Vc: o.GetVc()})
		d.over(calling, o.GetVc())
	}},
	{"DeactivateVC on an inactive VC", func(d *duo) {
		// A client deactivates by CloseCall.
		vc := d.a.create()
		d.a.must(cmdpb.Status_FAILURE, &cmdpb.CloseCall{Vc: vc})
		d.a.must(cmdpb.Status_FAILURE, &cmdpb.AdminClose{Vc: vc})
	}},
	{"an address family twice, of another version, and one that closes", func(d *duo) {
		second := launch(d.t, nil, d.alice.Command(d.t.Context(), need(d.t).daemon, "--config", d.alice.Config()))
		second.want(1, "cmd.sock")
		d.a.must(cmdpb.Status_FAILURE, openAF())
		d.with(strange(d.t, d.alice)).must(cmdpb.Status_VERSION_MISMATCH, &cmdpb.OpenAF{Major: 2})
		calling, called := d.connect(nil)
		d.a.must(cmdpb.Status_PENDING, &cmdpb.CloseAF{})
		d.a.must(cmdpb.Status_FAILURE, openAF())
		closeCall(d.a, calling)
		event[*cmdpb.CloseAFComplete](d.a)
		d.closed(called)
	}},
	{"CloseAF with VCs or SAPs, and twice", func(d *duo) {
		calling, called := d.connect(nil)
		d.b.must(cmdpb.Status_PENDING, &cmdpb.CloseAF{})
		d.b.must(cmdpb.Status_FAILURE, &cmdpb.CloseAF{})
		for name, op := range map[string]proto.Message{
			"CreateVC": &cmdpb.CreateVC{}, "RegisterSAP": &cmdpb.RegisterSAP{Selector: 9},
			"MakeCall": &cmdpb.MakeCall{Parameters: to(d.alice, 1)}, "AddParty": &cmdpb.AddParty{Vc: called, Parameters: to(d.alice, 1)},
		} {
			if r := d.b.ask(op); r.GetStatus() != cmdpb.Status_FAILURE {
				d.t.Errorf("%s: %v", name, r)
			}
		}
		closeCall(d.b, called)
		d.deleted(called)
		event[*cmdpb.CloseAFComplete](d.b)
		d.b.must(cmdpb.Status_FAILURE, &cmdpb.CloseAF{})
		event[*cmdpb.IncomingCloseCall](d.a)
		closeCall(d.a, calling)
	}},
	{"RegisterSAP malformed or in use", func(d *duo) {
		for _, row := range []struct {
			sap  *cmdpb.RegisterSAP
			want cmdpb.Status
		}{
			{&cmdpb.RegisterSAP{Selector: 256}, cmdpb.Status_INVALID_DATA},
			{&cmdpb.RegisterSAP{Address: "no address"}, cmdpb.Status_INVALID_DATA},
			{&cmdpb.RegisterSAP{Address: d.alice.Address, Selector: 1}, cmdpb.Status_INVALID_SAP},
			{&cmdpb.RegisterSAP{Bhli: make([]byte, 10)}, cmdpb.Status_INVALID_SAP},
			{&cmdpb.RegisterSAP{Blli: make([]byte, 14)}, cmdpb.Status_INVALID_SAP},
			{&cmdpb.RegisterSAP{SendRing: 1<<30 + 1}, cmdpb.Status_INVALID_DATA},
		} {
			d.b.must(row.want, row.sap)
		}
		d.b.register(1)
		d.b.must(cmdpb.Status_SAP_IN_USE, &cmdpb.RegisterSAP{Selector: 1})
		other := d.with(enter(d.t, d.bob))
		other.must(cmdpb.Status_SAP_IN_USE, &cmdpb.RegisterSAP{Selector: 1})
	}},
	{"DeregisterSAP twice, and behind CloseAF", func(d *duo) {
		sap := &cmdpb.DeregisterSAP{Sap: d.b.register(1)}
		other := d.with(enter(d.t, d.bob))
		other.must(cmdpb.Status_NOT_PERMITTED, sap)
		d.b.must(cmdpb.Status_SUCCESS, sap)
		d.b.must(cmdpb.Status_FAILURE, sap)
		calling, called := d.connect(nil)
		d.b.must(cmdpb.Status_PENDING, &cmdpb.CloseAF{})
		d.b.must(cmdpb.Status_FAILURE, &cmdpb.DeregisterSAP{Sap: d.saps[plainSAP]})
		closeCall(d.b, called)
		d.deleted(called)
		event[*cmdpb.CloseAFComplete](d.b)
		event[*cmdpb.IncomingCloseCall](d.a)
		closeCall(d.a, calling)
	}},
	{"AddParty on a bad VC", func(d *duo) {
		vc := d.a.create()
		party := to(d.bob, leafSAP)
		d.a.must(cmdpb.Status_FAILURE, &cmdpb.AddParty{Vc: vc + 7, Parameters: party})
		d.a.must(cmdpb.Status_FAILURE, &cmdpb.AddParty{Vc: vc, Parameters: party})
		d.a.must(cmdpb.Status_FAILURE, &cmdpb.AddParty{Vc: d.a.register(1), Parameters: party}) // no VC at all
		d.a.must(cmdpb.Status_NOT_PERMITTED, &cmdpb.AddParty{Vc: d.third().create(), Parameters: party})
		o := d.offerOn(vc, d.multipoint())
		d.a.must(cmdpb.Status_NOT_ACCEPTED, &cmdpb.AddParty{Vc: vc, Parameters: party}) // not yet
		d.over(vc, d.accept(o))
	}},
	{"AddParty on a point-to-point call", func(d *duo) {
		calling, called := d.connect(nil)
		d.a.must(cmdpb.Status_NOT_SUPPORTED, &cmdpb.AddParty{Vc: calling, Parameters: to(d.bob, leafSAP)})
		d.over(calling, called)
	}},
	{"DropParty of the last party", func(d *duo) {
		calling, parties, leaves := d.root(1)
		d.a.must(cmdpb.Status_FAILURE, &cmdpb.DropParty{Party: parties[0]})
		d.a.must(cmdpb.Status_FAILURE, &cmdpb.DropParty{Party: calling}) // no party at all
		d.third().must(cmdpb.Status_NOT_PERMITTED, &cmdpb.DropParty{Party: parties[0]})
		d.over(calling, leaves[0])
	}},
	{"CloseCall with more than one party", func(d *duo) {
		calling, parties, leaves := d.root(2)
		d.a.must(cmdpb.Status_NOT_ACCEPTED, &cmdpb.CloseCall{Vc: calling})
		closeCall(d.b, leaves[0])
		d.deleted(leaves[0])
		event[*cmdpb.IncomingDropParty](d.a)
		d.a.must(cmdpb.Status_NOT_ACCEPTED, &cmdpb.CloseCall{Vc: calling})
		d.a.must(cmdpb.Status_PENDING, &cmdpb.DropParty{Party: parties[0]})
		event[*cmdpb.DropPartyComplete](d.a)
		d.over(calling, leaves[1])
	}},
	{"close data where the medium has none", func(d *duo) {
		// A leaf may share its call with others, and so has none; a link of UNI 3.1 is TestIllegalCloseData.
		_, _, leaves := d.root(1)
		d.b.must(cmdpb.Status_INVALID_DATA, &cmdpb.CloseCall{Vc: leaves[0], CloseData: []byte{4, 1}})
		wantState(d.b, leaves[0], "active", "connected")
	}},
	{"MakeCall on a VC with a call, and on one of the daemon's", func(d *duo) {
		calling, o := d.offer(nil)
		d.a.must(cmdpb.Status_CALL_ACTIVE, &cmdpb.MakeCall{Vc: calling, Parameters: to(d.bob, plainSAP)})
		d.b.must(cmdpb.Status_NOT_ACCEPTED, &cmdpb.MakeCall{Vc: o.GetVc(), Parameters: to(d.alice, plainSAP)})
		d.accepted(o.GetVc())
		d.a.must(cmdpb.Status_CALL_ACTIVE, &cmdpb.MakeCall{Vc: calling, Parameters: to(d.bob, plainSAP)})
		d.b.must(cmdpb.Status_NOT_ACCEPTED, &cmdpb.MakeCall{Vc: o.GetVc(), Parameters: to(d.alice, plainSAP)})
		d.over(calling, o.GetVc())
	}},
	{"sending on an inactive VC", func(d *duo) {
		// A VC without a call has no rings to send by. Those of a call that does not stand yet take what is put in;
		// it is not sent.
		before := counter(onlyLink(d.b).GetCounters(), "tx_sdus")
		_, o := d.offer(nil)
		far := d.b.rings(d.t)
		put(d.t, far, "too early")
		d.b.must(cmdpb.Status_SUCCESS, refuse(o.GetVc()))
		d.deleted(o.GetVc())
		if now := counter(onlyLink(d.b).GetCounters(), "tx_sdus"); now != before {
			d.t.Errorf("%d SDUs were sent", now-before)
		}
		event[*cmdpb.MakeCallComplete](d.a)
	}},
	{"sending behind CloseCall, and behind IncomingCloseCall", func(d *duo) {
		calling, called, near, far := d.carrying(nil)
		closeCall(d.a, calling)
		event[*cmdpb.IncomingCloseCall](d.b)
		for a, e := range map[*agent]*rings.Endpoint{d.a: near, d.b: far} {
			before := counter(onlyLink(a).GetCounters(), "tx_sdus")
			_ = e.Send(d.t.Context(), rings.Record{Payload: []byte("too late")}) // it may fail
			wantEnd(d.t, e)
			if now := counter(onlyLink(a).GetCounters(), "tx_sdus"); now != before {
				d.t.Errorf("%d SDUs were sent from %s", now-before, a.host.Name)
			}
		}
		closeCall(d.b, called)
		d.deleted(called)
	}},
	{"PENDING in a completion", func(d *duo) {
		calling, o := d.offer(nil)
		for _, s := range []cmdpb.Status{cmdpb.Status_PENDING, 99} {
			d.b.must(cmdpb.Status_INVALID_DATA, &cmdpb.IncomingCallComplete{Vc: o.GetVc(), Status: s})
		}
		d.over(calling, d.accept(o))
	}},
}

// TestIllegal does what the rows of section 3.5 forbid, and each use of a VC by a stranger. Everything is refused in
// words, and harms nothing.
func TestIllegal(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	for _, row := range illegal {
		t.Run("3.5 "+row.row, func(t *testing.T) {
			check := residue(t, alice, bob)
			d := newDuo(t, alice, bob)
			row.test(d)
			d.leave()
			check()
		})
	}
	t.Run("a stranger's VC", func(t *testing.T) {
		check := residue(t, alice, bob)
		d := newDuo(t, alice, bob)
		calling, called := d.connect(nil)
		other := d.third()
		for name, op := range everyUse(d, calling) {
			if r := other.ask(op); r.GetStatus() != cmdpb.Status_NOT_PERMITTED {
				t.Errorf("%s: %v", name, r)
			}
		}
		other.must(cmdpb.Status_NOT_PERMITTED, &cmdpb.RingDone{Vc: calling})
		d.over(calling, called)
		d.leave()
		check()
	})
}

// TestIllegalCloseData: a link of UNI 3.1 carries no close data, and says so.
func TestIllegalCloseData(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{Profile: config.ProfileUNI31})
	check := residue(t, alice, bob)
	d := newDuo(t, alice, bob)
	calling, called := d.connect(nil)
	for a, vc := range map[*agent]uint64{d.a: calling, d.b: called} {
		a.must(cmdpb.Status_INVALID_DATA, &cmdpb.CloseCall{Vc: vc, CloseData: []byte{4, 1}})
		wantState(a, vc, "active", "connected")
	}
	d.over(calling, called)
	d.leave()
	check()
}
