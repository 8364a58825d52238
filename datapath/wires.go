package datapath

import (
	"callmanager/datapath/wireport"
	"callmanager/nicio"
)

// carryWires puts pseudowires between the NIC's data port and the engine, if there are any. Their frames and those of the
// VCs that are in them have different labels, by which workers are chosen: such a NIC has one data port.
func (n *nic) carryWires(wires []wireport.Wire, now clock) {
	if len(wires) == 0 {
		return
	}
	n.wires = wireport.New(n.data[0], wireport.Config{Wires: wires, MTU: n.mtu, Now: now})
	n.data = []nicio.Port{n.wires}
}
