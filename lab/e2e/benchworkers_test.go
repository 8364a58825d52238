package e2e_test

import (
	"fmt"
	"slices"
	"testing"

	"callmanager/lab"
)

// BenchmarkWorkers measures what several workers carry beside what one does, in turn, over one VC and over eight at
// once between two clients.
func BenchmarkWorkers(b *testing.B) {
	const several = 2
	rigs := [2][2]*performer{workersRig(b, 1), workersRig(b, several)}
	for _, octets := range []int{64, 1492} {
		for _, vcs := range []int{1, 8} {
			b.Run(fmt.Sprintf("octets=%d/vcs=%d", octets, vcs), func(b *testing.B) {
				c := pairs(b, func(c column) {
					var rate [2]float64
					for i, r := range rigs {
						m := both(r, order{Do: "send", Size: octets, For: benchTime, Wide: vcs}, order{Do: "receive", Wide: vcs})
						rate[i] = perSecond(m[1])
					}
					c.add("one", rate[0])
					c.add("several", rate[1])
					c.add("ratio", rate[1]/rate[0])
				})
				b.ReportMetric(median(c["one"]), "SDU/s-of-1")
				b.ReportMetric(median(c["several"]), fmt.Sprintf("SDU/s-of-%d", several))
				b.ReportMetric(median(c["ratio"]), "ratio")
				b.Logf("| %d octets, %d VCs | 1 worker %.0f k SDU/s | %d workers %.0f k SDU/s | ratio %.2f (%.2f to %.2f) |", octets, vcs,
					median(c["one"])/1e3, several, median(c["several"])/1e3, median(c["ratio"]), slices.Min(c["ratio"]), slices.Max(c["ratio"]))
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
