package api_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"callmanager/api"
	"callmanager/api/cmdpb"
	"callmanager/signalling"
	"callmanager/signalling/cm"
	"callmanager/signalling/filter"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// modelParams and wireParams are call parameters with a value of its own in every field.
func modelParams() primitive.Params {
	return primitive.Params{
		Called: aesa, Calling: aesa.WithSelector(7), Contract: modelContract(), BHLI: []byte{3}, BLLI: [][]byte{{4}, {5}},
		UserUser: []byte{6}, Permanent: true,
		Fallback: modelFallback(), QoS: modelQoS(),
	}
}

// modelFallback has both kinds, which no call has.
func modelFallback() vc.Fallback {
	return vc.Fallback{Minimum: vc.PeakRates{Forward: 21, Backward: 22}, Alternative: modelContract()}
}

func modelQoS() vc.QoS {
	return vc.QoS{
		MaxDelay: 31, Delay: 32,
		Forward: vc.QoSFlow{MaxCDV: 33, CDV: 34, MaxCLR: 35}, Backward: vc.QoSFlow{MaxCDV: 36, CDV: 37, MaxCLR: 38},
	}
}

func wireQoS() *cmdpb.QoS {
	return &cmdpb.QoS{
		MaxDelayMs: 31, DelayMs: 32,
		Forward:  &cmdpb.QoSFlow{MaxCdvUs: 33, CdvUs: 34, MaxClr: 35},
		Backward: &cmdpb.QoSFlow{MaxCdvUs: 36, CdvUs: 37, MaxClr: 38},
	}
}

func wireParams(changed bool) *cmdpb.CallParameters {
	return &cmdpb.CallParameters{
		Called: aesa.String(), Calling: aesa.WithSelector(7).String(), Contract: wireContract(),
		Bhli: []byte{3}, Blli: [][]byte{{4}, {5}}, Changed: changed,
		UserUser: []byte{6}, Permanent: true,
		Minimum: &cmdpb.PeakRates{Forward: 21, Backward: 22}, Alternative: wireContract(), Qos: wireQoS(),
	}
}

func replyOf(r *cmdpb.Reply) *cmdpb.ServerMessage {
	return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_Reply{Reply: r}}
}

