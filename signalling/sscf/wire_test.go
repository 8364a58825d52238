package sscf_test

import (
	"time"

	"pgregory.net/rapid"

	"callmanager/signalling/sscop"
)

// wire joins two nodes by two FIFOs with a delay each, and loses PDUs.
type wire struct {
	now   time.Duration
	nodes [2]*node
	fifo  [2][]frame // what is on its way to nodes[i]
	delay time.Duration
	lose  func() bool
	lost  int
}

type frame struct {
	at  time.Duration
	pdu []byte
}

func newWire(tb rapid.TB, cfg sscop.Config, delay time.Duration) *wire {
	tb.Helper()
	return &wire{
		nodes: [2]*node{newNode(tb, cfg), newNode(tb, cfg)},
		delay: delay,
		lose:  func() bool { return false },
	}
}

// collect puts what the nodes have sent on the wire.
func (w *wire) collect() {
	for i, n := range w.nodes {
		for _, pdu := range n.pdus {
			if w.lose() {
				w.lost++
				continue
			}
			w.fifo[1-i] = append(w.fifo[1-i], frame{w.now + w.delay, pdu})
		}
		n.pdus = n.pdus[:0]
	}
}

// step lets the next thing happen, not later than until; false if there is none.
func (w *wire) step(until time.Duration) bool {
	w.collect()
	at, who, clock := until+1, -1, -1
	for i, n := range w.nodes {
		if f := w.fifo[i]; len(f) > 0 && f[0].at < at {
			at, who, clock = f[0].at, i, -1
		}
		if c := n.next(); c >= 0 && n.clocks[c].at < at {
			at, who, clock = n.clocks[c].at, i, c
		}
	}
	if who < 0 {
		w.setTime(until)
		return false
	}
	w.setTime(at)
	n := w.nodes[who]
	if clock >= 0 {
		n.fire(clock)
		return true
	}
	f := w.fifo[who][0]
	w.fifo[who] = w.fifo[who][1:]
	n.receive(f.pdu)
	clear(f.pdu) // the caller's own again
	return true
}

func (w *wire) setTime(at time.Duration) {
	w.now = at
	for _, n := range w.nodes {
		n.now = at
	}
}

// run lets time go on by d.
func (w *wire) run(d time.Duration) {
	for until := w.now + d; w.step(until); {
	}
}
