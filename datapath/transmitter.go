package datapath

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/datapath/drop"
	"callmanager/datapath/mailbox"
	"callmanager/datapath/rounds"
	"callmanager/datapath/tally"
	"callmanager/nicio"
	"callmanager/vc/tap"
)

const (
	// turnBudget is how many records the worker handles before it looks at its mailbox, its
	// doorbells and the clock again.
	turnBudget = 4 * nicio.BatchSize
	// maxWarm is how many rings that ran empty are looked at while the worker spins. The others are
	// armed at once.
	maxWarm = 64
	// deficitLimit bounds what a sender can save up; the largest SDU fits, each of its cells in a frame of its own.
	deficitLimit = 9 * turnOctets
)

// A transmitter is a transmit worker: it takes the SDUs out of the clients' rings in rounds, each
// VC no faster than its contract and none before those of a better category, and sends their frames
// in batches. It owns the transmit side of the branches that leave by its outlets: all, if there is one
// worker.
//
//	          rings empty            client rings
//	round ───────────────▶ warm ──▶ asleep ──────▶ round
//	  │                     └─ something came ───▶ round
//	  ├── not conforming ──▶ timed ── due ───────▶ round
//	  ├── port or link full ▶ waiting ─ retry ───▶ round
//	  └── ended ───────────▶ ebbing ─── empty
type transmitter struct {
	e     *Engine
	index int
	box   mailbox.Box
	tap   *tap.Port
	poll  *nicio.Poller
	outs  []*outlet

	round  rounds.Round[sender] // To be served, one turn each.
	warm   rounds.Queue[sender] // Ran empty a moment ago; not armed yet.
	ebbing rounds.Queue[sender] // Send no more; their rings are being emptied.
	timed  rounds.Heap[sender]
	held   []*line // Links that have no room at present.
	census rounds.Census
	turns  int // Of the best effort that are over.

	tags    [nicio.BatchSize]uint64
	polled  []*sender // By tag.
	free    []uint64  // Tags to use again.
	stopped atomic.Bool
}

// newTransmitters makes the workers, and their outlets on the NICs. A NIC with one data port is one worker's, and
// such NICs are dealt out among the workers; of a NIC with several the worker of each port that receives has a
// namesake that sends.
func newTransmitters(e *Engine) (all []*transmitter, err error) {
	for i := range e.cfg.WorkerCount() {
		t, err := newTransmitter(e, i)
		if err != nil {
			return all, err // The caller closes what there is.
		}
		all = append(all, t)
	}
	singles := 0
	for _, n := range e.nics {
		first := 0
		if len(n.data) == 1 {
			first = singles
			singles++
		}
		for i, p := range n.data[:min(len(n.data), len(all))] {
			t := all[(first+i)%len(all)]
			o := newOutlet(t, p)
			t.outs, n.outs = append(t.outs, o), append(n.outs, o)
		}
		for _, l := range n.links {
			for range n.outs {
				l.tx = append(l.tx, new(tally.Sent))
				l.lines = append(l.lines, &line{Shared: &l.bucket, alone: len(n.outs) == 1})
			}
		}
	}
	return all, nil
}

func newTransmitter(e *Engine, index int) (*transmitter, error) {
	p, err := nicio.NewPoller(-1) // It sleeps at once: the spinning is done here, where the rings are.
	if err != nil {
		return nil, fmt.Errorf("datapath: transmit worker: %w", err)
	}
	t := &transmitter{e: e, index: index, poll: p, tap: e.tap.Port(dataLane)}
	t.box.Wake = p.Wake
	return t, nil
}

// run sends until the worker is stopped. It keeps its thread, whose timers are set as fine as they
// go, and lets it end with it.
func (t *transmitter) run() {
	runtime.LockOSThread()
	t.e.cfg.Pin(t.index)
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) // Refused nowhere; pacing is coarser without.
	for !t.stopped.Load() {
		t.box.Run()
		t.wait(t.turn(t.e.now()))
	}
}

// halt lets run end.
func (t *transmitter) halt() {
	t.stopped.Store(true)
	t.poll.Wake()
}

// turn serves who is to be served at a time and returns when to come again.
func (t *transmitter) turn(now int64) (next int64) {
	for s := t.timed.Expire(now); s != nil; s = t.timed.Expire(now) {
		t.admit(s)
	}
	for _, o := range t.outs {
		if o.stalled() && now >= o.retry {
			t.flush(o)
		}
		for !o.stalled() && o.waiting.Len() > 0 {
			t.admit(o.waiting.Pop())
		}
	}
	t.unhold(now)
	for done := 0; ; {
		s := t.round.First()
		if s == nil || done >= t.quota(s) {
			break
		}
		s.Leave()
		done += max(t.give(s, now, min(t.quota(s)-done, turnRecords)), 1)
	}
	t.ebbNext()
	for _, o := range t.outs {
		if !o.stalled() {
			t.flush(o)
		}
	}
	next = t.pack(now)
	if t.round.First() != nil || t.ebbing.Len() > 0 { // A flush may have ended the last of a drain, or set it aside.
		return now
	}
	next = min(next, t.timed.Next())
	for _, o := range t.outs {
		if o.stalled() {
			next = min(next, o.retry)
		}
	}
	for _, l := range t.held {
		next = min(next, l.retry)
	}
	return next
}

