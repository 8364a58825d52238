package datapath

import (
	"callmanager/datapath/frame"
	"callmanager/datapath/ring"
	"callmanager/vc"
)

// vpiVCs is how many VCs of a crowd are on one VPI.
const vpiVCs = 60_000

// Crowd enters n VCs into the table of a link: more than there are descriptors for, on all VPIs and from a VCI on. They
// have a branch and a circuit each, but share so many rings on heap memory: VC i has ring i modulo their number. It
// returns the labels of the VCs and the clients' ends of the rings.
func (e *Engine) Crowd(id vc.LinkID, from vc.VCI, n, rings, octets int, f vc.Flow) ([]frame.Label, []*ring.Endpoint, error) {
	l := e.links[id]
	ends, clients := make([]*ring.Endpoint, rings), make([]*ring.Endpoint, rings)
	for i := range ends {
		var err error
		if ends[i], clients[i], err = ring.New(ring.Params{ToDaemon: ring.MinSize, ToClient: octets}, nil, nil); err != nil {
			return nil, nil, err
		}
		if !ends[i].Enter() || !clients[i].Enter() {
			panic("a new endpoint is closed")
		}
	}
	labels := make([]frame.Label, n)
	for i := range labels {
		at := vc.ID{Link: id, VPI: vc.VPI(i / vpiVCs), VCI: from + vc.VCI(i%vpiVCs)}
		b := newBranch(at, l, &circuit{handle: vc.Handle(i + 1), end: ends[i%rings]}, vc.BranchSpec{Send: f, Receive: f})
		l.table.Set(b.label, b)
		labels[i] = b.label
	}
	return labels, clients, nil
}
