package e2e_test

import (
	"errors"
	"fmt"
	"strings"

	"callmanager/api/cmdpb"
)

// callInvariants are those of calls until they stand.
var callInvariants = []invariant{
	{19, "MakeCall checks the parameters", func(d *duo) {
		for name, row := range map[string]struct {
			change func(p *cmdpb.CallParameters)
			want   cmdpb.Status
		}{
			"no address":            {func(p *cmdpb.CallParameters) { p.Called = "nobody" }, cmdpb.Status_INVALID_ADDRESS},
			"selector 256":          {func(p *cmdpb.CallParameters) { p.CalledSelector = new(uint32(256)) }, cmdpb.Status_INVALID_DATA},
			"a calling address":     {func(p *cmdpb.CallParameters) { p.Calling = d.bob.Address }, cmdpb.Status_INVALID_ADDRESS},
			"no way there":          {func(p *cmdpb.CallParameters) { p.Called = d.alice.Address }, cmdpb.Status_NO_ROUTE_TO_DESTINATION},
			"SCR without MBS":       {func(p *cmdpb.CallParameters) { p.Contract = &cmdpb.Contract{Forward: &cmdpb.Flow{Scr: 5}} }, cmdpb.Status_INVALID_DATA},
			"B-HLI of 10 octets":    {func(p *cmdpb.CallParameters) { p.Bhli = make([]byte, 10) }, cmdpb.Status_INVALID_DATA},
			"four B-LLI":            {func(p *cmdpb.CallParameters) { p.Blli = make([][]byte, 4) }, cmdpb.Status_INVALID_DATA},
			"129 octets to a user":  {func(p *cmdpb.CallParameters) { p.UserUser = make([]byte, 129) }, cmdpb.Status_INVALID_DATA},
			"more than the link is": {func(p *cmdpb.CallParameters) { p.Contract = constant(tooFast) }, cmdpb.Status_PENDING},
		} {
			vc, p := d.a.create(), to(d.bob, plainSAP)
			row.change(p)
			r := d.a.ask(&cmdpb.MakeCall{Vc: vc, Parameters: p})
			if r.GetStatus() == cmdpb.Status_PENDING { // the link refuses it
				if done := event[*cmdpb.MakeCallComplete](d.a); done.GetStatus() != cmdpb.Status_CELLRATE_NOT_AVAILABLE {
					d.t.Errorf("%s: %v", name, done)
				}
			}
			if r.GetStatus() != row.want || r.GetStatus() != cmdpb.Status_PENDING && r.GetCause().GetValue() == 0 {
				d.t.Errorf("%s: %v, want %s with a cause", name, r, row.want)
			}
		}
	}},
	{21, "one completion for a MakeCall that pends, none for another", func(d *duo) {
		vc := d.a.create()
		d.a.must(cmdpb.Status_INVALID_ADDRESS, &cmdpb.MakeCall{Vc: vc, Parameters: &cmdpb.CallParameters{Called: "nobody"}})
		quiet(d.a)
		d.over(vc, d.accept(d.offerOn(vc, nil))) // over takes the next message: there is one completion alone
	}},
	{22, "a MakeCall that fails is completed", func(d *duo) {
		d.fails(nil, cmdpb.Status_INVALID_SAP, 88)
		d.listen(plainSAP)
		for _, row := range []struct {
			answer *cmdpb.IncomingCallComplete
			status cmdpb.Status
			cause  uint32
		}{
			{&cmdpb.IncomingCallComplete{Status: cmdpb.Status_FAILURE}, cmdpb.Status_NOT_ACCEPTED, 21},
			{&cmdpb.IncomingCallComplete{Status: cmdpb.Status_RESOURCES}, cmdpb.Status_RESOURCES, 47},
			{&cmdpb.IncomingCallComplete{Status: cmdpb.Status_FAILURE, Cause: &cmdpb.Cause{Value: 17}}, cmdpb.Status_NOT_ACCEPTED, 17},
			{&cmdpb.IncomingCallComplete{Status: cmdpb.Status_FAILURE, Cause: &cmdpb.Cause{Value: 27}}, cmdpb.Status_DEST_OUT_OF_ORDER, 27},
		} {
			d.fails(row.answer, row.status, row.cause)
		}
	}},
	{23, "until the completion nothing is freed", func(d *duo) {
		calling, o := d.offer(nil)
		d.a.must(cmdpb.Status_NOT_ACCEPTED, &cmdpb.DeleteVC{Vc: calling})
		d.a.must(cmdpb.Status_SUCCESS, &cmdpb.RingDone{Vc: calling}) // the client is done with them, the call is not
		if h := holdingsOf(d.a); h["octets of rings"] == 0 || h["mappings of rings"] != 1 {
			d.t.Errorf("before the completion: %v", h)
		}
		d.b.must(cmdpb.Status_SUCCESS, refuse(o.GetVc()))
		d.deleted(o.GetVc())
		event[*cmdpb.MakeCallComplete](d.a)
		if h := holdingsOf(d.a); h["octets of rings"] != 0 || h["mappings of rings"] != 0 {
			d.t.Errorf("behind the completion: %v", h)
		}
		d.a.must(cmdpb.Status_SUCCESS, &cmdpb.DeleteVC{Vc: calling})
	}},
	{24, "SUCCESS comes when the VC is active", func(d *duo) {
		calling, o := d.offer(nil)
		near, far := d.a.rings(d.t), d.b.rings(d.t)
		wantState(d.a, calling, "activating", "proceeding")
		done := d.accepted(o.GetVc())
		if done.GetChannel().GetVci() < 32 || done.GetChannel().GetLink() != d.bob.Name {
			d.t.Errorf("the channel is %v", done.GetChannel())
		}
		put(d.t, near, "at once")
		get(d.t, far, "at once")
		wantState(d.a, calling, "active", "connected")
		d.over(calling, o.GetVc())
	}},
	{25, "nothing is sent before SUCCESS", func(d *duo) {
		before := counter(onlyLink(d.a).GetCounters(), "tx_sdus")
		_, o := d.offer(nil)
		near, far := d.a.rings(d.t), d.b.rings(d.t)
		put(d.t, near, "too early")
		quiet(d.a, d.b)
		if n := counter(onlyLink(d.a).GetCounters(), "tx_sdus"); n != before || far.Rx.Readable() {
			d.t.Errorf("%d SDUs were sent before the call stood", n-before)
		}
		d.b.must(cmdpb.Status_SUCCESS, refuse(o.GetVc()))
		d.deleted(o.GetVc())
		event[*cmdpb.MakeCallComplete](d.a)
		if n := counter(onlyLink(d.a).GetCounters(), "tx_sdus"); n != before {
			d.t.Errorf("%d SDUs were sent on a call that did not come about", n-before)
		}
	}},
	{26, "no completion says PENDING", func(d *duo) {
		// take refuses one that does; here is one of each kind, good and bad.
		calling, parties, leaves := d.root(2)
		d.a.must(cmdpb.Status_PENDING, &cmdpb.AddParty{Vc: calling, Parameters: to(d.bob, 0x99)})
		if done := event[*cmdpb.AddPartyComplete](d.a); done.GetStatus() != cmdpb.Status_INVALID_SAP {
			d.t.Errorf("AddParty: %v", done)
		}
		d.a.must(cmdpb.Status_PENDING, &cmdpb.DropParty{Party: parties[0]})
		event[*cmdpb.DropPartyComplete](d.a)
		d.closed(leaves[0])
		d.over(calling, leaves[1])
		d.listen(plainSAP)
		d.fails(&cmdpb.IncomingCallComplete{Status: cmdpb.Status_FAILURE}, cmdpb.Status_NOT_ACCEPTED, 21)
		calling, called := d.connect(rate(to(d.bob, plainSAP), 100))
		for _, pcr := range []uint32{200, tooFast} {
			d.a.must(cmdpb.Status_PENDING, &cmdpb.ModifyCallQoS{Vc: calling, Parameters: rate(&cmdpb.CallParameters{}, pcr)})
			event[*cmdpb.ModifyCallQoSComplete](d.a)
		}
		event[*cmdpb.IncomingCallQoSChange](d.b)
		d.over(calling, called)
		d.a.must(cmdpb.Status_PENDING, &cmdpb.CloseAF{})
		event[*cmdpb.CloseAFComplete](d.a)
	}},
	{27, "an error has no party", func(d *duo) {
		vc := d.a.create()
		d.a.must(cmdpb.Status_PENDING, &cmdpb.MakeCall{Vc: vc, Parameters: d.multipoint()})
		if done := event[*cmdpb.MakeCallComplete](d.a); done.GetStatus() != cmdpb.Status_INVALID_SAP || done.GetParty() != 0 {
			d.t.Errorf("MakeCall: %v", done)
		}
		d.a.must(cmdpb.Status_FAILURE, &cmdpb.DropParty{})
		if h := holdingsOf(d.a); h["parties"] != 0 {
			d.t.Errorf("%d parties", h["parties"])
		}
	}},
	{28, "the VC of a call that failed is its client's to delete", func(d *duo) {
		vc := d.a.create()
		d.a.must(cmdpb.Status_PENDING, &cmdpb.MakeCall{Vc: vc, Parameters: to(d.bob, plainSAP)})
		event[*cmdpb.MakeCallComplete](d.a)
		wantState(d.a, vc, "created", "idle")
		d.a.must(cmdpb.Status_SUCCESS, &cmdpb.DeleteVC{Vc: vc})
		if r := vcRow(d.a, vc); r != nil {
			d.t.Errorf("%v", r)
		}
	}},
	{29, "changed parameters come back marked", func(d *duo) {
		for pcr, changed := range map[uint32]bool{1000: false, tooFast: true} {
			calling, o := d.offer(d.negotiable(pcr))
			got := d.accepted(o.GetVc()).GetParameters()
			if rate := got.GetContract().GetForward().GetPcr(); rate == pcr == changed || rate < 1000 || got.GetChanged() != changed {
				d.t.Errorf("asked for %d cells/s: %v", pcr, got)
			}
			d.over(calling, o.GetVc())
		}
	}},
	{30, "a client may renegotiate changed parameters, or close", func(d *duo) {
		calling, o := d.offer(d.negotiable(tooFast))
		if done := d.accepted(o.GetVc()); !done.GetParameters().GetChanged() {
			d.t.Errorf("not changed: %v", done)
		}
		d.a.must(cmdpb.Status_PENDING, &cmdpb.ModifyCallQoS{Vc: calling, Parameters: rate(&cmdpb.CallParameters{}, 50)})
		if done := event[*cmdpb.ModifyCallQoSComplete](d.a); done.GetStatus() != cmdpb.Status_SUCCESS {
			d.t.Errorf("ModifyCallQoS: %v", done)
		}
		event[*cmdpb.IncomingCallQoSChange](d.b)
		d.over(calling, o.GetVc())
	}},
	{31, "what a call has is freed with CloseCallComplete, not before", func(d *duo) {
		calling, called := d.lingering()
		wantState(d.a, calling, "deactivating", "closing")
		if h := holdingsOf(d.a); h["bit/s reserved"] == 0 || h["mappings of rings"] != 1 {
			d.t.Errorf("a call that closes holds %v", h)
		}
		d.hasten(called)
		if h := holdingsOf(d.a); h["bit/s reserved"] != 0 {
			d.t.Errorf("a closed call holds %v", h)
		}
	}},
	{32, "without parties there is no party handle", func(d *duo) {
		calling, o := d.offer(nil)
		if done := d.accepted(o.GetVc()); done.GetParty() != 0 {
			d.t.Errorf("MakeCall: %v", done)
		}
		d.over(calling, o.GetVc())
	}},
	{48, "a VC that cannot be made ready is not used", func(d *duo) {
		// A pair of rings beyond the client's quota.
		vc := d.a.create()
		const most = 1 << 30
		d.a.must(cmdpb.Status_RESOURCES, &cmdpb.MakeCall{Vc: vc, Parameters: to(d.bob, plainSAP), SendRing: most, ReceiveRing: most})
		wantState(d.a, vc, "created", "idle")
		o := d.offerOn(vc, nil) // it takes a call that can be
		d.over(vc, d.accept(o))
	}},
	{49, "an offer finds its SAP, has its VC and its rings", func(d *duo) {
		other := d.b.register(plainSAP + 1)
		calling, o := d.offer(nil)
		if o.GetSap() != d.saps[plainSAP] || o.GetSap() == other || len(d.b.ports) != 2 {
			d.t.Errorf("%v with %d descriptors", o, len(d.b.ports))
		}
		if r := vcRow(d.b, o.GetVc()); r.GetCallState() != "offered" || r.GetVci() != o.GetChannel().GetVci() {
			d.t.Errorf("VC %v", r)
		}
		d.over(calling, d.accept(o))
	}},
	{50, "CallConnected comes behind acceptance and handshake", func(d *duo) {
		calling, o := d.offer(nil)
		quiet(d.a, d.b)
		d.over(calling, d.accept(o))
		// A caller that leaves at the same time: IncomingCloseCall comes in any case, and nothing behind it.
		for range 20 {
			calling, o := d.offer(nil)
			d.a.send(&cmdpb.CloseCall{Vc: calling})
			d.b.send(accept(o.GetVc()))
			d.mayConnect(o.GetVc())
			d.abandoned(calling)
		}
	}},
	{51, "an altered answer says so", func(d *duo) {
		for _, changed := range []bool{false, true} {
			calling, o := d.offer(nil)
			p := &cmdpb.CallParameters{Contract: &cmdpb.Contract{Forward: &cmdpb.Flow{MaxSdu: 500}}, Changed: changed}
			d.b.must(cmdpb.Status_SUCCESS, &cmdpb.IncomingCallComplete{Vc: o.GetVc(), Parameters: p})
			event[*cmdpb.CallConnected](d.b)
			got := event[*cmdpb.MakeCallComplete](d.a).GetParameters()
			if lower := got.GetContract().GetForward().GetMaxSdu() == 500; lower != changed || got.GetChanged() != changed {
				d.t.Errorf("marked %t: %v", changed, got)
			}
			d.over(calling, o.GetVc())
		}
		calling, o := d.offer(nil)
		faster := rate(&cmdpb.CallParameters{Changed: true}, 1<<24-2)
		d.b.must(cmdpb.Status_INVALID_DATA, &cmdpb.IncomingCallComplete{Vc: o.GetVc(), Parameters: faster})
		d.over(calling, d.accept(o)) // the offer has waited
	}},
	{52, "a client that refuses has nothing of the offer", func(d *duo) {
		calling, o := d.offer(nil)
		d.b.must(cmdpb.Status_SUCCESS, refuse(o.GetVc()))
		d.deleted(o.GetVc())
		d.b.must(cmdpb.Status_FAILURE, accept(o.GetVc()))
		d.b.must(cmdpb.Status_FAILURE, &cmdpb.CloseCall{Vc: o.GetVc()})
		d.b.must(cmdpb.Status_SUCCESS, &cmdpb.RingDone{Vc: o.GetVc()}) // but for the memory
		if h := holdingsOf(d.b); h["octets of rings"] != 0 || h["VCs"] != 0 {
			d.t.Errorf("%v", h)
		}
		event[*cmdpb.MakeCallComplete](d.a)
		wantState(d.a, calling, "created", "idle")
	}},
	{61, "no completion overtakes the answer", func(d *duo) {
		for range 200 { // each is refused by the other host at once; ask takes the answer first
			d.fails(nil, cmdpb.Status_INVALID_SAP, 88)
		}
	}},
}

