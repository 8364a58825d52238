package sar

import (
	"encoding/binary"

	"callmanager/datapath/cell"
)

const (
	// MaxSDU is the largest SDU in octets (I.363.5 clause 9.2.1.2).
	MaxSDU = 65535
	// trailerLen is the size of a trailer in octets.
	trailerLen = 8
	// crcLen is the size of the CRC, which ends the trailer.
	crcLen = 4
	// lastRoom is how much of an SDU fits in a cell beside the trailer.
	lastRoom = cell.BodyLen - trailerLen
)

// Cells returns how many cells the PDU of an SDU of n octets has.
func Cells(n int) int { return (n + trailerLen + cell.BodyLen - 1) / cell.BodyLen }

// Octets returns the size of the PDU of an SDU of n octets, which is what memory it takes to join it.
func Octets(n int) int { return Cells(n) * cell.BodyLen }

// A Trailer is what comes with an SDU (I.363.5 clause 9.2.1.2, and the cells' headers).
type Trailer struct {
	// UU is the CPCS user-to-user octet.
	UU uint8
	// CPI is the common part indicator; a sender of today writes 0.
	CPI uint8
	// CLP says that at least one cell had its loss priority set.
	CLP bool
	// EFCI says that the last cell met congestion.
	EFCI bool
}

// putTrailer writes UU, CPI 0 and length into the last cell, whose CRC is still to come.
func putTrailer(last *cell.Body, uu uint8, length uint16) {
	t := last[lastRoom:]
	t[0], t[1] = uu, 0
	binary.BigEndian.PutUint16(t[2:], length)
}

// lengthOf returns the length that a last cell tells, in octets of SDU; 0 is an abort.
func lengthOf(last *cell.Body) int {
	return int(binary.BigEndian.Uint16(last[lastRoom+2:]))
}

// crcOf returns the CRC that a last cell tells.
func crcOf(last *cell.Body) uint32 {
	return binary.BigEndian.Uint32(last[cell.BodyLen-crcLen:])
}
