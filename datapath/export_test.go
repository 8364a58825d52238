package datapath

import (
	"sync/atomic"

	"callmanager/datapath/drop"
	"callmanager/datapath/setup"
	"callmanager/nicio"
	"callmanager/nicio/rtnl"
	"callmanager/vc"
)

// For tests that are their engine's workers: the engine is not started, and each step is called by
// hand.

// TurnTx does what the transmit workers do at a time, one after the other, which stands still meanwhile, and
// returns when the first of them would come again.
func (e *Engine) TurnTx(now int64) int64 {
	still.Store(now)
	return e.TurnTxBy(stillTime)
}

// still is the time of TurnTx; the tests of this package run one after the other.
var still atomic.Int64

func stillTime() int64 { return still.Load() }

// TurnTxBy is TurnTx with a clock that goes on.
func (e *Engine) TurnTxBy(now func() int64) int64 {
	e.now = now
	next := never
	for _, t := range e.txs {
		for _, o := range t.outs {
			o.now = now
		}
		t.box.Run()
		for t.warm.Len() > 0 {
			t.arm(t.warm.Pop())
		}
		t.answer(0)
		next = min(next, t.turn(now()))
		if t.box.Some() { // One worker has something for another, or for itself.
			next = min(next, now())
		}
	}
	return next
}

// TurnAndWait is one turn of each transmit worker and, if it has more to do, what lies between two
// turns.
func (e *Engine) TurnAndWait(now int64) {
	for _, t := range e.txs {
		t.box.Run()
		if next := t.turn(now); next <= now {
			t.wait(next)
		}
	}
}

// WaitTx is what the only transmit worker does when it has looked at its doorbells once and has nothing
// to do: it sleeps until there is something.
func (e *Engine) WaitTx() {
	e.txs[0].answer(0)
	e.txs[0].wait(never)
}

// StepRx does what the receive workers of an interface do once, and returns the number of frames.
func (e *Engine) StepRx(name string) int {
	var all int
	for _, r := range e.nicOf(name).rx {
		r.box.Run()
		n, err := r.step()
		if err != nil {
			panic(err)
		}
		all += n
	}
	return all
}

// StepControl does the same for the control port.
func (e *Engine) StepControl(name string) int {
	c := e.nicOf(name).ctl
	n, err := c.step(c.buffers())
	if err != nil {
		panic(err)
	}
	return n
}

// MaxJoins exports the bound.
const MaxJoins = maxJoins

// HeldParts returns how many frames of an interface wait for the rest of their SDUs.
func (e *Engine) HeldParts(name string) (n uint64) {
	for _, r := range e.nicOf(name).rx {
		for x := range r.joins.All() {
			n += x.Value.frames
		}
	}
	return n
}

// ExpireJoins is what the receive worker of an interface does once every SDU under way in parts has
// waited for too long. It returns how many there were.
func (e *Engine) ExpireJoins(name string) int {
	was, n := e.now, 0
	e.now = func() int64 { return was() + int64(joinTime) }
	defer func() { e.now = was }()
	for _, r := range e.nicOf(name).rx {
		n += r.joins.Len()
		if next := r.expire(); next >= 0 {
			panic("an SDU under way outlives its time")
		}
	}
	return n
}

// InjectRx hands a frame to the receive worker of an interface that it is for, as if it had come from the port.
func (e *Engine) InjectRx(name string, b []byte) {
	n := e.nicOf(name)
	r := n.rx[nicio.SteerFrame(b, len(n.rx))]
	r.box.Run()
	r.frame(&nicio.RxFrame{Buf: b, Len: len(b)})
	r.flush()
}

// InjectRxAt hands a frame to one of the receive workers of an interface.
func (e *Engine) InjectRxAt(name string, worker int, b []byte) {
	r := e.nicOf(name).rx[worker]
	r.box.Run()
	r.frame(&nicio.RxFrame{Buf: b, Len: len(b)})
	r.flush()
}

// InjectControl does the same for the control port.
func (e *Engine) InjectControl(name string, b []byte) {
	e.nicOf(name).ctl.frame(&nicio.RxFrame{Buf: b, Len: len(b)})
}

// RunNotices calls the callbacks that are due.
func (e *Engine) RunNotices() { e.notice.Flush() }

// Belated returns what OpenTransmit and Drain of an active branch have the worker do, for a test that
// lets another goroutine remove the branch in between.
func (e *Engine) Belated(id vc.ID, done func(vc.DrainReport)) (open, drained func()) {
	b := e.branch(id)
	open = func() { b.sender.post(func(t *transmitter) { t.open(b.sender) }) }
	drained = func() {
		b.sender.post(func(t *transmitter) { t.drain(b.sender, &drain{done: []func(vc.DrainReport){done}}) })
	}
	return open, drained
}

// StartControl runs the control plane's goroutines alone, none of which sleeps in a system call.
func (e *Engine) StartControl() {
	e.mu.Lock()
	e.phase = running
	e.mu.Unlock()
	e.notices.Go(e.notice.Run)
	for _, n := range e.nics {
		e.wires.Go(n.ctl.run)
		n.ctl.start()
	}
}

// StartWatch follows the state of an interface.
func (e *Engine) StartWatch(name string) {
	e.work.Go(func() { e.runWatch(e.nicOf(name)) })
}

// AwaitWork waits for what the plane does on goroutines of its own. No interface is followed.
func (e *Engine) AwaitWork() { e.work.Wait() }

// Left tells what an engine still holds.
func (e *Engine) Left() (circuits, branches, polled int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, t := range e.txs {
		for _, s := range t.polled {
			if s != nil {
				polled++
			}
		}
	}
	return len(e.circuits), len(e.branches), polled
}

func (e *Engine) nicOf(name string) *nic {
	for _, n := range e.nics {
		if n.name == name {
			return n
		}
	}
	panic("no interface " + name)
}

// LineStep exports the constant.
const LineStep = lineStep

// LinkState keeps the import of rtnl for tests that report changes.
type LinkState = rtnl.Link

// DropNames returns the names of the engine's own counters of drops.
func DropNames() (rx, tx []string) {
	for d := drop.Truncated; int(d) < drop.NumRx; d++ {
		rx = append(rx, d.String())
	}
	for d := drop.TxEmptySDU; int(d) < drop.NumTx; d++ {
		tx = append(tx, d.String())
	}
	return rx, tx
}

// ControlMatches returns what tells the control VC of a link in cell mode from the rest.
func ControlMatches(c Cells) []nicio.Match {
	return controlMatches(setup.CellPeers([]LinkConfig{{Cells: &c}}, ""))
}

// SetLineOf has a link carry so many bits a second.
func (e *Engine) SetLineOf(id vc.LinkID, r vc.BitRate) { e.links[id].setLine(r) }

// Held returns what an engine whose workers run still holds.
func (e *Engine) Held() (circuits, branches int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.circuits), len(e.branches)
}
