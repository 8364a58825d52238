package e2e_test

import (
	"fmt"
	"testing"
	"time"

	"callmanager/lab/bench"
)

// What many VCs are.
const (
	manyVC        = 1000
	manyContracts = 100
	manyWide      = 32 // calls made at a time
)

// BenchmarkManyVCs measures what VCs do to each other: a thousand that send at once, set-ups beside a flood, and
// neighbours of a VC that floods its ring.
func BenchmarkManyVCs(b *testing.B) {
	r := newBenchRig(b, 0, "")
	neighbours, many := r.clients(b, neighbourSelector, 0), r.clients(b, manySelector, benchRing)
	b.Run("calls", func(b *testing.B) { r.callsUnderLoad(b, r.clients(b, callSelector, benchRing)) })
	b.Run("flood", func(b *testing.B) { r.flood(b, neighbours) })
	opened := false
	for _, octets := range []int{64, 1492} {
		b.Run(fmt.Sprintf("octets=%d", octets), func(b *testing.B) {
			if !opened {
				both(many, order{Do: "open many", N: manyVC, Contracts: manyContracts, Wide: manyWide}, order{Do: "accept many", N: manyVC})
				opened = true
			}
			r.manyVCs(b, many, octets)
		})
	}
}

// manyVCs measures a thousand VCs that all send, a hundred of them with contracts, beside one alone.
func (r *benchRig) manyVCs(b *testing.B, many [2]*performer, octets int) {
	b.Helper()
	c := bench.Measure(b, func(c bench.Columns) {
		one := perSecond(oneWay(r.vc, octets)[1])
		n := int(one * bench.Turn().Seconds())  // as much, so that both turns are as long
		many[1].begin(order{Do: "forget many"}) // what came late in the last turn
		many[1].end()
		m := both(many, order{Do: "send many", Size: octets, N: n, For: bench.Turn()}, order{Do: "receive many", N: n})
		c.Add("one-way", one)
		c.Add("ours", perSecond(m[1]))
		c.Add("lost", 1-float64(m[1].SDUs)/float64(n))
		if m[1].SDUs > n {
			b.Errorf("%d SDUs have come of %d: some of an earlier turn", m[1].SDUs, n)
		}
	})
	b.ReportMetric(c.Median("ours"), "SDU/s")
	b.ReportMetric(c.Median("one-way"), "one-way-SDU/s")
	b.ReportMetric(bench.Median(bench.Ratios(c["ours"], c["one-way"])), "ratio")
	bench.Report(b, fmt.Sprintf("many/%d", octets), bench.Figures{Ours: c["ours"], Beside: c["one-way"], Others: c.Some("lost")})
}

// callsUnderLoad measures set-ups, one at a time, while another VC sends all that goes, beside those of idle
// hosts. A refused call fails. Releases, for which a host that is never idle takes its time, go on beside.
func (r *benchRig) callsUnderLoad(b *testing.B, callers [2]*performer) {
	b.Helper()
	const n = 200
	setUps := func() moved {
		return both(callers, order{Do: "call", N: n, Wide: 1, Behind: true}, order{Do: "answer", N: n})[0]
	}
	c := bench.Measure(b, func(c bench.Columns) {
		idle := setUps()
		r.vc[1].begin(order{Do: "receive"})
		r.vc[0].begin(order{Do: "send", Size: 1492, For: time.Hour})
		loaded := setUps()
		r.vc[0].stop()
		r.vc[0].end()
		load := r.vc[1].end()
		c.Add("ours", us(loaded.P99))
		c.Add("idle", us(idle.P99))
		c.Add("p50-us", us(loaded.P50))
		c.Add("idle-p50-us", us(idle.P50))
		c.Add("load-SDU/s", perSecond(load))
	})
	b.ReportMetric(c.Median("ours"), "loaded-p99-us")
	b.ReportMetric(c.Median("idle"), "idle-p99-us")
	b.ReportMetric(c.Median("p50-us"), "loaded-p50-us")
	b.ReportMetric(c.Median("idle-p50-us"), "idle-p50-us")
	b.ReportMetric(c.Median("load-SDU/s"), "load-SDU/s")
	bench.Report(b, "calls/loaded", bench.Figures{Ours: c["ours"], Beside: c["idle"], Others: c.Some("p50-us", "idle-p50-us", "load-SDU/s")})
}

// flood measures what VCs with contracts lose while another sends all that goes to a client that reads nothing.
func (r *benchRig) flood(b *testing.B, neighbours [2]*performer) {
	b.Helper()
	const n = 4
	ring := dial(b, r.daemons[1])
	c := bench.Measure(b, func(c bench.Columns) {
		before := linkOf(b, ring).GetCounters()
		r.vc[1].begin(order{Do: "ignore"})
		r.vc[0].begin(order{Do: "send", Size: 1492, For: time.Hour})
		m := both(neighbours, order{Do: "send paced", N: n, Rate: 20e6, Size: 952, For: 2 * bench.Turn()}, order{Do: "receive paced", N: n})
		r.vc[0].stop()
		flood := r.vc[0].end()
		r.vc[1].end()
		c.Add("ours", float64(m[0].SDUs-m[1].SDUs))
		c.Add("sent-SDUs", float64(m[0].SDUs))
		c.Add("flood-SDU/s", perSecond(flood))
		after := linkOf(b, ring).GetCounters()
		dropped := func(name string) float64 { return float64(counter(after, name) - counter(before, name)) }
		c.Add("flood-dropped", dropped("rx_drop_no_room")/float64(flood.SDUs))
		c.Add("socket-overruns", dropped("nic_rx_drop_overrun"))
		c.Add("policed", dropped("rx_drop_policed"))
	})
	b.ReportMetric(bench.SpreadOf(c["ours"]).Max, "lost")
	b.ReportMetric(c.Median("sent-SDUs"), "sent-SDUs")
	b.ReportMetric(c.Median("flood-SDU/s"), "flood-SDU/s")
	b.ReportMetric(c.Median("flood-dropped"), "flood-dropped")
	b.ReportMetric(bench.SpreadOf(c["socket-overruns"]).Max, "socket-overruns")
	b.ReportMetric(bench.SpreadOf(c["policed"]).Max, "policed")
	if c.Median("flood-dropped") == 0 {
		b.Error("the ring was not flooded")
	}
	bench.Report(b, "flood", bench.Figures{Ours: c["ours"], Others: c.Some("sent-SDUs", "flood-SDU/s", "flood-dropped", "socket-overruns", "policed")})
}
