package api_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"

	"callmanager/api"
	"callmanager/api/cmdpb"
	"callmanager/signalling/cm"
	"callmanager/signalling/sim"
)

// holdings are what a client has: handles of each kind, and those that it had.
type holdings struct {
	sap, idle, call, offer, party, other uint64
	gone                                 []uint64
}

// all are those that name something.
func (o *holdings) all() []uint64 { return []uint64{o.sap, o.idle, o.call, o.offer, o.party, o.other} }

// vcs are those of VCs.
func (o *holdings) vcs() []uint64 { return []uint64{o.idle, o.call, o.offer} }

// startSink makes the peer accept every call and party, and calls the host when asked to.
func startSink(h *host) (call func()) {
	registered := make(chan struct{})
	sink := h.peer.NewClient("sink", func(c *sim.Client, ev cm.Event) {
		switch ev := ev.(type) {
		case cm.Reply:
			if ev.Handle != 0 {
				close(registered)
			}
		case cm.IncomingCall:
			c.Go(cm.IncomingCallComplete{Request: c.Number(), VC: ev.VC})
		case cm.IncomingCloseCall:
			c.Go(cm.CloseCall{Request: c.Number(), VC: ev.VC})
		}
	})
	sink.Do(cm.RegisterSAP{Request: sink.Number(), AnySelector: true})
	<-registered
	caller := h.peer.NewClient("caller", nil)
	return func() {
		caller.Do(cm.MakeCall{Request: caller.Number(), Called: "peer", UserUser: []byte("\x04not for everybody")})
	}
}

// acquire lets a client have one of everything.
func acquire(c *rawClient, call func()) *holdings {
	c.t.Helper()
	o := &holdings{sap: c.want(cmdpb.Status_SUCCESS, sapOf(&cmdpb.RegisterSAP{AnySelector: true})).GetHandle().GetHandle()}
	create := func() uint64 { return c.want(cmdpb.Status_SUCCESS, createVC()).GetHandle().GetHandle() }
	o.idle, o.call = create(), create()
	c.send(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_MakeCall{MakeCall: &cmdpb.MakeCall{
		Vc: o.call, Parameters: &cmdpb.CallParameters{Called: "peer", Multipoint: true},
	}}})
	o.party = c.await(func(m *cmdpb.ServerMessage) bool { return m.GetMakeCallComplete() != nil }).GetMakeCallComplete().GetParty()
	c.send(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_AddParty{AddParty: &cmdpb.AddParty{
		Vc: o.call, Parameters: &cmdpb.CallParameters{Called: "peer"},
	}}})
	o.other = c.await(func(m *cmdpb.ServerMessage) bool { return m.GetAddPartyComplete() != nil }).GetAddPartyComplete().GetParty()
	call()
	o.offer = c.await(func(m *cmdpb.ServerMessage) bool { return m.GetIncomingCall() != nil }).GetIncomingCall().GetVc()
	gone := create()
	c.want(cmdpb.Status_SUCCESS, &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_DeleteVc{DeleteVc: &cmdpb.DeleteVC{Vc: gone}}})
	sap := c.want(cmdpb.Status_SUCCESS, sapOf(&cmdpb.RegisterSAP{Selector: 9})).GetHandle().GetHandle()
	c.want(cmdpb.Status_SUCCESS, &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_DeregisterSap{DeregisterSap: &cmdpb.DeregisterSAP{Sap: sap}}})
	o.gone = []uint64{gone, sap}
	if slices.Contains(o.all(), 0) {
		c.t.Fatalf("the client has %+v", o)
	}
	return o
}

// await reads until a message comes that is awaited.
func (c *rawClient) await(wanted func(*cmdpb.ServerMessage) bool) *cmdpb.ServerMessage {
	c.t.Helper()
	for {
		m, fds := c.receive()
		closeAll(fds)
		if m == nil {
			c.t.Fatal("the connection has ended")
		}
		if wanted(m) {
			return m
		}
	}
}

// handleOps are the operations that name an object, each with its one handle set: all that the schema has.
func handleOps(h uint64) map[protoreflect.Name]*cmdpb.ClientMessage {
	ops := map[protoreflect.Name]*cmdpb.ClientMessage{}
	fields := new(cmdpb.ClientMessage).ProtoReflect().Descriptor().Oneofs().ByName("op").Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		m := new(cmdpb.ClientMessage)
		op := m.ProtoReflect().NewField(fd).Message()
		inner := op.Descriptor().Fields()
		for j := range inner.Len() {
			if f := inner.Get(j); f.Kind() == protoreflect.Fixed64Kind && !f.IsList() {
				op.Set(f, protoreflect.ValueOfUint64(h))
				m.ProtoReflect().Set(fd, protoreflect.ValueOfMessage(op))
				ops[fd.Name()] = m
			}
		}
	}
	ops["notify"].GetNotify().Indicator = []byte{0x80}
	return ops
}

// kindsOf are the operations that do not name a VC, and what they name.
var kindsOf = map[protoreflect.Name]func(*holdings) []uint64{
	"deregister_sap": func(o *holdings) []uint64 { return []uint64{o.sap} },
	"drop_party":     func(o *holdings) []uint64 { return []uint64{o.party, o.other} },
}

// ofAdmins are the operations by which an administrator acts on what is another's.
var ofAdmins = []protoreflect.Name{"admin_close", "admin_modify"}

