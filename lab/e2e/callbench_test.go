package e2e_test

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/lab/bench"
)

// What the benchmarks of calls do in one measurement.
const (
	benchWide     = 64  // calls under way
	benchMostWide = 512 // calls under way when the clock begins them
	benchSeldom   = 256 // calls one at a time, and exchanges of the bare path
	benchOften    = 4096
)

// calls measures calls that are set up and released by clients in processes of their own: one at a time, 64
// at a time, and at half the rate of that, begun by the clock.
func (r *benchRig) calls(b *testing.B) {
	callers := r.clients(b, callSelector, benchRing)
	b.Run("outstanding=1", func(b *testing.B) { r.measureCalls(b, callers, order{N: benchSeldom, Wide: 1}) })
	var most float64
	b.Run(fmt.Sprintf("outstanding=%d", benchWide), func(b *testing.B) {
		most = r.measureCalls(b, callers, order{N: benchOften, Wide: benchWide})
	})
	b.Run("half-load", func(b *testing.B) {
		if most == 0 {
			b.Skip("the rate of 64 calls at a time is not known")
		}
		r.measureCalls(b, callers, order{N: benchOften, Wide: benchMostWide, Rate: int(most / 2)})
	})
}

// measureCalls carries out an order some times, reports the medians, and returns the calls a second. The bare
// path exchanges frames as a call does, one call at a time.
func (r *benchRig) measureCalls(b *testing.B, callers [2]*performer, o order) float64 {
	b.Helper()
	o.Do = "call"
	c := make(bench.Columns)
	for b.Loop() {
		before := r.daemonTimes(b)
		m := both(callers, o, order{Do: "answer", N: o.N})
		after := r.daemonTimes(b)
		bare := both(r.bare, order{Do: "call", N: benchSeldom}, order{Do: "answer", N: benchSeldom})[0]
		n := float64(m[0].SDUs)
		c.Add("ratio", perSecond(m[0])/perSecond(bare))
		c.Add("rate", perSecond(m[0]))
		c.Add("p50", us(m[0].P50))
		c.Add("p99", us(m[0].P99))
		sum := 0.0
		for i := range r.daemons {
			daemon, client := us(after[i]-before[i])/n, us(m[i].CPU)/n
			c.Add(fmt.Sprint("daemon", i), daemon)
			c.Add(fmt.Sprint("client", i), client)
			c.Add(fmt.Sprint("allocs", i), float64(m[i].Mallocs)/n)
			sum += daemon + client
		}
		c.Add("cpu", sum)
	}
	b.ReportMetric(0, "ns/op") // an iteration is a measurement of many calls
	b.ReportMetric(c.Median("rate"), "calls/s")
	b.ReportMetric(c.Median("cpu"), "cpu-us/call")
	b.ReportMetric(c.Median("ratio"), "ratio")
	b.ReportMetric(c.Median("p50"), "setup-p50-us")
	b.ReportMetric(c.Median("p99"), "setup-p99-us")
	b.Logf("| calls, %s | %.0f /s | set-up p50 %.0f us, p99 %.0f us | processor time a call %.0f us: daemons %.0f + %.0f, clients %.0f + %.0f | allocations of the clients %.0f + %.0f | ratio to bare exchanges of 5 frames %.2f |",
		b.Name(), c.Median("rate"), c.Median("p50"), c.Median("p99"), c.Median("cpu"), c.Median("daemon0"), c.Median("daemon1"),
		c.Median("client0"), c.Median("client1"), c.Median("allocs0"), c.Median("allocs1"), c.Median("ratio"))
	return c.Median("rate")
}

// daemonTimes returns what each daemon has taken of the processors.
func (r *benchRig) daemonTimes(b *testing.B) (times [2]time.Duration) {
	b.Helper()
	for i, h := range r.daemons {
		// The clock of a process's time: CPUCLOCK_SCHED of posix-timers.h.
		clock := int32(^h.PID)<<3 | 2
		var ts unix.Timespec
		if err := unix.ClockGettime(clock, &ts); err != nil {
			b.Fatal(err)
		}
		times[i] = time.Duration(ts.Nano())
	}
	return times
}
