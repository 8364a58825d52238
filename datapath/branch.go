package datapath

import (
	"sync/atomic"

	"callmanager/datapath/aged"
	"callmanager/datapath/frame"
	"callmanager/datapath/police"
	"callmanager/datapath/tally"
	"callmanager/vc"
)

// A branch joins a VC to one channel of one link.
type branch struct {
	id     vc.ID
	label  frame.Label
	link   *link
	sender *sender // The transmit side; the transmit worker's.

	rx    *receiver       // The receive side's worker,
	count *tally.Received // and where on the link that one counts.

	// maxSDU is the largest SDU that may be received, in octets.
	maxSDU atomic.Int64
	// fan feeds other VCs; nil almost always.
	fan     atomic.Pointer[fan]
	leaving bool          // Guarded by the engine's lock: Deactivate was called.
	gone    chan struct{} // Closed when no worker knows the branch any more.

	_ cacheLines // What follows belongs to the receive worker.

	order    frame.Order
	joining  *aged.Item[joining] // The SDU that comes in parts now; nil almost always.
	listener                     // The VC that the branch was made for.
	policer  police.Policer      // Whether it is on, which its first octet says, is still on the line of the others.

	_ cacheLines
}

// newBranch makes a branch that receives as soon as it is in its link's table.
func newBranch(id vc.ID, l *link, c *circuit, spec vc.BranchSpec) *branch {
	b := &branch{id: id, label: frame.LabelOf(id.VPI, id.VCI), link: l, listener: listener{circuit: c}, gone: make(chan struct{})}
	worker := l.workerOf(b.label, len(l.nic.rx))
	b.rx, b.count = l.nic.rx[worker], l.rx[worker]
	b.setReceive(&spec.Receive)
	b.policer.Set(&spec.Receive, l.polices(spec.Category, &spec.Receive))
	b.sender = newSender(b, &spec)
	return b
}

// setReceive takes over what the branch may receive.
func (b *branch) setReceive(f *vc.Flow) {
	n := int64(f.MaxSDU)
	if f.PCR == 0 {
		n = 0
	}
	b.maxSDU.Store(n)
}

// repolice has the receive worker police what a branch may receive from now on.
func (b *branch) repolice(spec *vc.BranchSpec) {
	r, f := b.rx, spec.Receive
	on := b.link.polices(spec.Category, &f)
	r.box.Post(func() { b.policer.Change(&f, on, r.e.now()) })
}
