package channel

import (
	"fmt"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/vc"
)

// Range is what a RESTART is about: one channel, one path or the whole link.
type Range struct {
	Class ie.RestartClass
	// VPI counts for a channel and a path, VCI for a channel.
	VPI vc.VPI
	VCI vc.VCI
}

// RangeOf reads what a RESTART of the peer is about: channels that the link has
// ([Unknown]).
func RangeOf(m *msg.Message) Range {
	r := Range{Class: m.Restart.Class}
	if m.ConnID != nil {
		r.VPI, r.VCI = vc.VPI(pathOf(m.ConnID)), vc.VCI(m.ConnID.VCI)
	}
	return r
}

// Unknown reports whether a RESTART names a channel that no link has.
func Unknown(m *msg.Message) bool {
	if m.Restart.Class == ie.RestartAll || m.ConnID == nil {
		return false
	}
	vpi := pathOf(m.ConnID)
	if vpi > uint16(vc.MaxVPI) {
		return true
	}
	return m.Restart.Class == ie.RestartVC && !vc.ID{VPI: vc.VPI(vpi), VCI: vc.VCI(m.ConnID.VCI)}.Callable()
}

// Message makes the RESTART.
func (r Range) Message() *msg.Message {
	m := &msg.Message{Restart: &ie.Restart{Class: r.Class}}
	if r.Class != ie.RestartAll {
		m.ConnID = &ie.ConnID{VPCI: uint16(r.VPI), VCI: uint16(r.VCI)}
	}
	return m
}

// Fault says in words why no link can restart the range; empty if one can.
func (r Range) Fault() string {
	switch {
	case r.Class == ie.RestartAll:
		return ""
	case r.Class != ie.RestartVC && r.Class != ie.RestartVP:
		return "no class of restart"
	case r.VPI > vc.MaxVPI:
		return fmt.Sprintf("there is no VPI %d", r.VPI)
	case r.Class == ie.RestartVC && !vc.ID{VPI: r.VPI, VCI: r.VCI}.Callable():
		return fmt.Sprintf("VPI/VCI %d/%d is none for calls", r.VPI, r.VCI)
	}
	return ""
}

// Covers reports whether a channel is in the range.
func (r Range) Covers(ch vc.ID) bool {
	switch r.Class {
	case ie.RestartVC:
		return ch.VPI == r.VPI && ch.VCI == r.VCI
	case ie.RestartVP:
		return ch.VPI == r.VPI
	case ie.RestartAll:
	}
	return true
}

// coversPath reports whether all channels of a path are in the range.
func (r Range) coversPath(vpi vc.VPI) bool {
	return r.Class == ie.RestartAll || r.Class == ie.RestartVP && r.VPI == vpi
}

// includes reports whether all that another range covers is in this one.
func (r Range) includes(o Range) bool {
	return r.Class == ie.RestartAll || r.VPI == o.VPI && (r.Class == ie.RestartVP || r == o)
}

// String names the range.
func (r Range) String() string {
	switch r.Class {
	case ie.RestartVC:
		return fmt.Sprintf("VPI/VCI %d/%d", r.VPI, r.VCI)
	case ie.RestartVP:
		return fmt.Sprintf("VPI %d", r.VPI)
	case ie.RestartAll:
	}
	return "the whole link"
}
