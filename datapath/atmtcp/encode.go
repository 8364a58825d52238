package atmtcp

import (
	"callmanager/datapath/carrier"
	"callmanager/datapath/frame"
	"callmanager/nicio"
	"callmanager/vc"
)

// encode adds the record of a frame. It implements [carrier.Encoder].
func encode(b []byte, f *nicio.TxFrame, room int) ([]byte, carrier.Load, carrier.Fate) {
	vpi, vci, ok := channelOf(f)
	n := len(f.Body)
	switch {
	case !ok || n == 0:
		return b, carrier.Load{}, carrier.Invalid
	case n > MaxSDU:
		return b, carrier.Load{}, carrier.Oversize
	case headerLen+n > room:
		return b, carrier.Load{}, carrier.Full
	}
	b = header{uint16(vpi), uint16(vci), uint32(n)}.append(b)
	return append(b, f.Body...), carrier.Load{Pieces: 1, Octets: carrier.FrameLen + n}, carrier.Accepted
}

// channelOf reads what is in front of a frame's SDU. It refuses a frame that says more about its SDU
// than a record can.
func channelOf(f *nicio.TxFrame) (vpi vc.VPI, vci vc.VCI, ok bool) {
	if len(f.Head) != carrier.FrameLen {
		return 0, 0, false
	}
	label, rest, fault := frame.DecodeLabel(f.Head[nicio.HeaderLen:])
	if fault != frame.NoFault || rest[0]&byte(frame.U|frame.T) != 0 {
		return 0, 0, false
	}
	return label.Channel()
}

// tally counts whole records, and the octets of the frames that they were.
func tally(b []byte) (l carrier.Load) {
	for len(b) > 0 {
		n := int(parseHeader(b).length)
		l.Pieces++
		l.Octets += carrier.FrameLen + n
		b = b[headerLen+n:]
	}
	return l
}

// slice returns the end of the whole records with which b begins and that are of so many octets
// together, or of one record at least.
func slice(b []byte, octets int) (end int) {
	for end < len(b) && (end == 0 || end < octets) {
		end += headerLen + int(parseHeader(b[end:]).length)
	}
	return end
}
