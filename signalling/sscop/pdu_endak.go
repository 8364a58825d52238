package sscop

// endakSize is the length of an ENDAK.
const endakSize = 8

// parseENDAK reads ENDAK, end acknowledge: confirm a release (Q.2110 7.1, 7.2). It carries no
// field.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+---------------------------------------------------------------+
//	|                           reserved                            |
//	+---+-+-+-------+-----------------------------------------------+
//	|0 0|0|0|0 1 0 0|                   reserved                    |
//	+---+-+-+-------+-----------------------------------------------+
func (*PDU) parseENDAK(b []byte) bool {
	return len(b) == endakSize
}

func (*PDU) appendENDAK(b []byte) []byte {
	b = appendField(b, Seq{})
	return appendTrailer(b, 0, ENDAK, Seq{})
}
