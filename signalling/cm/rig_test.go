package cm_test

import (
	"errors"
	"fmt"
	"testing"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/vc"
)

const (
	labLink   vc.LinkID = 1
	otherLink vc.LinkID = 2
	thirdLink vc.LinkID = 3
)

var (
	ownMAC   = [6]byte{2, 0, 0, 0, 0, 1}
	peerMAC  = [6]byte{2, 0, 0, 0, 0, 2}
	ownAddr  = vc.AddrFromMAC(ownMAC)
	peerAddr = vc.AddrFromMAC(peerMAC)
)

// tb is what the rig needs of *testing.T and *rapid.T.
type tb interface {
	Helper()
	Fatalf(format string, args ...any)
}

// told is an event with the descriptors that came with it.
type told struct {
	Event cm.Event
	Ports vc.Handle
}

// rig holds a machine between a null plane and scripted links. It checks with
// every effect what holds for all: replies and completions in order and once,
// descriptors where they belong, rings opened, ended and closed in order.
type rig struct {
	t       tb
	m       *cm.Machine
	number  uint64
	events  map[cm.ClientID][]told
	toLink  map[vc.LinkID][]primitive.Request
	rings   map[vc.Handle]*ringModel
	openErr error
	// owed are the requests that wait for a reply (false) or a completion
	// (true).
	owed    map[cm.ClientID]map[uint64]bool
	clients map[cm.ClientID]bool
}

type ringModel struct{ eof, kept bool }

func newRig(t tb) *rig { return newRigWith(t, cm.Config{Version: "test"}) }

func newRigWith(t tb, cfg cm.Config) *rig {
	r := &rig{
		t: t, m: cm.New(cfg), events: make(map[cm.ClientID][]told), toLink: make(map[vc.LinkID][]primitive.Request),
		rings: make(map[vc.Handle]*ringModel), owed: make(map[cm.ClientID]map[uint64]bool),
		clients: make(map[cm.ClientID]bool),
	}
	r.m.Link(cm.LinkInfo{
		ID: labLink, Name: "lab", Peer: peerMAC, Address: ownAddr, Capacity: 1e9, MaxSDU: 1492, Up: true,
	})
	r.m.Link(cm.LinkInfo{
		ID: otherLink, Name: "other", Peer: vc.MAC{2, 0, 0, 0, 0, 3}, Address: vc.AddrFromMAC([6]byte{2, 0, 0, 0, 0, 9}),
		Capacity: 1e8, MaxSDU: 9000, Up: true, Prefixes: []vc.Prefix{prefixOf(t, "47.0005")},
	})
	r.m.Link(cm.LinkInfo{
		ID: thirdLink, Name: "third", Peer: vc.MAC{2, 0, 0, 0, 0, 4},
		Capacity: 1e9, MaxSDU: 1492, Up: true, Prefixes: []vc.Prefix{prefixOf(t, "47.0006")},
	})
	return r
}

// prefixOf reads a prefix.
func prefixOf(t tb, s string) vc.Prefix {
	p, err := vc.ParsePrefix(s)
	if err != nil {
		t.Fatalf("prefix: %v", err)
	}
	return p
}

// attach adds a client with an open address family.
func (r *rig) attach(id cm.ClientID) {
	r.t.Helper()
	r.connect(id, cm.Credentials{PID: int32(id), UID: 1000})
	if got := r.ask(id, cm.OpenAF{Major: cm.MajorVersion, Minor: 2, Name: fmt.Sprint("client ", id)}); got.Status != cm.Success {
		r.t.Fatalf("OpenAF: %s %s", got.Status, got.Detail)
	}
}

// connect adds a client.
func (r *rig) connect(id cm.ClientID, cred cm.Credentials) {
	r.m.Attach(id, cred)
	r.clients[id] = true
	r.owed[id] = make(map[uint64]bool)
}

// detach removes a client.
func (r *rig) detach(id cm.ClientID) {
	r.clients[id] = false
	r.owed[id] = nil
	r.do(r.m.Detach(id))
	delete(r.events, id)
}

// send submits a request, with the next number, and leaves the answer to wait.
func (r *rig) send(id cm.ClientID, q cm.Request) uint64 {
	r.number++
	q = numbered(q, r.number)
	r.owed[id][r.number] = false
	r.do(r.m.Request(id, q))
	if done, ok := q.(cm.RingDone); ok && done.Keep {
		delete(r.owed[id], r.number) // answered only if it is refused
	}
	if _, ok := r.owed[id][r.number]; ok && !r.owed[id][r.number] {
		r.t.Fatalf("%T %d has no reply", q, r.number)
	}
	return r.number
}

