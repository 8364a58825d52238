package api_test

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"callmanager/api"
	"callmanager/api/cmdpb"
	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/sim"
	"callmanager/vc"
	"callmanager/vc/flowspec"
)

// What came with version 1.3 of the protocol.

func notifyDone(s cmdpb.Status) *cmdpb.ClientMessage {
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_NotifyCloseAfComplete{NotifyCloseAfComplete: &cmdpb.NotifyCloseAFComplete{Status: s}}}
}

func addAddress(a string) *cmdpb.ClientMessage {
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_AddAddress{AddAddress: &cmdpb.AddAddress{Address: a}}}
}

func deleteAddress(a string) *cmdpb.ClientMessage {
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_DeleteAddress{DeleteAddress: &cmdpb.DeleteAddress{Address: a}}}
}

func getAddresses() *cmdpb.ClientMessage {
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_GetAddresses{GetAddresses: &cmdpb.GetAddresses{}}}
}

func getCallInformation(h uint64) *cmdpb.ClientMessage {
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_GetCallInformation{GetCallInformation: &cmdpb.GetCallInformation{Vc: h}}}
}

func getStatistics(h uint64, link string) *cmdpb.ClientMessage {
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_GetStatistics{GetStatistics: &cmdpb.GetStatistics{Vc: h, Link: link}}}
}

// guaranteed is a FLOWSPEC of a constant rate in SDUs of a size.
func guaranteed(rate, size uint32) *cmdpb.FlowSpec {
	const none = 1<<32 - 1
	return &cmdpb.FlowSpec{
		TokenRate: rate, ServiceType: cmdpb.ServiceType_GUARANTEED, MaxSduSize: size, PeakBandwidth: none, TokenBucketSize: none,
		Latency: none, DelayVariation: none, MinimumPolicedSize: none,
	}
}

// modelGuaranteed is the same to the call manager.
func modelGuaranteed(rate, size uint32) *flowspec.Spec {
	const none = flowspec.NotSpecified
	return &flowspec.Spec{
		TokenRate: rate, Service: flowspec.Guaranteed, MaxSDUSize: size, PeakBandwidth: none, TokenBucketSize: none,
		Latency: none, DelayVariation: none, MinimumPolicedSize: none,
	}
}

// modifyOf is a modification.
func modifyOf(p *cmdpb.CallParameters) *cmdpb.ClientMessage {
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_ModifyCallQos{ModifyCallQos: &cmdpb.ModifyCallQoS{Vc: 7, Parameters: p}}}
}

