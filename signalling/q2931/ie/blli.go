package ie

// Layer2Protocol is the user information layer 2 protocol of a BLLI; 0 means no layer 2 octets.
type Layer2Protocol uint8

// The layer 2 protocols.
const (
	L2ISO1745  Layer2Protocol = 0x01
	L2Q921     Layer2Protocol = 0x02
	L2X25Link  Layer2Protocol = 0x06
	L2X25Multi Layer2Protocol = 0x07 // X.25 multilink
	L2LAPB     Layer2Protocol = 0x08 // extended LAPB, half duplex
	L2HDLCARM  Layer2Protocol = 0x09
	L2HDLCNRM  Layer2Protocol = 0x0a
	L2HDLCABM  Layer2Protocol = 0x0b
	L2LLC      Layer2Protocol = 0x0c // LAN logical link control, ISO 8802-2
	L2X75SLP   Layer2Protocol = 0x0d
	L2Q922     Layer2Protocol = 0x0e
	L2User     Layer2Protocol = 0x10
	L2ISO7776  Layer2Protocol = 0x11
)

// Layer3Protocol is the user information layer 3 protocol of a BLLI; 0 means no layer 3 octets.
type Layer3Protocol uint8

// The layer 3 protocols.
const (
	L3X25     Layer3Protocol = 0x06
	L3ISO8208 Layer3Protocol = 0x07
	L3X223    Layer3Protocol = 0x08
	L3ISO8473 Layer3Protocol = 0x09
	L3T70     Layer3Protocol = 0x0a
	L3TR9577  Layer3Protocol = 0x0b
	L3H310    Layer3Protocol = 0x0c
	L3H321    Layer3Protocol = 0x0d
	L3User    Layer3Protocol = 0x10
)

// SequenceMode is the mode of operation of layer 2 or 3.
type SequenceMode uint8

// The modes: sequence numbers modulo 8 or 128.
const (
	ModeNormal   SequenceMode = 1
	ModeExtended SequenceMode = 2
)

// Layer2 is the layer 2 group of a BLLI, octets 6, 6a and 6b.
type Layer2 struct {
	Protocol Layer2Protocol
	Mode     Opt[SequenceMode] // octet 6a
	Q933     uint8             // octet 6a, bits 2-1; only with Mode
	Window   Opt[uint8]        // octet 6b, 1 to 127; only with Mode
	User     Opt[uint8]        // octet 6a of L2User
}

// SNAP is the identifier of a protocol over IEEE 802.1 SNAP.
type SNAP struct {
	OUI [3]byte
	PID uint16
}

// H310Terminal is the terminal description of H.310, octets 7a and 7b.
type H310Terminal struct {
	Type       uint8 // octet 7a, bits 4-1: 1 receive, 2 send, 3 both
	Capability uint8 // octet 7a, bits 7-5: multiplexing capability
	Mux        Opt[H310Mux]
}

// H310Mux is octet 7b of an H.310 terminal: the multiplexing capability each way (0 none, 1 TS,
// 2 TS with FEC, 3 PS, 4 PS with FEC, 5 H.221).
type H310Mux struct{ Fwd, Bwd uint8 }

// Layer3 is the layer 3 group of a BLLI, octets 7 to 8.5.
type Layer3 struct {
	Protocol   Layer3Protocol
	Mode       Opt[SequenceMode] // octet 7a
	PacketSize Opt[uint8]        // octet 7b: log2 of the default packet size, 4 to 12; only with Mode
	Window     Opt[uint8]        // octet 7c, 1 to 127; only with PacketSize
	User       Opt[uint8]        // octet 7a of L3User
	IPI        Opt[uint8]        // initial protocol identifier of ISO/IEC TR 9577
	SNAP       Opt[SNAP]         // only with IPI 0x80
	Terminal   Opt[H310Terminal]
}

// BLLI is the broadband low layer information (Q.2931 4.5.9). It is comparable.
//
//	   8     7   6     5   4   3   2   1
//	+-----+---------+-------------------+
//	|  1  |   0 1   | layer 1 protocol  |  octet 5
//	+-----+---------+-------------------+
//	|  e  |   1 0   | layer 2 protocol  |  octet 6, then 6a and 6b
//	+-----+---------+-------------------+
//	|  e  |   1 1   | layer 3 protocol  |  octet 7, then 7a to 8.5
//	+-----+---------+-------------------+
//
// Each layer may be absent, not all of them.
type BLLI struct {
	Header
	Layer1 Opt[uint8] // user information layer 1 protocol, 5 bits
	Layer2 Layer2
	Layer3 Layer3
}

// The groups of a BLLI by bits 7-6 of their first octet.
const (
	blliLayer1 = 1
	blliLayer2 = 2
	blliLayer3 = 3
)

// maxWindow is the largest window size of layers 2 and 3.
const maxWindow = 127

// ParseContents implements Element.
func (l *BLLI) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	if len(p) == 0 {
		c.fail("no layer")
	}
	seen := 0
	for c.more() {
		o := c.u8()
		group := int(o >> 5 & 3)
		if group <= seen {
			c.fail("layers repeated or out of order")
		}
		seen = group
		if group != blliLayer1 && o&0x1f == 0 {
			c.fail("reserved layer 2 or 3 protocol")
		}
		switch more := o&0x80 == 0; group {
		case blliLayer1:
			l.Layer1 = Some(o & 0x1f)
			if more {
				c.fail("extension of octet 5")
			}
		case blliLayer2:
			l.Layer2.Protocol = Layer2Protocol(o & 0x1f)
			l.Layer2.parse(&c, more)
		case blliLayer3:
			l.Layer3.Protocol = Layer3Protocol(o & 0x1f)
			l.Layer3.parse(&c, more)
		}
	}
	if c.err != nil {
		return c.err
	}
	return l.check(id)
}

// AppendContents implements Element.
func (l *BLLI) AppendContents(id ID, b []byte) ([]byte, error) {
	if err := l.check(id); err != nil {
		return b, err
	}
	if l.Layer1.Present {
		b = append(b, 0x80|blliLayer1<<5|l.Layer1.Value)
	}
	if l.Layer2.Protocol != 0 {
		b = l.Layer2.append(b)
	}
	if l.Layer3.Protocol != 0 {
		b = l.Layer3.append(b)
	}
	return b, nil
}

// check verifies protocols, the octets that each may have and their values.
func (l *BLLI) check(id ID) error {
	var reason string
	switch {
	case !l.Layer1.Present && l.Layer2 == Layer2{} && l.Layer3 == Layer3{}:
		reason = "no layer"
	case l.Layer1.Value > 0x1f:
		reason = "layer 1 protocol above 5 bits"
	default:
		if reason = l.Layer2.check(); reason == "" {
			reason = l.Layer3.check()
		}
	}
	if reason != "" {
		return refuse(id, reason)
	}
	return nil
}

// octets returns the octets with the extension bit set in the last one only.
func octets(b []byte, group ...byte) []byte {
	b = append(b, group...)
	b[len(b)-1] |= 0x80
	return b
}
