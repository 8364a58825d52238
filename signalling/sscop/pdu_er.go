package sscop

// erSize is the length of an ER.
const erSize = 8

// parseER reads ER, error recovery: recover from a protocol error (Q.2110 7.1, 7.2). It carries
// NSQ and NMR.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+-----------------------------------------------+---------------+
//	|                   reserved                    |     N(SQ)     |
//	+---+-+-+-------+-------------------------------+---------------+
//	|0 0|0|0|1 0 0 1|                     N(MR)                     |
//	+---+-+-+-------+-----------------------------------------------+
func (p *PDU) parseER(b []byte) bool {
	if len(b) != erSize {
		return false
	}
	p.NSQ = uint8(word(b, 2) & 0xff)
	p.NMR = field(b, 1)
	return true
}

func (p *PDU) appendER(b []byte) []byte {
	b = appendField(b, NewSeq(uint32(p.NSQ)))
	return appendTrailer(b, 0, ER, p.NMR)
}
