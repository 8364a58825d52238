package e2e_test

import (
	"fmt"
	"testing"

	"callmanager/api/cmdpb"
	rings "callmanager/datapath/ring"
	"callmanager/lab"
)

// duo is a client at each of two hosts. Client b has a SAP for each selector that it is called by.
type duo struct {
	t          *testing.T
	alice, bob *lab.Host
	a, b       *agent
	others     []*agent
	saps       map[uint32]uint64
}

// newDuo makes the two clients, until the end of the test.
func newDuo(t *testing.T, alice, bob *lab.Host) *duo {
	t.Helper()
	return &duo{t: t, alice: alice, bob: bob, a: enter(t, alice), b: enter(t, bob), saps: make(map[uint32]uint64)}
}

// third connects a third client, at alice's.
func (d *duo) third() *agent {
	d.t.Helper()
	return d.with(enter(d.t, d.alice))
}

// with has leave close an agent, too.
func (d *duo) with(a *agent) *agent {
	d.others = append(d.others, a)
	return a
}

// leave checks that nothing is to come, and ends all connections.
func (d *duo) leave() {
	d.t.Helper()
	quiet(d.a, d.b)
	for _, a := range append(d.others, d.a, d.b) {
		a.close()
	}
}

// Selectors of the SAPs of a duo.
const (
	plainSAP = 7
	leafSAP  = 0x20 // and those above
)

// listen has b be called by a selector.
func (d *duo) listen(selector uint32) {
	d.t.Helper()
	if d.saps[selector] == 0 {
		d.saps[selector] = d.b.register(selector)
	}
}

// offer calls b on a new VC and takes the offer.
func (d *duo) offer(p *cmdpb.CallParameters) (calling uint64, o *cmdpb.IncomingCall) {
	d.t.Helper()
	calling = d.a.create()
	return calling, d.offerOn(calling, p)
}

// offerOn calls b on a VC of a's and takes the offer. Nil parameters are the usual ones.
func (d *duo) offerOn(calling uint64, p *cmdpb.CallParameters) *cmdpb.IncomingCall {
	d.t.Helper()
	if p == nil {
		p = to(d.bob, plainSAP)
	}
	d.listen(p.GetCalledSelector())
	d.a.must(cmdpb.Status_PENDING, &cmdpb.MakeCall{Vc: calling, Parameters: p})
	return event[*cmdpb.IncomingCall](d.b)
}

// connect makes a call. The rings of its two ends are those of the descriptors that have come.
func (d *duo) connect(p *cmdpb.CallParameters) (calling, called uint64) {
	d.t.Helper()
	calling, o := d.offer(p)
	d.accepted(o.GetVc())
	return calling, o.GetVc()
}

// accepted accepts an offer and takes the completions at both ends.
func (d *duo) accepted(called uint64) *cmdpb.MakeCallComplete {
	d.t.Helper()
	d.b.must(cmdpb.Status_SUCCESS, accept(called))
	event[*cmdpb.CallConnected](d.b)
	done := event[*cmdpb.MakeCallComplete](d.a)
	if done.GetStatus() != cmdpb.Status_SUCCESS {
		d.t.Fatalf("MakeCall: %v", done)
	}
	return done
}

// carrying makes a call and opens its rings.
func (d *duo) carrying(p *cmdpb.CallParameters) (calling, called uint64, near, far *rings.Endpoint) {
	d.t.Helper()
	calling, o := d.offer(p)
	near, far = d.a.rings(d.t), d.b.rings(d.t)
	d.accepted(o.GetVc())
	return calling, o.GetVc(), near, far
}

// closeCall closes a call of an agent's that the other end has not closed, and takes the completion.
func closeCall(a *agent, vc uint64) *cmdpb.CloseCallComplete {
	a.tb.Helper()
	a.must(cmdpb.Status_PENDING, &cmdpb.CloseCall{Vc: vc})
	done := event[*cmdpb.CloseCallComplete](a)
	if done.GetVc() != vc || done.GetStatus() != cmdpb.Status_SUCCESS {
		a.tb.Fatalf("CloseCall: %v", done)
	}
	return done
}

// closed takes the end of a call at the called end, and gives its VC back.
func (d *duo) closed(called uint64) *cmdpb.IncomingCloseCall {
	d.t.Helper()
	ind := event[*cmdpb.IncomingCloseCall](d.b)
	if ind.GetVc() != called {
		d.t.Fatalf("VC %#x, want the end of %#x", ind.GetVc(), called)
	}
	closeCall(d.b, called)
	d.deleted(called)
	return ind
}

// deleted takes the deletion of a VC that the daemon made for b.
func (d *duo) deleted(called uint64) {
	d.t.Helper()
	if ind := event[*cmdpb.DeleteVCIndication](d.b); ind.GetVc() != called {
		d.t.Fatalf("VC %#x is deleted, want %#x", ind.GetVc(), called)
	}
}

// over ends a call from the calling side, and gives both VCs back.
func (d *duo) over(calling, called uint64) {
	d.t.Helper()
	closeCall(d.a, calling)
	d.closed(called)
	d.a.must(cmdpb.Status_SUCCESS, &cmdpb.DeleteVC{Vc: calling})
}

