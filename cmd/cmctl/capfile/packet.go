package capfile

import (
	"time"

	"callmanager/signalling/dissect"
)

// Link types of capture files (tcpdump.org/linktypes).
const (
	linkEthernet = 1
	linkSunATM   = 123
	linkUser0    = 147 // Ethernet frames, by our own use
	linkExported = 252
)

// Packet is a packet of a capture.
type Packet struct {
	Number int   // in its file, from 1
	Offset int64 // octets of the file in front of its block, or the number of its line less one
	// Time is when it was captured; zero if the file does not tell.
	Time time.Time
	// Link names the interface or the two stations; empty if the file does not tell.
	Link string
	// Sender tells the ends of the link apart: Here is the one that captured, or that is named first.
	Sender dissect.Sender
	// VPI and VCI are valid if Channel is set.
	Channel  bool
	VPI, VCI uint16
	// Signalling tells that the octets are of a signalling channel.
	Signalling bool
	// Form is what the octets of a signalling channel are, if the file tells.
	Form dissect.Form
	// SDU is an AAL5 SDU, or what there is of it.
	SDU []byte
	// Missing is how many octets of the packet the file does not have.
	Missing int
	// Wrong says why the packet holds no SDU, empty if it does.
	Wrong string
}

// The signalling channel (Q.2931 4.1: VPI 0, VCI 5).
const signallingVCI = 5

// channel sets the channel, which tells whether it is signalling.
func (p *Packet) channel(vpi, vci uint16) {
	p.Channel, p.VPI, p.VCI = true, vpi, vci
	p.Signalling = vpi == 0 && vci == signallingVCI
}
