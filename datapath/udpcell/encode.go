package udpcell

import (
	"encoding/binary"
	"slices"

	"callmanager/datapath/carrier"
	"callmanager/datapath/cell"
	"callmanager/datapath/frame"
	"callmanager/datapath/sar"
	"callmanager/nicio"
)

// cellCost is what a cell counts in what is unsent, in octets: no less than its part of a frame.
const cellCost = 64

// encode adds the cells of a frame. It implements [carrier.Encoder].
func encode(out []byte, f *nicio.TxFrame, room int) ([]byte, carrier.Load, carrier.Fate) {
	h, uu, ok := headerOf(f)
	n := sar.Cells(len(f.Body))
	switch {
	case !ok || len(f.Body) == 0:
		return out, carrier.Load{}, carrier.Invalid
	case len(f.Body) > MaxSDU:
		return out, carrier.Load{}, carrier.Oversize
	case n*cell.Len > room:
		return out, carrier.Load{}, carrier.Full
	}
	var s sar.Segmenter
	var b cell.Builder
	at := len(out)
	out = slices.Grow(out, n*cell.Len)[:at+n*cell.Len]
	b.Begin(cell.Line, out[at:], n)
	s.Start(h, f.Body, uu)
	s.Fill(&b, n)
	return out, loadOf(n), carrier.Accepted
}

// loadOf returns what so many cells are in an outbox.
func loadOf(cells int) carrier.Load { return carrier.Load{Pieces: cells, Octets: cells * cellCost} }

// headerOf reads what is in front of a frame's SDU: the header of its cells and the user-to-user bit.
// It refuses a frame that is none of an SDU.
func headerOf(f *nicio.TxFrame) (h cell.Header, uu uint8, ok bool) {
	if len(f.Head) != carrier.FrameLen {
		return 0, 0, false
	}
	label, rest, fault := frame.DecodeLabel(f.Head[nicio.HeaderLen:])
	vpi, vci, ok := label.Channel()
	if fault != frame.NoFault || !ok {
		return 0, 0, false
	}
	flags := frame.Word(binary.BigEndian.Uint32(rest)).Flags()
	var pti cell.PTI
	if flags&frame.E != 0 {
		pti = cell.EFCI
	}
	return cell.NewHeader(uint16(vpi), vci, pti, flags&frame.C != 0), uint8(flags & frame.U), flags&frame.T == 0
}
