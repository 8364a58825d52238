package e2e_test

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/sys/unix"
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
	b.Run("outstanding=1", func(b *testing.B) { r.measureCalls(b, order{N: benchSeldom, Wide: 1}) })
	var most float64
	b.Run(fmt.Sprintf("outstanding=%d", benchWide), func(b *testing.B) {
		most = r.measureCalls(b, order{N: benchOften, Wide: benchWide})
	})
	b.Run("half-load", func(b *testing.B) {
		if most == 0 {
			b.Skip("the rate of 64 calls at a time is not known")
		}
		r.measureCalls(b, order{N: benchOften, Wide: benchMostWide, Rate: int(most / 2)})
	})
}

// measureCalls carries out an order some times, reports the medians, and returns the calls a second. The bare
// path exchanges frames as a call does, one call at a time.
func (r *benchRig) measureCalls(b *testing.B, o order) float64 {
	b.Helper()
	o.Do = "call"
	us := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
	c := make(column)
	for b.Loop() {
		before := r.daemonTimes(b)
		m := both(r.vc, o, order{Do: "answer", N: o.N})
		after := r.daemonTimes(b)
		bare := both(r.bare, order{Do: "call", N: benchSeldom}, order{Do: "answer", N: benchSeldom})[0]
		n := float64(m[0].SDUs)
		c.add("ratio", perSecond(m[0])/perSecond(bare))
		c.add("rate", perSecond(m[0]))
		c.add("p50", us(m[0].P50))
		c.add("p99", us(m[0].P99))
		sum := 0.0
		for i := range r.daemons {
			daemon, client := us(after[i]-before[i])/n, us(m[i].CPU)/n
			c.add(fmt.Sprint("daemon", i), daemon)
			c.add(fmt.Sprint("client", i), client)
			c.add(fmt.Sprint("allocs", i), float64(m[i].Mallocs)/n)
			sum += daemon + client
		}
		c.add("cpu", sum)
	}
	b.ReportMetric(0, "ns/op") // an iteration is a measurement of many calls
	b.ReportMetric(median(c["rate"]), "calls/s")
	b.ReportMetric(median(c["cpu"]), "cpu-us/call")
	b.ReportMetric(median(c["ratio"]), "ratio")
	b.ReportMetric(median(c["p50"]), "setup-p50-us")
	b.ReportMetric(median(c["p99"]), "setup-p99-us")
	b.Logf("| calls, %s | %.0f /s | set-up p50 %.0f us, p99 %.0f us | processor time a call %.0f us: daemons %.0f + %.0f, clients %.0f + %.0f | allocations of the clients %.0f + %.0f | ratio to bare exchanges of 5 frames %.2f |",
		b.Name(), median(c["rate"]), median(c["p50"]), median(c["p99"]), median(c["cpu"]), median(c["daemon0"]), median(c["daemon1"]),
		median(c["client0"]), median(c["client1"]), median(c["allocs0"]), median(c["allocs1"]), median(c["ratio"]))
	return median(c["rate"])
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