// TestDecodeModel translates the operations that came with version 1.3.
func TestDecodeModel(t *testing.T) {
	for name, tc := range map[string]struct {
		sent *cmdpb.ClientMessage
		want cm.Request
	}{
		"NotifyCloseAFComplete": {notifyDone(cmdpb.Status_FAILURE), cm.NotifyCloseAFComplete{Request: 5, Status: cm.Failure}},
		"AddAddress":            {addAddress("no address"), cm.AddAddress{Request: 5, Address: "no address"}},
		"DeleteAddress":         {deleteAddress("+1"), cm.DeleteAddress{Request: 5, Address: "+1"}},
		"MakeCall with FLOWSPECs": {
			callOf(&cmdpb.CallParameters{Transmit: guaranteed(4000, 40), Rounding: cmdpb.Rounding_ROUND_UP}),
			cm.MakeCall{Request: 5, Flowspec: true, Contract: vc.Contract{Category: vc.CBR, Forward: vc.Flow{PCR: 100, MaxSDU: 40}}},
		},
		"MakeCall rounded down": {
			callOf(&cmdpb.CallParameters{Receive: guaranteed(4010, 40), Rounding: cmdpb.Rounding_ROUND_DOWN}),
			cm.MakeCall{Request: 5, Flowspec: true, Rounded: true, Contract: vc.Contract{Category: vc.CBR, Backward: vc.Flow{PCR: 100, MaxSDU: 40}}},
		},
		"ModifyCallQoS with FLOWSPECs": {
			modifyOf(&cmdpb.CallParameters{
				Transmit: guaranteed(4010, 40), Rounding: cmdpb.Rounding_ROUND_DOWN, Minimum: &cmdpb.PeakRates{Forward: 21, Backward: 22}, Alternative: wireContract(),
			}),
			cm.ModifyCallQoS{Request: 5, VC: 7, Fallback: modelFallback(), Flowspecs: &flowspec.Change{Transmit: modelGuaranteed(4010, 40), Rounding: flowspec.RoundDown}},
		},
		"AdminModify with FLOWSPECs": {
			adminModifyOf(&cmdpb.CallParameters{Transmit: guaranteed(1, 2), Receive: &cmdpb.FlowSpec{}, Rounding: cmdpb.Rounding_ROUND_UP}),
			cm.AdminModify{Request: 5, VC: 7, Flowspecs: &flowspec.Change{Transmit: modelGuaranteed(1, 2), Receive: &flowspec.Spec{}}},
		},
		"IncomingCallComplete with FLOWSPECs": {
			answerOf(&cmdpb.IncomingCallComplete{Vc: 7, Parameters: &cmdpb.CallParameters{Changed: true, Receive: guaranteed(3, 4)}}),
			cm.IncomingCallComplete{Request: 5, VC: 7, Changed: true, Flowspecs: &flowspec.Change{Receive: modelGuaranteed(3, 4)}},
		},
		"IncomingCallComplete with FLOWSPECs and nothing changed": {
			answerOf(&cmdpb.IncomingCallComplete{Vc: 7, Parameters: &cmdpb.CallParameters{Receive: guaranteed(3, 4)}}),
			cm.IncomingCallComplete{Request: 5, VC: 7},
		},
	} {
		tc.sent.Request = 5
		got, err := api.DecodeRequest(tc.sent)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(tc.want, got, compare); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestEncodeModel translates the events that came with version 1.3.
func TestEncodeModel(t *testing.T) {
	for name, tc := range map[string]struct {
		event cm.Event
		want  *cmdpb.ServerMessage
	}{
		"NotifyCloseAF": {
			cm.NotifyCloseAF{Reason: "r\xff", Timeout: 2500 * time.Millisecond, Linger: time.Second, Cause: modelCause()},
			&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_NotifyCloseAf{NotifyCloseAf: &cmdpb.NotifyCloseAF{
				Reason: "r\uFFFD", TimeoutMs: 2500, LingerMs: 1000, Cause: wireCause(),
			}}},
		},
		"StatusIndication": {
			cm.StatusIndication{Kind: cm.ResetEnd, Link: "lab", Up: true, Resetting: true, Detail: "d"},
			&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_StatusIndication{StatusIndication: &cmdpb.StatusIndication{
				Kind: cmdpb.StatusKind_RESET_END, Link: "lab", Up: true, Resetting: true, Detail: "d",
			}}},
		},
		"ADDRESS_CHANGE": {
			cm.StatusIndication{Kind: cm.AddressChange, Addresses: []vc.Addr{aesa}},
			&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_StatusIndication{StatusIndication: &cmdpb.StatusIndication{
				Kind: cmdpb.StatusKind_ADDRESS_CHANGE, Addresses: []string{aesa.String()},
			}}},
		},
	} {
		if diff := cmp.Diff(tc.want, api.EncodeEvent(tc.event), protocmp.Transform()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	many := make([]cm.OwnAddress, 4000)
	for i := range many {
		many[i] = cm.OwnAddress{Address: aesa, Links: slices.Repeat([]string{"a link with a long name"}, 50)}
	}
	if r := api.EncodeOwnAddresses(many); proto.Size(r) > api.PageOctets || len(r.GetAddresses()) == 0 {
		t.Errorf("%d addresses in %d octets", len(r.GetAddresses()), proto.Size(r))
	}
}

// inspector is a client of version 1.3 with a connected call, and the caller's handle of it.
func (h *host) inspector(t *testing.T) (c *rawClient, handle uint64) {
	t.Helper()
	registered := make(chan struct{})
	callee := h.peer.NewClient("callee", func(c *sim.Client, ev cm.Event) {
		switch ev := ev.(type) {
		case cm.Reply:
			if ev.Handle != 0 {
				close(registered)
			}
		case cm.IncomingCall:
			c.Go(cm.IncomingCallComplete{Request: c.Number(), VC: ev.VC})
		}
	})
	callee.Do(cm.RegisterSAP{Request: callee.Number(), AnySelector: true})
	<-registered
	c = h.openMinor(t, cmdpb.ModelMinor)
	if m, _ := c.receive(); m.GetStatusIndication().GetKind() != cmdpb.StatusKind_ADDRESS_CHANGE {
		t.Fatalf("after OpenAF: %v", m)
	}
	c.send(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_MakeCall{MakeCall: &cmdpb.MakeCall{Parameters: &cmdpb.CallParameters{
		Called: "peer", Transmit: guaranteed(4010, 40), Rounding: cmdpb.Rounding_ROUND_DOWN,
	}}}})
	ms, _ := c.receiveAll(2)
	done := ms[1].GetMakeCallComplete()
	if done.GetStatus() != cmdpb.Status_SUCCESS {
		t.Fatalf("MakeCall: %v", ms)
	}
	if p := done.GetParameters(); !p.GetChanged() || p.GetTransmit().GetTokenRate() != 4000 || p.GetContract().GetForward().GetPcr() != 100 ||
		p.GetContract().GetBackward().GetPcr() != 0 || p.GetReceive().GetServiceType() != cmdpb.ServiceType_NOTRAFFIC {
		t.Errorf("in force: %v", p)
	}
	return c, done.GetVc()
}

