package vc

// DefaultRate is the peak cell rate of best effort that names none: a link's capacity in wire bits
// a second, or, where that is unknown or beyond it, what a traffic descriptor can say.
func DefaultRate(capacity BitRate) CellRate {
	if r, err := PCRFor(min(capacity, MaxCellRate.Bits())); err == nil && r > 0 {
		return r
	}
	return MaxCellRate
}

// Complete fills in what a contract leaves open over a link: without a rate best effort at the
// link's capacity in both directions, without a size piece, the largest SDU in octets that goes in
// one piece. Sizes beyond largest, the largest SDU that the link carries at all, are lowered to it,
// which lowered tells. It does not validate.
func (c Contract) Complete(capacity BitRate, piece, largest uint16) (out Contract, lowered bool) {
	if c.Forward.PCR == 0 && c.Backward.PCR == 0 && (c.Category == 0 || c.Category == UBR) {
		c.Category = UBR
		c.Forward.PCR, c.Backward.PCR = DefaultRate(capacity), DefaultRate(capacity)
	}
	var forward, backward bool
	c.Forward, forward = c.Forward.sized(piece, largest)
	c.Backward, backward = c.Backward.sized(piece, largest)
	return c, forward || backward
}

// sized fills in or lowers the maximum SDU size of a flow. It reports whether it lowered a size that
// was asked for.
func (f Flow) sized(piece, largest uint16) (out Flow, lowered bool) {
	limit := max(piece, largest)
	switch {
	case f.PCR == 0 || f.MaxSDU != 0 && f.MaxSDU <= limit:
		return f, false
	case f.MaxSDU == 0:
		f.MaxSDU = piece
		return f, false
	}
	f.MaxSDU = limit
	return f, true
}
