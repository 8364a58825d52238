package aal5_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"callmanager/datapath/aal5"
	"callmanager/lab/bench"
)

// sizes in octets: a last cell up to its CRC, a cell, and up to the default MTU of RFC 2225.
var sizes = []int{44, 48, 256, 1536, 9180}

// BenchmarkUpdate is each implementation by itself, and the one that is chosen with the choice.
func BenchmarkUpdate(b *testing.B) {
	for _, im := range aal5.Implementations() {
		for _, size := range sizes {
			if size < im.Least {
				continue
			}
			b.Run(fmt.Sprintf("by=%s/octets=%d", im.Name, size), func(b *testing.B) {
				p := counting(size)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					result = im.Update(0, p)
				}
			})
		}
	}
}

// BenchmarkISAL compares Update with crc32_ieee of ISA-L (Debian: libisal-dev, gcc), which runs beside it
// as a program of C, and reports rows of the suite.
func BenchmarkISAL(b *testing.B) {
	isal := startISAL(b)
	update := ours(func(src []byte, calls int) {
		for range calls {
			result = aal5.Update(0, src)
		}
	})
	report := func(size int, ours, others []float64) {
		if id := fmt.Sprintf("crc/%d", size); slices.Contains([]int{48, 1536, 9180}, size) {
			bench.Report(b, id, bench.Figures{Ours: ours, Beside: others})
		}
	}
	compare(b, "Update", "ISA-L", update, func(size, calls int) float64 { return isal.time(b, size, calls) }, report)
}

// A timer is the processor time in ns of so many calls with so many octets each.
type timer func(size, calls int) float64

// ours times a loop.
func ours(loop func(src []byte, calls int)) timer {
	return func(size, calls int) float64 {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		src := counting(size)
		start := bench.ThreadTime()
		loop(src, calls)
		return float64((bench.ThreadTime() - start).Nanoseconds())
	}
}

var result uint32

// compare lets two take turns, a few milliseconds each, and prints a table. Its rows are the medians of
// their speeds and the median of the ratios of neighbours. The speeds go to report, if there is one.
func compare(b *testing.B, nameA, nameB string, a, other timer, report func(size int, a, other []float64)) {
	b.Helper()
	const pairs, turn = 21, 4e6
	var table strings.Builder
	for b.Loop() {
		table.Reset()
		fmt.Fprintf(&table, "%7s %12s %12s %8s   GB/s, medians of %d pairs\n", "octets", nameA, nameB, "ratio", pairs)
		for _, size := range sizes {
			calls := 1 + 20*turn/size // The first turn finds out how many fill one.
			calls = 1 + int(float64(calls)*turn/other(size, calls))
			octets := float64(size) * float64(calls)
			var speedA, speedB, ratios []float64
			for range pairs {
				nsA, nsB := a(size, calls), other(size, calls)
				speedA, speedB, ratios = append(speedA, octets/nsA), append(speedB, octets/nsB), append(ratios, nsB/nsA)
			}
			fmt.Fprintf(&table, "%7d %12.2f %12.2f %8.2f\n", size, bench.Median(speedA), bench.Median(speedB), bench.Median(ratios))
			if report != nil {
				report(size, speedA, speedB)
			}
		}
	}
	b.Logf("\n%s", &table)
}

// counting returns octets 0, 1, 2 ... 255, 0 ...
func counting(size int) []byte {
	p := make([]byte, size)
	for i := range p {
		p[i] = byte(i)
	}
	return p
}
