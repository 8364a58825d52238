package sar

import (
	"callmanager/datapath/aal5"
	"callmanager/datapath/cell"
)

// lastRoom is how much of an SDU fits in a cell beside the trailer, in octets.
const lastRoom = cell.BodyLen - aal5.TrailerLen

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