// accept accepts an offer, takes the completions at both ends and returns the VC.
func (d *duo) accept(o *cmdpb.IncomingCall) (called uint64) {
	d.t.Helper()
	d.accepted(o.GetVc())
	return o.GetVc()
}

// fails makes a call that is answered so, or finds no SAP, and checks how it is completed.
func (d *duo) fails(answer *cmdpb.IncomingCallComplete, status cmdpb.Status, cause uint32) {
	d.t.Helper()
	vc := d.a.create()
	d.a.must(cmdpb.Status_PENDING, &cmdpb.MakeCall{Vc: vc, Parameters: to(d.bob, plainSAP)})
	if answer != nil {
		answer.Vc = event[*cmdpb.IncomingCall](d.b).GetVc()
		d.b.must(cmdpb.Status_SUCCESS, answer)
		d.deleted(answer.GetVc())
	}
	done := event[*cmdpb.MakeCallComplete](d.a)
	if done.GetStatus() != status || done.GetCause().GetValue() != cause || done.GetDetail() == "" || done.GetVc() != vc {
		d.t.Fatalf("MakeCall: %v, want %s with cause %d", done, status, cause)
	}
	d.a.must(cmdpb.Status_SUCCESS, &cmdpb.DeleteVC{Vc: vc})
}

