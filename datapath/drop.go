package datapath

import (
	"fmt"

	"callmanager/datapath/frame"
)

// A Drop is a place where a received frame of a link dies. Each has a counter, on the link and,
// where the VC is known, on the VC.
type Drop uint8

// The places, in the order in which a frame passes them. The zero value is none: the frame was
// delivered.
const (
	// Delivered is no drop.
	Delivered Drop = iota
	// DropTruncated ends before its label or control word does.
	DropTruncated
	// DropStacked has a second label below the first.
	DropStacked
	// DropOtherMode looks like the cells of a peer in cell mode.
	DropOtherMode
	// DropUnknownVC has a label that no active channel of the link has.
	DropUnknownVC
	// DropWrongWorker came to a worker that does not own its VC: while a NIC with several goes down or up, its
	// frames are not dealt out as ever.
	DropWrongWorker
	// DropNotPseudowire has a control word that does not begin with 0.
	DropNotPseudowire
	// DropLate is behind the expected sequence number: overtaken, or a duplicate.
	DropLate
	// DropOAMCell carries an OAM cell; this version answers none.
	DropOAMCell
	// DropBadOAMCell says that it carries an OAM cell and has the wrong size.
	DropBadOAMCell
	// DropFragment is a part of an SDU of which another is lost, or did not come in time.
	DropFragment
	// DropZeroLength may be padded and does not tell its length.
	DropZeroLength
	// DropBadLength has a length field that contradicts its size.
	DropBadLength
	// DropEmptySDU carries no octet.
	DropEmptySDU
	// DropOversize carries more than the VC's maximum SDU.
	DropOversize
	// DropPoliced is in excess of its contract.
	DropPoliced
	// DropNoRoom met a full ring.
	DropNoRoom
	// DropEnded met a ring after its end of file.
	DropEnded
	// DropViolated met a ring whose client broke the rules.
	DropViolated
)

// numDrops is the number of values of Drop.
const numDrops = int(DropViolated) + 1

// dropOf maps the faults of the encapsulation.
var dropOf = [frame.NumFaults]Drop{
	frame.NoFault:       Delivered,
	frame.Truncated:     DropTruncated,
	frame.Stacked:       DropStacked,
	frame.NotPseudowire: DropNotPseudowire,
	frame.OAMCell:       DropOAMCell,
	frame.BadOAMCell:    DropBadOAMCell,
	frame.Fragment:      DropFragment, // Never looked up: parts are joined.
	frame.LooseFragment: DropFragment,
	frame.ZeroLength:    DropZeroLength,
	frame.BadLength:     DropBadLength,
	frame.EmptySDU:      DropEmptySDU,
}

// String returns the name of the drop's counter in snake_case.
func (d Drop) String() string {
	switch d {
	case Delivered:
		return "delivered"
	case DropTruncated:
		return "truncated"
	case DropStacked:
		return "stacked"
	case DropOtherMode:
		return "other_mode"
	case DropUnknownVC:
		return "unknown_vc"
	case DropWrongWorker:
		return "wrong_worker"
	case DropNotPseudowire:
		return "not_pseudowire"
	case DropLate:
		return "late"
	case DropOAMCell:
		return "oam_cell"
	case DropBadOAMCell:
		return "bad_oam_cell"
	case DropFragment:
		return "fragment"
	case DropZeroLength:
		return "zero_length"
	case DropBadLength:
		return "bad_length"
	case DropEmptySDU:
		return "empty_sdu"
	case DropOversize:
		return "oversize"
	case DropPoliced:
		return "policed"
	case DropNoRoom:
		return "no_room"
	case DropEnded:
		return "ended"
	case DropViolated:
		return "violated"
	}
	return fmt.Sprintf("Drop(%d)", uint8(d))
}

// A TxDrop is a place where an SDU that is to be sent dies before the NIC.
type TxDrop uint8

// The places. The zero value is none.
const (
	// Sent is no drop.
	Sent TxDrop = iota
	// TxEmptySDU has no octet.
	TxEmptySDU
	// TxOversize exceeds the contract's maximum SDU, or the link's.
	TxOversize
	// TxUserBits sets bits of the user-to-user octet that the link does not carry: in frame mode all but the
	// lowest.
	TxUserBits
	// TxUnsent was left in its ring when the branch stopped sending.
	TxUnsent
	// TxBusy met a full queue of the NIC; control SDUs only.
	TxBusy
	// TxPortFailed met a port that is closed or beyond repair.
	TxPortFailed
)

// numTxDrops is the number of values of TxDrop.
const numTxDrops = int(TxPortFailed) + 1

// String returns the name of the drop's counter in snake_case.
func (d TxDrop) String() string {
	switch d {
	case Sent:
		return "sent"
	case TxEmptySDU:
		return "empty_sdu"
	case TxOversize:
		return "oversize"
	case TxUserBits:
		return "user_bits"
	case TxUnsent:
		return "unsent"
	case TxBusy:
		return "busy"
	case TxPortFailed:
		return "port_failed"
	}
	return fmt.Sprintf("TxDrop(%d)", uint8(d))
}