// ask submits a request and returns the reply. Other events stay.
func (r *rig) ask(id cm.ClientID, q cm.Request) cm.Reply {
	r.t.Helper()
	n := r.send(id, q)
	for i, e := range r.events[id] {
		if reply, ok := e.Event.(cm.Reply); ok && reply.Request == n {
			r.events[id] = append(r.events[id][:i:i], r.events[id][i+1:]...)
			return reply
		}
	}
	r.t.Fatalf("%T has no reply", q)
	return cm.Reply{}
}

// numbered returns q with its number set.
func numbered(q cm.Request, n uint64) cm.Request {
	switch q := q.(type) {
	case cm.OpenAF:
		q.Request = n
		return q
	case cm.CloseAF:
		q.Request = n
		return q
	case cm.RegisterSAP:
		q.Request = n
		return q
	case cm.DeregisterSAP:
		q.Request = n
		return q
	case cm.CreateVC:
		q.Request = n
		return q
	case cm.DeleteVC:
		q.Request = n
		return q
	case cm.MakeCall:
		q.Request = n
		return q
	case cm.IncomingCallComplete:
		q.Request = n
		return q
	case cm.ModifyCallQoS:
		q.Request = n
		return q
	case cm.CloseCall:
		q.Request = n
		return q
	case cm.Alert:
		q.Request = n
		return q
	case cm.Notify:
		q.Request = n
		return q
	case cm.RingDone:
		q.Request = n
		return q
	case cm.NotifyCloseAFComplete:
		q.Request = n
		return q
	case cm.AddAddress:
		q.Request = n
		return q
	case cm.DeleteAddress:
		q.Request = n
		return q
	case cm.AdminClose:
		q.Request = n
		return q
	case cm.AdminModify:
		q.Request = n
		return q
	case cm.AddParty:
		q.Request = n
		return q
	case cm.DropParty:
		q.Request = n
		return q
	case cm.AddPVC:
		q.Request = n
		return q
	case cm.DeletePVC:
		q.Request = n
		return q
	}
	panic("unknown request")
}

// do performs effects and checks them.
func (r *rig) do(effects []cm.Effect) {
	var opened []cm.Effect
	for _, e := range effects {
		switch e.Kind {
		case cm.Deliver:
			r.deliver(e)
		case cm.ToLink:
			r.toLink[e.Link] = append(r.toLink[e.Link], e.Request)
		case cm.OpenVC:
			opened = append(opened, e)
		case cm.EndVC:
			g := r.rings[e.VC]
			if g == nil || g.eof {
				r.t.Fatalf("EndVC of %s: ring %+v", e.VC, g)
			}
			g.eof = true
		case cm.CloseVC:
			if g := r.rings[e.VC]; g == nil || !g.eof {
				r.t.Fatalf("CloseVC of %s: ring %+v", e.VC, g)
			}
			delete(r.rings, e.VC)
		case cm.KeepVC:
			if g := r.rings[e.VC]; g == nil || !g.eof || g.kept {
				r.t.Fatalf("KeepVC of %s: ring %+v", e.VC, g)
			}
			r.rings[e.VC].kept = true
		case cm.Fault:
			r.t.Fatalf("fault: %s", e.Text)
		case cm.Transition, cm.NewAddresses:
		}
	}
	for _, o := range opened {
		if o.Spec.SendBytes <= 0 || o.Spec.ReceiveBytes <= 0 || r.rings[o.VC] != nil && o.Spec.Kept != o.VC {
			r.t.Fatalf("OpenVC %s: %+v, open before: %v", o.VC, o.Spec, r.rings[o.VC] != nil)
		}
		if k := o.Spec.Kept; k != 0 {
			if g := r.rings[k]; g == nil || !g.kept {
				r.t.Fatalf("OpenVC %s with the rings of %s: ring %+v", o.VC, k, g)
			}
			delete(r.rings, k)
		}
		if r.openErr == nil {
			r.rings[o.VC] = &ringModel{}
		}
		r.do(r.m.VCOpened(o.VC, r.openErr))
	}
}

