package cell

import (
	"fmt"

	"callmanager/vc"
)

// A Kind is what a cell is for, by its header alone.
type Kind uint8

// The kinds. The zero value is none.
const (
	_ Kind = iota
	// User carries data of a channel.
	User
	// Unassigned fills a gap of the ATM layer: path and channel 0, CLP 0 (I.361 clause 2.2.1).
	Unassigned
	// Physical is of the physical layer, such as an idle cell: path and channel 0, CLP 1.
	Physical
	// F4Segment is OAM of a path's segment (VCI 3).
	F4Segment
	// F4EndToEnd is OAM of a whole path (VCI 4).
	F4EndToEnd
	// F5Segment is OAM of a channel's segment (PTI 4).
	F5Segment
	// F5EndToEnd is OAM of a whole channel (PTI 5).
	F5EndToEnd
	// Resource is resource management (PTI 6) of a channel, or of a path on VCI 6.
	Resource
	// Reserved is of the payload type that has no meaning yet (PTI 7).
	Reserved
)

// NumKinds is the number of values of [Kind], the zero value included.
const NumKinds = int(Reserved) + 1

// The channels of a path that carry OAM of the path itself (I.361 clause 2.2.3).
const (
	SegmentF4  vc.VCI = 3
	EndToEndF4 vc.VCI = 4
)

// Kind returns what the cell is for. On the OAM channels of a path the payload type does not matter.
func (h Header) Kind() Kind {
	switch {
	case h.Channel() == 0 && h.CLP():
		return Physical
	case h.Channel() == 0:
		return Unassigned
	case h.VCI() == SegmentF4:
		return F4Segment
	case h.VCI() == EndToEndF4:
		return F4EndToEnd
	case h.PTI().User():
		return User
	case h.PTI() == SegmentF5:
		return F5Segment
	case h.PTI() == EndToEndF5:
		return F5EndToEnd
	case h.PTI() == ResourceManagement:
		return Resource
	}
	return Reserved
}

// OAM reports whether a cell of this kind has the payload of I.610.
func (k Kind) OAM() bool { return k >= F4Segment && k <= F5EndToEnd }

// String returns the kind's name in snake_case.
func (k Kind) String() string {
	switch k {
	case User:
		return "user"
	case Unassigned:
		return "unassigned"
	case Physical:
		return "physical"
	case F4Segment:
		return "f4_segment"
	case F4EndToEnd:
		return "f4_end_to_end"
	case F5Segment:
		return "f5_segment"
	case F5EndToEnd:
		return "f5_end_to_end"
	case Resource:
		return "resource"
	case Reserved:
		return "reserved"
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}
