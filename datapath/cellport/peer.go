package cellport

import (
	"sync/atomic"
	"time"

	"callmanager/datapath/aal5"
	"callmanager/datapath/cell"
	"callmanager/datapath/frame"
	"callmanager/nicio"
	"callmanager/vc"
)

// A Peer is a link in cell mode.
type Peer struct {
	// MAC is the peer's address.
	MAC nicio.MAC
	// Label is that of the frames of cells, both ways.
	Label uint32
	// Bare says that the frames have no control word.
	Bare bool
	// PerFrame bounds the cells of a frame; 0: as many as fit.
	PerFrame int
	// Delay is how long a cell may wait for others; 0: not at all.
	Delay time.Duration
	// AnyCRC accepts PDUs whatever their CRC-32 is.
	AnyCRC bool
}

// format returns how the frames carry cells.
func (p *Peer) format() cell.Format {
	if p.Bare {
		return cell.NToOneBare
	}
	return cell.NToOne
}

// entry returns the label stack entry of the frames.
func (p *Peer) entry() frame.Entry { return frame.NewEntry(frame.Label(p.Label)) }

// Control returns the match of what carries the peer's control VC: frames whose first cell is of 0/5. Its
// complement is for the data port.
func (p *Peer) Control() nicio.Match {
	m := nicio.Match{Label: p.Label, Mask: channelMask, Value: uint32(signalling)}
	if !p.Bare {
		m.At = cell.WordLen
	}
	return m
}

// channelMask is path and channel of a cell's header.
const channelMask = 0xFFFFFFF0

// signalling is the header of a cell of the control VC, but for its last bits.
var signalling = cell.NewHeader(0, vc.Signalling(0).VCI, 0, false)

// MaxFrame is what the frame of the largest PDU takes of the engine's receive buffers, in octets.
const MaxFrame = nicio.HeaderLen + frame.HeadLen + aal5.MaxPDU

// A size is an MTU that may change while ports are in use.
type size struct{ mtu atomic.Int64 }

// most returns how many cells a frame may have.
func (s *size) most(p *Peer) int { return p.most(int(s.mtu.Load())) }

// most returns how many cells a frame may have at an MTU.
func (p *Peer) most(mtu int) int {
	n := p.format().Most(mtu - frame.EntryLen)
	if p.PerFrame > 0 {
		n = min(n, p.PerFrame)
	}
	return max(n, 1)
}

// Framing returns how the SDUs of the link lie on the wire at an MTU.
func (p *Peer) Framing(mtu int) vc.Framing {
	var waits vc.BitRate
	if p.Delay > 0 {
		waits = vc.BitRate((time.Second + p.Delay - 1) / p.Delay) //nolint:gosec // not negative
	}
	return vc.CellFraming(p.most(mtu), p.Bare, waits)
}
