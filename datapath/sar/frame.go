package sar

import (
	"encoding/binary"

	"callmanager/datapath/cell"
	"callmanager/datapath/frame"
	"callmanager/vc"
)

// An engine's frame tells beside an SDU what AAL5 tells in the cells' headers and the trailer:
//
//	frame                       cells
//	label                       VPI and VCI
//	control word, C             CLP: of one cell at least; of all that are made
//	control word, E             EFCI of the last cell; of all that are made
//	control word, U             CPCS-UU, the lowest bit
//	in place of the TTL         CPCS-UU, all of it

// EntryOf returns the label stack entry of the engine's frame of an SDU that has come on the channel of h. The
// path is one that a link has.
func EntryOf(h cell.Header, t Trailer) frame.Entry {
	return frame.NewEntry(frame.LabelOf(vc.VPI(h.VPI()), h.VCI())).WithUser(t.UU)
}

// Flags returns those of the control word.
func (t Trailer) Flags() frame.Flags {
	f := frame.Flags(t.UU) & frame.U
	if t.CLP {
		f |= frame.C
	}
	if t.EFCI {
		f |= frame.E
	}
	return f
}

// ParseHead reads what stands before the SDU in a frame of the engine: what [Segmenter.Start] is to be given.
// ok is false for a label that spells no channel, and for a frame of anything but a whole SDU.
func ParseHead(b *[frame.HeadLen]byte) (h cell.Header, uu uint8, ok bool) {
	e := frame.Entry(binary.BigEndian.Uint32(b[:frame.EntryLen]))
	w := frame.Word(binary.BigEndian.Uint32(b[frame.EntryLen:]))
	vpi, vci, ok := e.Label().Channel()
	if !ok || !e.Bottom() || w.Flags()&frame.T != 0 || w.Part() != frame.Whole {
		return 0, 0, false
	}
	var pti cell.PTI
	if w.Flags()&frame.E != 0 {
		pti = cell.EFCI
	}
	return cell.NewHeader(uint16(vpi), vci, pti, w.Flags()&frame.C != 0), e.User(), true
}
