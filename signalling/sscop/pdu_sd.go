package sscop

// parseSD reads SD, sequenced data: one SDU of the user, numbered (Q.2110 7.1, 7.2). It carries NS
// and Data.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+---------------------------------------------------------------+
//	|         user data (0 to k octets), then PL zero octets        |
//	+---+-+-+-------+-----------------------------------------------+
//	|PL |0|0|1 0 0 0|                     N(S)                      |
//	+---+-+-+-------+-----------------------------------------------+
func (p *PDU) parseSD(b []byte, k int) (ok bool) {
	p.NS = field(b, 1)
	p.Data, ok = unpad(b, trailerSize, k)
	return ok
}

func (p *PDU) appendSD(b []byte) []byte {
	b, pl := appendPadded(b, p.Data)
	return appendTrailer(b, pl, SD, p.NS)
}
