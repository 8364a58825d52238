package cell

import "encoding/binary"

// A Builder writes cells into a frame, from the octet behind its label on. The zero value has room
// for none: Begin gives it a frame. The memory is the caller's; the builder keeps no cell.
type Builder struct {
	buf    []byte
	rest   []byte // What of buf is free.
	format Format
	cells  uint16
	shut   bool   // AAL5 PDU mode: the frame holds the end of a PDU, or an OAM cell.
	atm    uint8  // AAL5 PDU mode: the atm octet.
	first  Header // AAL5 PDU mode: the header of the first cell.
}

// maxCells bounds the cells of one frame, far beyond what a frame of 65535 octets holds.
const maxCells = 1<<16 - 1

// Begin starts a frame of a format in buf, of at most so many cells and no more than fit. What was
// in the builder is forgotten.
func (b *Builder) Begin(f Format, buf []byte, most int) {
	most = max(0, min(most, f.Most(len(buf)), maxCells))
	*b = Builder{format: f}
	if most > 0 {
		b.buf = buf[:f.Size(most):f.Size(most)]
		b.rest = b.buf[f.shape().start:]
	}
}

// Room returns how many cells can follow. In AAL5 PDU mode nothing follows the end of a PDU or an
// OAM cell, and only cells of its channel what has begun.
func (b *Builder) Room() int {
	if b.shut || b.rest == nil {
		return 0
	}
	return len(b.rest) / int(max(1, b.format.shape().stride))
}

// Cells returns how many cells the frame has.
func (b *Builder) Cells() int { return int(b.cells) }

// Append adds a cell and returns its body, for the caller to fill before Finish. It returns nil if
// the frame is full, or is one of AAL5 PDU mode to which this cell does not belong: it goes into
// the next frame. In the modes in which the label tells path or channel the header's are not
// written; they must be the label's.
//
//hot:bce
func (b *Builder) Append(h Header) *Body {
	switch b.format {
	case NToOne, NToOneBare:
		if len(b.rest) < nToOneLen {
			return nil
		}
		c := (*[nToOneLen]byte)(b.rest)
		b.rest = b.rest[nToOneLen:]
		b.cells++
		binary.BigEndian.PutUint32(c[:4], uint32(h))
		return (*Body)(c[4:])
	case VCC:
		if len(b.rest) < 1+BodyLen {
			return nil
		}
		c := (*[1 + BodyLen]byte)(b.rest)
		b.rest = b.rest[1+BodyLen:]
		b.cells++
		c[0] = uint8(h & atmPTICLP)
		return (*Body)(c[1:])
	case VPC:
		if len(b.rest) < 3+BodyLen {
			return nil
		}
		c := (*[3 + BodyLen]byte)(b.rest)
		b.rest = b.rest[3+BodyLen:]
		b.cells++
		c[0] = atmV | uint8(h&atmPTICLP)
		binary.BigEndian.PutUint16(c[1:3], uint16(h.VCI()))
		return (*Body)(c[3:])
	case PDU, PathPDU:
		rest := b.rest
		if len(rest) < BodyLen || !b.belongs(h) {
			return nil
		}
		c := (*Body)(rest)
		b.rest = rest[BodyLen:]
		b.cells++
		return c
	case Line:
		if len(b.rest) < Len {
			return nil
		}
		c := (*[Len]byte)(b.rest)
		b.rest = b.rest[Len:]
		b.cells++
		PutHeader((*[HeaderLen]byte)(c[:HeaderLen]), h)
		return (*Body)(c[HeaderLen:])
	}
	return nil
}

// belongs reports whether a cell can follow in a frame of AAL5 PDU mode, and notes it if so.
func (b *Builder) belongs(h Header) bool {
	if b.shut {
		return false
	}
	user := h.PTI().User()
	if b.cells == 0 {
		b.first = h
	} else if !user || h.Channel() != b.first.Channel() {
		return false
	}
	if !user {
		b.shut, b.atm = true, uint8(h&atmPTICLP)
		return true
	}
	b.atm = atmM | b.atm&atmC | uint8(h&Header(atmC))
	if h.PTI().Congested() {
		b.atm |= atmE
	}
	if h.PTI().Last() {
		b.shut, b.atm = true, b.atm|atmU
	}
	return true
}

// Finish writes the control word and returns the frame from there on, or nil if it has no cells.
// The frame lies in the memory of Begin; the builder has room for none until the next Begin.
func (b *Builder) Finish(sequence uint16) []byte {
	if b.cells == 0 {
		return nil
	}
	frame := b.buf[:len(b.buf)-len(b.rest)]
	b.putWord(frame, sequence)
	*b = Builder{}
	return frame
}

// putWord writes the control word. The atm octet of one-to-one mode is there already.
func (b *Builder) putWord(frame []byte, sequence uint16) {
	switch b.format {
	case NToOneBare, Line:
	case NToOne:
		binary.BigEndian.PutUint32(frame, uint32(sequence))
	case VCC, VPC:
		frame[0] = 0
		binary.BigEndian.PutUint16(frame[1:], sequence)
	case PDU, PathPDU:
		if b.format == PathPDU {
			b.atm |= atmV
			binary.BigEndian.PutUint16(frame[WordLen:], uint16(b.first.VCI()))
		}
		binary.BigEndian.PutUint32(frame, uint32(sequence)<<8|uint32(b.atm))
	}
}
