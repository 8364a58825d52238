package sscop

// parseMD reads MD, management data: one SDU between the layer managements, unassured (Q.2110 7.1,
// 7.2). It carries Data.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+---------------------------------------------------------------+
//	|      management data (0 to k octets), then PL zero octets     |
//	+---+-+-+-------+-----------------------------------------------+
//	|PL |0|0|1 1 1 0|                   reserved                    |
//	+---+-+-+-------+-----------------------------------------------+
func (p *PDU) parseMD(b []byte, k int) (ok bool) {
	p.Data, ok = unpad(b, trailerSize, k)
	return ok
}

func (p *PDU) appendMD(b []byte) []byte {
	b, pl := appendPadded(b, p.Data)
	return appendTrailer(b, pl, MD, Seq{})
}