// forAdmins are the operations by which an administrator may ask about what is another's.
var forAdmins = []protoreflect.Name{"get_call_information", "get_statistics"}

// TestOwnHandlesOnly has every operation that names an object name each that is not the caller's: another
// user's, another client's of the same user, and as an administrator; and what is of another kind, gone, or
// never was. All are refused, and nothing of what they name has changed.
func TestOwnHandlesOnly(t *testing.T) {
	const admins = 4242
	h := startHostWith(t, api.Config{}, admins)
	victim := h.openAs(t, 1000, 1000)
	has := acquire(victim, startSink(h))
	before := everything(h.open(t))
	if ops := handleOps(1); len(ops) < 13 {
		t.Fatalf("the schema has %d operations with handles: %v", len(ops), ops)
	}
	for name, c := range map[string]*rawClient{
		"another user": h.openAs(t, somebody, somebody), "another client of the user": h.openAs(t, 1000, 1000), "an administrator": h.openAs(t, 0, 0),
	} {
		admin := name == "an administrator"
		for _, handle := range has.all() {
			for op, m := range handleOps(handle) {
				switch {
				case admin && slices.Contains(ofAdmins, op):
					continue
				case admin && slices.Contains(forAdmins, op) && slices.Contains(has.vcs(), handle):
					c.want(cmdpb.Status_SUCCESS, proto.CloneOf(m))
					continue
				}
				c.wantOf(name, op, cmdpb.Status_NOT_PERMITTED, m)
			}
		}
		// What is nobody's: to administrators' operations others are not told even that.
		for _, handle := range append(has.gone, 1<<40|1, 4711) {
			for op, m := range handleOps(handle) {
				want := cmdpb.Status_FAILURE
				if !admin && slices.Contains(ofAdmins, op) {
					want = cmdpb.Status_NOT_PERMITTED
				}
				c.wantOf(name, op, want, m)
			}
		}
	}
	for _, handle := range append(has.all(), has.gone...) {
		for op, m := range handleOps(handle) {
			of := (*holdings).vcs
			if kindsOf[op] != nil {
				of = kindsOf[op]
			}
			switch {
			case slices.Contains(of(has), handle):
			case slices.Contains(ofAdmins, op):
				victim.wantOf("the owner", op, cmdpb.Status_NOT_PERMITTED, m)
			default:
				victim.wantOf("the owner", op, cmdpb.Status_FAILURE, m)
			}
		}
	}
	if diff := cmp.Diff(before, everything(h.open(t)), protocmp.Transform(), protocmp.IgnoreFields(&cmdpb.Call{}, "age_ms", "state")); diff != "" {
		t.Errorf("what there is has changed (-before +after):\n%s", diff)
	}
	victim.alive() // and has been told nothing
	victim.want(cmdpb.Status_PENDING, &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_DropParty{DropParty: &cmdpb.DropParty{Party: has.other}}})
	victim.await(func(m *cmdpb.ServerMessage) bool { return m.GetDropPartyComplete().GetParty() == has.other })
	h.openAs(t, somebody, somebody, admins).want(cmdpb.Status_SUCCESS, handleOps(has.call)["admin_close"])
	victim.await(func(m *cmdpb.ServerMessage) bool { return m.GetIncomingCloseCall().GetVc() == has.call })
}

// wantOf checks the status of an answer, and that it says why.
func (c *rawClient) wantOf(who string, op protoreflect.Name, s cmdpb.Status, m *cmdpb.ClientMessage) {
	c.t.Helper()
	m = proto.CloneOf(m)
	n := c.send(m)
	if r := c.reply(); r.GetRequest() != n || r.GetStatus() != s || r.GetDetail() == "" {
		c.t.Errorf("%s, %s: the answer to %v is %v, want %v", who, op, m, r, s)
	}
}

// everything are the rows of the lists of what clients have.
func everything(c *rawClient) (all []*cmdpb.ListResult) {
	c.t.Helper()
	for _, kind := range []cmdpb.ListKind{cmdpb.ListKind_VCS, cmdpb.ListKind_CALLS, cmdpb.ListKind_SAPS} {
		all = append(all, c.want(cmdpb.Status_SUCCESS, listOf(kind, "")).GetList())
	}
	return all
}

// TestListsDiscloseNoContents proves that lists tell everybody of every object, but not what its users tell
// each other.
func TestListsDiscloseNoContents(t *testing.T) {
	h := startHostWith(t, api.Config{}, 0)
	victim := h.openAs(t, 1000, 1000)
	call := startSink(h)
	has := acquire(victim, call)
	rows := everything(h.openAs(t, somebody, somebody))
	var seen []uint64
	for _, v := range rows[0].GetVcs() {
		seen = append(seen, v.GetHandle())
		if v.GetUid() != 1000 || len(v.GetParameters().GetUserUser()) != 0 {
			t.Errorf("a VC is shown as %v", v)
		}
	}
	if slices.Sort(seen); !slices.Equal(seen, slices.Sorted(slices.Values(has.vcs()))) {
		t.Errorf("the VCs %x are shown, want %x", seen, has.vcs())
	}
	if saps := rows[2].GetSaps(); len(saps) != 1 || saps[0].GetHandle() != has.sap {
		t.Errorf("the SAPs %v are shown", saps)
	}
}
