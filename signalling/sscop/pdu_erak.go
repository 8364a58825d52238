package sscop

// erakSize is the length of an ERAK.
const erakSize = 8

// parseERAK reads ERAK, error recovery acknowledge (Q.2110 7.1, 7.2). It carries NMR.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+---------------------------------------------------------------+
//	|                           reserved                            |
//	+---+-+-+-------+-----------------------------------------------+
//	|0 0|0|0|1 1 1 1|                     N(MR)                     |
//	+---+-+-+-------+-----------------------------------------------+
func (p *PDU) parseERAK(b []byte) bool {
	p.NMR = field(b, 1)
	return len(b) == erakSize
}

func (p *PDU) appendERAK(b []byte) []byte {
	b = appendField(b, Seq{})
	return appendTrailer(b, 0, ERAK, p.NMR)
}
