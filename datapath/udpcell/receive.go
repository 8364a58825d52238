package udpcell

import (
	"net/netip"

	"callmanager/datapath/cell"
	"callmanager/datapath/frame"
	"callmanager/datapath/sar"
	"callmanager/vc"
)

// receive takes a datagram. Only the socket's reader calls it.
func (t *Transport) receive(b []byte, from netip.AddrPort, at int64) {
	c := &t.count
	c.datagrams.Add(1)
	if from.Port() != t.cfg.Peer.Port() || from.Addr().Unmap() != t.cfg.Peer.Addr().Unmap() {
		c.foreign.Add(1)
		return
	}
	if len(b) != cell.Len {
		c.size.Add(1)
		return
	}
	_, cells, fault := cell.Line.Decode(b, 0)
	h, body, ok := cells.Next()
	if fault != cell.NoFault || !ok {
		c.hec.Add(1)
		return
	}
	t.dispatch(h, body, at)
}

// dispatch takes a cell that is one.
func (t *Transport) dispatch(h cell.Header, body *cell.Body, at int64) {
	kind := h.Kind()
	switch {
	case kind == cell.Unassigned || kind == cell.Physical:
		t.count.empty.Add(1)
	case h.VPI() > uint16(vc.MaxVPI):
		t.count.path.Add(1)
	case kind == cell.User:
		sdu, trailer, ok := t.join.take(h, body, at)
		t.count.publish(t.join)
		if ok {
			t.deliver(h, sdu, trailer)
		}
	case kind.OAM():
		var head [frame.EntryLen]byte
		putHeader(&head, h)
		t.count.oam.Add(1)
		t.give(h, sar.Trailer{}, frame.T, head[:], body[:])
	default:
		t.count.other.Add(1)
	}
}

// deliver gives an SDU to the engine, in the frame that says of it what came with it.
func (t *Transport) deliver(h cell.Header, sdu []byte, trailer sar.Trailer) {
	t.give(h, trailer, trailer.Flags(), sdu)
}

// give gives the frame of a channel whose path fits to its port.
func (t *Transport) give(h cell.Header, trailer sar.Trailer, flags frame.Flags, sdu ...[]byte) {
	p := t.link.Data
	if h.Channel() == signalling {
		p = t.link.Control
	}
	p.Deliver(sar.EntryOf(h, trailer), flags, sdu...)
	p.Readable.Set()
}

// putHeader writes a header without its HEC, as an OAM cell has it in a frame of AAL5 SDU mode.
func putHeader(b *[frame.EntryLen]byte, h cell.Header) {
	b[0], b[1], b[2], b[3] = byte(h>>24), byte(h>>16), byte(h>>8), byte(h)
}
