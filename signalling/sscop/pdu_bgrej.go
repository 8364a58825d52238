package sscop

// bgrejSize is the length of a BGREJ without user-to-user data.
const bgrejSize = 8

// parseBGREJ reads BGREJ, begin reject: refuse a connection (Q.2110 7.1, 7.2). It carries Data.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+---------------------------------------------------------------+
//	|     user-to-user data (0 to j octets), then PL zero octets    |
//	+---------------------------------------------------------------+
//	|                           reserved                            |
//	+---+-+-+-------+-----------------------------------------------+
//	|PL |0|0|0 1 1 1|                   reserved                    |
//	+---+-+-+-------+-----------------------------------------------+
func (p *PDU) parseBGREJ(b []byte, j int) (ok bool) {
	if len(b) < bgrejSize {
		return false
	}
	p.Data, ok = unpad(b, bgrejSize, j)
	return ok
}

func (p *PDU) appendBGREJ(b []byte) []byte {
	b, pl := appendPadded(b, p.Data)
	b = appendField(b, Seq{})
	return appendTrailer(b, pl, BGREJ, Seq{})
}
