package ie

import "encoding/binary"

// ipiSNAP is the initial protocol identifier of IEEE 802.1 SNAP (ISO/IEC TR 9577).
const ipiSNAP = 0x80

// snapID is octet 8 of the layer 3 group.
const snapID = 0x80

// The limits of octet 7b: 16 to 4096 octets.
const (
	minPacketSize = 4
	maxPacketSize = 12
)

// The highest multiplexing capability of octets 7a and 7b of H.310, and its terminal types.
const (
	maxH310Mux  = 5
	minH310Type = 1
	maxH310Type = 3
)

// parse reads the octets behind octet 7; more tells that octet 7 announced them.
func (l *Layer3) parse(c *cursor, more bool) {
	if !more {
		return
	}
	switch l.Protocol {
	case L3X25, L3ISO8208, L3X223:
		l.parsePacket(c)
	case L3User:
		l.User = Some(c.last())
	case L3TR9577:
		l.parseIPI(c)
	case L3H310:
		o := c.u8()
		t := H310Terminal{Type: o & 0xf, Capability: o >> 4 & 7}
		if o&0x80 == 0 {
			o = c.last()
			t.Mux = Some(H310Mux{Fwd: o >> 3 & 7, Bwd: o & 7})
		}
		l.Terminal = Some(t)
	case L3ISO8473, L3T70, L3H321:
		c.fail("octet that the layer 3 protocol does not have")
	default:
		c.fail("unknown layer 3 protocol")
	}
}

// parsePacket reads octets 7a to 7c of the X.25 family.
func (l *Layer3) parsePacket(c *cursor) {
	o := c.u8()
	l.Mode = Some(SequenceMode(o >> 5 & 3))
	if o&0x80 != 0 {
		return
	}
	o = c.u8()
	l.PacketSize = Some(o & 0xf)
	if o&0x80 == 0 {
		l.Window = Some(c.last())
	}
}

// parseIPI reads octets 7a to 8.5 of TR 9577. The identifier's bits 8-2 are in 7a, bit 1 is bit 7
// of 7b.
//
//	  8      7  6  5  4  3  2  1
//	+---+------------------------+
//	| 0 |   IPI, bits 8 to 2     |  octet 7a
//	| 1 | IPI bit 1 |   spare    |  octet 7b
//	| 1 | SNAP 0 0  |   spare    |  octet 8, IPI 0x80 only
//	|            OUI             |  octets 8.1 to 8.3
//	|            PID             |  octets 8.4 and 8.5
//	+----------------------------+
func (l *Layer3) parseIPI(c *cursor) {
	hi := c.u8()
	if hi&0x80 != 0 {
		c.fail("octet 7b missing")
	}
	ipi := hi<<1 | c.last()>>6
	l.IPI = Some(ipi)
	if ipi != ipiSNAP || !c.more() {
		return
	}
	if c.u8()&0xe0 != snapID {
		c.fail("unknown SNAP identifier")
	}
	var s SNAP
	copy(s.OUI[:], c.take(3))
	s.PID = c.u16()
	l.SNAP = Some(s)
}

func (l *Layer3) append(b []byte) []byte {
	o := byte(blliLayer3<<5) | byte(l.Protocol)
	switch {
	case l.User.Present:
		return octets(b, o, l.User.Value)
	case l.Window.Present:
		return octets(b, o, byte(l.Mode.Value)<<5, l.PacketSize.Value, l.Window.Value)
	case l.PacketSize.Present:
		return octets(b, o, byte(l.Mode.Value)<<5, l.PacketSize.Value)
	case l.Mode.Present:
		return octets(b, o, byte(l.Mode.Value)<<5)
	case l.Terminal.Present:
		return l.appendTerminal(b, o)
	case l.IPI.Present:
		return l.appendIPI(b, o)
	}
	return octets(b, o)
}

func (l *Layer3) appendTerminal(b []byte, o byte) []byte {
	t := l.Terminal.Value
	o7a := t.Capability<<4 | t.Type
	if !t.Mux.Present {
		return octets(b, o, o7a)
	}
	return octets(b, o, o7a, t.Mux.Value.Fwd<<3|t.Mux.Value.Bwd)
}

func (l *Layer3) appendIPI(b []byte, o byte) []byte {
	b = octets(b, o, l.IPI.Value>>1, l.IPI.Value<<6&0x40)
	if !l.SNAP.Present {
		return b
	}
	b = append(b, snapID)
	b = append(b, l.SNAP.Value.OUI[:]...)
	return binary.BigEndian.AppendUint16(b, l.SNAP.Value.PID)
}

// check verifies the protocol and the octets that it may have.
func (l *Layer3) check() string {
	own := Layer3{Protocol: l.Protocol}
	reason := ""
	switch l.Protocol {
	case 0, L3ISO8473, L3T70, L3H321:
	case L3X25, L3ISO8208, L3X223:
		own.Mode, own.PacketSize, own.Window = l.Mode, l.PacketSize, l.Window
		reason = l.checkPacket()
	case L3TR9577:
		own.IPI, own.SNAP = l.IPI, l.SNAP
		if l.SNAP.Present && l.IPI != Some[uint8](ipiSNAP) {
			reason = "SNAP identifier without IPI 0x80"
		}
	case L3H310:
		own.Terminal = l.Terminal
		if l.Terminal.Present {
			reason = l.Terminal.Value.check()
		}
	case L3User:
		own.User = l.User
		if l.User.Value > 0x7f {
			reason = "user information above 7 bits"
		}
	default:
		return "unknown layer 3 protocol"
	}
	if reason == "" && own != *l {
		reason = "octet that the layer 3 protocol does not have"
	}
	return reason
}

func (l *Layer3) checkPacket() string {
	if !l.Mode.Present {
		if l.PacketSize.Present || l.Window.Present {
			return "layer 3 octet 7b without 7a"
		}
		return ""
	}
	size := l.PacketSize
	bad := size.Present && (size.Value < minPacketSize || size.Value > maxPacketSize)
	if l.Window.Present && !size.Present {
		return "layer 3 octet 7c without 7b"
	}
	return checkSequence(l.Mode.Value, l.Window, bad)
}

func (t *H310Terminal) check() string {
	switch {
	case t.Type < minH310Type || t.Type > maxH310Type:
		return "unknown H.310 terminal type"
	case max(t.Capability, t.Mux.Value.Fwd, t.Mux.Value.Bwd) > maxH310Mux:
		return "unknown H.310 multiplexing capability"
	}
	return ""
}
