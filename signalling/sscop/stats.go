package sscop

// Stats counts what a connection has done since it was made. Arrays by PDU are indexed by PDUType,
// Errors by the letter: Errors[code-'A'].
type Stats struct {
	In            [NumPDUTypes]uint64 // well-formed PDUs received, by type
	Out           [NumPDUTypes]uint64 // PDUs sent, by type; SD includes retransmissions
	Errors        [26]uint64          // MAA-ERROR indications, by letter
	Retransmitted uint64              // SD PDUs sent again
	Discarded     uint64              // SD PDUs received outside the window
	Ignored       uint64              // events that the Recommendation ignores in their state
	Refused       uint64              // requests not accepted: wrong state or too long
	Overflow      uint64              // SDUs not accepted because the queue was full
	Dropped       uint64              // SDUs accepted and given up: the connection broke or recovers
	StaleExpiries uint64              // timer expiries that came too late
	Impossible    uint64              // events that cannot happen: a defect of this package if not 0
}

// Error returns how often code was reported.
func (s Stats) Error(code ErrorCode) uint64 {
	if code < 'A' || code > 'Z' {
		return 0
	}
	return s.Errors[code-'A']
}