// pack has the outlets send the cells that have waited for long enough, and returns when to come again.
func (t *transmitter) pack(now int64) (next int64) {
	next = never
	for _, o := range t.outs {
		next = min(next, o.pack(now))
	}
	return next
}

// flush sends an outlet's batch, and ends the drains that it completes.
func (t *transmitter) flush(o *outlet) {
	o.flush()
	for i, s := range o.landed {
		o.landed[i] = nil
		t.conclude(s)
	}
	o.landed = o.landed[:0]
}

// give gives a sender its turn, of so many records at most, and returns how many it handled. The
// sender is in no queue before.
func (t *transmitter) give(s *sender, now int64, most int) (handled int) {
	if s.Timed() {
		t.timed.Remove(&s.Member)
	}
	if s.copies != nil {
		return t.replicate(s, now, most)
	}
	return t.serve(s, now, most)
}

// serve puts the frames of a sender whose turn it is into the batch of its outlet.
func (t *transmitter) serve(s *sender, now int64, most int) (handled int) {
	o := s.out
	wire := s.b.link.framing.Load()
	shared := s.rank == rounds.Minimum || s.line.Limited()
	for handled < most {
		if o.full() {
			t.flush(o)
		}
		switch {
		case !s.opened:
			return handled // The flush ended its drain.
		case o.stalled():
			o.waiting.Push(&s.Member)
			return handled
		case s.drained():
			if s.flying == 0 {
				t.conclude(s)
			}
			return handled // Else the flush that lands the last frame ends the drain.
		case s.c.poisoned.Load() || !s.peek():
			t.ranEmpty(s)
			return handled
		}
		handled++
		if why := s.judge(); why != drop.Sent {
			s.skip(why)
			if s.deficit -= wire.Octets(0); s.deficit < 0 {
				t.again(s)
				return handled
			}
			continue
		}
		if !s.pace.Conforms(now) {
			t.rest(s)
			t.timed.Push(&s.Member, s.pace.Ready())
			return handled
		}
		if shared && t.setAside(s, now) {
			return handled
		}
		n, cells := s.chunk()
		cost := wire.Octets(n)
		if s.deficit < cost {
			t.again(s)
			return handled
		}
		s.deficit -= cost
		s.pace.Charge(cells)
		if shared {
			s.spend(now, cells, cost)
		}
		o.put(s, n, cells)
	}
	t.resume(s)
	return handled
}

// ranEmpty decides what becomes of a sender whose ring has nothing.
func (t *transmitter) ranEmpty(s *sender) {
	t.rest(s)
	if err := s.violated(); err != nil {
		t.e.poison(s.c, err)
	}
	switch {
	case s.drain != nil:
		s.drain.left = 0
		if s.flying == 0 {
			t.conclude(s)
		}
	case s.c.poisoned.Load() || s.rx.EOF(): // Nothing comes any more.
		t.unpoll(s)
	case !s.busy: // New, or rung for nothing: its client is not in the midst of sending.
		t.arm(s)
	default:
		t.warm.Push(&s.Member)
		if t.warm.Len() > maxWarm {
			t.arm(t.warm.Pop())
		}
	}
}

// arm sends a sender to sleep until its client rings, unless something came.
func (t *transmitter) arm(s *sender) {
	s.busy = false
	if s.rx.Arm() {
		t.admit(s)
	}
}

// wait returns when there may be something to do, at the time of next at the latest. It spins
// before it sleeps if a ring ran empty only now: its client is probably about to go on.
func (t *transmitter) wait(next int64) {
	now := t.e.now()
	if next <= now {
		t.rewarm() // Warm rings are not armed: nobody rings for them.
		t.answer(0)
		return
	}
	if t.warm.Len() > 0 {
		for end := min(now+t.e.cfg.SpinTime(), next); now < end; now = t.e.now() {
			if t.box.Some() || t.rewarm() || t.answer(0) {
				return
			}
			yield()
		}
	}
	for t.warm.Len() > 0 {
		t.arm(t.warm.Pop())
	}
	switch {
	case t.box.Some() || t.stopped.Load(): // An answer above may have taken the wake-up.
	case t.round.First() != nil:
		t.answer(0)
	case next == never:
		t.answer(-1)
	default:
		t.answer(time.Duration(max(next-t.e.now(), 0)))
	}
}

// rewarm serves the warm senders whose rings have got something, and reports whether there are any.
func (t *transmitter) rewarm() bool {
	for s := t.warm.First(); s != nil; {
		next := s.Behind()
		if s.rx.Readable() {
			t.admit(s)
		}
		s = next
	}
	return t.round.First() != nil
}

// answer waits for doorbells and has their senders served. It reports whether any rang.
func (t *transmitter) answer(timeout time.Duration) bool {
	n, err := t.poll.Wait(t.tags[:], timeout)
	if err != nil {
		return false // Closed: the worker is stopped too.
	}
	for _, tag := range t.tags[:n] {
		s := t.polled[tag]
		if s == nil {
			continue
		}
		if _, err := s.c.end.Doorbell().Drain(); err != nil {
			t.unpoll(s) // The client is gone; what it left in the ring is still sent.
		}
		if !s.Queued() && !s.Timed() && s.opened {
			s.rx.Disarm()
			t.admit(s)
		}
	}
	return n > 0
}

// yield gives the processor to another thread, in a way that the Go scheduler sees.
func yield() { _, _, _ = unix.Syscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }
