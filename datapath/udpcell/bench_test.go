package udpcell_test

import (
	"strings"
	"testing"

	"callmanager/datapath/cell"
	"callmanager/datapath/udpcell"
	"callmanager/nicio"
)

// BenchmarkReceive takes datagrams from nowhere, into a port that is emptied at once.
func BenchmarkReceive(b *testing.B) {
	tr := newTransport(b, udpcell.Config{})
	list := datagrams(cell.NewHeader(0, 32, 0, false), strings.Repeat("x", 1500), 0)
	frames := []nicio.RxFrame{{Buf: make([]byte, 2000)}}
	b.ReportAllocs()
	b.SetBytes(1500)
	for b.Loop() {
		for _, d := range list {
			tr.Receive(d, peer, 0)
		}
		if n, _ := tr.Data().ReadBatch(frames); n != 1 {
			b.Fatal("no SDU")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(list)), "ns/cell")
}
