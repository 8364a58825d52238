package msg_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// setup returns a SETUP that may be written.
func setup() *msg.Message {
	return &msg.Message{
		CallRef: msg.CallRef{Value: 1},
		Type:    msg.Setup,
		TD: &ie.TD{
			Fwd: ie.Rates{PCR01: ie.Some[uint32](353207)}, Bwd: ie.Rates{PCR01: ie.Some[uint32](353207)}, BestEffort: true,
		},
		Bearer: &ie.Bearer{Class: ie.BCOBX},
		Called: &ie.CalledNumber{Number: ie.NewAESA([20]byte{0x47, 0, 0x91, 0x81, 18: 1, 19: 1})},
		QoS:    &ie.QoS{},
	}
}

// TestAppendSetup proves that a message built from fields is the one on the wire.
func TestAppendSetup(t *testing.T) {
	m := setup()
	m.AAL = &ie.AAL{Type: ie.AAL5, FwdMaxSDU: ie.Some[uint16](9188), BwdMaxSDU: ie.Some[uint16](9188), SSCS: ie.Some(ie.SSCSNull)}
	want := packet(t, msg.Setup, hexAAL, hexTD, hexBearer, hexCalled, hexQoS)
	for _, p := range []msg.Profile{msg.UNI40, msg.UNI31, msg.UNI30, msg.Q2931} {
		out, err := m.AppendProfile([]byte("before"), p)
		if err != nil || !bytes.Equal(out, append([]byte("before"), want...)) {
			t.Errorf("profile %d: wrote\n%x, %v\nwant\n%x", p, out, err, want)
		}
	}
}

