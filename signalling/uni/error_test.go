package uni_test

import (
	"fmt"
	"strings"
	"testing"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni"
)

// answer is what a message is answered with, if anything.
type answer struct {
	typ   msg.Type
	cause ie.CauseValue // 0: none
	diag  string        // hexadecimal
	state ie.CallStateValue
	epref bool // the endpoint reference comes back, with state null
}

func status(v ie.CauseValue, diag string, state ie.CallStateValue) *answer {
	return &answer{typ: msg.Status, cause: v, diag: diag, state: state}
}

// party is a status about a party that does not exist.
func party(v ie.CauseValue, diag string, state ie.CallStateValue) *answer {
	return &answer{typ: msg.Status, cause: v, diag: diag, state: state, epref: true}
}

func complete(v ie.CauseValue, diag string) *answer {
	return &answer{typ: msg.ReleaseComplete, cause: v, diag: diag}
}

func release(v ie.CauseValue, diag string) *answer {
	return &answer{typ: msg.Release, cause: v, diag: diag}
}

// check compares the host's next message with the answer, nil being silence.
func (a *answer) check(p *saalPeer, ref msg.CallRef) {
	p.w.t.Helper()
	if a == nil {
		p.silence()
		return
	}
	m := p.expect(a.typ)
	if m.CallRef != ref {
		p.w.t.Errorf("%v, want call reference %v", m, ref)
	}
	if a.cause == 0 && len(m.Causes) > 0 || a.cause != 0 && (len(m.Causes) != 1 || m.Causes[0].Value != a.cause ||
		fmt.Sprintf("%x", m.Causes[0].Diagnostic) != a.diag) {
		p.w.t.Errorf("%v with causes %+v, want %d %s", m, m.Causes, a.cause, a.diag)
	}
	if a.typ == msg.Status && (m.CallState == nil || m.CallState.State != a.state) {
		p.w.t.Errorf("%v, want state %v", m, a.state)
	}
	if (m.EndpointRef != nil) != a.epref || a.epref && (!m.EndpointRef.RefFlag || m.EndpointState.State != ie.EndpointNull) {
		p.w.t.Errorf("%v: endpoint reference %+v", m, m.EndpointRef)
	}
}

// setupOctets is a SETUP of the peer's call reference 9 to the user or network
// side, with further elements and a change of its header.
func setupOctets(p *saalPeer, action byte, leave ie.ID, more string) []byte {
	m := setupTo(p.h, func(m *msg.Message) {
		switch leave { //nolint:exhaustive // those that a test leaves out
		case ie.IDCalledNumber:
			m.Called = nil
		case ie.IDTD:
			m.TD = nil
		case ie.IDBearer:
			m.Bearer = nil
		case ie.IDQoS:
			m.QoS = nil
		case ie.IDConnID:
			m.ConnID = nil
		case ie.IDAAL:
			m.AAL = nil
		}
	})
	b, err := m.AppendPartial(nil)
	if err != nil {
		p.w.t.Fatalf("%v", err)
	}
	b = append(b, unhex(more)...)
	b[6] = action
	b[7], b[8] = byte((len(b)-9)>>8), byte(len(b)-9)
	return b
}

// TestNoSuchCall: messages whose call reference names no call (Q.2931
// 5.6.3.2).
func TestNoSuchCall(t *testing.T) {
	for _, row := range []struct {
		name, octets string
		want         *answer
	}{
		{"CALL PROCEEDING", "0903 000777 0280 0000", complete(81, "")},
		{"ALERTING", "0903 000777 0180 0000", complete(81, "")},
		{"CONNECT", "0903 000777 0780 0000", complete(81, "")},
		{"CONNECT ACKNOWLEDGE", "0903 000777 0f80 0000", complete(81, "")},
		{"RELEASE", "0903 000777 4d80 0000", complete(81, "")},
		{"NOTIFY", "0903 000777 6e80 0000", complete(81, "")},
		{"ADD PARTY", "0903 000777 8080 0000", complete(81, "")},
		{"unknown type", "0903 000777 7780 0000", complete(81, "")},
		{"RELEASE COMPLETE", "0903 000777 5a80 0000", nil},
		{"SETUP with the flag set", "0903 800777 0580 0000", nil},
		{"STATUS, null", "0903 000777 7d80 000b 1480000100 08800002809e", nil},
		{"STATUS, active", "0903 000777 7d80 000b 148000010a 08800002809e", complete(101, "7d")},
		{"STATUS without a state", "0903 000777 7d80 0000", nil},
		{"STATUS ENQUIRY", "0903 000777 7580 0000", status(30, "", 0)},
		{"STATUS ENQUIRY about a party", "0903 000777 7580 0007 54800003000005", &answer{typ: msg.Status, cause: 30, epref: true}},
		{
			"STATUS ENQUIRY about a party, reserved action indicator", "0903 000777 7580 0007 54940003000005",
			&answer{typ: msg.Status, cause: 30, epref: true},
		},
		{"dummy call reference", "0903 7fffff 0580 0000", nil},
		{"too short", "0903 0000 01 05", nil},
		{"call reference of 2 octets", "0902 0001 0580 0000 ff", nil},
		{"another protocol", "0803 000777 4d80 0000", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := ready(newWorld(t, 1), uni.RoleNetwork)
			p.sendHex(row.octets)
			row.want.check(p, msg.CallRef{Value: 0x777, Flag: true})
			p.silence()
			p.h.wantEmpty()
		})
	}
}

