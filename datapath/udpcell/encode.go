package udpcell

import (
	"slices"

	"callmanager/datapath/carrier"
	"callmanager/datapath/cell"
	"callmanager/datapath/frame"
	"callmanager/datapath/sar"
	"callmanager/nicio"
	"callmanager/vc"
)

// cellCost is what a cell counts in what is unsent, in octets: no less than its part of a frame.
const cellCost = 64

// encode adds the cells of a frame. It implements [carrier.Encoder].
func encode(out []byte, f *nicio.TxFrame, room int) ([]byte, carrier.Load, carrier.Fate) {
	n := vc.CellsFor(len(f.Body))
	if len(f.Head) != carrier.FrameLen || len(f.Body) == 0 {
		return out, carrier.Load{}, carrier.Invalid
	}
	h, uu, ok := sar.ParseHead((*[frame.HeadLen]byte)(f.Head[nicio.HeaderLen:]))
	switch {
	case !ok:
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
