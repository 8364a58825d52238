package datapath

import (
	"errors"
	"fmt"
	"net"
	"slices"

	"callmanager/datapath/drop"
	"callmanager/datapath/ring"
	"callmanager/vc"
)

// A fan is set on a branch whose channel feeds other VCs than the one that the branch was made for:
// further leaves of a point-to-multipoint call at this host, or fewer. It is replaced as a whole,
// under the engine's lock; a branch without has none, and its frames pay for one comparison.
//
//	label ─▶ branch ─┬─▶ ring of the VC that it was made for, unless that has left
//	                 ├─▶ ring of a listener
//	                 └─▶ ...
type fan struct {
	deaf      bool // The VC that the branch was made for has left.
	listeners []*listener
}

// A listener is a VC that receives what comes on a branch. What follows its circuit belongs to the
// receive worker.
type listener struct {
	circuit *circuit

	sdus, octets uint64 // Delivered since the last flush.
	touched      bool   // In the worker's list of rings to flush.
}

// Join lets one more VC receive what comes on an active channel: from its return on, a copy of each
// frame enters its ring, too. A copy that finds no room is dropped and counted on its VC; the
// link counts each frame once. The VC may have no branch, and its transmit side stays shut. One that has
// ended joins all the same: its copies are dropped.
func (e *Engine) Join(id vc.ID, h vc.Handle) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.join(id, h); err != nil {
		return fmt.Errorf("datapath: join %s by VC %s: %w", id, h, err)
	}
	return nil
}

func (e *Engine) join(id vc.ID, h vc.Handle) error {
	b, c := e.branches[id], e.circuits[h]
	switch {
	case e.phase == closed:
		return net.ErrClosed
	case b == nil || b.leaving:
		return errors.New("the channel is not active")
	case c == nil:
		return errors.New("no such VC")
	case len(c.branches) > 0:
		return errors.New("the VC has a branch already")
	case b.maxSDU.Load() > int64(c.end.Tx.MaxPayload()):
		return fmt.Errorf("the ring holds no SDU of %d octets", b.maxSDU.Load())
	}
	if !c.end.Enter() { // Left by off.
		return net.ErrClosed
	}
	c.branches = append(c.branches, b)
	next := b.fanned()
	next.listeners = append(next.listeners, &listener{circuit: c})
	b.fan.Store(next)
	return nil
}

// fanned returns a copy of a branch's fan, to be changed.
func (b *branch) fanned() *fan {
	f := b.fan.Load()
	if f == nil {
		return new(fan)
	}
	return &fan{deaf: f.deaf, listeners: slices.Clone(f.listeners)}
}

// Leave takes one VC off a channel, also the one that the branch was made for; the branch lives on.
// What has already arrived is taken in first, at most [QuiesceFrames]. When done is called no frame
// of the channel reaches the VC any more, and its report tells what the VC had not sent. It does
// nothing for a VC that is not on the channel but call done.
func (e *Engine) Leave(id vc.ID, h vc.Handle, done func(vc.DrainReport)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	b, c := e.branches[id], e.circuits[h]
	if b == nil || c == nil || e.phase == closed || !slices.Contains(c.branches, b) {
		e.notice.Post(func() { done(vc.DrainReport{}) })
		return
	}
	e.withdraw(b, c, done)
}

// withdraw does the work of Leave. Deactivate may overtake it. The engine's lock is held. What it
// returns is closed when the VC is off the branch.
func (e *Engine) withdraw(b *branch, c *circuit, done func(vc.DrainReport)) (gone <-chan struct{}) {
	x := &exit{b: b, c: c, gone: make(chan struct{}), done: done}
	e.exit(x, b.circuit == c, true)
	return x.gone
}

// off forgets that a circuit is on a branch, if it is. Guarded by the engine's lock.
func (b *branch) off(c *circuit) {
	if !slices.Contains(c.branches, b) {
		return
	}
	c.branches = slices.DeleteFunc(c.branches, func(o *branch) bool { return o == b })
	c.end.Leave()
}

// fanOut puts an SDU into the rings of all VCs on a branch that has a fan, and counts what each of
// them drops. It reports an SDU delivered that one of them took, else why the first took it not.
func (r *receiver) fanOut(b *branch, f *fan, m ring.Meta, sdu []byte) drop.Rx {
	first, taken := drop.Ended, false
	if !f.deaf {
		if first = r.put(&b.listener, m, sdu); first != drop.Delivered {
			b.circuit.drop(first)
		}
		taken = first == drop.Delivered
	}
	for i, l := range f.listeners {
		d := r.put(l, m, sdu)
		if d != drop.Delivered {
			l.circuit.drop(d)
		}
		if i == 0 && f.deaf {
			first = d
		}
		taken = taken || d == drop.Delivered
	}
	if taken {
		return drop.Delivered
	}
	return first
}

// drop counts a frame that dies on a branch at each VC that it was for. What one VC alone did not
// take is counted already where there is a fan.
func (b *branch) drop(d drop.Rx) {
	f := b.fan.Load()
	if f == nil {
		b.circuit.drop(d)
		return
	}
	if d == drop.Ended || d == drop.Violated || d == drop.NoRoom {
		return
	}
	f.each(b, func(c *circuit) { c.drop(d) })
}

// miss counts frames that have been lost on their way at each VC that they were for.
func (b *branch) miss(lost uint64) {
	b.count.Lost.Add(lost)
	f := b.fan.Load()
	if f == nil {
		b.circuit.rx.lost.Add(lost)
		return
	}
	f.each(b, func(c *circuit) { c.rx.lost.Add(lost) })
}

// each calls do for each VC on a branch.
func (f *fan) each(b *branch, do func(*circuit)) {
	if !f.deaf {
		do(b.circuit)
	}
	for _, l := range f.listeners {
		do(l.circuit)
	}
}
