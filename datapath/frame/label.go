package frame

import (
	"encoding/binary"

	"callmanager/vc"
)

const (
	// EntryLen is the size of a label stack entry in octets (RFC 3032 clause 2.1).
	EntryLen = 4
	// WordLen is the size of a control word in octets (RFC 4385 clause 3).
	WordLen = 4
	// HeadLen is what stands between the Ethernet header and the SDU, in octets.
	HeadLen = EntryLen + WordLen
)

// A Label is the 20-bit label of a VC: VPI+1 in the upper four bits, VCI in the lower sixteen.
// Labels below 0x10000 name no channel; those below 16 are reserved by RFC 3032 and the others set
// by hand.
type Label uint32

const (
	// Signalling is the label of the control VC, VPI 0 and VCI 5.
	Signalling Label = 0x10005
	// CellLabel is the label on which a link in cell mode carries all cells by default.
	CellLabel Label = 32
	// NumLabels is the size of the label space.
	NumLabels = 1 << 20

	// firstComputed is the first label that spells a channel.
	firstComputed Label = 0x10000
	// firstUnreserved is the first label that RFC 3032 leaves for use.
	firstUnreserved Label = 16
)

// LabelOf returns the label of a channel. The path is at most [vc.MaxVPI]; beyond it the result
// names none.
func LabelOf(vpi vc.VPI, vci vc.VCI) Label {
	if vpi > vc.MaxVPI {
		return 0
	}
	return (Label(vpi)+1)<<16 | Label(vci)
}

// Channel returns the path and channel that the label spells; ok is false for a label that spells
// none.
func (l Label) Channel() (vpi vc.VPI, vci vc.VCI, ok bool) {
	if l < firstComputed || l >= NumLabels {
		return 0, 0, false
	}
	return vc.VPI(l>>16) - 1, vc.VCI(l & 0xFFFF), true
}

// ByHand reports whether the label is one that configuration may set, for a static pseudowire or
// for cell mode.
func (l Label) ByHand() bool { return l >= firstUnreserved && l < firstComputed }

// An Entry is a label stack entry: label<20> TC<3> S<1> TTL<8>.
//
// A frame that meets no segment, because it stands between an engine and what carries its SDUs as cells
// or records, has no time to live: there the octet is all of the SDU's CPCS-UU, of which the control word
// has one bit.
type Entry uint32

const (
	entryBottom Entry = 1 << 8
	entryTTL    Entry = 255
)

// NewEntry returns the entry that is sent for a label: bottom of stack, traffic class 0, time to
// live 255.
func NewEntry(l Label) Entry { return Entry(l)<<12 | entryBottom | entryTTL }

// WithUser returns the entry with the user-to-user octet of an SDU in place of the time to live.
func (e Entry) WithUser(uu uint8) Entry { return e&^entryTTL | Entry(uu) }

// User returns the octet of [Entry.WithUser].
func (e Entry) User() uint8 { return uint8(e & entryTTL) }

// Label returns the label of the entry.
func (e Entry) Label() Label { return Label(e >> 12) }

// Bottom reports whether the entry is the last of its stack.
func (e Entry) Bottom() bool { return e&entryBottom != 0 }

// DecodeLabel reads the label stack entry at the start of an Ethernet payload and returns its label
// and the octets behind it. The traffic class and the time to live are ignored. Faults are
// [Truncated] and [Stacked].
//
//hot:bce
func DecodeLabel(b []byte) (l Label, rest []byte, f Fault) {
	if len(b) < EntryLen {
		return 0, nil, Truncated
	}
	e := Entry(binary.BigEndian.Uint32(b))
	if !e.Bottom() {
		return e.Label(), nil, Stacked
	}
	return e.Label(), b[EntryLen:], NoFault
}
