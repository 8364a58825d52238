package sim

import (
	"fmt"

	"callmanager/signalling"
	"callmanager/signalling/cm"
	"callmanager/vc"
)

// Load is a client that makes calls to the host named "peer", some at a time,
// and releases each as soon as it is active; or one that takes the calls and
// answers their release. It keeps the rings of a call for the next, as the client library
// does. It is for benchmarks.
type Load struct {
	wide     int
	requests chan cm.Request // served by a goroutine, since a sink may not submit
	over     chan struct{}
	failed   chan error

	// What follows belongs to the manager's goroutine once calls are made.
	left, open int
	ports      []*vc.Ports // of the rings, which are kept
}

// loadRequests bounds the requests that wait to be submitted. A call takes two
// at a time at most.
const loadRequests = 4096

// NewCaller attaches a client that makes so many calls at a time.
func NewCaller(m *signalling.Manager, wide int) *Load { return newLoad(m, wide) }

// NewCallee attaches a client that takes every call.
func NewCallee(m *signalling.Manager) *Load {
	l := newLoad(m, 0)
	l.requests <- cm.RegisterSAP{Request: 2, AnySelector: true}
	return l
}

func newLoad(m *signalling.Manager, wide int) *Load {
	l := &Load{
		wide: wide, requests: make(chan cm.Request, loadRequests), over: make(chan struct{}), failed: make(chan error, 1),
	}
	id := m.Attach(cm.Credentials{}, l)
	go func() {
		for r := range l.requests {
			m.Submit(id, r)
		}
	}()
	l.requests <- cm.OpenAF{Request: 1, Major: cm.MajorVersion, Minor: 2, Name: "load"}
	return l
}

// Run makes n calls to the client that takes them and blocks until all have been made and released, or
// until either client has had an answer that is no success, which is the error. It is called once.
func (l *Load) Run(n int, callee *Load) error {
	first := min(l.wide, n)
	l.left, l.open = n-first, n // the manager's from the first call on
	for range first {
		l.call()
	}
	select {
	case <-l.over:
		return nil
	case err := <-l.failed:
		return err
	case err := <-callee.failed:
		return err
	}
}

// Close ends the client's goroutine and closes its descriptors, once the manager is closed.
func (l *Load) Close() {
	close(l.requests)
	for _, p := range l.ports {
		_ = p.Close() // memory and a socket: nothing can be lost
	}
}

// Deliver implements signalling.Sink. The descriptors are closed with the client.
func (l *Load) Deliver(ev cm.Event, ports *vc.Ports) {
	if ports != nil {
		l.ports = append(l.ports, ports)
	}
	switch ev := ev.(type) {
	case cm.Reply:
		if ev.Status != cm.Success && ev.Status != cm.Pending {
			l.fail(ev)
		}
	case cm.MakeCallComplete:
		if ev.Status != cm.Success {
			l.fail(ev)
		}
		l.requests <- cm.CloseCall{Request: 4, VC: ev.VC}
	case cm.IncomingCall:
		l.requests <- cm.IncomingCallComplete{Request: 5, VC: ev.VC}
	case cm.IncomingCloseCall:
		l.requests <- cm.CloseCall{Request: 6, VC: ev.VC}
	case cm.CloseCallComplete:
		l.requests <- cm.RingDone{Request: 7, VC: ev.VC, Keep: true}
		if l.wide > 0 {
			l.closed()
		}
	}
}

// call makes a call on a VC that goes with it.
func (l *Load) call() { l.requests <- cm.MakeCall{Request: 3, Called: "peer"} }

// closed makes the next call when one is over.
func (l *Load) closed() {
	if l.left > 0 {
		l.left--
		l.call()
	}
	if l.open--; l.open == 0 {
		close(l.over)
	}
}

// fail tells of the first failure.
func (l *Load) fail(ev cm.Event) {
	select {
	case l.failed <- fmt.Errorf("%T: %+v", ev, ev):
	default:
	}
}
