package cell

import "encoding/binary"

// A run is cells of one header in a row, as the cells of a long PDU are. What is done once for all of a run
// costs a third of what it does cell by cell.

// AppendRun adds cells of one header with the octets of p, of which each takes [BodyLen], until it has added so
// many, p has no whole one left or [Builder.Append] takes no more. It returns their number.
func (b *Builder) AppendRun(h Header, p []byte, most int) (n int) {
	if b.format == NToOne || b.format == NToOneBare {
		return b.appendRun(h, p, most)
	}
	for n < most && len(p) >= BodyLen {
		body := b.Append(h)
		if body == nil {
			break
		}
		body.Set((*Body)(p))
		p = p[BodyLen:]
		n++
	}
	return n
}

// appendRun is AppendRun of N-to-one mode.
//
//hot:bce
//hot:nomemmove
func (b *Builder) appendRun(h Header, p []byte, most int) (n int) {
	rest := b.rest
	for ; most-n >= 4 && len(p) >= 4*BodyLen && len(rest) >= 4*nToOneLen; n += 4 {
		to, from := (*[4 * nToOneLen]byte)(rest), (*[4 * BodyLen]byte)(p)
		put((*[nToOneLen]byte)(to[:]), h, (*Body)(from[:]))
		put((*[nToOneLen]byte)(to[nToOneLen:]), h, (*Body)(from[BodyLen:]))
		put((*[nToOneLen]byte)(to[2*nToOneLen:]), h, (*Body)(from[2*BodyLen:]))
		put((*[nToOneLen]byte)(to[3*nToOneLen:]), h, (*Body)(from[3*BodyLen:]))
		p, rest = p[4*BodyLen:], rest[4*nToOneLen:]
	}
	for ; n < most && len(p) >= BodyLen && len(rest) >= nToOneLen; n++ {
		put((*[nToOneLen]byte)(rest), h, (*Body)(p))
		p, rest = p[BodyLen:], rest[nToOneLen:]
	}
	b.rest = rest
	b.cells += uint16(n)
	return n
}

// put writes a cell of N-to-one mode.
func put(to *[nToOneLen]byte, h Header, from *Body) {
	binary.BigEndian.PutUint32(to[:], uint32(h))
	(*Body)(to[nToOneLen-BodyLen:]).Set(from)
}

// CopyRun takes the next cells as long as they have this header, and dst room for their bodies, which it copies
// there. It returns their number, which may be smaller than it could: [Cells.Next] goes on.
func (c *Cells) CopyRun(h Header, dst []byte) (n int) {
	if c.format != NToOne && c.format != NToOneBare {
		return 0
	}
	return c.copyRun(h, dst)
}

// copyRun is CopyRun of N-to-one mode.
//
//hot:bce
//hot:nomemmove
func (c *Cells) copyRun(h Header, dst []byte) (n int) {
	rest := c.rest
	for ; len(dst) >= 4*BodyLen && len(rest) >= 4*nToOneLen; n += 4 {
		to, from := (*[4 * BodyLen]byte)(dst), (*[4 * nToOneLen]byte)(rest)
		a, b := headerOf(from[:]), headerOf(from[nToOneLen:])
		c, d := headerOf(from[2*nToOneLen:]), headerOf(from[3*nToOneLen:])
		if (a^h)|(b^h)|(c^h)|(d^h) != 0 {
			break
		}
		(*Body)(to[:]).Set((*Body)(from[4:]))
		(*Body)(to[BodyLen:]).Set((*Body)(from[nToOneLen+4:]))
		(*Body)(to[2*BodyLen:]).Set((*Body)(from[2*nToOneLen+4:]))
		(*Body)(to[3*BodyLen:]).Set((*Body)(from[3*nToOneLen+4:]))
		dst, rest = dst[4*BodyLen:], rest[4*nToOneLen:]
	}
	for ; len(dst) >= BodyLen && len(rest) >= nToOneLen && headerOf(rest) == h; n++ {
		(*Body)(dst).Set((*Body)(rest[4:]))
		dst, rest = dst[BodyLen:], rest[nToOneLen:]
	}
	c.rest = rest
	return n
}

// headerOf returns the header of the cell of N-to-one mode at the start of b.
func headerOf(b []byte) Header { return Header(binary.BigEndian.Uint32(b)) }