// deliver checks an event and keeps it.
func (r *rig) deliver(d cm.Effect) {
	if !r.clients[d.Client] {
		r.t.Fatalf("client %d is gone and told %+v", d.Client, d.Event)
	}
	wantPorts := vc.Handle(0)
	switch ev := d.Event.(type) {
	case cm.Reply:
		r.replied(d.Client, ev)
		if ev.Status == cm.Pending && d.VC != 0 {
			wantPorts = d.VC
		}
		if ev.Kept != 0 && d.VC != 0 {
			r.t.Fatalf("%+v came with kept rings and with descriptors", ev)
		}
	case cm.IncomingCall:
		if ev.Kept == 0 {
			wantPorts = ev.VC
		}
	case cm.MakeCallComplete:
		r.completed(d.Client, ev.Request, ev.Status)
		if ev.Status != cm.Success && r.rings[ev.VC] != nil && !r.rings[ev.VC].eof && ev.Status != cm.RequestAborted {
			r.t.Fatalf("failed MakeCall of %s leaves its ring open", ev.VC)
		}
	case cm.CloseCallComplete:
		r.completed(d.Client, ev.Request, ev.Status)
		if g := r.rings[ev.VC]; g != nil && !g.eof {
			r.t.Fatalf("CloseCall of %s is complete and its ring open", ev.VC)
		}
	case cm.ModifyCallQoSComplete:
		r.completed(d.Client, ev.Request, ev.Status)
	case cm.CloseAFComplete:
		r.completed(d.Client, ev.Request, ev.Status)
	case cm.AddPartyComplete:
		r.completed(d.Client, ev.Request, ev.Status)
		if (ev.Status == cm.Success) != (ev.Party != 0) {
			r.t.Fatalf("INV-27: AddPartyComplete %+v", ev)
		}
	case cm.DropPartyComplete:
		r.completed(d.Client, ev.Request, ev.Status)
	case cm.PVCComplete:
		r.completed(d.Client, ev.Request, ev.Status)
	case cm.IncomingCloseCall:
		if g := r.rings[ev.VC]; g != nil && !g.eof {
			r.t.Fatalf("INV-58: the ring of %s is open at IncomingCloseCall", ev.VC)
		}
	case cm.CallConnected, cm.IncomingDropParty, cm.IncomingCallQoSChange, cm.DeleteVCIndication, cm.RingsGone, cm.NotifyCloseAF, cm.StatusIndication, cm.Goodbye, cm.Notification, cm.CallProgress, cm.VCStatus:
	}
	if d.VC != wantPorts {
		r.t.Fatalf("%+v came with the descriptors of %s, want %s", d.Event, d.VC, wantPorts)
	}
	r.events[d.Client] = append(r.events[d.Client], told{d.Event, d.VC})
}

func (r *rig) replied(id cm.ClientID, ev cm.Reply) {
	pending, ok := r.owed[id][ev.Request]
	if ev.Request == 0 {
		return
	}
	if !ok || pending {
		r.t.Fatalf("client %d: a second reply to %d", id, ev.Request)
	}
	if ev.Status == cm.Pending {
		r.owed[id][ev.Request] = true
		return
	}
	delete(r.owed[id], ev.Request)
}

func (r *rig) completed(id cm.ClientID, n uint64, s cm.Status) {
	if s == cm.Pending {
		r.t.Fatalf("INV-26: a completion with PENDING")
	}
	if !r.owed[id][n] {
		r.t.Fatalf("client %d: a completion of %d that is not owed", id, n)
	}
	delete(r.owed[id], n)
}

// next takes the client's next event.
func next[E cm.Event](r *rig, id cm.ClientID) E {
	r.t.Helper()
	var none E
	if len(r.events[id]) == 0 {
		r.t.Fatalf("client %d has no event, want %T", id, none)
	}
	ev, ok := r.events[id][0].Event.(E)
	if !ok {
		r.t.Fatalf("client %d: event %+v, want %T", id, r.events[id][0].Event, none)
	}
	r.events[id] = r.events[id][1:]
	return ev
}

// quiet fails if client 1 has been told anything more.
func (r *rig) quiet() {
	r.t.Helper()
	if len(r.events[1]) > 0 {
		r.t.Fatalf("client 1 has events left: %+v", r.events[1])
	}
}

// asked takes the next request to a link.
func asked[Q primitive.Request](r *rig, link vc.LinkID) Q {
	r.t.Helper()
	var none Q
	if len(r.toLink[link]) == 0 {
		r.t.Fatalf("link %d was asked nothing, want %T", link, none)
	}
	q, ok := r.toLink[link][0].(Q)
	if !ok {
		r.t.Fatalf("link %d was asked %+v, want %T", link, r.toLink[link][0], none)
	}
	r.toLink[link] = r.toLink[link][1:]
	return q
}

// indicate lets a link speak.
func (r *rig) indicate(link vc.LinkID, ind primitive.Indication) { r.do(r.m.Indicate(link, ind)) }

