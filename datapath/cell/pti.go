package cell

// A PTI is the payload type of a cell (I.361 clause 2.2.4).
type PTI uint8

// The bits of a user cell's payload type, and the types of other cells.
const (
	// AUU is the bit that a user cell gives from user to user. In AAL5 it says that the cell is the
	// last of its PDU (I.363.5 clause 9.2.1.1).
	AUU PTI = 1 << 0
	// EFCI is the bit that tells of congestion on the way of a user cell.
	EFCI PTI = 1 << 1

	// SegmentF5 is an OAM cell of a channel's segment.
	SegmentF5 PTI = 4
	// EndToEndF5 is an OAM cell of a whole channel.
	EndToEndF5 PTI = 5
	// ResourceManagement is a cell of resource management.
	ResourceManagement PTI = 6

	// notUser is the bit that no user cell has.
	notUser PTI = 1 << 2
)

// User reports whether the cell carries user data.
func (p PTI) User() bool { return p&notUser == 0 }

// Last reports whether a user cell is the last of its AAL5 PDU.
func (p PTI) Last() bool { return p&(notUser|AUU) == AUU }

// Congested reports whether a user cell met congestion.
func (p PTI) Congested() bool { return p&(notUser|EFCI) == EFCI }
