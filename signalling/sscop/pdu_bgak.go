package sscop

// bgakSize is the length of a BGAK without user-to-user data.
const bgakSize = 8

// parseBGAK reads BGAK, begin acknowledge: accept a connection (Q.2110 7.1, 7.2). It carries NMR
// and Data.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+---------------------------------------------------------------+
//	|     user-to-user data (0 to j octets), then PL zero octets    |
//	+---------------------------------------------------------------+
//	|                           reserved                            |
//	+---+-+-+-------+-----------------------------------------------+
//	|PL |0|0|0 0 1 0|                     N(MR)                     |
//	+---+-+-+-------+-----------------------------------------------+
func (p *PDU) parseBGAK(b []byte, j int) (ok bool) {
	if len(b) < bgakSize {
		return false
	}
	p.NMR = field(b, 1)
	p.Data, ok = unpad(b, bgakSize, j)
	return ok
}

func (p *PDU) appendBGAK(b []byte) []byte {
	b, pl := appendPadded(b, p.Data)
	b = appendField(b, Seq{})
	return appendTrailer(b, pl, BGAK, p.NMR)
}
