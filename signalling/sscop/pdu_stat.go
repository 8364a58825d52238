package sscop

// statSize is the length of a STAT without list elements.
const statSize = 12

// parseSTAT reads STAT, solicited status: the state of the receiver, in answer to a POLL (Q.2110
// 7.1, 7.2). It carries NPS, NMR, NR and List.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+---------------+-----------------------------------------------+
//	|   reserved    |      list element 1 (first of a gap)          |
//	+---------------+-----------------------------------------------+
//	|   reserved    |      list element 2 (first after the gap)     |
//	+---------------+-----------------------------------------------+
//	|            ...  0 to MaxSTAT elements in all  ...             |
//	+---------------+-----------------------------------------------+
//	|   reserved    |                     N(PS)                     |
//	+---------------+-----------------------------------------------+
//	|   reserved    |                     N(MR)                     |
//	+---+-+-+-------+-----------------------------------------------+
//	|0 0|0|0|1 0 1 1|                     N(R)                      |
//	+---+-+-+-------+-----------------------------------------------+
func (p *PDU) parseSTAT(b []byte, maxSTAT int) bool {
	n := (len(b) - statSize) / 4
	if len(b) < statSize || n > maxSTAT {
		return false
	}
	p.parseList(b, n)
	p.NPS = field(b, 3)
	p.NMR = field(b, 2)
	p.NR = field(b, 1)
	return true
}

func (p *PDU) appendSTAT(b []byte) []byte {
	for _, le := range p.List {
		b = appendField(b, le)
	}
	b = appendField(b, p.NPS)
	b = appendField(b, p.NMR)
	return appendTrailer(b, 0, STAT, p.NR)
}

// parseList reads the n words at the start of b into List.
func (p *PDU) parseList(b []byte, n int) {
	for i := range n {
		p.List = append(p.List, field(b, len(b)/4-i))
	}
}
