package nicio_test

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"

	"callmanager/nicio"
	"callmanager/nicio/internal/vethtest"
)

// BenchmarkVeth moves batches of 64 frames over a veth pair and reads them back on the same thread,
// through two ports, which transmit in each of the two ways, and through two sockets that do nothing
// else. The ratios are what a port costs.
func BenchmarkVeth(b *testing.B) {
	for _, size := range []int{64, 1492} {
		b.Run(fmt.Sprintf("octets=%d/path=port", size), func(b *testing.B) { benchPort(b, size, nicio.PathPacket) })
		b.Run(fmt.Sprintf("octets=%d/path=xdp", size), func(b *testing.B) { benchPort(b, size, nicio.PathXDP) })
		b.Run(fmt.Sprintf("octets=%d/path=bare", size), func(b *testing.B) { benchBare(b, size) })
	}
}

func report(b *testing.B, size int) {
	b.Helper()
	b.SetBytes(int64(size * nicio.BatchSize))
	b.ReportMetric(float64(b.N*nicio.BatchSize)/b.Elapsed().Seconds(), "frames/s")
}

func benchPort(b *testing.B, size int, transmit nicio.Path) {
	b.Helper()
	vethtest.New(b)
	from := open(b, nicio.Config{Interface: vethtest.A, Transmit: transmit})
	to := open(b, nicio.Config{Interface: vethtest.B})
	tx, rx := make([]nicio.TxFrame, nicio.BatchSize), rxBatch(2048)
	for i := range tx {
		tx[i] = frameOf(macB, macA, 17, size, uint32(i))
	}
	b.ReportAllocs()
	for b.Loop() {
		for sent := 0; sent < len(tx); {
			n, err := from.WriteBatch(tx[sent:])
			if err != nil {
				b.Fatal(err)
			}
			sent += n
		}
		for got := 0; got < len(tx); {
			n, err := to.ReadBatch(rx)
			if err != nil {
				b.Fatal(err)
			}
			got += n
		}
	}
	report(b, size)
}

func benchBare(b *testing.B, size int) {
	b.Helper()
	n := vethtest.New(b)
	from := newBareSocket(b, n.Link(vethtest.A).Attrs().Index, func(i int) []byte {
		return octetsOf(frameOf(macB, macA, 17, size, uint32(i)))
	})
	to := newBareSocket(b, n.Link(vethtest.B).Attrs().Index, func(int) []byte { return make([]byte, 2048) })
	b.ReportAllocs()
	for b.Loop() {
		if sent := from.move(unix.SYS_SENDMMSG, nicio.BatchSize); sent != nicio.BatchSize {
			b.Fatalf("sent %d frames", sent)
		}
		for got := 0; got < nicio.BatchSize; {
			got += to.move(unix.SYS_RECVMMSG, nicio.BatchSize)
		}
	}
	report(b, size)
}