// multipoint are the parameters of a point-to-multipoint call, whose leaves have selectors from leafSAP on.
func (d *duo) multipoint() *cmdpb.CallParameters {
	p := to(d.bob, leafSAP)
	p.Multipoint = true
	return p
}

// root makes a call with parties, all of them b's.
func (d *duo) root(parties int) (calling uint64, handles, leaves []uint64) {
	d.t.Helper()
	calling, o := d.offer(d.multipoint())
	handles = append(handles, d.accepted(o.GetVc()).GetParty())
	leaves = append(leaves, o.GetVc())
	for i := 1; i < parties; i++ {
		leaf := d.adding(calling, leafSAP+uint32(i))
		done := d.joined(leaf)
		handles, leaves = append(handles, done.GetParty()), append(leaves, leaf)
	}
	return calling, handles, leaves
}

// adding asks for a party and takes the offer to the leaf.
func (d *duo) adding(calling uint64, selector uint32) (leaf uint64) {
	d.t.Helper()
	d.listen(selector)
	d.a.must(cmdpb.Status_PENDING, &cmdpb.AddParty{Vc: calling, Parameters: to(d.bob, selector)})
	return event[*cmdpb.IncomingCall](d.b).GetVc()
}

// joined has a leaf accept and takes the completions.
func (d *duo) joined(leaf uint64) *cmdpb.AddPartyComplete {
	d.t.Helper()
	d.b.must(cmdpb.Status_SUCCESS, accept(leaf))
	event[*cmdpb.CallConnected](d.b)
	done := event[*cmdpb.AddPartyComplete](d.a)
	if done.GetStatus() != cmdpb.Status_SUCCESS || done.GetParty() == 0 {
		d.t.Fatalf("AddParty: %v", done)
	}
	return done
}

// put puts an SDU into a ring.
func put(t *testing.T, e *rings.Endpoint, text string) {
	t.Helper()
	if err := e.Send(t.Context(), rings.Record{Payload: []byte(text)}); err != nil {
		t.Fatalf("put %q: %v", text, err)
	}
}

// get waits for the next SDU of a ring.
func get(t *testing.T, e *rings.Endpoint, want string) {
	t.Helper()
	buf := make([]byte, 9000)
	n, _, err := e.Receive(t.Context(), buf)
	if err != nil || string(buf[:n]) != want {
		t.Fatalf("received %q, %v; want %q", buf[:n], err, want)
	}
}

// vcRow returns the row of an agent's VC, nil if there is none.
func vcRow(a *agent, vc uint64) *cmdpb.VC {
	a.tb.Helper()
	list := a.must(cmdpb.Status_SUCCESS, &cmdpb.List{Kind: cmdpb.ListKind_VCS}).GetList()
	for _, r := range list.GetVcs() {
		if r.GetHandle() == vc {
			return r
		}
	}
	return nil
}

// wantState checks the states of a VC and its call.
func wantState(a *agent, vc uint64, state, call string) {
	a.tb.Helper()
	if r := vcRow(a, vc); r.GetState() != state || r.GetCallState() != call {
		a.tb.Fatalf("VC %#x is %q with a call %q, want %q and %q", vc, r.GetState(), r.GetCallState(), state, call)
	}
}

// onlyLink returns the row of the one link of an agent's host.
func onlyLink(a *agent) *cmdpb.Link {
	a.tb.Helper()
	links := a.must(cmdpb.Status_SUCCESS, &cmdpb.List{Kind: cmdpb.ListKind_LINKS}).GetList().GetLinks()
	if len(links) != 1 {
		a.tb.Fatalf("%d links", len(links))
	}
	return links[0]
}

// signalled counts the messages that a host has sent.
func signalled(a *agent) (n uint64) {
	a.tb.Helper()
	for _, c := range onlyLink(a).GetCounters() {
		var name string
		if _, err := fmt.Sscanf(c.GetName(), "messages_out_%s", &name); err == nil {
			n += c.GetValue()
		}
	}
	return n
}

// rate is a CBR contract of a rate in cells/s both ways.
func rate(p *cmdpb.CallParameters, pcr uint32) *cmdpb.CallParameters {
	p.Contract = constant(pcr)
	return p
}

// slow is a call whose sender takes a second for an SDU of 48 octets or less: what is put into its ring keeps its
// close waiting.
func (d *duo) slow() *cmdpb.CallParameters { return rate(to(d.bob, plainSAP), 1) }

// lingering is a call on which a has sent a minute's worth of SDUs and then CloseCall, which waits for them.
func (d *duo) lingering() (calling, called uint64) {
	d.t.Helper()
	calling, called, near, _ := d.carrying(d.slow())
	for range 60 {
		put(d.t, near, "wait")
	}
	d.a.must(cmdpb.Status_PENDING, &cmdpb.CloseCall{Vc: calling})
	return calling, called
}

// hasten has b end a lingering call, and takes the completions.
func (d *duo) hasten(called uint64) {
	d.t.Helper()
	closeCall(d.b, called)
	d.deleted(called)
	event[*cmdpb.CloseCallComplete](d.a)
}
