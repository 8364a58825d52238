package sscop

const (
	// endSize is the length of an END without user-to-user data.
	endSize = 8
	// endSBit is the S bit in the last word of an END.
	endSBit = 1 << 28
)

// parseEND reads END, end: release a connection (Q.2110 7.1, 7.2). It carries Source and Data.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+---------------------------------------------------------------+
//	|     user-to-user data (0 to j octets), then PL zero octets    |
//	+---------------------------------------------------------------+
//	|                           reserved                            |
//	+---+-+-+-------+-----------------------------------------------+
//	|PL |0|S|0 0 1 1|                   reserved                    |
//	+---+-+-+-------+-----------------------------------------------+
//
// S is 0 if the user released, 1 if SSCOP did.
func (p *PDU) parseEND(b []byte, j int) (ok bool) {
	if len(b) < endSize {
		return false
	}
	if word(b, 1)&endSBit != 0 {
		p.Source = SourceSSCOP
	}
	p.Data, ok = unpad(b, endSize, j)
	return ok
}

func (p *PDU) appendEND(b []byte) []byte {
	b, pl := appendPadded(b, p.Data)
	b = appendField(b, Seq{})
	b = appendTrailer(b, pl, END, Seq{})
	if p.Source == SourceSSCOP {
		b[len(b)-4] |= endSBit >> 24
	}
	return b
}
