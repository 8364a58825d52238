package frame

import "hash/crc32"

const (
	// Late is how far behind the expected number a frame counts as late or as a duplicate.
	lateWindow = 64
	// lateRun is how many late frames in a row set a new base.
	lateRun = 3
	// numbers is the count of sequence numbers: 1 to 65535.
	numbers = 65535
)

// A Numbering gives out sequence numbers: 1 to 65535 and then 1 again, as 0 means "not numbered"
// (RFC 4385 clause 4.1). The zero value starts at 1.
type Numbering struct{ last uint16 }

// Next returns the number of the next frame.
func (n *Numbering) Next() uint16 {
	n.last = Following(n.last)
	return n.last
}

// Following returns the number after n, and 1 after 0.
func Following(n uint16) uint16 {
	if n == numbers {
		return 1
	}
	return n + 1
}

// A Verdict is what the order of the sequence numbers says about a frame.
type Verdict uint8

// The verdicts. The zero value is none.
const (
	_ Verdict = iota
	// InOrder is a frame to pass on.
	InOrder
	// Late is a frame that later ones have overtaken, or a duplicate: ATM delivers neither.
	Late
)

// An Order is the receiving side of the numbers of one VC. ATM never misorders (I.150 clause
// 3.1.4.1) and SSCOP relies on that, so late frames and duplicates must die here. The zero value
// accepts any first frame.
type Order struct {
	expected uint16 // 0: no frame seen.
	lateLast uint16 // Number of the latest late frame.
	late     uint8  // Late frames in a row, their numbers ascending.

	first    uint32 // Checksum of the frame with number 1, if it was admitted in this lap.
	hasFirst bool
}

// Admit judges a frame by its number and returns how many frames before it never came. The octets
// behind the label tell a repeated frame 1 from that of a peer that started afresh; they are read
// for that number only.
//
// A frame 1 to 64 behind the expected number is late. Number 1 from further away, or three late
// frames in a row with ascending numbers, set a new base. Number 0 is not checked.
func (o *Order) Admit(number uint16, octets []byte) (v Verdict, lost int) {
	switch {
	case number == 0:
		return InOrder, 0
	case number == o.expected && number != 1:
		o.expected = Following(number)
		o.late = 0
		return InOrder, 0
	case o.expected == 0:
		o.base(number, octets)
		return InOrder, 0
	}
	ahead := (int(number) - int(o.expected) + numbers) % numbers
	if ahead >= numbers-lateWindow {
		if !o.afresh(number, octets) {
			return Late, 0
		}
		o.hasFirst = false
		o.base(number, octets)
		return InOrder, 0
	}
	if number == 1 && ahead > 0 && int(o.expected)+lateWindow <= numbers {
		ahead = 0 // A new start rather than a gap across the end of the numbers.
	}
	if number < o.expected || o.expected == 1 {
		o.hasFirst = false // A new lap.
	}
	o.base(number, octets)
	return InOrder, ahead
}

// base goes on behind a frame that is passed on.
func (o *Order) base(number uint16, octets []byte) {
	o.expected = Following(number)
	o.late = 0
	if number == 1 {
		o.first, o.hasFirst = crc32.ChecksumIEEE(octets), true
	}
}

// afresh decides whether a frame in the late window begins a new base.
func (o *Order) afresh(number uint16, octets []byte) bool {
	if number == 1 && o.hasFirst && o.first != crc32.ChecksumIEEE(octets) {
		return true
	}
	ascends := o.late > 0 && number > o.lateLast
	o.lateLast = number
	if !ascends {
		o.late = 1
		return false
	}
	o.late++
	return o.late >= lateRun
}
