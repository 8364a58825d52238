package mem_test

import (
	"fmt"
	"testing"

	"callmanager/nicio"
	"callmanager/nicio/mem"
)

// BenchmarkWire moves batches of 64 frames from one port to another.
func BenchmarkWire(b *testing.B) {
	for _, size := range []int{64, 1492} {
		b.Run(fmt.Sprintf("octets=%d", size), func(b *testing.B) {
			w := mem.New(mem.Config{})
			from, to := open(b, w, macA, nicio.Config{}), open(b, w, macB, nicio.Config{})
			tx, rx := make([]nicio.TxFrame, nicio.BatchSize), make([]nicio.RxFrame, nicio.BatchSize)
			for i := range tx {
				tx[i] = frame(macB, macA, size, uint32(i))
				rx[i].Buf = make([]byte, 2048)
			}
			b.ReportAllocs()
			for b.Loop() {
				send(b, from, tx...)
				if n, err := to.ReadBatch(rx); n != len(tx) || err != nil {
					b.Fatal(n, err)
				}
			}
			b.SetBytes(int64(size * nicio.BatchSize))
			b.ReportMetric(float64(b.N*nicio.BatchSize)/b.Elapsed().Seconds(), "frames/s")
		})
	}
}
