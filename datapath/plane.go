package datapath

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"time"

	"callmanager/datapath/frame"
	"callmanager/datapath/ring"
	"callmanager/vc"
)

// OpenVC creates the rings of a client's VC and returns the client's descriptors, which the caller
// owns. A size of 0 in the specification is chosen by the flow's rate (DESIGN section 9). Kept rings
// are taken as they are, and come without descriptors. It fails if the handle has a VC already.
func (e *Engine) OpenVC(h vc.Handle, spec vc.RingSpec) (vc.Ports, error) {
	if spec.Kept != 0 {
		return vc.Ports{}, e.reopen(h, spec.Kept)
	}
	p := ring.Params{
		ToDaemon: ringSize(spec.SendBytes, spec.Send),
		ToClient: ringSize(spec.ReceiveBytes, spec.Receive),
	}
	end, d, err := ring.Create(p)
	if err != nil {
		return vc.Ports{}, fmt.Errorf("datapath: open VC %s: %w", h, err)
	}
	if err := e.adopt(h, end); err != nil {
		return vc.Ports{}, errors.Join(err, d.Close(), end.Close())
	}
	return vc.Ports{
		Memory:   os.NewFile(uintptr(d.Memory), "vc-rings"),
		Doorbell: os.NewFile(uintptr(d.Doorbell), "vc-doorbell"),
	}, nil
}

// adopt makes the VC of a handle with its rings.
func (e *Engine) adopt(h vc.Handle, end *ring.Endpoint) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.phase == closed {
		return fmt.Errorf("datapath: open VC %s: %w", h, net.ErrClosed)
	}
	if e.circuits[h] != nil || e.kept[h] != nil {
		return fmt.Errorf("datapath: VC %s is open already", h)
	}
	e.circuits[h] = newCircuit(h, end)
	return nil
}

// ringSize returns the octets of one ring.
func ringSize(asked int, f vc.Flow) int {
	if asked != 0 {
		return asked
	}
	return ring.SizeFor(int64(f.PCR.Bytes()), int(f.MaxSDU))
}

// Activate joins a channel to a VC and opens its receive side: from its return on, frames of the
// channel enter the VC's ring. Nothing is sent before OpenTransmit. Activating an active branch of
// the same VC changes what it may carry; an error leaves that as it was. A VC has one branch at a
// time; the root of a point-to-multipoint call has any number, which come and go while it sends, and
// each sends a copy of what the client puts into its ring from its OpenTransmit on (see replicator).
// A VC that has ended is activated all the same: what comes for it is dropped and counted.
func (e *Engine) Activate(id vc.ID, h vc.Handle, spec vc.BranchSpec) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	b, err := e.activate(id, h, spec)
	if err != nil {
		return fmt.Errorf("datapath: activate %s for VC %s: %w", id, h, err)
	}
	e.branches[id] = b
	return nil
}

func (e *Engine) activate(id vc.ID, h vc.Handle, spec vc.BranchSpec) (*branch, error) {
	l, c := e.links[id.Link], e.circuits[h]
	switch {
	case e.phase == closed:
		return nil, net.ErrClosed
	case l == nil:
		return nil, errors.New("no such link")
	case id.VPI > vc.MaxVPI || id == vc.Signalling(id.Link):
		return nil, errors.New("no channel for data")
	case c == nil:
		return nil, errors.New("no such VC")
	case int(spec.Receive.MaxSDU) > c.end.Tx.MaxPayload():
		return nil, fmt.Errorf("the ring holds no SDU of %d octets", spec.Receive.MaxSDU)
	}
	if b := e.branches[id]; b != nil {
		if b.circuit != c || b.leaving {
			return nil, errors.New("the channel is in use")
		}
		b.setReceive(&spec.Receive)
		b.repolice(&spec)
		b.sender.post(func(t *transmitter) { t.setFlow(b.sender, spec) })
		return b, nil
	}
	if err := c.takes(&spec); err != nil {
		return nil, err
	}
	if !c.end.Enter() { // Left by unlink.
		return nil, net.ErrClosed
	}
	b := newBranch(id, l, c, spec)
	if spec.Permanent {
		b.sender.number = e.numbering(id)
	}
	if spec.Multipoint {
		if err := c.replicateTo(b, &spec); err != nil {
			c.end.Leave()
			return nil, err
		}
	}
	c.branches = append(c.branches, b)
	l.table.Set(b.label, b)
	return b, nil
}

// takes refuses a branch that a VC cannot have beside those that it has. The engine's lock is held.
func (c *circuit) takes(spec *vc.BranchSpec) error {
	switch {
	case spec.Multipoint && spec.Receive != (vc.Flow{}):
		return errors.New("the root of a point-to-multipoint call receives nothing")
	case len(c.branches) > 0 && (!spec.Multipoint || c.copies == nil):
		return errors.New("the VC has a branch already")
	case c.copies != nil && !spec.Multipoint:
		return errors.New("the VC is the root of a point-to-multipoint call")
	}
	return nil
}

// numbering returns the numbers of a channel with permanent branches, of which there is one at a time.
// The engine's lock is held.
func (e *Engine) numbering(id vc.ID) *frame.Numbering {
	n := e.numbers[id]
	if n == nil {
		n = new(frame.Numbering)
		e.numbers[id] = n
	}
	return n
}

