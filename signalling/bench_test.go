package signalling_test

import (
	"fmt"
	"testing"
	"time"

	"callmanager/signalling"
	"callmanager/signalling/cm"
	"callmanager/signalling/sim"
	"callmanager/vc"
)

// BenchmarkCalls makes and releases calls through two call managers: everything but the clients' sockets, the
// data plane and the wire. The set-up and the release of one call are one operation.
func BenchmarkCalls(b *testing.B) {
	for _, wide := range []int{1, 64} {
		b.Run(fmt.Sprintf("outstanding=%d", wide), func(b *testing.B) { benchCalls(b, wide) })
	}
}

func benchCalls(b *testing.B, wide int) {
	b.Helper()
	var ends [2]endOfWire
	var hosts [2]*signalling.Manager
	macs := [2]vc.MAC{macA, macB}
	for i := range hosts {
		m, err := signalling.New(signalling.Config{
			Plane: idlePlane{}, Hosts: map[string]vc.Addr{"peer": vc.AddrFromMAC(macs[1-i])},
			Links: []signalling.LinkConfig{{
				ID: sim.Link, Name: "link", Peer: macs[1-i], Capacity: 1e9, Channel: &ends[1-i],
			}},
		})
		if err != nil {
			b.Fatal(err)
		}
		hosts[i], ends[i].m = m, m
	}
	for i, m := range hosts {
		m.Start()
		m.LinkStatus(sim.Link, vc.LinkStatus{Up: true, MAC: macs[i], MaxSDU: 1492, Speed: 1e9})
	}
	for _, m := range hosts {
		awaitLinkUp(b, m)
	}
	callee := newBenchClient(hosts[1], 0)
	callee.requests <- cm.RegisterSAP{Request: 2, AnySelector: true}
	caller := newBenchClient(hosts[0], wide)
	b.ReportAllocs()
	b.ResetTimer()
	caller.begin(b.N)
	select {
	case <-caller.over:
	case err := <-caller.failed:
		b.Fatal(err)
	case err := <-callee.failed:
		b.Fatal(err)
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
	for i, c := range []*benchClient{caller, callee} {
		_ = hosts[i].Close()
		close(c.requests) // nothing is delivered any more
	}
}

// awaitLinkUp waits until a host takes calls.
func awaitLinkUp(b *testing.B, m *signalling.Manager) {
	b.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		rows, _, err := m.Links(b.Context(), "", 0)
		if err != nil {
			b.Fatal(err)
		}
		if rows[0].State == "up" {
			return
		}
	}
}

// endOfWire hands what is sent to a manager at once.
type endOfWire struct{ m *signalling.Manager }

// Send implements signalling.ControlChannel.
func (e *endOfWire) Send(sdu []byte) { e.m.Receive(sim.Link, sdu) }

// idlePlane is a data plane without rings.
type idlePlane struct{ signalling.Plane }

func (idlePlane) OpenVC(vc.Handle, vc.RingSpec) (vc.Ports, error)    { return vc.Ports{}, nil }
func (idlePlane) Activate(vc.ID, vc.Handle, vc.BranchSpec) error     { return nil }
func (idlePlane) OpenTransmit(vc.ID)                                 {}
func (idlePlane) EndVC(vc.Handle)                                    {}
func (idlePlane) CloseVC(vc.Handle)                                  {}
func (idlePlane) LinkCounters(vc.LinkID) []vc.Counter                { return nil }
func (idlePlane) Deactivate(_ vc.ID, _ bool, f func(vc.DrainReport)) { f(vc.DrainReport{}) }
func (idlePlane) Drain(_ vc.ID, _ time.Duration, f func(vc.DrainReport)) {
	f(vc.DrainReport{})
}

// benchClient makes calls, some at a time, or takes them.
type benchClient struct {
	wide     int
	requests chan cm.Request // served by a goroutine, since a sink may not submit
	over     chan struct{}
	failed   chan error

	// What follows belongs to the manager's goroutine once calls are made.
	left, open int
}

func newBenchClient(m *signalling.Manager, wide int) *benchClient {
	c := &benchClient{
		wide: wide, requests: make(chan cm.Request, 1024), over: make(chan struct{}), failed: make(chan error, 1),
	}
	id := m.Attach(cm.Credentials{}, c)
	go func() {
		for r := range c.requests {
			m.Submit(id, r)
		}
	}()
	c.requests <- cm.OpenAF{Request: 1, Major: cm.MajorVersion, Name: "bench"}
	return c
}

// begin makes n calls.
func (c *benchClient) begin(n int) {
	c.left, c.open = n, n
	for range min(c.wide, n) {
		c.left--
		c.requests <- cm.CreateVC{Request: 2}
	}
}

// Deliver implements signalling.Sink.
func (c *benchClient) Deliver(ev cm.Event, _ *vc.Ports) {
	switch ev := ev.(type) {
	case cm.Reply:
		if ev.Status != cm.Success && ev.Status != cm.Pending {
			c.fail(ev)
		} else if c.wide > 0 && ev.Handle != 0 {
			c.requests <- cm.MakeCall{Request: 3, VC: ev.Handle, Called: "peer"}
		}
	case cm.MakeCallComplete:
		if ev.Status != cm.Success {
			c.fail(ev)
		}
		c.requests <- cm.CloseCall{Request: 4, VC: ev.VC}
	case cm.IncomingCall:
		c.requests <- cm.IncomingCallComplete{Request: 5, VC: ev.VC}
	case cm.IncomingCloseCall:
		c.requests <- cm.CloseCall{Request: 6, VC: ev.VC}
	case cm.CloseCallComplete:
		c.requests <- cm.RingDone{Request: 7, VC: ev.VC}
		if c.wide > 0 {
			c.closed(ev.VC)
		}
	}
}

// closed deletes a VC whose call is over, and makes the next.
func (c *benchClient) closed(h vc.Handle) {
	c.requests <- cm.DeleteVC{Request: 8, VC: h}
	if c.left > 0 {
		c.left--
		c.requests <- cm.CreateVC{Request: 2}
	}
	if c.open--; c.open == 0 {
		close(c.over)
	}
}

// fail tells of the first failure.
func (c *benchClient) fail(ev cm.Event) {
	select {
	case c.failed <- fmt.Errorf("%T: %+v", ev, ev):
	default:
	}
}
