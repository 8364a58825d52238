package datapath

import (
	"sync/atomic"

	"callmanager/datapath/drop"
	"callmanager/datapath/ring"
	"callmanager/vc"
)

// A circuit is a client's VC: its rings and its counters. Branches join it to channels of links: one
// as a rule, any number if it is the root of a point-to-multipoint call.
type circuit struct {
	handle vc.Handle
	end    *ring.Endpoint
	into   *ring.Producer // The end's, for the receive worker.

	branches []*branch // Guarded by the engine's lock.
	ended    bool      // Likewise: EndVC was called.
	// copies hands what a point-to-multipoint VC sends to its branches; nil for any other. Likewise.
	copies *replicator

	// sealed says that nothing enters the ring to the client any more.
	sealed atomic.Bool
	// poisoned says that the client broke the rules of its rings.
	poisoned atomic.Bool

	_  cacheLines
	rx circuitReceived // By the receive worker.
	_  cacheLines
	tx circuitSent // By the transmit worker.
	_  cacheLines
}

func newCircuit(h vc.Handle, end *ring.Endpoint) *circuit {
	return &circuit{handle: h, end: end, into: end.Tx}
}

// circuitReceived counts what came for a VC. Every frame is in sdus or in one of the others but
// lost and tagged.
type circuitReceived struct {
	sdus, octets                        atomic.Uint64
	noRoom, late, lost, oversize, unfit atomic.Uint64
	policed, tagged                     atomic.Uint64
}

// circuitSent counts what the client wanted to send. Every SDU is in sdus, in dropped, or still in
// the ring.
type circuitSent struct {
	sdus, octets, dropped atomic.Uint64
}

// traffic returns the counters of the VC.
func (c *circuit) traffic() vc.Traffic {
	return vc.Traffic{
		TxSDUs:     c.tx.sdus.Load(),
		TxOctets:   c.tx.octets.Load(),
		TxDropped:  c.tx.dropped.Load(),
		RxSDUs:     c.rx.sdus.Load(),
		RxOctets:   c.rx.octets.Load(),
		RxNoRoom:   c.rx.noRoom.Load(),
		RxLate:     c.rx.late.Load(),
		RxLost:     c.rx.lost.Load(),
		RxOversize: c.rx.oversize.Load(),
		RxBad:      c.rx.unfit.Load(),
		RxPoliced:  c.rx.policed.Load(),
		RxTagged:   c.rx.tagged.Load(),
	}
}

// refuses tells why nothing enters the ring to the client any more, or Delivered.
func (c *circuit) refuses() drop.Rx {
	switch {
	case c.sealed.Load():
		return drop.Ended
	case c.poisoned.Load():
		return drop.Violated
	}
	return drop.Delivered
}

// drop counts a received frame that dies at this VC.
func (c *circuit) drop(d drop.Rx) {
	switch d {
	case drop.Late:
		c.rx.late.Add(1)
	case drop.Oversize:
		c.rx.oversize.Add(1)
	case drop.Policed:
		c.rx.policed.Add(1)
	case drop.NoRoom, drop.Ended, drop.Violated:
		c.rx.noRoom.Add(1) // The ring takes nothing: it is full, closed or unusable.
	case drop.Truncated, drop.Stacked, drop.NotPseudowire, drop.OAMCell, drop.BadOAMCell, drop.Fragment,
		drop.ZeroLength, drop.BadLength, drop.EmptySDU, drop.OtherMode:
		c.rx.unfit.Add(1)
	case drop.Delivered, drop.UnknownVC, drop.WrongWorker:
	}
}

// poison ends the VC's traffic because its client broke a rule, and has that told once.
func (e *Engine) poison(c *circuit, err error) {
	if c.poisoned.Swap(true) || e.cfg.Violation == nil {
		return
	}
	tell, h := e.cfg.Violation, c.handle
	e.notice.Post(func() { tell(h, err) })
}

// release gives the memory of a VC without branches back, in the client too.
func (c *circuit) release() {
	_ = c.end.Punch() // On failure the pages stay until the client unmaps them; the close below is not affected.
	_ = c.end.Close() // Never fails.
}