// tooFast is a rate in cells/s for which the link of a lab has no room.
const tooFast = 1<<24 - 1

// negotiable are the parameters of a call that accepts less than its rate, down to 1000 cells/s.
func (d *duo) negotiable(pcr uint32) *cmdpb.CallParameters {
	p := rate(to(d.bob, plainSAP), pcr)
	p.Minimum = &cmdpb.PeakRates{Forward: 1000, Backward: 1000}
	return p
}

// mayConnect takes what comes of an acceptance that has met the end of the call on the way.
func (d *duo) mayConnect(called uint64) {
	d.t.Helper()
	for answered, ended := false, false; !answered || !ended; {
		m, err := d.b.take()
		switch m := m.(type) {
		case *cmdpb.Reply:
			answered = m.GetStatus() == cmdpb.Status_SUCCESS
			if !answered {
				err = errors.New("a late answer is tolerated (3.3)")
			}
		case *cmdpb.CallConnected:
			if !answered || ended {
				err = errors.New("connected before it was accepted, or behind its end")
			}
		case *cmdpb.IncomingCloseCall:
			ended = true
		default:
			err = errors.Join(err, errors.New("what is this"))
		}
		if err != nil {
			d.t.Fatalf("at the called end: %T{%v}, %v", m, m, err)
		}
	}
	closeCall(d.b, called)
	d.deleted(called)
}