// Every event of the client model, with a value of its own in every field.
func TestEncodeEvent(t *testing.T) {
	id := vc.ID{Link: 3, VPI: 1, VCI: 100}
	channel := &cmdpb.ChannelID{Link: "lab", Vpi: 1, Vci: 100}
	for name, tc := range map[string]struct {
		event cm.Event
		want  *cmdpb.ServerMessage
	}{
		"Reply": {
			cm.Reply{Request: 1, Status: cm.NotPermitted, Detail: "no", Cause: modelCause()},
			replyOf(&cmdpb.Reply{Request: 1, Status: cmdpb.Status_NOT_PERMITTED, Detail: "no", Cause: wireCause()}),
		},
		"Reply with a handle": {
			cm.Reply{Request: 1, Handle: 1<<63 + 5},
			replyOf(&cmdpb.Reply{Request: 1, Result: &cmdpb.Reply_Handle{Handle: &cmdpb.HandleResult{Handle: 1<<63 + 5}}}),
		},
		"Reply to OpenAF": {
			cm.Reply{Request: 1, OpenAF: &cm.OpenAFResult{Major: 1, Minor: 2, Version: "v", Addresses: []vc.Addr{aesa}}},
			replyOf(&cmdpb.Reply{Request: 1, Result: &cmdpb.Reply_OpenAf{
				OpenAf: &cmdpb.OpenAFResult{Major: 1, Minor: 2, Version: "v", Addresses: []string{aesa.String()}},
			}}),
		},
		"Reply that quotes noise": {
			cm.Reply{Request: 1, Detail: "\xff"}, replyOf(&cmdpb.Reply{Request: 1, Detail: "\uFFFD"}),
		},
		"Reply that quotes at length": {
			cm.Reply{Request: 1, Detail: strings.Repeat("x", 1<<17)},
			replyOf(&cmdpb.Reply{Request: 1, Detail: strings.Repeat("x", api.MaxText) + "..."}),
		},
		"MakeCallComplete": {
			cm.MakeCallComplete{
				Request: 1, VC: 2, Status: cm.Success, Detail: "d", Cause: modelCause(), Parameters: modelParams(), Changed: true,
				ID: id, Link: "lab", UserUser: []byte{7},
			},
			&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_MakeCallComplete{MakeCallComplete: &cmdpb.MakeCallComplete{
				Request: 1, Vc: 2, Detail: "d", Cause: wireCause(), Parameters: wireParams(true), Channel: channel, UserUser: []byte{7},
			}}},
		},
		"MakeCallComplete without a channel": {
			cm.MakeCallComplete{Request: 1, VC: 2, Status: cm.DestOutOfOrder},
			&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_MakeCallComplete{MakeCallComplete: &cmdpb.MakeCallComplete{
				Request: 1, Vc: 2, Status: cmdpb.Status_DEST_OUT_OF_ORDER, Parameters: &cmdpb.CallParameters{
					Contract: &cmdpb.Contract{Forward: &cmdpb.Flow{}, Backward: &cmdpb.Flow{}},
				},
			}}},
		},
		"ModifyCallQoSComplete": {
			cm.ModifyCallQoSComplete{
				Request: 1, VC: 2, Status: cm.NotSupported, Detail: "no", Cause: modelCause(), Parameters: modelParams(), Changed: true,
			},
			&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_ModifyCallQosComplete{ModifyCallQosComplete: &cmdpb.ModifyCallQoSComplete{
				Request: 1, Vc: 2, Status: cmdpb.Status_NOT_SUPPORTED, Detail: "no", Cause: wireCause(), Parameters: wireParams(true),
			}}},
		},
		"PVCComplete": {
			cm.PVCComplete{Request: 1, Status: cm.VCNotAvailable, Detail: "d", Cause: ie.Cause{Value: 35}},
			&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_PvcComplete{PvcComplete: &cmdpb.PVCComplete{
				Request: 1, Status: cmdpb.Status_VC_NOT_AVAILABLE, Detail: "d",
				Cause: &cmdpb.Cause{Value: 35, Text: ie.CauseValue(35).String()},
			}}},
		},
		"VCStatus": {
			cm.VCStatus{VC: 2, Up: true, Detail: "d"},
			&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_VcStatus{VcStatus: &cmdpb.VCStatus{Vc: 2, Up: true, Detail: "d"}}},
		},
		"IncomingCallQoSChange": {
			cm.IncomingCallQoSChange{VC: 2, Parameters: modelParams()},
			&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_IncomingCallQosChange{IncomingCallQosChange: &cmdpb.IncomingCallQoSChange{
				Vc: 2, Parameters: wireParams(true),
			}}},
		},
		"CloseCallComplete": {
			cm.CloseCallComplete{Request: 1, VC: 2, Status: cm.Failure, Cause: modelCause(), Drain: vc.DrainReport{Sent: 3, Dropped: 4}, UserUser: []byte{7}},
			&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_CloseCallComplete{CloseCallComplete: &cmdpb.CloseCallComplete{
				Request: 1, Vc: 2, Status: cmdpb.Status_FAILURE, Cause: wireCause(), Sent: 3, Dropped: 4, UserUser: []byte{7},
			}}},
		},
		"CloseAFComplete": {
			cm.CloseAFComplete{Request: 1, Status: cm.Failure},
			&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_CloseAfComplete{CloseAfComplete: &cmdpb.CloseAFComplete{
				Request: 1, Status: cmdpb.Status_FAILURE,
			}}},
		},
		"IncomingCall": {
			cm.IncomingCall{VC: 1, SAP: 2, Parameters: modelParams(), ID: id, Link: "lab"},
			&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_IncomingCall{IncomingCall: &cmdpb.IncomingCall{
				Vc: 1, Sap: 2, Parameters: wireParams(false), Channel: channel, Link: "lab",
			}}},
		},
		"CallConnected": {
			cm.CallConnected{VC: 1},
			&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_CallConnected{CallConnected: &cmdpb.CallConnected{Vc: 1}}},
		},
		"IncomingCloseCall": {
			cm.IncomingCloseCall{VC: 1, Status: cm.RequestAborted, Cause: modelCause(), Detail: "d", UserUser: []byte{7}},
			&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_IncomingCloseCall{IncomingCloseCall: &cmdpb.IncomingCloseCall{
				Vc: 1, Status: cmdpb.Status_REQUEST_ABORTED, Cause: wireCause(), Detail: "d", UserUser: []byte{7},
			}}},
		},
		"Notification": {
			cm.Notification{VC: 1, Info: []byte{7}},
			&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_Notification{Notification: &cmdpb.Notification{Vc: 1, Indicator: []byte{7}}}},
		},
		"CallProgress": {
			cm.CallProgress{VC: 1, Alerting: true, UserUser: []byte{7}, Indicators: []ie.Progress{{Location: 2, Description: 8}}},
			&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_CallProgress{CallProgress: &cmdpb.CallProgress{
				Vc: 1, Alerting: true, UserUser: []byte{7}, Indicators: []*cmdpb.ProgressIndicator{{Location: 2, Description: 8}},
			}}},
		},
		"DeleteVCIndication": {
			cm.DeleteVCIndication{VC: 1},
			&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_DeleteVcIndication{DeleteVcIndication: &cmdpb.DeleteVCIndication{Vc: 1}}},
		},
		"Goodbye": {
			cm.Goodbye{Reason: "r"},
			&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_Goodbye{Goodbye: &cmdpb.Goodbye{Reason: "r"}}},
		},
	} {
		got := api.EncodeEvent(tc.event)
		b, err := proto.Marshal(got)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		read := new(cmdpb.ServerMessage)
		if err := proto.Unmarshal(b, read); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(tc.want, read, protocmp.Transform()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if m := api.EncodeEvent(nil); m != nil {
		t.Errorf("an event that there is not became %v", m)
	}
}

// The numbers of statuses and categories are the same on both sides of the translation.
func TestEnumerationsAgree(t *testing.T) {
	for n, name := range cmdpb.Status_name {
		if s := cm.Status(n); !s.Valid() || s.String() != name {
			t.Errorf("status %d is %s in the protocol and %s in the model", n, name, s)
		}
	}
	if next := cm.Status(len(cmdpb.Status_name)); next.Valid() {
		t.Errorf("the protocol lacks the status %s", next)
	}
	for n, name := range cmdpb.Category_name {
		want := strings.ReplaceAll(name, "_", "-")
		if got := vc.Category(n).String(); n != 0 && !strings.EqualFold(got, want) {
			t.Errorf("category %d is %s in the protocol and %s in the model", n, name, got)
		}
	}
}

// A reply has room for as many addresses and conditions as it lists.
func TestStatusFits(t *testing.T) {
	few, _ := api.EncodeHealth([]signalling.Health{{Code: "a", Severity: "error", Text: "\xffb"}})
	want := &cmdpb.DaemonStatus{Health: []*cmdpb.Health{{Code: "a", Severity: "error", Text: "\uFFFDb"}}}
	if diff := cmp.Diff(want, few, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	const n = 4000
	many, size := api.EncodeHealth(slices.Repeat([]signalling.Health{{
		Code: "link_down", Severity: "error", Text: strings.Repeat("the link is down ", 5),
	}}, n))
	shown := len(many.GetHealth())
	if size > api.PageOctets || shown < 400 || shown > n/2 {
		t.Errorf("%d of %d conditions in %d octets", shown, n, size)
	}
	last := many.GetHealth()[shown-1]
	if last.GetCode() != "more" || !strings.HasPrefix(last.GetText(), "3") {
		t.Errorf("the last is %v", last)
	}
	got := api.EncodeEvent(cm.Reply{OpenAF: &cm.OpenAFResult{Addresses: slices.Repeat([]vc.Addr{aesa}, n)}})
	if a := got.GetReply().GetOpenAf().GetAddresses(); len(a) != api.MaxAddresses || proto.Size(got) > api.PageOctets {
		t.Errorf("%d addresses in %d octets", len(a), proto.Size(got))
	}
}

func TestEncodeRows(t *testing.T) {
	prefix, err := vc.ParsePrefix("47.0005")
	if err != nil {
		t.Fatal(err)
	}
	counters := []vc.Counter{{Name: "c", Value: 9}}
	wireCounters := []*cmdpb.Counter{{Name: "c", Value: 9}}
	link := api.EncodeLink(&signalling.LinkRow{
		Name: "lab", Interface: "eth1", Peer: vc.MAC{1}, Role: "user", Mode: "frame", State: "up", LastError: "e\xff", Address: aesa,
		MAC: vc.MAC{2}, Capacity: 1 << 40, Reserved: 3, MaxSDU: 1492, Calls: 4, ReceiveBuffer: 5, Prefixes: []vc.Prefix{prefix}, Counters: counters,
	})
	if diff := cmp.Diff(&cmdpb.Link{
		Name: "lab", Interface: "eth1", Peer: "01:00:00:00:00:00", Role: "user", Mode: "frame", State: "up", LastError: "e\uFFFD",
		Address: aesa.String(), Mac: "02:00:00:00:00:00", Capacity: 1 << 40, Reserved: 3, MaxSdu: 1492, Calls: 4, ReceiveBufferMs: 5,
		Prefixes: []string{prefix.String()}, Counters: wireCounters,
	}, link, protocmp.Transform()); diff != "" {
		t.Errorf("link:\n%s", diff)
	}
	v := api.EncodeVC(&signalling.VCRow{
		Handle: 1, Link: "lab", ID: vc.ID{Link: 1, VPI: 2, VCI: 33}, State: vc.Active, CallState: vc.Connected, Owner: "o", PID: 4, UID: 5,
		Incoming: true, Parameters: modelParams(), Changed: true, Counters: counters,
	})
	if diff := cmp.Diff(&cmdpb.VC{
		Handle: 1, Link: "lab", Vpi: 2, Vci: 33, State: "active", CallState: "connected", Owner: "o", Pid: 4, Uid: 5, Incoming: true,
		Parameters: wireParams(true), Counters: wireCounters,
	}, v, protocmp.Transform()); diff != "" {
		t.Errorf("VC:\n%s", diff)
	}
	call := api.EncodeCall(&signalling.CallRow{
		Link: "lab", CallReference: 1, Ours: true, State: "U10", VC: 2, ID: vc.ID{VPI: 3, VCI: 34}, Called: aesa, Calling: aesa.WithSelector(1),
		Contract: modelContract(), Reserved: 4, Age: 5 * time.Second,
	})
	if diff := cmp.Diff(&cmdpb.Call{
		Link: "lab", CallReference: 1, Ours: true, State: "U10", Vc: 2, Vpi: 3, Vci: 34, Called: aesa.String(),
		Calling: aesa.WithSelector(1).String(), Contract: wireContract(), Reserved: 4, AgeMs: 5000,
	}, call, protocmp.Transform()); diff != "" {
		t.Errorf("call:\n%s", diff)
	}
	for selector, row := range map[string]*signalling.SAPRow{
		"0a": {Handle: 1, Filter: filter.Filter{
			Address: aesa, Selector: 10, BHLI: []byte{1}, BHLIAbsent: true, BLLI: [][]byte{{2}, {3}}, BLLIAbsent: true,
		}, Owner: "o", PID: 2, Offered: 3},
		"any": {Handle: 1, Filter: filter.Filter{Address: aesa, AnySelector: true}, Owner: "o", PID: 2, Offered: 3},
	} {
		want := &cmdpb.SAP{
			Handle: 1, Address: aesa.String(), Selector: selector, Owner: "o", Pid: 2, Offered: 3,
			Bhli: row.Filter.BHLI, BhliAbsent: row.Filter.BHLIAbsent, Blli: row.Filter.BLLI, BlliAbsent: row.Filter.BLLIAbsent,
		}
		if diff := cmp.Diff(want, api.EncodeSAP(row), protocmp.Transform()); diff != "" {
			t.Errorf("SAP:\n%s", diff)
		}
	}
}

// What has no value has no text either: no cause, no address.
func TestEncodeNothing(t *testing.T) {
	got := api.EncodeEvent(cm.IncomingCloseCall{VC: 1, Cause: ie.Cause{Location: 3}})
	if got.GetIncomingCloseCall().GetCause() != nil {
		t.Errorf("no cause became %v", got)
	}
	if s := api.EncodeSAP(&signalling.SAPRow{Filter: filter.Filter{AnySelector: true}}); s.GetAddress() != "" {
		t.Errorf("no address became %q", s.GetAddress())
	}
}
