package primitive

import (
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// PermanentCall is the bit that the identifiers of the uses of PVCs carry. The client model
// chooses them, whoever has asked for the use.
const PermanentCall CallID = 1 << 62

// Permanent reports whether the identifier is that of the use of a PVC.
func (id CallID) Permanent() bool { return id&PermanentCall != 0 }

// AddPVCReq takes a channel for a PVC: no call gets it any more, and what its contract reserves is
// reserved from now on. Answer: PVCInd, or PVCGoneInd if there is no room.
type AddPVCReq struct {
	ID vc.ID
	// Contract is that of the PVC, its forward flow what this end sends. What it leaves open is the
	// link's.
	Contract vc.Contract
	// Keep takes the PVC also if the link has no capacity for it: it waits until there is some.
	Keep bool
	// Whole bounds its SDUs to those that the link carries in one piece: what carries it below knows
	// no parts (RFC 4623).
	Whole bool
}

// DeletePVCReq gives the channel of a PVC back once it is not used any more. Answer: PVCGoneInd.
type DeletePVCReq struct{ ID vc.ID }

// OpenPVCReq begins the use of a PVC: its branch is activated into the VC and opened both ways at
// once. There are no messages. Answer: ConnectInd, or CompleteInd if it was Offered to the client;
// or ReleaseConf. ReleaseReq ends the use, and RejectReq one that has not begun.
type OpenPVCReq struct {
	Call CallID
	VC   vc.Handle
	ID   vc.ID
	// Params are those of the call; this end is the called one if Offered.
	Params  Params
	Offered bool
}

// PVCInd tells what a link makes of a PVC: after AddPVCReq and at every change.
type PVCInd struct {
	ID vc.ID
	// Up tells that it may be used: its port is up and its contract admitted. If not, Cause and
	// Detail say why. A use that is under way goes on.
	Up bool
	// Contract is complete once the port's sizes are known; Reserved is what it has of the link, in
	// wire bits a second.
	Contract vc.Contract
	Reserved vc.Reservation
	Cause    ie.Cause
	Detail   string
}

// PVCGoneInd tells that there is no such PVC any more, or that it could not be added, with a Cause
// then.
type PVCGoneInd struct {
	ID     vc.ID
	Cause  ie.Cause
	Detail string
}

func (AddPVCReq) request()     {}
func (DeletePVCReq) request()  {}
func (OpenPVCReq) request()    {}
func (PVCInd) indication()     {}
func (PVCGoneInd) indication() {}