// OpenTransmit lets the branch send what the client puts into its ring. It does nothing for an
// unknown branch.
func (e *Engine) OpenTransmit(id vc.ID) {
	if b := e.branch(id); b != nil {
		b.sender.post(func(t *transmitter) { t.open(b.sender) })
		if f := b.sender.feed; f != nil {
			f.post(func(t *transmitter) { t.attach(f) })
		}
	}
}

// Drain sends what the client has put into the ring so far, paced as ever, and calls done when the
// kernel has accepted the last frame, or when linger has passed; then the rest is dropped and
// counted, and the branch sends no more. A linger of 0 drops at once. A branch whose transmit side
// was never opened drops at once too.
func (e *Engine) Drain(id vc.ID, linger time.Duration, done func(vc.DrainReport)) {
	b := e.branch(id)
	if b == nil {
		e.notice.Post(func() { done(vc.DrainReport{}) })
		return
	}
	d := &drain{done: []func(vc.DrainReport){done}}
	if f := b.sender.feed; f != nil {
		f.drain(d, linger)
		return
	}
	if linger > 0 {
		d.limit = after(linger, func() {
			b.sender.post(func(t *transmitter) { t.expire(b.sender, d) })
		})
	}
	b.sender.post(func(t *transmitter) { t.drain(b.sender, d) })
}

// branch returns an active branch, or nil.
func (e *Engine) branch(id vc.ID) *branch {
	e.mu.Lock()
	defer e.mu.Unlock()
	if b := e.branches[id]; b != nil && !b.leaving {
		return b
	}
	return nil
}

// Deactivate stops the branch's transmit side at once, ends a drain under way, and removes the
// branch, with all VCs that have joined its channel. With quiesce its receive side takes in first what has already arrived, at most
// [QuiesceFrames]. When done is called no frame of the channel reaches the VC any more. What a
// drain reports is not reported again.
func (e *Engine) Deactivate(id vc.ID, quiesce bool, done func(vc.DrainReport)) {
	if !e.leave(id, quiesce, done) {
		e.notice.Post(func() { done(vc.DrainReport{}) })
	}
}

// leave starts the removal of a branch. It reports false if there is none to remove.
func (e *Engine) leave(id vc.ID, quiesce bool, done func(vc.DrainReport)) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	b := e.branches[id]
	if b == nil || b.leaving || e.phase == closed {
		return false
	}
	b.leaving = true
	e.deactivate(b, quiesce, done)
	return true
}

// deactivate does the work of Deactivate: the transmit worker first, then the receive worker. The
// engine's lock is held.
func (e *Engine) deactivate(b *branch, quiesce bool, done func(vc.DrainReport)) {
	e.exit(&exit{b: b, gone: b.gone, done: done}, true, quiesce)
}

// exit has the transmit side cut, if it is told to, and the receive side taken off then. The engine's
// lock is held.
func (e *Engine) exit(x *exit, cut, quiesce bool) {
	e.work.Add(1) // Until the exit is told of.
	q := x.b.rx.exits
	if !cut {
		q.leave(x, quiesce)
		return
	}
	gone := func(dropped uint64) {
		x.report.Dropped = dropped
		q.leave(x, quiesce)
	}
	if f := x.b.sender.feed; f != nil {
		f.cut(gone)
		return
	}
	x.b.sender.post(func(t *transmitter) { t.cut(x.b.sender, gone) })
}

// EndVC marks the end of the file that the client reads: what is in the ring stays readable, and
// nothing enters it any more.
func (e *Engine) EndVC(h vc.Handle) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.circuits[h]
	if c == nil || c.ended {
		return
	}
	c.ended = true
	c.sealed.Store(true)
	if !c.end.Enter() {
		return
	}
	finish := func() {
		c.end.Tx.Close()
		c.end.Leave()
	}
	if len(c.branches) == 0 {
		finish() // Nobody else has the producer: what is activated later finds the VC sealed, and does not touch it.
		return
	}
	c.branches[0].rx.box.Post(finish)
}

// CloseVC gives the VC's memory back to the system, in the client too. Its branches are to be
// inactive; those that are not are cut off first.
func (e *Engine) CloseVC(h vc.Handle) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if end := e.kept[h]; end != nil {
		delete(e.kept, h)
		_ = end.Close() // Never fails.
		return
	}
	c := e.circuits[h]
	if c == nil {
		return
	}
	delete(e.circuits, h)
	e.work.Go(func() {
		e.isolate(c)
		c.release()
	})
}

// isolate waits for the branches of a VC to go.
func (e *Engine) isolate(c *circuit) {
	e.mu.Lock()
	branches := slices.Clone(c.branches)
	e.mu.Unlock()
	for _, b := range branches {
		if b.circuit != c {
			e.mu.Lock()
			gone := e.withdraw(b, c, func(vc.DrainReport) {})
			e.mu.Unlock()
			<-gone
			continue
		}
		e.Deactivate(b.id, false, func(vc.DrainReport) {})
		<-b.gone
	}
}

// Copies returns what became of the SDUs of a point-to-multipoint VC on one of its branches; ok is false for
// an unknown branch, and for one of another VC.
func (e *Engine) Copies(id vc.ID) (n vc.Copies, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	b := e.branches[id]
	if b == nil || b.sender.feed == nil {
		return vc.Copies{}, false
	}
	return b.sender.feed.counts(), true
}

// Traffic returns the counters of a VC; ok is false for an unknown one.
func (e *Engine) Traffic(h vc.Handle) (t vc.Traffic, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.circuits[h]
	if c == nil {
		return vc.Traffic{}, false
	}
	return c.traffic(), true
}
