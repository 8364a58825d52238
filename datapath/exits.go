package datapath

import (
	"slices"
	"sync"

	"callmanager/datapath/drop"
	"callmanager/datapath/softnet"
	"callmanager/vc"
)

// An exit is a branch that goes, or one VC of it, once its transmit side has been cut.
type exit struct {
	b      *branch
	c      *circuit // The VC that leaves alone; nil if the whole branch goes.
	report vc.DrainReport
	gone   chan struct{} // Closed when no worker knows it any more.
	done   func(vc.DrainReport)
}

// Exits are what leaves a receive worker. What comes together goes together, so a grace period
// or a look at an empty socket costs the worker the same for one call as for a hundred:
//
//	quiesce     ─▶ fresh ─▶ settle: empty, pause, empty ─┐
//	at once     ────────────────────────────────────────┴▶ leaving ─▶ retire: detach, grace, forget
//
// Each of the two stages has a goroutine while there is something in it. Every exit counts as work of
// the engine until its done function is on the notice board.
type exits struct {
	e   *Engine
	rx  *receiver
	now clock

	mu              sync.Mutex
	fresh, leaving  []*exit
	settles, leaves bool // The goroutine of the stage runs.

	backlog softnet.Reader // The settling goroutine's. There is one if the NIC has sockets.
}

func newExits(r *receiver) *exits {
	q := &exits{e: r.e, rx: r, now: systemClock()}
	if len(r.nic.sockets) > 0 {
		q.backlog = softnet.Open()
	}
	return q
}

// leave has an exit go, with quiesce after everything that had arrived before has been taken in.
func (q *exits) leave(x *exit, quiesce bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !quiesce {
		q.retireLocked(x)
		return
	}
	q.fresh = append(q.fresh, x)
	if !q.settles {
		q.settles = true
		q.e.work.Go(q.runSettle)
	}
}

// retireLocked has exits go, which are counted as work of the engine's: so is the goroutine that ends them, before they
// are over.
func (q *exits) retireLocked(xs ...*exit) {
	q.leaving = append(q.leaving, xs...)
	if !q.leaves && len(q.leaving) > 0 {
		q.leaves = true
		q.e.work.Go(q.runRetire)
	}
}

// runRetire ends what leaves until there is no more.
func (q *exits) runRetire() {
	for {
		q.mu.Lock()
		group := q.leaving
		q.leaving = nil
		q.leaves = len(group) > 0
		q.mu.Unlock()
		if len(group) == 0 {
			return
		}
		q.retire(group)
	}
}

// retire takes a group out of what the receive worker sees, waits for its grace period, forgets the
// group and tells.
func (q *exits) retire(group []*exit) {
	e := q.e
	e.mu.Lock()
	for _, x := range group {
		x.detach()
	}
	e.mu.Unlock()
	q.rx.box.Call(func() { q.forsake(group) }) // The grace period: the worker is between two batches.
	e.mu.Lock()
	for _, x := range group {
		x.forget(e)
	}
	e.mu.Unlock()
	for _, x := range group {
		e.notice.Post(func() { x.done(x.report) })
		e.work.Done()
	}
}

// forsake gives up the SDUs under way on branches that go. The receive worker calls it.
func (q *exits) forsake(group []*exit) {
	for _, x := range group {
		if j := x.b.joining; x.c == nil && j != nil {
			q.rx.giveUp(j, drop.Fragment)
		}
	}
}

// detach takes an exit out of what the receive worker sees. The engine's lock is held.
func (x *exit) detach() {
	b := x.b
	if x.c == nil {
		b.link.table.Remove(b.label)
		return
	}
	next := b.fanned()
	if b.circuit == x.c {
		next.deaf = true
	}
	next.listeners = slices.DeleteFunc(next.listeners, func(l *listener) bool { return l.circuit == x.c })
	if next.deaf || len(next.listeners) > 0 {
		b.fan.Store(next)
	} else {
		b.fan.Store(nil)
	}
}

// forget ends an exit that no worker knows any more. The engine's lock is held.
func (x *exit) forget(e *Engine) {
	b := x.b
	defer close(x.gone)
	if x.c != nil {
		b.off(x.c)
		return
	}
	delete(e.branches, b.id)
	b.off(b.circuit)
	if f := b.fan.Load(); f != nil {
		f.each(b, b.off)
	}
}
