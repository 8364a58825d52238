package nicio_test

import (
	"fmt"
	"testing"
	"time"

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
		pass(b, from, to, tx, rx)
	}
	report(b, size)
}

// pass moves a batch from one port to another.
func pass(b *testing.B, from, to *nicio.PacketPort, tx []nicio.TxFrame, rx []nicio.RxFrame) {
	b.Helper()
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

// BenchmarkReceive moves batches over two veth pairs in turns, one of which has a receiver by AF_PACKET and the other one by
// AF_XDP, which can but copy there. xdp/packet is the ratio of their rates.
func BenchmarkReceive(b *testing.B) {
	const turn = 50 // Batches.
	for _, size := range []int{64, 1492} {
		for _, out := range []nicio.Path{nicio.PathPacket, nicio.PathXDP} {
			b.Run(fmt.Sprintf("octets=%d/transmit=%s", size, out), func(b *testing.B) {
				var from, to [2]*nicio.PacketPort
				for i, in := range []nicio.Path{nicio.PathPacket, nicio.PathXDP} {
					vethtest.New(b)
					from[i] = open(b, nicio.Config{Interface: vethtest.A, Transmit: out, Receive: nicio.PathPacket})
					to[i] = open(b, nicio.Config{Interface: vethtest.B, Receive: in})
				}
				tx, rx := make([]nicio.TxFrame, nicio.BatchSize), rxBatch(2048)
				for i := range tx {
					tx[i] = frameOf(macB, macA, 17, size, uint32(i))
				}
				var spent [2]time.Duration
				for b.Loop() {
					for i := range spent {
						began := time.Now()
						for range turn {
							pass(b, from[i], to[i], tx, rx)
						}
						spent[i] += time.Since(began)
					}
				}
				frames := float64(b.N * turn * nicio.BatchSize)
				b.ReportMetric(frames/spent[0].Seconds(), "packet-frames/s")
				b.ReportMetric(frames/spent[1].Seconds(), "xdp-frames/s")
				b.ReportMetric(spent[0].Seconds()/spent[1].Seconds(), "xdp/packet")
				if s := to[1].Stats(); s.RxXDP != s.RxFrames {
					b.Errorf("%d of %d frames came by AF_XDP", s.RxXDP, s.RxFrames)
				}
			})
		}
	}
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