// TestAppendRefuses proves what is not written, and that the buffer comes back as it was.
func TestAppendRefuses(t *testing.T) {
	refs := func(m *msg.Message) { m.EndpointRef = &ie.EndpointRef{} }
	for _, row := range []struct {
		name    string
		change  func(*msg.Message)
		profile msg.Profile
		want    string
	}{
		{"unknown type", func(m *msg.Message) { m.Type = 0x33 }, msg.UNI40, "message type"},
		{"type of a later edition", func(m *msg.Message) { *m = msg.Message{CallRef: m.CallRef, Type: msg.Alerting} }, msg.UNI31, "message type"},
		{"type of the interworking", func(m *msg.Message) { *m = msg.Message{CallRef: m.CallRef, Type: msg.Information} }, msg.UNI40, "message type"},
		{"call reference of 24 bits", func(m *msg.Message) { m.CallRef.Value = 1 << 23 }, msg.UNI40, "call reference"},
		{"global call reference", func(m *msg.Message) { m.CallRef.Value = 0 }, msg.UNI40, "call reference"},
		{"dummy call reference", func(m *msg.Message) { m.CallRef.Value = msg.DummyCallRef }, msg.UNI40, "call reference"},
		{"RESTART of a call", func(m *msg.Message) {
			*m = msg.Message{CallRef: m.CallRef, Type: msg.Restart, Restart: &ie.Restart{Class: ie.RestartAll}}
		}, msg.UNI40, "call reference"},
		{"RESTART of a channel without it", func(m *msg.Message) { *m = msg.Message{Type: msg.Restart, Restart: &ie.Restart{}} }, msg.UNI40, "connection identifier: mandatory"},
		{"RESTART of all with channel", func(m *msg.Message) {
			*m = msg.Message{Type: msg.Restart, Restart: &ie.Restart{Class: ie.RestartAll}, ConnID: &ie.ConnID{}}
		}, msg.UNI40, "restart of all"},
		{"action without flag", func(m *msg.Message) { m.Action.Action = msg.ActionDiscard }, msg.UNI40, "action indicator"},
		{"reserved action", func(m *msg.Message) { m.Action = msg.Instruction{Flag: true, Action: msg.ActionReserved} }, msg.UNI40, "action indicator"},
		{"mandatory element", func(m *msg.Message) { m.Called = nil }, msg.UNI40, "called party number: mandatory"},
		{"no QoS at all", func(m *msg.Message) { m.QoS = nil }, msg.UNI40, "QoS parameter: mandatory"},
		{"multipoint without reference", func(m *msg.Message) { m.Bearer.Config = ie.PointToMultipoint }, msg.UNI40, "endpoint reference: mandatory"},
		{"multipoint with the peer's reference", func(m *msg.Message) { m.Bearer.Config = ie.PointToMultipoint; refs(m); m.EndpointRef.RefFlag = true }, msg.UNI40, "flag set"},
		{"element of another message", func(m *msg.Message) { m.CallState = &ie.CallState{} }, msg.UNI40, "call state: element"},
		{"element of a later edition", func(m *msg.Message) { m.UserUser = &ie.UserUser{Data: []byte{1}} }, msg.UNI31, "user-user: element"},
		{"element of the interworking", func(m *msg.Message) { m.Progress = []ie.Progress{{}} }, msg.UNI40, "progress indicator: element"},
		{"opaque element that is none", func(m *msg.Message) { m.Opaque = []ie.Opaque{{ID: ie.IDDTL, Data: []byte{1}}} }, msg.Q2931, "designated transit list: element"},
		{"opaque copy of an element with a field", func(m *msg.Message) { m.Opaque = []ie.Opaque{{ID: ie.IDCause, Data: []byte{1}}} }, msg.Q2931, "cause: element"},
		{"party state without party", func(m *msg.Message) {
			*m = msg.Message{CallRef: m.CallRef, Type: msg.Status, CallState: &ie.CallState{}, Causes: []ie.Cause{{Value: 16}}, EndpointState: &ie.EndpointState{}}
		}, msg.UNI40, "endpoint state: "},
		{"too many copies", func(m *msg.Message) { m.GIT = make([]ie.GIT, 4) }, msg.UNI40, "more copies"},
		{"four BLLIs", func(m *msg.Message) { m.BLLI = make([]ie.BLLI, 4) }, msg.UNI40, "more copies"},
		{"repeat indicator alone", func(m *msg.Message) { m.Repeat = &ie.Repeat{} }, msg.UNI40, "nothing to repeat"},
		{"order of an absent element", func(m *msg.Message) { m.Order = []ie.ID{ie.IDAAL} }, msg.UNI40, "order"},
		{"order of an absent unknown element", func(m *msg.Message) { m.Order = []ie.ID{msg.NextUnknown} }, msg.UNI40, "order"},
		{"order of a repeat indicator", func(m *msg.Message) { m.Order = []ie.ID{ie.IDRepeat} }, msg.UNI40, "order"},
		{"unknown element cut short", func(m *msg.Message) { m.Unknown = []ie.Unknown{{Raw: []byte{0x33, 0x80, 0, 2, 1}}} }, msg.UNI40, "octets do not fit"},
		{"contents", func(m *msg.Message) { m.QoS.Fwd = 1 }, msg.UNI40, "QoS class"},
		{"coding standard", func(m *msg.Message) { m.TD.Coding = ie.CodingNetwork }, msg.UNI40, "coding standard"},
		{"old transfer capability", func(m *msg.Message) { m.Bearer.ATC = ie.Some[ie.ATC](6) }, msg.UNI40, "UNI 3.x only"},
		{"new transfer capability", func(m *msg.Message) { m.Bearer.ATC = ie.Some(ie.ATCABR) }, msg.UNI31, "UNI 4.0"},
		{"bearer class of UNI 4.0", func(m *msg.Message) { m.Bearer.Class = ie.TransparentVP }, msg.UNI31, "UNI 4.0"},
		{"frame discard at UNI 3.1", func(m *msg.Message) { m.TD.Fwd.Discard = true }, msg.UNI31, "UNI 4.0"},
		{"any VCI at UNI 3.1", func(m *msg.Message) { m.ConnID = &ie.ConnID{Exclusive: ie.AnyVCI} }, msg.UNI31, "explicit VPCI"},
		{"AAL mode", func(m *msg.Message) { m.AAL = &ie.AAL{Type: ie.AAL5, Mode: ie.Some(ie.AALModeMessage)} }, msg.UNI31, "UNI 3.0 only"},
		{"high layer profile", func(m *msg.Message) { m.BHLI = &ie.BHLI{Type: ie.BHLIProfile, Len: 4} }, msg.UNI40, "UNI 3.0 only"},
		{"message too long", func(m *msg.Message) { m.Notification = &ie.Notification{Info: make([]byte, 65530)} }, msg.UNI40, "longer"},
		{"element too long", func(m *msg.Message) { m.UserUser = &ie.UserUser{Data: make([]byte, 129)} }, msg.UNI40, "longer than its maximum"},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := setup()
			row.change(m)
			before := []byte("before")
			out, err := m.AppendProfile(before, row.profile)
			if err == nil || !strings.Contains(err.Error(), row.want) || !strings.HasPrefix(err.Error(), "q2931: write ") {
				t.Errorf("error %v, want one with %q", err, row.want)
			}
			if !slices.Equal(out, before) {
				t.Errorf("the buffer came back as %q", out)
			}
		})
	}
}

