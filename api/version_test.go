package api_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"callmanager/api"
	"callmanager/api/cmdpb"
	"callmanager/signalling/cm"
)

// later are requests that need a later version than 1.0, with the minor version that brought what they are or have.
func later() map[string]struct {
	minor uint32
	m     *cmdpb.ClientMessage
} {
	type row = struct {
		minor uint32
		m     *cmdpb.ClientMessage
	}
	call := func(m *cmdpb.MakeCall) *cmdpb.ClientMessage {
		return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_MakeCall{MakeCall: m}}
	}
	return map[string]row{
		"MakeCall without a VC": {1, call(&cmdpb.MakeCall{Parameters: &cmdpb.CallParameters{Called: "nobody"}})},
		"RingDone.keep": {1, &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_RingDone{
			RingDone: &cmdpb.RingDone{Vc: 1, Keep: true},
		}}},
		"CallParameters.permanent": {2, call(&cmdpb.MakeCall{Vc: 1, Parameters: &cmdpb.CallParameters{Permanent: true}})},
		"MakeCall.channel":         {2, call(&cmdpb.MakeCall{Vc: 1, Channel: &cmdpb.ChannelID{Vci: 100}})},
		"CallParameters.transmit": {3, &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_ModifyCallQos{
			ModifyCallQos: &cmdpb.ModifyCallQoS{Vc: 1, Parameters: &cmdpb.CallParameters{Transmit: &cmdpb.FlowSpec{}}},
		}}},
		"CallParameters.receive": {3, &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_IncomingCallComplete{
			IncomingCallComplete: &cmdpb.IncomingCallComplete{Vc: 1, Parameters: &cmdpb.CallParameters{Changed: true, Receive: &cmdpb.FlowSpec{}}},
		}}},
		"ClientMessage.add_pvc":    {2, &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_AddPvc{AddPvc: &cmdpb.AddPVC{}}}},
		"ClientMessage.delete_pvc": {2, &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_DeletePvc{DeletePvc: &cmdpb.DeletePVC{}}}},
		"PVCS": {2, &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_List{
			List: &cmdpb.List{Kind: cmdpb.ListKind_PVCS},
		}}},
	}
}

// What a client has not said to know is refused with words and counted; what it has said is served as ever.
func TestEveryMinor(t *testing.T) {
	h := startHost(t)
	for minor := range uint32(cm.MinorVersion + 3) { // later ones too
		c := h.openMinor(t, minor)
		c.split, c.quiet = true, true
		for name, tc := range later() {
			before := h.counter("api_bad_messages")
			request := c.send(tc.m)
			r := c.reply()
			refused := strings.Contains(r.GetDetail(), "of the protocol; the client has said")
			if r.GetRequest() != request || refused != (minor < tc.minor) {
				t.Errorf("client of 1.%d, %s: %v", minor, name, r)
			}
			if !refused {
				continue
			}
			if want := fmt.Sprintf("%s is of version 1.%d of the protocol; the client has said 1.%d in OpenAF", name, tc.minor, minor); r.GetDetail() != want || r.GetStatus() != cmdpb.Status_NOT_SUPPORTED {
				t.Errorf("client of 1.%d: %v %q, want NOT_SUPPORTED and %q", minor, r.GetStatus(), r.GetDetail(), want)
			}
			if cause := r.GetCause().GetValue(); (tc.m.GetMakeCall() != nil) != (cause == 63) {
				t.Errorf("client of 1.%d, %s: cause %d", minor, name, cause)
			}
			if n := h.counter("api_bad_messages") - before; n != 1 {
				t.Errorf("client of 1.%d, %s: counted %d times", minor, name, n)
			}
		}
		c.alive()
	}
}

// Before OpenAF there is no version to refuse by, and after CloseAF another one may be said. A second OpenAF, which is refused,
// and one of another major version change nothing.
func TestVersionInForce(t *testing.T) {
	h := startHost(t)
	c := h.connect(t)
	pvcs := &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_List{List: &cmdpb.List{Kind: cmdpb.ListKind_PVCS}}}
	open := func(major, minor uint32) *cmdpb.ClientMessage {
		return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_OpenAf{OpenAf: &cmdpb.OpenAF{Major: major, Minor: minor}}}
	}
	c.want(cmdpb.Status_SUCCESS, pvcs)
	for major, words := range map[uint32]string{0: "update the client", 2: "update the daemon"} {
		r := c.want(cmdpb.Status_VERSION_MISMATCH, open(major, 0))
		if !strings.HasSuffix(r.GetDetail(), words) || r.GetOpenAf() != nil {
			t.Errorf("major version %d is answered with %v, want %q", major, r, words)
		}
	}
	c.want(cmdpb.Status_SUCCESS, pvcs)
	c.want(cmdpb.Status_SUCCESS, open(1, 1))
	c.want(cmdpb.Status_NOT_SUPPORTED, pvcs)
	c.want(cmdpb.Status_FAILURE, open(1, 2))
	c.want(cmdpb.Status_NOT_SUPPORTED, pvcs)
	c.send(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_CloseAf{CloseAf: &cmdpb.CloseAF{}}})
	if ms, _ := c.receiveAll(2); ms[1].GetCloseAfComplete() == nil {
		t.Fatalf("%v, want PENDING and CloseAFComplete", ms)
	}
	c.want(cmdpb.Status_SUCCESS, open(1, 2))
	c.want(cmdpb.Status_SUCCESS, pvcs)
}