// TestMessagesOfACall: unknown, unexpected and ill-formed messages of a call
// in N10 (Q.2931 5.6.4 to 5.6.8, 5.7).
func TestMessagesOfACall(t *testing.T) {
	const stays, gone = true, false
	for _, row := range []struct {
		name, octets string
		want         *answer
		call         bool // afterwards
	}{
		{"CONNECT", "0903 800007 0780 0000", status(101, "07", 10), stays},
		{"CALL PROCEEDING, ill-formed", "0903 800007 0280 0004 5a800000", status(101, "02", 10), stays},
		{"RESTART", "0903 800007 4680 0005 7980000182", status(101, "46", 10), stays},
		{"SETUP", "0903 800007 0580 0000", nil, stays},
		{"CONNECT ACKNOWLEDGE", "0903 800007 0f80 0000", nil, stays},
		{"unknown type", "0903 800007 3380 0000", status(97, "33", 10), stays},
		{"unknown type, ignore", "0903 800007 3391 0000", nil, stays},
		{"unknown type, report", "0903 800007 3392 0000", status(97, "33", 10), stays},
		{"unknown type, reserved action", "0903 800007 3393 0000", status(97, "33", 10), stays},
		{"unknown type, clear", "0903 800007 3390 0000", release(97, "33"), gone},
		{"CONNECT, ignore", "0903 800007 0791 0000", nil, stays},
		{"CONNECT, clear", "0903 800007 0790 0000", release(101, "07"), gone},
		{"MODIFY REQUEST", "0903 800007 8880 000d 59800009840563b7850563b7be", &answer{typ: msg.ModifyReject, cause: 29}, stays},
		{"MODIFY ACKNOWLEDGE", "0903 800007 8980 0000", status(101, "89", 10), stays},
		{"CONNECTION AVAILABLE", "0903 800007 8b80 0000", status(101, "8b", 10), stays},
		{"ADD PARTY", "0903 800007 8080 0007 54800003000005", party(101, "80", 10), stays},
		{"DROP PARTY", "0903 800007 8380 0007 54800003000005", party(101, "83", 10), stays},
		{"ADD PARTY with a bad reference", "0903 800007 8080 0006 548000020000", status(101, "80", 10), stays},
		{"PARTY ALERTING", "0903 800007 8580 0007 54800003000005", party(101, "85", 10), stays},
		{"LEAF SETUP REQUEST", "0903 800007 9180 0000", status(101, "91", 10), stays},
		{"STATUS ENQUIRY", "0903 800007 7580 0000", status(30, "", 10), stays},
		{"NOTIFY", "0903 800007 6e80 0006 278000020001", nil, stays},
		{"NOTIFY without indicator", "0903 800007 6e80 0000", status(96, "27", 10), stays},
		{"STATUS, active", "0903 800007 7d80 000b 148000010a 08800002809e", nil, stays},
		{"STATUS, connect request", "0903 800007 7d80 000b 1480000108 08800002809e", nil, stays},
		{"STATUS, call received", "0903 800007 7d80 000b 1480000107 08800002809e", release(101, "7d"), gone},
		{"STATUS, call present", "0903 800007 7d80 000b 1480000106 08800002809e", release(101, "7d"), gone},
		{"STATUS, release request", "0903 800007 7d80 000b 148000010b 08800002809e", release(101, "7d"), gone},
		{"STATUS without cause", "0903 800007 7d80 0005 148000010a", status(96, "08", 10), stays},
		{"STATUS with an undefined state", "0903 800007 7d80 000b 1480000105 08800002809e", status(100, "14", 10), stays},
		{"STATUS without state", "0903 800007 7d80 0006 08800002809e", status(96, "14", 10), stays},
		{"STATUS, null", "0903 800007 7d80 000b 1480000100 08800002809e", nil, gone},
		{"RELEASE without cause", "0903 800007 4d80 0000", complete(96, "08"), gone},
		{"RELEASE with a bad cause", "0903 800007 4d80 0005 0880000100", complete(100, "08"), gone},
		{"RELEASE with an unknown element", "0903 800007 4d80 000b 088000028090 3380000101", complete(99, "33"), gone},
		{"RELEASE, clear by an element", "0903 800007 4d80 000b 088000028090 3390000101", complete(99, "33"), gone},
		{"RELEASE COMPLETE without cause", "0903 800007 5a80 0000", nil, gone},
		{"length field too small", "0903 800007 7580 0000 33", status(30, "", 10), stays},
		{"length field too large", "0903 800007 7580 0009", status(30, "", 10), stays},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := activePeer(t, uni.RoleNetwork)
			p.sendHex(row.octets)
			row.want.check(p, msg.CallRef{Value: ref})
			if strings.HasPrefix(row.name, "length") && p.h.counter("wrong_lengths") != 1 {
				t.Error("the wrong length is not counted")
			}
			if row.want != nil && row.want.typ == msg.Release {
				p.reply(msg.ReleaseComplete, nil)
			}
			if row.want != nil && row.want.typ == msg.Status && len(p.in) > 0 {
				p.in = nil // STATUS 99 for the odd octet
			}
			p.silence()
			if n := p.h.link.CallCount(); (n == 1) != row.call {
				t.Errorf("%d calls are left", n)
			}
			if !row.call {
				last[primitive.ReleaseInd](p.h)
				p.h.wantEmpty()
			}
		})
	}
}

