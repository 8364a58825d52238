package capfile

import "callmanager/datapath/frame"

// VC is a channel.
type VC struct{ VPI, VCI uint16 }

// Labels tell the channels of labels that were set by hand, which spell none. The zero value tells none.
type Labels struct {
	// Named are the channels by label, 16 to 65535. One that is named is no label of cells.
	Named map[uint32]VC
	// Other is the channel of every other label set by hand but that of cells, nil for none.
	Other *VC
}

// channel returns the channel of a label; ok is false if it has none.
func (l *Labels) channel(label frame.Label) (v VC, ok bool) {
	if vpi, vci, ok := label.Channel(); ok {
		return VC{uint16(vpi), uint16(vci)}, true
	}
	if v, ok = l.Named[uint32(label)]; ok {
		return v, true
	}
	if l.Other != nil && label.ByHand() && label != frame.CellLabel {
		return *l.Other, true
	}
	return VC{}, false
}

// MayName reports whether a label is one that configuration may set.
func MayName(label uint32) bool { return frame.Label(label).ByHand() }
