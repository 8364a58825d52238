package dissect

import "callmanager/signalling/q2931/ie"

// The groups of a B-LLI by bits 7-6 of their first octet (Q.2931 4.5.9).
const (
	blliLayer1 = 1
	blliLayer2 = 2
	blliLayer3 = 3
)

var (
	sayLayer2 = at(map[uint64]string{
		1: "ISO 1745", 2: "Q.921", 6: "X.25 link layer", 7: "X.25 multilink", 8: "extended LAPB", 9: "HDLC ARM", 0xa: "HDLC NRM",
		0xb: "HDLC ABM", 0xc: "LAN logical link control", 0xd: "X.75 SLP", 0xe: "Q.922", 0x10: "user specified", 0x11: "ISO 7776",
	})
	sayLayer3 = at(map[uint64]string{
		6: "X.25 packet layer", 7: "ISO/IEC 8208", 8: "X.223", 9: "ISO/IEC 8473", 0xa: "T.70", 0xb: "ISO/IEC TR 9577", 0xc: "H.310",
		0xd: "H.321", 0x10: "user specified",
	})
	sayMode = list("", "normal", "extended")
	sayMux  = list("none", "TS", "TS with FEC", "PS", "PS with FEC", "H.221")
)

// blli reads the groups of a B-LLI as they come.
func blli(s *scan) {
	for s.left() > 0 {
		switch o := s.peek(); o >> 5 & 3 {
		case blliLayer1:
			s.octet(bits{"layer 1 protocol", 0x1f, nil})
		case blliLayer2:
			s.octet(bits{"layer 2 protocol", 0x1f, sayLayer2})
			if o&ext == 0 {
				layer2(s, ie.Layer2Protocol(o&0x1f))
			}
		case blliLayer3:
			s.octet(bits{"layer 3 protocol", 0x1f, sayLayer3})
			if o&ext == 0 {
				layer3(s, ie.Layer3Protocol(o&0x1f))
			}
		default:
			return
		}
	}
}

// layer2 reads octets 6a and 6b.
func layer2(s *scan, p ie.Layer2Protocol) {
	if p == ie.L2User {
		s.octet(bits{"user specified layer 2", 0x7f, nil})
		return
	}
	if s.octet(bits{"mode", 0x60, sayMode}, bits{"Q.933 use", 3, nil})&ext == 0 && s.left() > 0 {
		s.octet(bits{"window", 0x7f, nil})
	}
}

// layer3 reads what stands behind octet 7.
func layer3(s *scan, p ie.Layer3Protocol) {
	switch p {
	case ie.L3X25, ie.L3ISO8208, ie.L3X223:
		if s.octet(bits{"mode", 0x60, sayMode})&ext != 0 || s.left() == 0 {
			return
		}
		if s.octet(bits{"log2 of the packet size", 0xf, nil})&ext == 0 && s.left() > 0 {
			s.octet(bits{"window", 0x7f, nil})
		}
	case ie.L3User:
		s.octet(bits{"user specified layer 3", 0x7f, nil})
	case ie.L3TR9577:
		initialProtocol(s)
	case ie.L3H310:
		if s.octet(bits{"multiplexing capability", 0x70, sayMux}, bits{"terminal type", 0xf, list("", "receive only", "send only", "both")})&ext == 0 && s.left() > 0 {
			s.octet(bits{"forward multiplexing", 0x38, sayMux}, bits{"backward multiplexing", 7, sayMux})
		}
	case ie.L3ISO8473, ie.L3T70, ie.L3H321:
	}
}

// snapProtocol is the initial protocol identifier of IEEE 802.1 SNAP.
const snapProtocol = 0x80

// initialProtocol reads octets 7a to 8.5 of TR 9577: bits 8-2 of the identifier are in 7a, bit 1 is
// bit 7 of 7b.
func initialProtocol(s *scan) {
	p, whole := s.part(2, "initial protocol identifier")
	if !whole {
		return
	}
	ipi := uint64(p.Raw[0]&0x7f)<<1 | uint64(p.Raw[1]>>6&1)
	p.Fields = []Field{{Name: "initial protocol identifier", Value: ipi, Text: at(map[uint64]string{
		snapProtocol: "SNAP", 0xcc: "IPv4", 0xcf: "PPP", 0x8e: "IPv6",
	})(ipi)}}
	if ipi != snapProtocol || s.left() == 0 || s.peek()>>5&3 != 0 {
		return
	}
	s.octet(bits{"SNAP identifier", 0x60, list("SNAP")})
	s.octets("OUI", 3)
	s.octets("protocol", 2)
}
