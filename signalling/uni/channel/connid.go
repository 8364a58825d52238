package channel

import (
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// ConnID names a channel exclusively, the only form of UNI 3.1 (5.4.5.16).
func ConnID(ch vc.ID) *ie.ConnID { return &ie.ConnID{VPCI: uint16(ch.VPI), VCI: uint16(ch.VCI)} }

// pathOf returns the path that a connection identifier names: its own, or with
// VP-associated signalling the one of the signalling channel (Q.2931 4.5.16).
func pathOf(id *ie.ConnID) uint16 {
	if id.VPAssociated {
		return 0
	}
	return id.VPCI
}
