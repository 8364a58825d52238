package drop

import (
	"fmt"

	"callmanager/datapath/frame"
)

// An Rx is a place where a received frame of a link dies. Each has a counter, on the link and,
// where the VC is known, on the VC.
type Rx uint8

// The places, in the order in which a frame passes them. The zero value is none: the frame was
// delivered.
const (
	// Delivered is no drop.
	Delivered Rx = iota
	// Truncated ends before its label or control word does.
	Truncated
	// Stacked has a second label below the first.
	Stacked
	// OtherMode looks like the cells of a peer in cell mode.
	OtherMode
	// UnknownVC has a label that no active channel of the link has.
	UnknownVC
	// WrongWorker came to a worker that does not own its VC: while a NIC with several goes down or up, its
	// frames are not dealt out as ever.
	WrongWorker
	// NotPseudowire has a control word that does not begin with 0.
	NotPseudowire
	// Late is behind the expected sequence number: overtaken, or a duplicate.
	Late
	// OAMCell carries an OAM cell; this version answers none.
	OAMCell
	// BadOAMCell says that it carries an OAM cell and has the wrong size.
	BadOAMCell
	// Fragment is a part of an SDU of which another is lost, or did not come in time.
	Fragment
	// ZeroLength may be padded and does not tell its length.
	ZeroLength
	// BadLength has a length field that contradicts its size.
	BadLength
	// EmptySDU carries no octet.
	EmptySDU
	// Oversize carries more than the VC's maximum SDU.
	Oversize
	// Policed is in excess of its contract.
	Policed
	// NoRoom met a full ring.
	NoRoom
	// Ended met a ring after its end of file.
	Ended
	// Violated met a ring whose client broke the rules.
	Violated
)

// NumRx is the number of values of Rx.
const NumRx = int(Violated) + 1

// Of maps the faults of the encapsulation.
var Of = [frame.NumFaults]Rx{
	frame.NoFault:       Delivered,
	frame.Truncated:     Truncated,
	frame.Stacked:       Stacked,
	frame.NotPseudowire: NotPseudowire,
	frame.OAMCell:       OAMCell,
	frame.BadOAMCell:    BadOAMCell,
	frame.Fragment:      Fragment, // Never looked up: parts are joined.
	frame.LooseFragment: Fragment,
	frame.ZeroLength:    ZeroLength,
	frame.BadLength:     BadLength,
	frame.EmptySDU:      EmptySDU,
}

// String returns the name of the drop's counter in snake_case.
func (d Rx) String() string {
	switch d {
	case Delivered:
		return "delivered"
	case Truncated:
		return "truncated"
	case Stacked:
		return "stacked"
	case OtherMode:
		return "other_mode"
	case UnknownVC:
		return "unknown_vc"
	case WrongWorker:
		return "wrong_worker"
	case NotPseudowire:
		return "not_pseudowire"
	case Late:
		return "late"
	case OAMCell:
		return "oam_cell"
	case BadOAMCell:
		return "bad_oam_cell"
	case Fragment:
		return "fragment"
	case ZeroLength:
		return "zero_length"
	case BadLength:
		return "bad_length"
	case EmptySDU:
		return "empty_sdu"
	case Oversize:
		return "oversize"
	case Policed:
		return "policed"
	case NoRoom:
		return "no_room"
	case Ended:
		return "ended"
	case Violated:
		return "violated"
	}
	return fmt.Sprintf("Rx(%d)", uint8(d))
}

// A Tx is a place where an SDU that is to be sent dies before the NIC.
type Tx uint8

// The places. The zero value is none.
const (
	// Sent is no drop.
	Sent Tx = iota
	// TxEmptySDU has no octet.
	TxEmptySDU
	// TxOversize exceeds the contract's maximum SDU, or the link's.
	TxOversize
	// TxUserBits sets bits of the user-to-user octet that the link does not carry: in frame mode all but the
	// lowest.
	TxUserBits
	// TxBehind found the queue of its branch full while another branch of the VC had room (see replicator).
	TxBehind
	// TxUnsent was left in its ring when the branch stopped sending.
	TxUnsent
	// TxBusy met a full queue of the NIC; control SDUs only.
	TxBusy
	// TxPortFailed met a port that is closed or beyond repair.
	TxPortFailed
)

// NumTx is the number of values of Tx.
const NumTx = int(TxPortFailed) + 1

// String returns the name of the drop's counter in snake_case.
func (d Tx) String() string {
	switch d {
	case Sent:
		return "sent"
	case TxEmptySDU:
		return "empty_sdu"
	case TxOversize:
		return "oversize"
	case TxUserBits:
		return "user_bits"
	case TxBehind:
		return "behind"
	case TxUnsent:
		return "unsent"
	case TxBusy:
		return "busy"
	case TxPortFailed:
		return "port_failed"
	}
	return fmt.Sprintf("Tx(%d)", uint8(d))
}
