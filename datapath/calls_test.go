package datapath_test

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/datapath"
	"callmanager/signalling"
	"callmanager/signalling/sim"
	"callmanager/vc"
)

// BenchmarkCallsVeth makes and releases calls through two call managers and two data planes over a veth pair:
// everything of a call but the clients' sockets. The set-up and the release of one call are one operation; the
// figures are of both hosts together, the kernel's share included.
func BenchmarkCallsVeth(b *testing.B) {
	for _, wide := range []int{1, 64} {
		b.Run(fmt.Sprintf("outstanding=%d", wide), func(b *testing.B) { benchCallsVeth(b, wide) })
	}
}

func benchCallsVeth(b *testing.B, wide int) {
	b.Helper()
	hosts := callHosts(b)
	callee := sim.NewCallee(hosts[1])
	caller := sim.NewCaller(hosts[0], wide)
	b.ReportAllocs()
	cpu := cpuTime(b)
	b.ResetTimer()
	must(b, caller.Run(b.N, callee))
	b.StopTimer()
	cpu = cpuTime(b) - cpu
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
	b.ReportMetric(float64(cpu)/float64(time.Microsecond)/float64(b.N), "cpu-us/call")
	for i, c := range []*sim.Load{caller, callee} {
		must(b, hosts[i].Close())
		c.Close() // nothing is delivered any more
	}
}

// callHosts makes two call managers, each on a data plane of its own, and returns them when their link takes
// calls.
func callHosts(b *testing.B) (hosts [2]*signalling.Manager) {
	b.Helper()
	newSegment(b).add()
	macs := [2]vc.MAC{macA, macB}
	for i, name := range []string{nicA, nicB} {
		e, err := datapath.New(datapath.Config{
			Links:   []datapath.LinkConfig{{ID: 1, Name: "peer", Interface: name, Peer: macs[1-i], Capacity: 1e9}},
			Receive: func(id vc.LinkID, sdu []byte) { hosts[i].Receive(id, sdu) },
			Status:  func(id vc.LinkID, st vc.LinkStatus) { hosts[i].LinkStatus(id, st) },
		})
		must(b, err)
		m, err := signalling.New(signalling.Config{
			Plane: e, Hosts: map[string]vc.Addr{"peer": vc.AddrFromMAC(macs[1-i])},
			Links: []signalling.LinkConfig{{ID: 1, Name: "peer", Peer: macs[1-i], Capacity: 1e9, Channel: e.Channel(1)}},
		})
		must(b, err)
		b.Cleanup(func() {
			must(b, m.Close())
			must(b, e.Close())
		})
		hosts[i] = m
		m.Start()
		e.Start()
	}
	for _, m := range hosts {
		awaitCalls(b, m)
	}
	return hosts
}

// awaitCalls waits until the link of a host takes calls.
func awaitCalls(b *testing.B, m *signalling.Manager) {
	b.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		rows, _, err := m.Links(b.Context(), "", 0)
		must(b, err)
		if rows[0].State == "up" {
			return
		}
	}
}

// cpuTime returns what this process has taken of the processors.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u unix.Rusage
	must(b, unix.Getrusage(unix.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
