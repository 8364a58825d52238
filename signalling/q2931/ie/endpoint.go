package ie

import "fmt"

// EndpointRef is the endpoint reference (Q.2971): the party of a point-to-multipoint call.
//
//	   8     7   6   5   4   3   2   1
//	+-----------------------------------+
//	|      identifier type, 0           |  octet 5
//	+------+----------------------------+
//	| flag |  value, 15 bits            |  octets 6 and 7
//	+------+----------------------------+
type EndpointRef struct {
	Header
	Value   uint16 // 15 bits
	RefFlag bool   // reference flag: false from the side that allocated the value
}

// EndpointStateValue is the state of a party.
type EndpointStateValue uint8

// The party states (Q.2971).
const (
	EndpointNull              EndpointStateValue = 0x00
	EndpointAddInitiated      EndpointStateValue = 0x01
	EndpointAlertingDelivered EndpointStateValue = 0x04
	EndpointAddReceived       EndpointStateValue = 0x06
	EndpointAlertingReceived  EndpointStateValue = 0x07
	EndpointActive            EndpointStateValue = 0x0a
	EndpointDropInitiated     EndpointStateValue = 0x0b
	EndpointDropReceived      EndpointStateValue = 0x0c
)

// EndpointState is the endpoint state element (Q.2971).
type EndpointState struct {
	Header
	State EndpointStateValue
}

// maxEndpointRef is the highest endpoint reference value: 15 bits.
const maxEndpointRef = 0x7fff

// endpointRefType is the only identifier type: locally defined integer.
const endpointRefType = 0

// ParseContents implements Element.
func (r *EndpointRef) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	if c.u8() != endpointRefType {
		c.fail("unknown type of endpoint reference")
	}
	v := c.u16()
	r.Value, r.RefFlag = v&maxEndpointRef, v > maxEndpointRef
	return c.done()
}

// AppendContents implements Element.
func (r *EndpointRef) AppendContents(id ID, b []byte) ([]byte, error) {
	v := r.Value
	if v > maxEndpointRef {
		return b, refuse(id, "endpoint reference above 15 bits")
	}
	if r.RefFlag {
		v |= maxEndpointRef + 1
	}
	return append(b, endpointRefType, byte(v>>8), byte(v)), nil
}

// endpointStateNames are the states as they are written in the ladder.
var endpointStateNames = [...]string{
	EndpointNull:              "null",
	EndpointAddInitiated:      "add party initiated",
	EndpointAlertingDelivered: "party alerting delivered",
	EndpointAddReceived:       "add party received",
	EndpointAlertingReceived:  "party alerting received",
	EndpointActive:            "active",
	EndpointDropInitiated:     "drop party initiated",
	EndpointDropReceived:      "drop party received",
}

func (v EndpointStateValue) known() bool {
	return int(v) < len(endpointStateNames) && endpointStateNames[v] != ""
}

// String returns the state's name, or its number.
func (v EndpointStateValue) String() string {
	if v.known() {
		return endpointStateNames[v]
	}
	return fmt.Sprintf("party state %d", uint8(v))
}

// ParseContents implements Element. The two spare bits count for nothing.
func (s *EndpointState) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	s.State = EndpointStateValue(c.u8() & 0x3f)
	if !s.State.known() {
		c.fail("unknown endpoint state")
	}
	return c.done()
}

// AppendContents implements Element.
func (s *EndpointState) AppendContents(id ID, b []byte) ([]byte, error) {
	if !s.State.known() {
		return b, refuse(id, "unknown endpoint state")
	}
	return append(b, byte(s.State)), nil
}
