package sscop

// parseUD reads UD, unnumbered data: one SDU of the user, unassured (Q.2110 7.1, 7.2). It carries
// Data.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+---------------------------------------------------------------+
//	|         user data (0 to k octets), then PL zero octets        |
//	+---+-+-+-------+-----------------------------------------------+
//	|PL |0|0|1 1 0 1|                   reserved                    |
//	+---+-+-+-------+-----------------------------------------------+
func (p *PDU) parseUD(b []byte, k int) (ok bool) {
	p.Data, ok = unpad(b, trailerSize, k)
	return ok
}

func (p *PDU) appendUD(b []byte) []byte {
	b, pl := appendPadded(b, p.Data)
	return appendTrailer(b, pl, UD, Seq{})
}
