package sar

import "fmt"

// A Verdict is what became of a PDU with one of its cells.
type Verdict uint8

// The verdicts. Those after Whole are the ways in which a PDU dies.
const (
	// More is a cell of a PDU that goes on, or of one that is dropped already.
	More Verdict = iota
	// Whole is the last cell of a PDU that is right: its SDU is delivered.
	Whole
	// NoRoom is a PDU for which the caller had no memory.
	NoRoom
	// Oversize is a PDU that goes on beyond the largest SDU, or tells a length beyond it.
	Oversize
	// TimedOut is a PDU whose last cell did not come in time.
	TimedOut
	// Aborted is a PDU that its sender gave up: length 0.
	Aborted
	// BadLength is a PDU that has not as many cells as its length tells: some are lost, or the
	// length is wrong.
	BadLength
	// Merged is a PDU with more cells than its length tells, whose last ones are a PDU by
	// themselves: the last cell of the one before is lost.
	Merged
	// BadCRC is a PDU of the right length that fails its check.
	BadCRC
)

// NumVerdicts is the number of values of [Verdict].
const NumVerdicts = int(BadCRC) + 1

// String returns the verdict's name in snake_case.
func (v Verdict) String() string {
	switch v {
	case More:
		return "more"
	case Whole:
		return "whole"
	case NoRoom:
		return "no_room"
	case Oversize:
		return "oversize"
	case TimedOut:
		return "timed_out"
	case Aborted:
		return "aborted"
	case BadLength:
		return "bad_length"
	case Merged:
		return "merged"
	case BadCRC:
		return "bad_crc"
	}
	return fmt.Sprintf("Verdict(%d)", uint8(v))
}

// Counters count what came in at one or more reassemblers. A cell is counted once as delivered or
// dropped, when its PDU ends or dies, and until then it is pending:
//
//	Cells = Delivered + Dropped + the sum of Reassembler.Pending
type Counters struct {
	// Cells are the cells that came in.
	Cells uint64
	// Delivered are the cells of PDUs that were delivered.
	Delivered uint64
	// Dropped are the cells of PDUs that were not.
	Dropped uint64
	// PDUs are the PDUs that ended so: delivered with Whole, dropped with all others.
	PDUs [NumVerdicts]uint64
}

// SDUs returns how many SDUs were delivered.
func (c *Counters) SDUs() uint64 { return c.PDUs[Whole] }

// end counts a PDU and the cells of it that have come.
func (c *Counters) end(v Verdict, cells int) {
	c.PDUs[v]++
	if v == Whole {
		c.Delivered += uint64(cells)
		return
	}
	c.Dropped += uint64(cells)
}
