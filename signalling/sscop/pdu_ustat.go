package sscop

// ustatSize is the length of a USTAT; its list has always two elements.
const ustatSize = 16

// parseUSTAT reads USTAT, unsolicited status: a gap just seen by the receiver (Q.2110 7.1, 7.2).
// It carries NMR, NR and List.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+---------------+-----------------------------------------------+
//	|   reserved    |      list element 1 (first of the gap)        |
//	+---------------+-----------------------------------------------+
//	|   reserved    |      list element 2 (first after the gap)     |
//	+---------------+-----------------------------------------------+
//	|   reserved    |                     N(MR)                     |
//	+---+-+-+-------+-----------------------------------------------+
//	|0 0|0|0|1 1 0 0|                     N(R)                      |
//	+---+-+-+-------+-----------------------------------------------+
func (p *PDU) parseUSTAT(b []byte) bool {
	if len(b) != ustatSize {
		return false
	}
	p.parseList(b, 2)
	p.NMR = field(b, 2)
	p.NR = field(b, 1)
	return true
}

func (p *PDU) appendUSTAT(b []byte) []byte {
	var gap [2]Seq
	copy(gap[:], p.List)
	b = appendField(b, gap[0])
	b = appendField(b, gap[1])
	b = appendField(b, p.NMR)
	return appendTrailer(b, 0, USTAT, p.NR)
}
