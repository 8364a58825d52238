package signalling_test

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/signalling"
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
	hosts := joined(b)
	callee := sim.NewCallee(hosts[1])
	caller := sim.NewCaller(hosts[0], wide)
	b.ReportAllocs()
	cpu := cpuTime(b)
	b.ResetTimer()
	if err := caller.Run(b.N, callee); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	cpu = cpuTime(b) - cpu
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
	b.ReportMetric(float64(cpu)/float64(time.Microsecond)/float64(b.N), "cpu-us/call")
	for i, c := range []*sim.Load{caller, callee} {
		_ = hosts[i].Close()
		c.Close() // nothing is delivered any more
	}
}

// TestCallAllocs bounds what one call through two call managers allocates, the client's requests and the copies
// that the wire makes included. It guards what each layer does to use its memory again.
func TestCallAllocs(t *testing.T) {
	const most = 80
	hosts := joined(t)
	callee := sim.NewCallee(hosts[1])
	loads := []*sim.Load{callee}
	count := func(n int) float64 {
		caller := sim.NewCaller(hosts[0], 8)
		loads = append(loads, caller)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := caller.Run(n, callee); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return float64(after.Mallocs-before.Mallocs) / float64(n)
	}
	first := count(200) // until everything has grown
	if n := count(2000); n > most {
		t.Errorf("%.1f allocations a call, at first %.1f; want at most %d", n, first, most)
	}
	for _, m := range hosts {
		_ = m.Close()
	}
	for _, l := range loads {
		l.Close()
	}
}

// joined returns two call managers on one link that is up.
func joined(tb testing.TB) (hosts [2]*signalling.Manager) {
	tb.Helper()
	var ends [2]endOfWire
	macs := [2]vc.MAC{macA, macB}
	for i := range hosts {
		m, err := signalling.New(signalling.Config{
			Plane: idlePlane{}, Hosts: map[string]vc.Addr{"peer": vc.AddrFromMAC(macs[1-i])},
			Links: []signalling.LinkConfig{{
				ID: sim.Link, Name: "link", Peer: macs[1-i], Capacity: 1e9, Channel: &ends[1-i],
			}},
		})
		if err != nil {
			tb.Fatal(err)
		}
		hosts[i], ends[i].m = m, m
	}
	for i, m := range hosts {
		m.Start()
		m.LinkStatus(sim.Link, vc.LinkStatus{Up: true, MAC: macs[i], MaxSDU: 1492, Speed: 1e9})
	}
	for _, m := range hosts {
		awaitLinkUp(tb, m)
	}
	return hosts
}

// cpuTime returns what this process has taken of the processors.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// awaitLinkUp waits until a host takes calls.
func awaitLinkUp(tb testing.TB, m *signalling.Manager) {
	tb.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		rows, _, err := m.Links(tb.Context(), "", 0)
		if err != nil {
			tb.Fatal(err)
		}
		if rows[0].State == "up" {
			return
		}
	}
}

// endOfWire hands what is sent to a manager at once.
type endOfWire struct{ m *signalling.Manager }

// Send implements signalling.ControlChannel.
func (e *endOfWire) Send(sdus ...[]byte) {
	for _, sdu := range sdus {
		e.m.Receive(sim.Link, bytes.Clone(sdu))
	}
}

// idlePlane is a data plane without rings.
type idlePlane struct{ signalling.Plane }

func (idlePlane) OpenVC(vc.Handle, vc.RingSpec) (vc.Ports, error)    { return vc.Ports{}, nil }
func (idlePlane) Activate(vc.ID, vc.Handle, vc.BranchSpec) error     { return nil }
func (idlePlane) OpenTransmit(vc.ID)                                 {}
func (idlePlane) EndVC(vc.Handle)                                    {}
func (idlePlane) CloseVC(vc.Handle)                                  {}
func (idlePlane) KeepVC(vc.Handle)                                   {}
func (idlePlane) LinkCounters(vc.LinkID) []vc.Counter                { return nil }
func (idlePlane) Deactivate(_ vc.ID, _ bool, f func(vc.DrainReport)) { f(vc.DrainReport{}) }
func (idlePlane) Drain(_ vc.ID, _ time.Duration, f func(vc.DrainReport)) {
	f(vc.DrainReport{})
}