// abandoned takes what comes of a MakeCall that CloseCall has followed, and deletes the VC: the one is completed
// before the other, whichever way.
func (d *duo) abandoned(calling uint64) {
	d.t.Helper()
	var got []string
	for len(got) == 0 || got[len(got)-1] != "closed" {
		m, err := d.a.take()
		switch m := m.(type) {
		case *cmdpb.Reply:
			got = append(got, "pending")
			if m.GetStatus() != cmdpb.Status_PENDING {
				err = errors.New("CloseCall does not pend")
			}
		case *cmdpb.MakeCallComplete:
			got = append(got, m.GetStatus().String())
		case *cmdpb.CloseCallComplete:
			got = append(got, "closed")
		case *cmdpb.CallProgress:
		default:
			err = errors.Join(err, fmt.Errorf("%T{%v}", m, m))
		}
		if err != nil {
			d.t.Fatalf("at the calling end, behind %q: %v", got, err)
		}
	}
	if s := strings.Join(got, " "); s != "pending REQUEST_ABORTED closed" && s != "SUCCESS pending closed" {
		d.t.Fatalf("a MakeCall and its CloseCall come to %q", s)
	}
	d.a.must(cmdpb.Status_SUCCESS, &cmdpb.DeleteVC{Vc: calling})
}
