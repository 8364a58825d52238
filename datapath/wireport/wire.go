package wireport

import (
	"fmt"

	"callmanager/datapath/cell"
	"callmanager/datapath/frame"
	"callmanager/nicio"
	"callmanager/vc"
)

// Mode is the encapsulation of a wire. The zero value is none.
type Mode uint8

// The modes.
const (
	_ Mode = iota
	// VCC is one-to-one cell mode of a channel.
	VCC
	// VPC is one-to-one cell mode of a path, of which the wire has one channel.
	VPC
	// PDU is AAL5 PDU mode.
	PDU
	// SDU is AAL5 SDU mode.
	SDU
)

// Wire is one pseudowire.
type Wire struct {
	// Peer is the address of the router. The engine sets it.
	Peer nicio.MAC
	// VPI and VCI are what the engine knows the channel by, and what its cells have.
	VPI vc.VPI
	VCI vc.VCI
	// Local is the label of what comes, Remote that of what is sent: 16 to 65535.
	Local, Remote uint32
	Mode          Mode
}

// Check refuses wires of one peer that contradict each other, or themselves.
func Check(wires []Wire) error {
	labels, channels := make(map[uint32]bool), make(map[frame.Label]bool)
	for i := range wires {
		w := &wires[i]
		switch {
		case !frame.Label(w.Local).ByHand() || !frame.Label(w.Remote).ByHand():
			return fmt.Errorf("wireport: pseudowire %d/%d has a label that is none for it", w.VPI, w.VCI)
		case w.Mode < VCC || w.Mode > SDU:
			return fmt.Errorf("wireport: pseudowire %d/%d has no encapsulation", w.VPI, w.VCI)
		case !(vc.ID{VPI: w.VPI, VCI: w.VCI}).Callable() || channels[w.label()] || labels[w.Local]:
			return fmt.Errorf("wireport: the channel %d/%d or the label %d is none, or has a pseudowire already", w.VPI, w.VCI, w.Local)
		}
		labels[w.Local], channels[w.label()] = true, true
	}
	return nil
}

// format is how a wire of a mode carries cells; zero for SDU.
func (w *Wire) format() cell.Format {
	switch w.Mode {
	case VCC:
		return cell.VCC
	case VPC:
		return cell.VPC
	case PDU:
		return cell.PDU
	case SDU:
	}
	return 0
}

// label spells the channel for the engine.
func (w *Wire) label() frame.Label { return frame.LabelOf(w.VPI, w.VCI) }

// header is that of the wire's cells.
func (w *Wire) header() cell.Header { return cell.NewHeader(uint16(w.VPI), w.VCI, 0, false) }

// A key finds a wire by a peer and a label.
type key struct {
	peer  nicio.MAC
	label frame.Label
}
