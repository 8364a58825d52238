package operation

import (
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/status"
	"callmanager/vc"
)

// PVC is what the operator configures of a permanent VC.
type PVC struct {
	// Link is the name of its link.
	Link string
	VPI  vc.VPI
	VCI  vc.VCI
	// Name is for lists; it may be empty.
	Name string
	// Destination is the address by which MakeCall finds the PVC; the zero value lets it be found
	// by its channel alone.
	Destination vc.Addr
	// Offered tells that clients of this end may take the PVC by a SAP: one for the link's own address
	// with Selector, and with BHLI and BLLI, which say what the PVC carries at both ends.
	Offered    bool
	Selector   uint8
	BHLI, BLLI []byte
	// Contract is fixed. Its forward flow is what this end sends. What it leaves open is the link's,
	// as with a call.
	Contract vc.Contract
	// Whole bounds its SDUs to those that go in one piece: a static pseudowire has no parts.
	Whole bool
}

// AddPVC adds a PVC. It needs [Credentials].Admin. [PVCComplete] completes it.
type AddPVC struct {
	Request uint64
	// PVC is what is added. Its Destination is Called, an address or a name of the daemon's hosts;
	// empty for none.
	PVC    PVC
	Called string
}

// DeletePVC deletes a PVC. A use of it is ended by IncomingCloseCall. It needs [Credentials].Admin.
// [PVCComplete] completes it when the channel is free.
type DeletePVC struct {
	Request uint64
	Channel Channel
}

// Channel names a channel of a link.
type Channel struct {
	// Link is the link's name; empty means the one link that has such a PVC.
	Link string
	VPI  vc.VPI
	VCI  vc.VCI
}

// PVCComplete completes AddPVC and DeletePVC.
type PVCComplete struct {
	Request uint64
	Status  status.Status
	Detail  string
	// Cause is why the link has no room for the PVC; zero on success.
	Cause ie.Cause
}

// VCStatus tells the user of a connected PVC that the link has gone down or has come up. The use
// goes on.
type VCStatus struct {
	VC vc.Handle
	Up bool
	// Detail says why it is down.
	Detail string
}