// TestAppendErrors proves that callers can tell which element is wrong.
func TestAppendErrors(t *testing.T) {
	m := setup()
	m.Called = nil
	_, err := m.Append(nil)
	if e, ok := errors.AsType[*msg.ElementError](err); !ok || e.ID != ie.IDCalledNumber {
		t.Errorf("mandatory element: %v", err)
	}
	m = setup()
	m.QoS.Fwd = 1
	_, err = m.Append(nil)
	if e, ok := errors.AsType[*ie.ContentError](err); !ok || e.ID != ie.IDQoS {
		t.Errorf("contents: %v", err)
	}
}

// TestEditions proves what only an older or wider edition writes.
func TestEditions(t *testing.T) {
	old := setup()
	old.Bearer.ATC = ie.Some[ie.ATC](6)
	old.AAL = &ie.AAL{Type: ie.AAL5, Mode: ie.Some(ie.AALModeMessage)}
	old.BHLI = &ie.BHLI{Type: ie.BHLIProfile, Len: 4}
	if _, err := old.AppendProfile(nil, msg.UNI30); err != nil {
		t.Error(err)
	}
	wide := setup()
	wide.Progress = []ie.Progress{{Location: ie.LocationTransit, Description: 1}, {Description: 2}}
	wide.Opaque = []ie.Opaque{{ID: ie.IDNarrowbandBearer, Data: []byte{0x88, 0x90}}, {ID: ie.IDFacility, Data: []byte{0x91}}}
	out, err := wide.AppendProfile(nil, msg.Q2931)
	if err != nil {
		t.Fatal(err)
	}
	m, v, err := msg.Decode(out, msg.Options{Profile: msg.Q2931})
	if err != nil || v.Decision != msg.Accept || len(m.Progress) != 2 || len(m.Opaque) != 2 {
		t.Errorf("%v: %v, %v", m, v, err)
	}
	for _, typ := range []msg.Type{msg.Progress, msg.SetupAck, msg.Information, msg.Facility, msg.CoBiSetup} {
		_, v, err := msg.Decode(packet(t, typ, hexCalled, "1e800002 8181 1c800001 91"), msg.Options{Profile: msg.Q2931})
		if err != nil || v.UnknownType {
			t.Errorf("%s: %v, %v", typ, v, err)
		}
		if _, v, _ = msg.Decode(packet(t, typ), msg.Options{}); v.UnknownType == (typ == msg.Progress) {
			t.Errorf("%s is known to UNI 4.0: %v", typ, !v.UnknownType)
		}
	}
}
