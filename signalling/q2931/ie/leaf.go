package ie

import "encoding/binary"

// LIJCallID is the leaf initiated join call identifier (UNI 4.0 section 6).
//
//	   8     7   6   5   4   3   2   1
//	+-----+-----------------------------+
//	|  1  |            type             |  octet 5
//	+-----+-----------------------------+
//	|  call identifier                  |  octets 6 to 9
//	+-----------------------------------+
type LIJCallID struct {
	Header
	Type  uint8 // 0: root assigned
	Value uint32
}

// LIJParameters are the leaf initiated join parameters (UNI 4.0 section 6).
type LIJParameters struct {
	Header
	Screening uint8 // 0: network join without root notification
}

// LeafSequence is the leaf sequence number (UNI 4.0 section 6).
type LeafSequence struct {
	Header
	Value uint32
}

// ParseContents implements Element.
func (l *LIJCallID) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	l.Type = c.last()
	if l.Type != 0 {
		c.fail("unknown type of call identifier")
	}
	l.Value = c.uint(4)
	return c.done()
}

// AppendContents implements Element.
func (l *LIJCallID) AppendContents(id ID, b []byte) ([]byte, error) {
	if l.Type != 0 {
		return b, refuse(id, "unknown type of call identifier")
	}
	return binary.BigEndian.AppendUint32(append(b, 0x80), l.Value), nil
}

// ParseContents implements Element.
func (l *LIJParameters) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	l.Screening = c.last()
	if l.Screening != 0 {
		c.fail("unknown screening indication")
	}
	return c.done()
}

// AppendContents implements Element.
func (l *LIJParameters) AppendContents(id ID, b []byte) ([]byte, error) {
	if l.Screening != 0 {
		return b, refuse(id, "unknown screening indication")
	}
	return append(b, 0x80), nil
}

// ParseContents implements Element.
func (l *LeafSequence) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	l.Value = c.uint(4)
	return c.done()
}

// AppendContents implements Element.
func (l *LeafSequence) AppendContents(_ ID, b []byte) ([]byte, error) {
	return binary.BigEndian.AppendUint32(b, l.Value), nil
}