// A field that this daemon does not know is refused wherever it stands, except in OpenAF, whose answer tells the versions. The request
// is not carried out without it.
func TestUnknownFields(t *testing.T) {
	h := startHost(t)
	unknown := protowire.AppendVarint(protowire.AppendTag(nil, 999, protowire.VarintType), 1)
	spoil := func(m proto.Message) { m.ProtoReflect().SetUnknown(unknown) }
	c := h.connect(t)
	c.split, c.quiet = true, true
	op := &cmdpb.OpenAF{Major: cm.MajorVersion, Minor: 7}
	spoil(op)
	c.want(cmdpb.Status_SUCCESS, &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_OpenAf{OpenAf: op}})
	params := &cmdpb.CallParameters{Called: "nobody", Contract: &cmdpb.Contract{Forward: &cmdpb.Flow{Pcr: 1}}}
	call := &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_MakeCall{MakeCall: &cmdpb.MakeCall{Vc: 1, Parameters: params}}}
	capture := &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_Capture{Capture: &cmdpb.Capture{
		On: true, Channels: []*cmdpb.CaptureChannel{{}, {}},
	}}}
	for _, tc := range []struct {
		m     *cmdpb.ClientMessage
		where proto.Message
		name  string
	}{
		{createVC(), nil, "ClientMessage"},
		{getStatus(), nil, "GetStatus"},
		{call, call.GetMakeCall(), "MakeCall"},
		{call, params, "CallParameters"},
		{call, params.GetContract(), "Contract"},
		{call, params.GetContract().GetForward(), "Flow"},
		{capture, capture.GetCapture().GetChannels()[1], "CaptureChannel"},
	} {
		where := tc.where
		switch {
		case where != nil:
		case tc.m.GetGetStatus() != nil:
			where = tc.m.GetGetStatus()
		default:
			where = tc.m
		}
		spoil(where)
		before := h.counter("api_bad_messages")
		r := c.want(cmdpb.Status_NOT_SUPPORTED, tc.m)
		where.ProtoReflect().SetUnknown(nil)
		if want := fmt.Sprintf("field 999 of %s is not known to this daemon, which speaks version 1.%d", tc.name, cm.MinorVersion); !strings.HasPrefix(r.GetDetail(), want) {
			t.Errorf("%s: %q, want %q", tc.name, r.GetDetail(), want)
		}
		if n := h.counter("api_bad_messages") - before; n != 1 {
			t.Errorf("%s: counted %d times", tc.name, n)
		}
	}
	// In a batch the others are served.
	bad, good := createVC(), createVC()
	spoil(bad.GetCreateVc())
	bad.Request, good.Request = 1001, 1002
	b, err := proto.Marshal(clientBatch(bad, good))
	if err != nil {
		t.Fatal(err)
	}
	c.sendRaw(b)
	got, _ := c.receiveAll(2)
	for _, m := range got {
		want := cmdpb.Status_SUCCESS
		if m.GetReply().GetRequest() == 1001 {
			want = cmdpb.Status_NOT_SUPPORTED
		}
		if m.GetReply().GetStatus() != want {
			t.Errorf("%v, want %v", m, want)
		}
	}
}

// BenchmarkSupported measures what parsing a request and looking for other versions costs.
func BenchmarkSupported(b *testing.B) {
	call := &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_MakeCall{MakeCall: &cmdpb.MakeCall{Vc: 1, Parameters: &cmdpb.CallParameters{
		Called: "bob", Contract: &cmdpb.Contract{Category: cmdpb.Category_CBR, Forward: &cmdpb.Flow{Pcr: 1}, Backward: &cmdpb.Flow{Pcr: 1}},
	}}}}
	for name, m := range map[string]*cmdpb.ClientMessage{"CreateVC": createVC(), "MakeCall": call} {
		for _, minor := range []uint32{0, cm.MinorVersion} {
			b.Run(fmt.Sprintf("%s/1.%d", name, minor), func(b *testing.B) {
				b.ReportAllocs()
				data, err := proto.Marshal(m)
				if err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					if words := api.Foreign(data, minor); words != "" {
						b.Fatal(words)
					}
				}
			})
		}
	}
}