// TestEncodeFlowspecs: what carries parameters has them in the model's units as well if that is known, from the
// point of view of the end that is told; a call without a contract has none.
func TestEncodeFlowspecs(t *testing.T) {
	p := primitive.Params{Contract: vc.Contract{Category: vc.CBR, Forward: vc.Flow{PCR: 100, MaxSDU: 40}}}
	used, unused := guaranteed(4000, 40), &cmdpb.FlowSpec{
		TokenRate: 1<<32 - 1, PeakBandwidth: 1<<32 - 1, TokenBucketSize: 1<<32 - 1, Latency: 1<<32 - 1, DelayVariation: 1<<32 - 1,
		MaxSduSize: 1<<32 - 1, MinimumPolicedSize: 1<<32 - 1,
	}
	used.PeakBandwidth = 4000
	made := func(e cm.Event) *cmdpb.CallParameters {
		return api.EncodeEvent(e).GetMakeCallComplete().GetParameters()
	}
	modified := func(e cm.Event) *cmdpb.CallParameters {
		return api.EncodeEvent(e).GetModifyCallQosComplete().GetParameters()
	}
	told := func(e cm.Event) *cmdpb.CallParameters {
		return api.EncodeEvent(e).GetIncomingCallQosChange().GetParameters()
	}
	offered := func(e cm.Event) *cmdpb.CallParameters { return api.EncodeEvent(e).GetIncomingCall().GetParameters() }
	for name, row := range map[string]struct {
		got               *cmdpb.CallParameters
		transmit, receive *cmdpb.FlowSpec
		changed           bool
	}{
		"MakeCallComplete":                    {made(cm.MakeCallComplete{Flowspec: true, Changed: true, Parameters: p}), used, unused, true},
		"MakeCallComplete by a contract":      {made(cm.MakeCallComplete{Parameters: p}), nil, nil, false},
		"MakeCallComplete of nothing":         {made(cm.MakeCallComplete{Flowspec: true}), nil, nil, false},
		"ModifyCallQoSComplete":               {modified(cm.ModifyCallQoSComplete{Flowspec: true, Changed: true, Parameters: p}), used, unused, true},
		"ModifyCallQoSComplete of the called": {modified(cm.ModifyCallQoSComplete{Flowspec: true, Incoming: true, Parameters: p}), unused, used, false},
		"ModifyCallQoSComplete by a contract": {modified(cm.ModifyCallQoSComplete{Parameters: p}), nil, nil, false},
		"IncomingCallQoSChange":               {told(cm.IncomingCallQoSChange{Flowspec: true, Incoming: true, Parameters: p}), unused, used, true},
		"IncomingCallQoSChange of the caller": {told(cm.IncomingCallQoSChange{Flowspec: true, Parameters: p}), used, unused, true},
		"IncomingCallQoSChange before 1.3":    {told(cm.IncomingCallQoSChange{Incoming: true, Parameters: p}), nil, nil, true},
		"IncomingCall":                        {offered(cm.IncomingCall{Flowspec: true, Parameters: p}), unused, used, false},
		"IncomingCall before 1.3":             {offered(cm.IncomingCall{Parameters: p}), nil, nil, false},
	} {
		if !proto.Equal(row.got.GetTransmit(), row.transmit) || !proto.Equal(row.got.GetReceive(), row.receive) || row.got.GetChanged() != row.changed {
			t.Errorf("%s: %v", name, row.got)
		}
	}
}

