package sscop

// rsSize is the length of an RS without user-to-user data.
const rsSize = 8

// parseRS reads RS, resynchronization: drop what is in flight and start anew (Q.2110 7.1, 7.2). It
// carries NSQ, NMR and Data.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+---------------------------------------------------------------+
//	|     user-to-user data (0 to j octets), then PL zero octets    |
//	+-----------------------------------------------+---------------+
//	|                   reserved                    |     N(SQ)     |
//	+---+-+-+-------+-------------------------------+---------------+
//	|PL |0|0|0 1 0 1|                     N(MR)                     |
//	+---+-+-+-------+-----------------------------------------------+
func (p *PDU) parseRS(b []byte, j int) (ok bool) {
	if len(b) < rsSize {
		return false
	}
	p.NSQ = uint8(word(b, 2) & 0xff)
	p.NMR = field(b, 1)
	p.Data, ok = unpad(b, rsSize, j)
	return ok
}

func (p *PDU) appendRS(b []byte) []byte {
	b, pl := appendPadded(b, p.Data)
	b = appendField(b, NewSeq(uint32(p.NSQ)))
	return appendTrailer(b, pl, RS, p.NMR)
}