// TestSetupElements: a SETUP with missing, bad and unknown elements (Q.2931
// 5.6.6 to 5.6.8, 5.7.2). Refused ones create no call.
func TestSetupElements(t *testing.T) {
	for _, row := range []struct {
		name   string
		leave  ie.ID
		more   string
		action byte
		want   *answer
		call   bool
	}{
		{name: "called number missing", leave: ie.IDCalledNumber, want: complete(96, "70")},
		{name: "traffic descriptor missing", leave: ie.IDTD, want: complete(96, "59")},
		{name: "bearer missing", leave: ie.IDBearer, want: complete(96, "5e")},
		{name: "QoS missing", leave: ie.IDQoS, want: complete(96, "5c")},
		{name: "channel missing at the user side", leave: ie.IDConnID, want: complete(96, "5a")},
		{name: "called number bad", leave: ie.IDCalledNumber, more: "70800003824700", want: complete(100, "70")},
		{name: "called number bad, discard", leave: ie.IDCalledNumber, more: "70910003824700", want: complete(100, "70")},
		{name: "AAL parameters bad", leave: ie.IDAAL, more: "588000020599", want: status(43, "58", 6), call: true},
		{name: "AAL parameters bad, discard", leave: ie.IDAAL, more: "589100020599", call: true},
		{name: "AAL parameters bad, clear", leave: ie.IDAAL, more: "589000020599", want: complete(100, "58")},
		{name: "unknown element", more: "3380000101", want: status(99, "33", 6), call: true},
		{name: "unknown element, discard", more: "3391000101", call: true},
		{name: "unknown element, report", more: "3392000101", want: status(99, "33", 6), call: true},
		{name: "unknown element, clear", more: "3390000101", want: complete(99, "33")},
		{name: "unknown element, discard message", more: "3395000101"},
		{name: "unknown element, discard message and report", more: "3396000101", want: status(99, "33", 0)},
		{name: "element twice", more: "5c8000020000", call: true},
		{name: "empty element", more: "33800000", call: true},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := ready(newWorld(t, 1), uni.RoleUser)
			p.send(setupOctets(p, 0x80, row.leave, row.more))
			row.want.check(p, peerRef.Peer())
			p.silence()
			if n := p.h.link.CallCount(); (n == 1) != row.call {
				t.Errorf("%d calls", n)
			}
			if !row.call {
				if len(p.h.take()) != 0 {
					t.Error("a refused call was offered")
				}
				p.h.wantEmpty()
			}
		})
	}
}