// TestInspect asks about addresses, one VC, one link and the sums, and about what is not there.
func TestInspect(t *testing.T) {
	h := startHostWith(t, api.Config{}, 1<<31) // nobody but root is an administrator
	c, handle := h.inspector(t)
	own := c.want(cmdpb.Status_SUCCESS, getAddresses()).GetAddresses().GetAddresses()
	if len(own) != 1 || own[0].GetAddress() != aesa.String() || !slices.Equal(own[0].GetLinks(), []string{"a"}) {
		t.Errorf("addresses %v", own)
	}
	info := c.want(cmdpb.Status_SUCCESS, getCallInformation(handle)).GetCallInformation()
	if v := info.GetVc(); v.GetHandle() != handle || v.GetState() != "active" || v.GetCallState() != "connected" || v.GetLink() != "a" || v.GetVci() < 32 {
		t.Errorf("VC %v", v)
	}
	if calls := info.GetCalls(); len(calls) != 1 || calls[0].GetVc() != handle || calls[0].GetState() == "" || calls[0].GetCallReference() == 0 || !calls[0].GetOurs() {
		t.Errorf("calls %v", calls)
	}
	if info.GetTransmit().GetTokenRate() != 4000 || info.GetReceive().GetServiceType() != cmdpb.ServiceType_NOTRAFFIC || info.GetParties() != 0 {
		t.Errorf("information %v", info)
	}
	link := c.want(cmdpb.Status_SUCCESS, getStatistics(0, "a")).GetStatistics()
	if len(link.GetCounters()) == 0 || link.GetVcs() != 0 {
		t.Errorf("link: %v", link)
	}
	one := c.want(cmdpb.Status_SUCCESS, getStatistics(handle, "")).GetStatistics()
	all := c.want(cmdpb.Status_SUCCESS, getStatistics(0, "")).GetStatistics()
	if len(one.GetCounters()) == 0 || one.GetVcs() != 1 || all.GetVcs() != 1 || len(all.GetCounters()) != len(one.GetCounters()) {
		t.Errorf("VC: %v, all: %v", one, all)
	}
	idle := c.want(cmdpb.Status_SUCCESS, createVC()).GetHandle().GetHandle()
	if r := c.want(cmdpb.Status_SUCCESS, getCallInformation(idle)).GetCallInformation(); r.GetVc().GetCallState() != "idle" || r.GetTransmit() != nil || r.GetConnectedMs() != 0 {
		t.Errorf("a VC without a call: %v", r)
	}
	if r := c.want(cmdpb.Status_SUCCESS, getStatistics(idle, "")).GetStatistics(); len(r.GetCounters()) != len(one.GetCounters()) {
		t.Errorf("a VC without a call: %v", r)
	}
	sap := c.want(cmdpb.Status_SUCCESS, sapOf(&cmdpb.RegisterSAP{})).GetHandle().GetHandle()
	for _, row := range []struct {
		name string
		q    *cmdpb.ClientMessage
		want cmdpb.Status
	}{
		{"no VC", getCallInformation(0), cmdpb.Status_FAILURE},
		{"a handle that was never given out", getCallInformation(1<<32 | 77), cmdpb.Status_FAILURE},
		{"a SAP", getCallInformation(sap), cmdpb.Status_FAILURE},
		{"statistics of no VC", getStatistics(77, ""), cmdpb.Status_FAILURE},
		{"statistics of no link", getStatistics(0, "nowhere"), cmdpb.Status_INVALID_DATA},
		{"statistics of both", getStatistics(handle, "a"), cmdpb.Status_INVALID_DATA},
	} {
		t.Run(row.name, func(*testing.T) { c.want(row.want, row.q) })
	}
	stranger := h.openMinor(t, cmdpb.ModelMinor)
	stranger.receive()
	want := cmdpb.Status_NOT_PERMITTED
	if os.Geteuid() == 0 { // who may ask about any
		want = cmdpb.Status_SUCCESS
	}
	stranger.want(want, getCallInformation(handle))
	stranger.want(want, getStatistics(handle, ""))
}

