package vc

// Ethernet octets of a frame on the wire: what stands before a frame-mode SDU (two MACs, EtherType, label,
// control word), the shortest frame without its FCS, and what every frame costs beside (FCS, preamble,
// inter-frame gap).
const (
	frameHeader  = 22
	minFrame     = 60
	frameOutside = 24
)

// A Framing is how a link lays SDUs on its wire, as far as it makes them cost something. The zero value is
// frame mode over Ethernet: an SDU, or a piece of one, a frame.
type Framing struct {
	// Cell is what a cell takes beside the head of its frame, in octets; zero is frame mode.
	Cell int
	// Head is what a frame takes beside its cells, in octets of wire.
	Head int
	// Cells is how many cells a frame has at most.
	Cells int
	// Partial is what the heads of frames that leave before they are full may take in all, in wire bits a
	// second, where a frame waits for cells of other SDUs. Zero: it does not wait, so each SDU may have
	// frames of its own.
	Partial BitRate
}

// CellFraming returns the framing of N-to-one cells over Ethernet (RFC 4717 clause 8.1), in frames of so many
// cells of 52 octets at most, with a control word unless they are bare. A frame leaves when it is full, and
// no later than waits times a second if it is not; zero: it does not wait.
func CellFraming(cells int, bare bool, waits BitRate) Framing {
	const cell, word = 52, 4
	f := Framing{Cell: cell, Head: frameHeader + frameOutside, Cells: cells}
	if bare {
		f.Head -= word
	}
	f.Partial = waits * BitRate(8*f.Head) //nolint:gosec // not negative
	return f
}

// BareCells is the framing of a link that is no NIC: what carries its cells is unknown, and its capacity that of
// a line of cells of 53 octets.
func BareCells() Framing { return Framing{Cell: 53, Cells: 1} }

// WireOctets returns what an SDU of n octets takes on the wire in frame mode,
// in octets: max(60, n+22)+24.
func WireOctets(n int) int { return max(minFrame, n+frameHeader) + frameOutside }

// Octets returns what an SDU of n octets, or a piece of one in a frame of its own, takes on the wire in octets.
// Cells are charged their part of a full frame: what a frame lacks when it leaves, [Framing.Missing] tells.
func (f *Framing) Octets(n int) int {
	if f.Cell == 0 {
		return WireOctets(n)
	}
	cells := CellsFor(n)
	return cells*f.Cell + (cells*f.Head+f.Cells-1)/f.Cells
}

// Missing returns what of the head of a frame its cells have not been charged, in octets of wire.
func (f *Framing) Missing(cells int) int {
	if f.Cell == 0 {
		return 0
	}
	return f.Head - cells*f.Head/f.Cells
}

// worst returns the wire octets and the cells of what costs most a cell of all SDUs of a flow.
func (f *Framing) worst(flow *Flow) (octets, cells int) {
	least := flow.Charge(1)
	switch {
	case f.Cell == 0:
		return WireOctets(min(least*CellPayload-TrailerLen, int(flow.MaxSDU))), least
	case f.Partial > 0:
		return f.Cells*f.Cell + f.Head, f.Cells
	}
	alone := func(cells int) int { return cells*f.Cell + (cells+f.Cells-1)/f.Cells*f.Head }
	// The fewest cells, or the fewest that need one frame more.
	next := (least-1)/f.Cells*f.Cells + f.Cells + 1
	if most := max(least, CellsFor(int(flow.MaxSDU))); next > most || alone(least)*next >= alone(next)*least {
		return alone(least), least
	}
	return alone(next), next
}
