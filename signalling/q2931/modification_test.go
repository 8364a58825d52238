package q2931_test

import (
	"strings"
	"testing"

	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// active returns a call in state 10 that this side has made or not.
func active(t *testing.T, side q2931.Side, owner bool) *q2931.Call {
	t.Helper()
	c := q2931.NewCall(side, msg.CallRef{Value: 5, Flag: !owner}, &q2931.Timers{})
	setup := &msg.Message{Type: msg.Setup}
	var steps []q2931.Event
	switch {
	case owner && side == q2931.User:
		steps = []q2931.Event{q2931.ReqSetup, q2931.MsgConnect}
	case owner:
		steps = []q2931.Event{q2931.ReqSetup, q2931.MsgConnect, q2931.ReqSetupComplete}
	case side == q2931.User:
		steps = []q2931.Event{q2931.MsgSetup, q2931.RspSetup, q2931.MsgConnectAck}
	default:
		steps = []q2931.Event{q2931.MsgSetup, q2931.RspSetup, q2931.MsgConnectAck}
	}
	for _, e := range steps {
		c.Step(e, q2931.Input{Msg: setup})
	}
	if c.State().Number() != ie.CallActive {
		t.Fatalf("%v after %v", c.State(), steps)
	}
	return c
}

// kinds returns what a step asks for: the names of messages, and timers.
func kinds(effects []q2931.Effect) string {
	var text strings.Builder
	for _, e := range effects {
		switch e.Kind { //nolint:exhaustive // those of the modification
		case q2931.Send:
			text.WriteString(e.Msg.Type.String())
			if len(e.Msg.Causes) > 0 {
				text.WriteString(" " + e.Msg.Causes[0].Value.String())
			}
		case q2931.StartTimer:
			text.WriteString("+" + e.Timer.String())
		case q2931.StopTimer:
			text.WriteString("-" + e.Timer.String())
		case q2931.Modify:
			text.WriteString("Modify")
		case q2931.Modified:
			text.WriteString("Modified")
		case q2931.ModifyRefused:
			text.WriteString("ModifyRefused")
		case q2931.ModifyEnded:
			text.WriteString("ModifyEnded")
		case q2931.Available:
			text.WriteString("Available")
		case q2931.Clearing:
			text.WriteString("Clearing")
		default:
			text.WriteString("?")
		}
		text.WriteString("; ")
	}
	return text.String()
}

// TestModification walks the procedure step by step, on both sides of the UNI.
func TestModification(t *testing.T) {
	type step struct {
		ev   q2931.Event
		in   q2931.Input
		want string
		user q2931.State
	}
	asks := step{q2931.ReqModify, q2931.Input{Msg: &msg.Message{}}, "MODIFY REQUEST; +T360; ", q2931.U13ModifyRequest}
	got := step{q2931.MsgModifyRequest, q2931.Input{Msg: &msg.Message{Type: msg.ModifyRequest}}, "+T361; Modify; ", q2931.U14ModifyReceived}
	confirm := &msg.Message{ReportType: &ie.ReportType{Type: ie.ReportModification}}
	no := &msg.Message{CallState: &ie.CallState{State: ie.CallActive}, Causes: []ie.Cause{{Value: ie.CauseMessageTypeNotImplemented, Diagnostic: []byte{0x88}}}}
	plain := q2931.Input{Msg: &msg.Message{}}
	for _, row := range []struct {
		name  string
		owner bool
		steps []step
	}{
		{"acknowledged and confirmed", true, []step{
			asks,
			{q2931.MsgModifyAck, q2931.Input{Msg: confirm}, "Modified; -T360; ", q2931.U10Active},
			{q2931.ReqAvailable, plain, "CONNECTION AVAILABLE; ", q2931.U10Active},
		}},
		{"rejected", true, []step{asks, {q2931.MsgModifyReject, plain, "ModifyRefused; -T360; ", q2931.U10Active}}},
		{"STATUS 97", true, []step{asks, {q2931.MsgStatus, q2931.Input{Msg: no}, "ModifyRefused; -T360; ", q2931.U10Active}}},
		{"asked again after a reset", true, []step{asks, {q2931.LnkEstablished, plain, "MODIFY REQUEST; +T360; ", q2931.U13ModifyRequest}}},
		{"asked again after a loss", true, []step{
			asks,
			{q2931.LnkReleased, plain, "-T360; ", q2931.U13ModifyRequest},
			{q2931.LnkEstablished, plain, "MODIFY REQUEST; +T360; ", q2931.U13ModifyRequest},
		}},
		{"T360", true, []step{asks, {q2931.ExpT360, plain, "Clearing; RELEASE recovery on timer expiry; +T308; ", q2931.U11ReleaseRequest}}},
		{"not the owner's peer", true, []step{
			{q2931.MsgModifyRequest, plain, "MODIFY REJECT facility rejected; ", q2931.U10Active},
			asks,
			{q2931.MsgModifyRequest, plain, "MODIFY REJECT facility rejected; ", q2931.U13ModifyRequest},
		}},
		{"accepted", false, []step{
			got, {q2931.RspModify, plain, "MODIFY ACKNOWLEDGE; -T361; ", q2931.U10Active},
		}},
		{"accepted and confirmed", false, []step{
			got,
			{q2931.RspModify, q2931.Input{Msg: confirm}, "MODIFY ACKNOWLEDGE; -T361; +T361; ", q2931.U10Active},
			{q2931.MsgConnectionAvailable, plain, "-T361; Available; ", q2931.U10Active},
			{q2931.MsgConnectionAvailable, q2931.Input{Msg: &msg.Message{Type: msg.ConnectionAvailable}}, "STATUS message not compatible with call state; ", q2931.U10Active},
		}},
		{"refused before the former is confirmed", false, []step{
			got,
			{q2931.RspModify, q2931.Input{Msg: confirm}, "MODIFY ACKNOWLEDGE; -T361; +T361; ", q2931.U10Active},
			got,
			{q2931.RejModify, q2931.Input{Cause: ie.Cause{Value: ie.CauseCellRateUnavailable}}, "-T361; MODIFY REJECT user cell rate not available; ", q2931.U10Active},
			{q2931.MsgConnectionAvailable, q2931.Input{Msg: &msg.Message{Type: msg.ConnectionAvailable}}, "STATUS message not compatible with call state; ", q2931.U10Active},
		}},
		{"never confirmed", false, []step{
			got,
			{q2931.RspModify, q2931.Input{Msg: confirm}, "MODIFY ACKNOWLEDGE; -T361; +T361; ", q2931.U10Active},
			{q2931.ExpT361, plain, "Available; ", q2931.U10Active},
		}},
		{"refused", false, []step{
			got, {q2931.RejModify, q2931.Input{Cause: ie.Cause{Value: ie.CauseCellRateUnavailable}}, "-T361; MODIFY REJECT user cell rate not available; ", q2931.U10Active},
		}},
		{"T361", false, []step{got, {q2931.ExpT361, plain, "MODIFY REJECT recovery on timer expiry; ModifyEnded; ", q2931.U10Active}}},
		{"the SAAL is lost", false, []step{got, {q2931.LnkReleased, plain, "-T361; ModifyEnded; ", q2931.U10Active}}},
		{"the SAAL is reset", false, []step{got, {q2931.LnkEstablished, plain, "-T361; ModifyEnded; ", q2931.U10Active}, got}},
		{"asked twice", false, []step{got, {q2931.MsgModifyRequest, q2931.Input{Msg: &msg.Message{Type: msg.ModifyRequest}}, "STATUS message not compatible with call state; ", q2931.U14ModifyReceived}}},
		{"released meanwhile", false, []step{got, {q2931.MsgRelease, plain, "?; -T361; ", q2931.U12ReleaseIndication}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := active(t, q2931.User, row.owner)
			n := active(t, q2931.Network, row.owner)
			for _, s := range row.steps {
				if got := kinds(c.Step(s.ev, s.in)); got != s.want || c.State() != s.user {
					t.Fatalf("%v: %q and %v, want %q and %v", s.ev, got, c.State(), s.want, s.user)
				}
				if got := kinds(n.Step(s.ev, s.in)); got != s.want || n.State() != mirror(s.user) {
					t.Fatalf("%v: %q and %v, want %q and %v", s.ev, got, n.State(), s.want, mirror(s.user))
				}
			}
		})
	}
}

// mirror is the state of the network side with the part of the user side's.
func mirror(s q2931.State) q2931.State {
	switch s { //nolint:exhaustive // those whose numbers differ
	case q2931.U13ModifyRequest:
		return q2931.N14ModifyReceived
	case q2931.U14ModifyReceived:
		return q2931.N13ModifyRequest
	case q2931.U11ReleaseRequest:
		return q2931.N12ReleaseIndication
	case q2931.U12ReleaseIndication:
		return q2931.N11ReleaseRequest
	}
	return q2931.N10Active
}

// TestModificationStatus: the states of the modification fit an active peer's,
// whatever numbers it takes for them, and tell the truth in STATUS.
func TestModificationStatus(t *testing.T) {
	for _, side := range []q2931.Side{q2931.User, q2931.Network} {
		c := active(t, side, true)
		for _, asks := range []bool{false, true} {
			if asks {
				c.Step(q2931.ReqModify, q2931.Input{Msg: &msg.Message{}})
			}
			for _, peer := range []ie.CallStateValue{ie.CallActive, ie.CallModifyRequest, ie.CallModifyReceived} {
				m := &msg.Message{CallState: &ie.CallState{State: peer}, Causes: []ie.Cause{{Value: ie.CauseStatusEnquiryResponse}}}
				was := c.State()
				if got := kinds(c.Step(q2931.MsgStatus, q2931.Input{Msg: m})); got != "?; " || c.State() != was {
					t.Errorf("%v, peer in %v: %q, then %v", was, peer, got, c.State())
				}
			}
			effects := c.Step(q2931.MsgStatusEnquiry, q2931.Input{Msg: &msg.Message{}})
			if s := effects[0].Msg.CallState.State; s != c.State().Number() {
				t.Errorf("%v says %v", c.State(), s)
			}
		}
	}
}