// TestStatusCoalesced: of what a client does not read it gets the latest for each link, and none
// is lost without being counted. Its connection stands.
func TestStatusCoalesced(t *testing.T) {
	h := startHost(t)
	c := h.openMinor(t, cmdpb.ModelMinor)
	c.receive() // ADDRESS_CHANGE
	const rounds, links = 20_000, 3
	for i := range rounds {
		for l := range links {
			kind := cm.SignalingEnabled
			if i%2 == 1 {
				kind = cm.SignalingDisabled
			}
			h.server.Deliver(cm.StatusIndication{Kind: kind, Link: fmt.Sprint("link", l), Up: i%2 == 0})
		}
		h.server.Deliver(cm.StatusIndication{Kind: cm.AddressChange, Addresses: []vc.Addr{aesa.WithSelector(byte(i))}})
	}
	n := c.send(getStatus())
	seen := map[string]uint32{}
	last := map[string]*cmdpb.StatusIndication{}
	messages := 0
	for over := false; !over; {
		ms, _ := c.receiveAll(1)
		for _, m := range ms {
			if m.GetReply().GetRequest() == n {
				over = true
				continue
			}
			s := m.GetStatusIndication()
			if s == nil {
				t.Fatalf("got %v", m)
			}
			messages++
			seen[s.GetLink()] += 1 + s.GetCoalesced()
			last[s.GetLink()] = s
		}
	}
	if len(seen) != links+1 || messages == rounds*(links+1) {
		t.Errorf("%d messages tell of %v", messages, seen)
	}
	for link, count := range seen {
		if count != rounds {
			t.Errorf("%q: %d indications are told or counted, of %d", link, count, rounds)
		}
		want := cmdpb.StatusKind_SIGNALING_DISABLED
		if link == "" {
			want = cmdpb.StatusKind_ADDRESS_CHANGE
		}
		if s := last[link]; s.GetKind() != want || s.GetUp() {
			t.Errorf("%q: the last is %v", link, s)
		}
	}
	c.alive()
}

// TestNotifyCloseAFOverSocket: a client of version 1.3 closes its address family in order when the daemon ends,
// and the daemon does not wait longer than that; an older one gets the goodbye alone.
func TestNotifyCloseAFOverSocket(t *testing.T) {
	h := startHost(t)
	c, handle := h.inspector(t)
	old := h.openMinor(t, cmdpb.ModelMinor-1)
	done := make(chan error, 1)
	go func() { done <- h.Shutdown(t.Context(), ie.Cause{Value: ie.CauseDestinationOutOfOrder}) }()
	if m, _ := c.receive(); m.GetNotifyCloseAf().GetTimeoutMs() == 0 {
		t.Fatalf("got %v", m)
	}
	old.want(cmdpb.Status_CLOSING, createVC())
	old.want(cmdpb.Status_NOT_SUPPORTED, notifyDone(cmdpb.Status_SUCCESS))
	c.want(cmdpb.Status_NOT_ACCEPTED, notifyDone(cmdpb.Status_SUCCESS))
	c.want(cmdpb.Status_INVALID_DATA, notifyDone(cmdpb.Status_PENDING))
	c.want(cmdpb.Status_INVALID_DATA, notifyDone(99))
	c.send(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_CloseCall{CloseCall: &cmdpb.CloseCall{Vc: handle}}})
	ms, _ := c.receiveAll(2)
	if ms[1].GetCloseCallComplete().GetVc() != handle {
		t.Fatalf("got %v", ms)
	}
	c.send(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_CloseAf{CloseAf: &cmdpb.CloseAF{}}})
	if ms, _ := c.receiveAll(2); ms[1].GetCloseAfComplete() == nil {
		t.Fatalf("got %v", ms)
	}
	c.want(cmdpb.Status_SUCCESS, notifyDone(cmdpb.Status_SUCCESS))
	if err := <-done; err != nil {
		t.Error(err)
	}
	c.wantGoodbye("the daemon is stopping")
	old.wantGoodbye("the daemon is stopping")
}

// TestNumbersAgree: the kinds of indications, and the units of what is asked for, have the protocol's numbers.
func TestNumbersAgree(t *testing.T) {
	for kind, want := range map[cm.StatusKind]cmdpb.StatusKind{
		cm.SignalingEnabled: cmdpb.StatusKind_SIGNALING_ENABLED, cm.SignalingDisabled: cmdpb.StatusKind_SIGNALING_DISABLED,
		cm.AddressChange: cmdpb.StatusKind_ADDRESS_CHANGE, cm.ResetStart: cmdpb.StatusKind_RESET_START, cm.ResetEnd: cmdpb.StatusKind_RESET_END,
	} {
		if cmdpb.StatusKind(kind) != want {
			t.Errorf("kind %d is %s in the protocol", kind, want)
		}
	}
	for n, name := range cmdpb.ServiceType_name {
		if got := api.ServiceName(n); got != name {
			t.Errorf("service %d is %s in the protocol and %s in the model", n, name, got)
		}
	}
}
