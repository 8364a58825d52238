package e2e_test

import (
	"fmt"
	"testing"

	"callmanager/lab"
	"callmanager/lab/bench"
)

// BenchmarkWorkers measures what several workers carry beside what one does, in turn, over one VC and over eight at
// once between two clients.
func BenchmarkWorkers(b *testing.B) {
	const several = 2
	rigs := [2][2]*performer{workersRig(b, 1), workersRig(b, several)}
	for _, octets := range []int{64, 1492} {
		for _, vcs := range []int{1, 8} {
			b.Run(fmt.Sprintf("octets=%d/vcs=%d", octets, vcs), func(b *testing.B) {
				c := bench.Measure(b, func(c bench.Columns) {
					for i, name := range []string{"one", "several"} {
						m := both(rigs[i], order{Do: "send", Size: octets, For: bench.Turn(), Wide: vcs}, order{Do: "receive", Wide: vcs})
						c.Add(name, perSecond(m[1]))
					}
				})
				ratio := bench.SpreadOf(bench.Ratios(c["several"], c["one"]))
				b.ReportMetric(c.Median("one"), "SDU/s-of-1")
				b.ReportMetric(c.Median("several"), fmt.Sprintf("SDU/s-of-%d", several))
				b.ReportMetric(ratio.Median, "ratio")
				b.Logf("| %d octets, %d VCs | 1 worker %.0f k SDU/s | %d workers %.0f k SDU/s | ratio %.2f (%.2f to %.2f) |", octets, vcs,
					c.Median("one")/1e3, several, c.Median("several")/1e3, ratio.Median, ratio.Min, ratio.Max)
			})
		}
	}
}

// workersRig starts two hosts whose daemons have so many workers, and a client on each: who begins, who answers.
func workersRig(b *testing.B, workers int) (pair [2]*performer) {
	b.Helper()
	l := prepare(b, lab.Config{})
	for _, h := range l.Hosts() {
		configureBelow(b, h, "[daemon]\n", fmt.Sprintf("workers = %d\n", workers))
		start(b, h)
	}
	awaitLinks(b, l)
	for i, h := range l.Hosts() {
		pair[i] = perform(b, actor(b, "vc", socketEnv+"="+h.Socket(), destEnv+"="+l.Hosts()[1].Address))
	}
	return pair
}
