package sscop

// rsakSize is the length of an RSAK.
const rsakSize = 8

// parseRSAK reads RSAK, resynchronization acknowledge (Q.2110 7.1, 7.2). It carries NMR.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+---------------------------------------------------------------+
//	|                           reserved                            |
//	+---+-+-+-------+-----------------------------------------------+
//	|0 0|0|0|0 1 1 0|                     N(MR)                     |
//	+---+-+-+-------+-----------------------------------------------+
func (p *PDU) parseRSAK(b []byte) bool {
	p.NMR = field(b, 1)
	return len(b) == rsakSize
}

func (p *PDU) appendRSAK(b []byte) []byte {
	b = appendField(b, Seq{})
	return appendTrailer(b, 0, RSAK, p.NMR)
}
