package ie

import "fmt"

// CallStateValue is a call state or a state of the restart procedure. A restart state shares the
// number of null.
type CallStateValue uint8

// The call states (Q.2931 table 4-8). U and N states have the same number.
const (
	CallNull               CallStateValue = 0x00 // U0, N0, REST 0
	CallInitiated          CallStateValue = 0x01
	CallOverlapSending     CallStateValue = 0x02
	CallOutgoingProceeding CallStateValue = 0x03
	CallDelivered          CallStateValue = 0x04
	CallPresent            CallStateValue = 0x06
	CallReceived           CallStateValue = 0x07
	CallConnectRequest     CallStateValue = 0x08
	CallIncomingProceeding CallStateValue = 0x09
	CallActive             CallStateValue = 0x0a
	CallReleaseRequest     CallStateValue = 0x0b
	CallReleaseIndication  CallStateValue = 0x0c
	CallModifyRequest      CallStateValue = 0x0d
	CallModifyReceived     CallStateValue = 0x0e
	CallOverlapReceiving   CallStateValue = 0x19
	CallRestartRequest     CallStateValue = 0x3d // REST 1
	CallRestart            CallStateValue = 0x3e // REST 2
)

// CallState is the call state element (Q.2931 4.5.10).
//
//	   8   7     6   5   4   3   2   1
//	+---------+-----------------------+
//	|  spare  |      call state       |  octet 5
//	+---------+-----------------------+
type CallState struct {
	Header
	State CallStateValue
}

// known reports whether the standard has the state.
func (v CallStateValue) known() bool { return int(v) < len(callStateNames) && callStateNames[v] != "" }

// callStateNames are the states as they are written in the ladder.
var callStateNames = [...]string{
	CallNull:               "null",
	CallInitiated:          "call initiated",
	CallOverlapSending:     "overlap sending",
	CallOutgoingProceeding: "outgoing call proceeding",
	CallDelivered:          "call delivered",
	CallPresent:            "call present",
	CallReceived:           "call received",
	CallConnectRequest:     "connect request",
	CallIncomingProceeding: "incoming call proceeding",
	CallActive:             "active",
	CallReleaseRequest:     "release request",
	CallReleaseIndication:  "release indication",
	CallModifyRequest:      "modify request",
	CallModifyReceived:     "modify received",
	CallOverlapReceiving:   "overlap receiving",
	CallRestartRequest:     "restart request",
	CallRestart:            "restart",
}

// String returns the state's name, or its number.
func (v CallStateValue) String() string {
	if v.known() {
		return callStateNames[v]
	}
	return fmt.Sprintf("state %d", uint8(v))
}

// ParseContents implements Element. The two spare bits count for nothing.
func (s *CallState) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	s.State = CallStateValue(c.u8() & 0x3f)
	if !s.State.known() {
		c.fail("unknown call state")
	}
	return c.done()
}

// AppendContents implements Element.
func (s *CallState) AppendContents(id ID, b []byte) ([]byte, error) {
	if !s.State.known() {
		return b, refuse(id, "unknown call state")
	}
	return append(b, byte(s.State)), nil
}
