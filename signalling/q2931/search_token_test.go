package q2931_test

import (
	"fmt"
	"slices"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// tokenSize is the size of a message under way: type, what it is about, and what the machines read of
// its contents.
const tokenSize = 9

// tokenOf writes a message down. A diagnostic counts in a STATUS, of the causes that machines act on.
func tokenOf(m *msg.Message) (t [tokenSize]byte) {
	t[0] = byte(m.Type)
	t[1] = mark(m.CallRef.IsGlobal()) | mark(m.CallRef.Flag)<<1
	if m.CallState != nil {
		t[1] |= 4
		t[2] = byte(m.CallState.State)
	}
	if len(m.Causes) > 0 {
		t[3] = byte(classOf(m.Causes[0].Value))
		if m.Type == msg.Status && t[3] != byte(ie.CauseNormalUnspecified) {
			t[8] = aboutOf(m.Causes[0].Diagnostic)
		}
	}
	if m.EndpointRef != nil {
		t[1] |= 8 | mark(m.EndpointRef.RefFlag)<<4
		t[4], t[5] = byte(m.EndpointRef.Value>>8), byte(m.EndpointRef.Value)
	}
	if m.EndpointState != nil {
		t[1] |= 32
		t[6] = byte(m.EndpointState.State)
	}
	if m.Restart != nil {
		t[1] |= 64
		t[7] = byte(m.Restart.Class)
	}
	if m.ReportType != nil {
		t[1] |= 128
	}
	return t
}

// classOf returns a cause that machines act on as it is, and one for all others.
func classOf(v ie.CauseValue) ie.CauseValue {
	if slices.Contains([]ie.CauseValue{
		ie.CauseStatusEnquiryResponse, ie.CauseMessageTypeNotImplemented, ie.CauseMessageNotCompatible98,
		ie.CauseMessageNotCompatible, ie.CauseInvalidCallReference,
	}, v) {
		return v
	}
	return ie.CauseNormalUnspecified
}

// aboutOf returns the message type that a diagnostic names, as far as machines act on it: 0 for none and 255 for
// another.
func aboutOf(diagnostic []byte) byte {
	switch {
	case len(diagnostic) == 0:
		return 0
	case diagnostic[0] == byte(msg.StatusEnquiry), diagnostic[0] == byte(msg.ModifyRequest):
		return diagnostic[0]
	}
	return 255
}

// fromToken reads a token.
func fromToken(t [tokenSize]byte) *msg.Message {
	m := &msg.Message{Type: msg.Type(t[0]), CallRef: msg.CallRef{Value: 1, Flag: t[1]&2 != 0}}
	if t[1]&1 != 0 {
		m.CallRef.Value = msg.GlobalCallRef
	}
	if m.Type == msg.Setup && t[1]&8 != 0 {
		m.Bearer = &ie.Bearer{Config: ie.PointToMultipoint}
	}
	if t[1]&4 != 0 {
		m.CallState = &ie.CallState{State: ie.CallStateValue(t[2])}
	}
	if t[3] != 0 {
		m.Causes = []ie.Cause{{Value: ie.CauseValue(t[3])}}
		if t[8] != 0 {
			m.Causes[0].Diagnostic = []byte{t[8]}
		}
	}
	if t[1]&8 != 0 {
		m.EndpointRef = &ie.EndpointRef{Value: uint16(t[4])<<8 | uint16(t[5]), RefFlag: t[1]&16 != 0}
	}
	if t[1]&32 != 0 {
		m.EndpointState = &ie.EndpointState{State: ie.EndpointStateValue(t[6])}
	}
	if t[1]&64 != 0 {
		m.Restart = &ie.Restart{Class: ie.RestartClass(t[7])}
	}
	if t[1]&128 != 0 {
		m.ReportType = &ie.ReportType{Type: ie.ReportModification}
	}
	return m
}

// words is a token for a trace.
func words(t [tokenSize]byte) string {
	s := msg.Type(t[0]).String()
	if t[1]&1 != 0 {
		s = "global " + s
	}
	if t[1]&4 != 0 {
		s += fmt.Sprintf(" state %d", t[2])
	}
	if t[1]&8 != 0 {
		s += fmt.Sprintf(" party %d", int(t[4])<<8|int(t[5]))
	}
	if t[1]&32 != 0 {
		s += fmt.Sprintf(" in %x", t[6])
	}
	if t[3] != 0 {
		s += fmt.Sprintf(" cause %d", t[3])
	}
	return s
}