// TestStatusIncompatible: an originating state facing a terminating one, and any
// facing one of a peer whose RELEASE is lost, clears the call with cause 101
// (Q.2931 5.6.12); in the release states only the null state matters.
func TestStatusIncompatible(t *testing.T) {
	statusOf := func(s ie.CallStateValue) func(*msg.Message) {
		return func(m *msg.Message) {
			m.CallState = &ie.CallState{State: s}
			m.Causes = []ie.Cause{{Value: ie.CauseStatusEnquiryResponse}}
		}
	}
	for _, role := range []uni.Role{uni.RoleUser, uni.RoleNetwork} {
		for _, s := range []ie.CallStateValue{0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0x19, 0x3d, 0x3e} {
			p := ready(newWorld(t, 1), role)
			p.outgoing() // U1 or N6
			p.reply(msg.Status, statusOf(s))
			terminating := s == 6 || s == 7 || s == 8 || s == 9 || s == 0x19
			clash := terminating
			if role == uni.RoleNetwork {
				clash = s >= 1 && s <= 4
			}
			clash = clash || s == 11 || s == 12
			switch {
			case s == 0:
				p.silence()
				p.ended(ie.CauseMessageNotCompatible)
			case clash:
				p.expectCause(msg.Release, ie.CauseMessageNotCompatible)
				p.reply(msg.Status, statusOf(10)) // nothing in a release state
				p.silence()
				p.reply(msg.Status, statusOf(0))
				p.ended(ie.CauseMessageNotCompatible)
			default:
				p.silence()
			}
			if t.Failed() {
				t.Fatalf("%v side, peer's state %v", role, s)
			}
		}
	}
}

// TestReleaseStates: what comes after RELEASE (Q.2931 5.4).
func TestReleaseStates(t *testing.T) {
	p := activePeer(t, uni.RoleNetwork)
	p.h.ask(primitive.ReleaseReq{Call: 1, Cause: cause(ie.CauseNormalClearing)})
	p.expect(msg.Release)
	p.sendHex("0903 800007 3390 0000") // unknown, clear: ignored now
	p.silence()
	p.sendHex("0903 800007 0780 0000")
	status(101, "07", 12).check(p, msg.CallRef{Value: ref})
	p.sendHex("0903 800007 7580 0000")
	status(30, "", 12).check(p, msg.CallRef{Value: ref})
	p.reply(msg.ReleaseComplete, nil)
	p.ended(ie.CauseNormalClearing)
}

// TestFirstResponse: the channel must be in the first response to a user's
// SETUP (Q.2931 5.1.2), and be one that the call can use.
func TestFirstResponse(t *testing.T) {
	for _, row := range []struct {
		name    string
		channel *ie.ConnID
		want    *answer
	}{
		{"no channel", nil, status(96, "5a", 1)},
		{"reserved VCI", &ie.ConnID{VCI: 31}, release(36, "")},
		{"VPI 15", &ie.ConnID{VPCI: 15, VCI: 40}, release(36, "")},
		{"VPI 256", &ie.ConnID{VPCI: 256, VCI: 40}, release(36, "")},
		{"any VCI", &ie.ConnID{VCI: 40, Exclusive: ie.AnyVCI}, release(36, "")},
		{"whole path", &ie.ConnID{VCI: 40, Exclusive: ie.NoVCI}, release(36, "")},
		{"VPI 14", &ie.ConnID{VPCI: 14, VCI: 65535}, nil},
		{"VP-associated", &ie.ConnID{VPAssociated: true, VPCI: 99, VCI: 40}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := ready(newWorld(t, 1), uni.RoleUser)
			p.outgoing()
			p.reply(msg.CallProceeding, func(m *msg.Message) { m.ConnID = row.channel })
			row.want.check(p, msg.CallRef{Value: ref})
			if got := len(p.h.plane); (got == 1) != (row.want == nil) {
				t.Errorf("%d branches", got)
			}
		})
	}
	t.Run("another channel at the network side", func(t *testing.T) {
		p := ready(newWorld(t, 1), uni.RoleNetwork)
		p.outgoing()
		p.reply(msg.CallProceeding, channel)
		release(36, "").check(p, msg.CallRef{Value: ref})
		p.reply(msg.ReleaseComplete, nil)
		p.ended(ie.CauseVPCIVCIAssignment)
	})
	t.Run("a channel in use", func(t *testing.T) {
		p := activePeer(t, uni.RoleUser)
		uni.SetNextRef(p.h.link, ref+1)
		p.h.call(paramsTo(macB, constant))
		p.expect(msg.Setup)
		p.reply(msg.CallProceeding, func(m *msg.Message) { m.CallRef.Value++; m.ConnID = &ie.ConnID{VCI: 40} })
		release(36, "").check(p, msg.CallRef{Value: ref + 1})
	})
}
