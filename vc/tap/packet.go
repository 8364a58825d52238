package tap

import (
	"slices"

	"callmanager/vc"
)

// Meta is what a packet is beside its octets.
type Meta struct {
	// Time is that of the packet's batch, in nanoseconds since the epoch.
	Time int64
	// ID is the channel.
	ID vc.ID
	// Sent tells that this host sent it, Control that it is an SDU of a control VC; others are a
	// control word of RFC 4717 and what is behind it.
	Sent, Control bool
}

// Packet is a captured packet.
type Packet struct {
	Meta
	// Length is the size in octets of which Octets is the beginning.
	Length int
	Octets []byte
}

// Channel is a channel of any link.
type Channel struct {
	VPI vc.VPI
	VCI vc.VCI
}

// Filter says what to capture.
type Filter struct {
	// Links are the links; none means all.
	Links []vc.LinkID
	// Channels are the channels; none means all.
	Channels []Channel
	// NoControl leaves out the control VCs, NoData everything else.
	NoControl, NoData bool
	// SnapLen is how much of a packet is kept, in octets; 0 means all.
	SnapLen int
}

// wants reports whether a filter lets a packet through.
func (c *Capture) wants(m *Meta) bool {
	if int(m.ID.Link) >= len(c.links) || !c.links[m.ID.Link].wanted {
		return false
	}
	if m.Control && c.filter.NoControl || !m.Control && c.filter.NoData {
		return false
	}
	return len(c.filter.Channels) == 0 || slices.Contains(c.filter.Channels, Channel{m.ID.VPI, m.ID.VCI})
}
