package e2e_test

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"

	"callmanager/lab"
	"callmanager/lab/bench"
)

// apiSelector is the last octet of the address at which the calls of these benchmarks are answered.
const apiSelector = 0xb4

// apiWidths are how many clients ask at a time.
var apiWidths = []int{1, 10, 100}

// BenchmarkAPI measures what clients ask for between two daemons: cycles of CreateVC, MakeCall, CloseCall and
// DeleteVC by some clients at a time, and what memory of the daemons clients, VCs and calls take.
func BenchmarkAPI(b *testing.B) {
	r := newAPIRig(b)
	b.Run("cycles", r.cycles)
	b.Run("memory", r.memory)
}

// apiRig is two hosts with daemons.
type apiRig struct {
	lab   *lab.Lab
	hosts [2]*lab.Host
}

func newAPIRig(b *testing.B) *apiRig {
	b.Helper()
	l := prepare(b, lab.Config{DaemonArgs: profileArgs(b)})
	r := &apiRig{lab: l, hosts: [2]*lab.Host(l.Hosts())}
	for _, h := range r.hosts {
		start(b, h)
	}
	awaitLinks(b, l)
	if bench.Profiles() != "" {
		b.Cleanup(func() { endGently(b, l) })
	}
	return r
}

// clients starts the process of the clients of the first host, and one that takes all calls at the second.
func (r *apiRig) clients(b *testing.B) *performer {
	b.Helper()
	sink := perform(b, actor(b, "api-sink", socketEnv+"="+r.hosts[1].Socket(), fmt.Sprintf("%s=%d", selectorEnv, apiSelector)))
	sink.begin(order{})
	sink.end() // it listens
	return perform(b, actor(b, "api", socketEnv+"="+r.hosts[0].Socket(), destEnv+"="+withSelector(r.hosts[1], apiSelector)))
}

// cycles measures them, a turn with each number of clients.
func (r *apiRig) cycles(b *testing.B) {
	p := r.clients(b)
	ask := func(o order) moved {
		p.begin(o)
		return p.end()
	}
	ask(order{Do: "dial", N: apiWidths[len(apiWidths)-1]})
	ask(order{Do: "cycles", Wide: apiWidths[len(apiWidths)-1], For: bench.Turn()}) // what is made once is made
	c := bench.Measure(b, func(c bench.Columns) {
		for _, n := range apiWidths {
			m := ask(order{Do: "cycles", Wide: n, For: bench.Turn()})
			c.Add(fmt.Sprintf("%d", n), perSecond(m))
			c.Add(fmt.Sprintf("%d-p50-us", n), us(m.P50))
			c.Add(fmt.Sprintf("%d-p99-us", n), us(m.P99))
		}
	})
	for _, n := range apiWidths {
		rate, p50, p99 := c[fmt.Sprintf("%d", n)], c[fmt.Sprintf("%d-p50-us", n)], c[fmt.Sprintf("%d-p99-us", n)]
		b.ReportMetric(bench.Median(rate), fmt.Sprintf("%d-cycles/s", n))
		b.ReportMetric(bench.Median(p99), fmt.Sprintf("%d-p99-us", n))
		requests := make([]float64, len(rate))
		for i, v := range rate {
			requests[i] = requestsOfCycle * v
		}
		bench.Report(b, fmt.Sprintf("api/%d", n), bench.Figures{Ours: rate, Others: map[string][]float64{"requests/s": requests}})
		bench.Report(b, fmt.Sprintf("api/%d/p99", n), bench.Figures{Ours: p99, Others: map[string][]float64{"p50-us": p50}})
	}
}

// How many of each are made for their memory. Rings are filled for some of the calls only, of 256 KiB each way.
const (
	memoryClients = 100
	memoryVCs     = 4000
	memoryCalls   = 500
	memoryFilled  = 100
)

// memory measures how much larger the daemons become: the one that is asked by clients and idle VCs, both together by
// a call, half of which is the figure. Each time they are new daemons, whose heaps have no room from before.
func (r *apiRig) memory(b *testing.B) {
	c := bench.Measure(b, func(c bench.Columns) {
		r.restart(b)
		p := r.clients(b)
		grown := func(name string, n, ends int, o order) {
			before := r.resident(b, ends)
			p.begin(o)
			p.end()
			c.Add(name, float64(r.resident(b, ends)-before)/float64(n*ends))
		}
		grown("client", memoryClients, 1, order{Do: "dial", N: memoryClients})
		grown("vc/idle", memoryVCs, 1, order{Do: "create", N: memoryVCs})
		grown("call", memoryCalls, 2, order{Do: "hold", N: memoryCalls, Wide: manyWide})
		grown("filled", memoryFilled, 2, order{Do: "fill", N: memoryFilled})
		c.Add("vc/active", c["call"][len(c["call"])-1]+c["filled"][len(c["filled"])-1])
	})
	for _, name := range []string{"client", "vc/idle", "call", "vc/active"} {
		b.ReportMetric(c.Median(name), name+"-KiB")
		bench.Report(b, "memory/"+name, bench.Figures{Ours: c[name]})
	}
}

// restart has new daemons.
func (r *apiRig) restart(b *testing.B) {
	b.Helper()
	for _, h := range r.hosts {
		if err := h.StopDaemon(b.Context(), unix.SIGTERM); err != nil {
			b.Fatal(err)
		}
	}
	for _, h := range r.hosts {
		start(b, h)
	}
	awaitLinks(b, r.lab)
}

// resident returns the memory of the first daemons, of which it is one or two, in KiB: heaps and rings alike.
func (r *apiRig) resident(b *testing.B, daemons int) (kib int) {
	b.Helper()
	for _, h := range r.hosts[:daemons] {
		kib += footprintOf(b, h).RSS
	}
	return kib
}
