package sar

import (
	"callmanager/datapath/aal5"
	"callmanager/datapath/cell"
	"callmanager/vc"
)

// A Segmenter cuts the SDUs of one VC into cells, one SDU after another. It keeps its place when a
// frame is full, so an SDU may span frames. The zero value is ready. It allocates nothing and copies
// each octet once, from the SDU into the frame.
type Segmenter struct {
	rest   []byte      // What of the SDU is not in cells yet.
	crc    uint32      // Of what is.
	header cell.Header // Of every cell but the last.
	length uint16      // Of the SDU; 0 aborts.
	uu     uint8
	busy   bool
}

// Start begins an SDU of 1 to [aal5.MaxSDU] octets, whose memory must stay as it is until Fill has returned
// true. Every cell has the path, the channel, the loss priority and the EFCI bit of the header. It
// returns false, and does nothing, for an SDU of another size and while another is under way.
func (s *Segmenter) Start(h cell.Header, sdu []byte, uu uint8) bool {
	if s.busy || len(sdu) == 0 || len(sdu) > aal5.MaxSDU {
		return false
	}
	*s = Segmenter{
		rest: sdu, header: h.WithPTI(h.PTI() & cell.EFCI), length: uint16(len(sdu)), uu: uu, busy: true,
	}
	return true
}

// Busy reports whether an SDU is under way.
func (s *Segmenter) Busy() bool { return s.busy }

// Left returns how many cells of the SDU under way are still to be made.
func (s *Segmenter) Left() int {
	if !s.busy {
		return 0
	}
	return vc.CellsFor(len(s.rest))
}

// Abort lets the SDU under way end with its next cell, with which Fill tells the receiver to forget
// it: length 0 (I.363.5 clause 9.2.1.2). Without it the receiver would take the next PDU of the VC
// for the rest of this one. The SDU's memory is the caller's again. Before the first cell there is
// nothing to tell, and the SDU is forgotten here.
func (s *Segmenter) Abort() {
	if s.length > 0 && len(s.rest) == int(s.length) {
		*s = Segmenter{}
		return
	}
	s.rest, s.length = nil, 0
}

// Fill makes cells until the SDU is complete, the builder takes no more, or there are so many: a
// scheduler gives each VC its share of a frame. It returns true once the last cell is written, or if
// nothing was under way; the SDU's memory is then the caller's again.
func (s *Segmenter) Fill(b *cell.Builder, most int) (done bool) {
	if !s.busy {
		return true
	}
	if len(s.rest) >= cell.BodyLen {
		most -= s.fillWhole(b, most)
	}
	if len(s.rest) >= cell.BodyLen || most <= 0 {
		return false
	}
	if len(s.rest) > lastRoom {
		// The trailer does not fit beside the rest: PAD spans two cells.
		body := b.Append(s.header)
		if body == nil {
			return false
		}
		clear(body[copy(body[:], s.rest):])
		s.crc = aal5.Update(s.crc, body[:])
		s.rest = nil
		if most--; most <= 0 {
			return false
		}
	}
	body := b.Append(s.header.WithPTI(s.header.PTI() | cell.AUU))
	if body == nil {
		return false
	}
	aal5.Finish(body[:], copy(body[:lastRoom], s.rest), s.uu, 0, s.length, s.crc)
	*s = Segmenter{}
	return true
}

// fillWhole makes at most so many of the cells that hold nothing but SDU, and returns how many.
//
//hot:bce
func (s *Segmenter) fillWhole(b *cell.Builder, most int) (n int) {
	rest := s.rest
	n = b.AppendRun(s.header, rest, most)
	if used := n * cell.BodyLen; used > 0 && used <= len(rest) {
		s.crc = aal5.Update(s.crc, rest[:used])
		s.rest = rest[used:]
	}
	return n
}
