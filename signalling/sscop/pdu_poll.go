package sscop

// pollSize is the length of a POLL.
const pollSize = 8

// parsePOLL reads POLL: tell VT(S) and ask for the state of the receiver (Q.2110 7.1, 7.2). It
// carries NPS and NS.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+---------------+-----------------------------------------------+
//	|   reserved    |                     N(PS)                     |
//	+---+-+-+-------+-----------------------------------------------+
//	|0 0|0|0|1 0 1 0|                     N(S)                      |
//	+---+-+-+-------+-----------------------------------------------+
func (p *PDU) parsePOLL(b []byte) bool {
	if len(b) != pollSize {
		return false
	}
	p.NPS = field(b, 2)
	p.NS = field(b, 1)
	return true
}

func (p *PDU) appendPOLL(b []byte) []byte {
	b = appendField(b, p.NPS)
	return appendTrailer(b, 0, POLL, p.NS)
}