// create makes a VC.
func (r *rig) create(id cm.ClientID) vc.Handle {
	r.t.Helper()
	reply := r.ask(id, cm.CreateVC{})
	if reply.Status != cm.Success || reply.Handle == 0 {
		r.t.Fatalf("CreateVC: %+v", reply)
	}
	return reply.Handle
}

// call makes a call to the peer that waits for its completion.
func (r *rig) call(id cm.ClientID) (vc.Handle, primitive.CallID) {
	r.t.Helper()
	h := r.create(id)
	if got := r.ask(id, cm.MakeCall{VC: h, Called: peerAddr.String()}); got.Status != cm.Pending {
		r.t.Fatalf("MakeCall: %+v", got)
	}
	return h, asked[primitive.SetupReq](r, labLink).Call
}

// connected makes a call that is connected.
func (r *rig) connected(id cm.ClientID) (vc.Handle, primitive.CallID) {
	r.t.Helper()
	h, call := r.call(id)
	r.indicate(labLink, primitive.ConnectInd{Call: call, ID: vc.ID{Link: labLink, VCI: 32}, Params: primitive.Params{Called: peerAddr}})
	if got := next[cm.MakeCallComplete](r, id); got.Status != cm.Success {
		r.t.Fatalf("MakeCall: %+v", got)
	}
	return h, call
}

// incomingParams are those of a call to own address with a selector.
func incomingParams(sel byte) primitive.Params {
	flow := vc.Flow{PCR: 1000, MaxSDU: 1492}
	return primitive.Params{
		Called: ownAddr.WithSelector(sel), Calling: peerAddr,
		Contract: vc.Contract{Category: vc.UBR, Forward: flow, Backward: flow},
	}
}

// register makes a SAP for a selector.
func (r *rig) register(id cm.ClientID, sel byte) vc.Handle {
	r.t.Helper()
	reply := r.ask(id, cm.RegisterSAP{Selector: sel})
	if reply.Status != cm.Success {
		r.t.Fatalf("RegisterSAP: %+v", reply)
	}
	return reply.Handle
}

// offer lets a call come in for selector 7, that of client 1, and returns the
// VC offered.
func (r *rig) offer(n int) (vc.Handle, primitive.CallID) {
	r.t.Helper()
	call := primitive.IncomingCall | primitive.CallID(n)
	r.indicate(labLink, primitive.SetupInd{Call: call, ID: vc.ID{Link: labLink, VCI: vc.VCI(31 + n)}, Params: incomingParams(7)})
	return next[cm.IncomingCall](r, 1).VC, call
}

// empty detaches everybody, ends what is left on the links and looks for leaks.
func (r *rig) empty() {
	r.t.Helper()
	for id, on := range r.clients {
		if on {
			r.detach(id)
		}
	}
	for link, qs := range r.toLink {
		for _, q := range qs {
			switch q := q.(type) {
			case primitive.RejectReq:
				r.indicate(link, primitive.ReleaseConf{Call: q.Call, Cause: q.Cause})
			case primitive.ReleaseReq:
				r.indicate(link, primitive.ReleaseConf{Call: q.Call, Cause: q.Cause})
			case primitive.RejectPartyReq:
				r.indicate(link, primitive.DropPartyConf{Call: q.Call, Party: q.Party, Cause: q.Cause})
				r.indicate(link, primitive.ReleaseConf{Call: q.Call, Cause: q.Cause})
			case primitive.DropPartyReq:
				r.indicate(link, primitive.DropPartyConf{Call: q.Call, Party: q.Party, Cause: q.Cause})
				r.indicate(link, primitive.ReleaseInd{Call: q.Call, Cause: q.Cause})
			case primitive.AcceptPartyReq, primitive.AddPartyReq:
			case primitive.AddPVCReq, primitive.DeletePVCReq, primitive.OpenPVCReq:
			case primitive.SetupReq, primitive.AcceptReq, primitive.AlertReq, primitive.ModifyReq, primitive.NotifyReq:
			}
		}
	}
	r.leaks()
}

func (r *rig) leaks() {
	r.t.Helper()
	if left := r.m.Leaks(); len(left) > 0 {
		r.t.Fatalf("left over: %v, %+v", left, r.m.Counts())
	}
	if len(r.rings) > 0 {
		r.t.Fatalf("rings left open: %d", len(r.rings))
	}
}

var errPlane = errors.New("no memory")

// start returns a rig with client 1, which has a SAP for selector 7.
func start(t *testing.T) *rig {
	t.Helper()
	r := newRig(t)
	r.attach(1)
	r.register(1, 7)
	t.Cleanup(func() {
		if !t.Failed() {
			r.empty()
		}
	})
	return r
}
