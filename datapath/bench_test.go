package datapath_test

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/datapath"
	"callmanager/datapath/frame"
	"callmanager/datapath/ring"
	"callmanager/nicio"
	"callmanager/vc"
)

// A source is a port that has the same frames again and again.
type source struct {
	sink
	feed [][]byte
	next int
}

func (s *source) ReadBatch(frames []nicio.RxFrame) (int, error) {
	for i := range frames {
		f := s.feed[s.next]
		if s.next++; s.next == len(s.feed) {
			s.next = 0
		}
		frames[i].Len = copy(frames[i].Buf, f)
	}
	return len(frames), nil
}

// A void is a port that takes all frames.
type void struct{ sink }

func (*void) WriteBatch(frames []nicio.TxFrame) (int, error) { return len(frames), nil }

// vcCounts returns the numbers of VCs among which frames are spread: up to 10 000, or as many as
// the limit of descriptors allows at two a VC.
func vcCounts() []int {
	limit := unix.Rlimit{Cur: 1 << 16, Max: 1 << 16}
	if unix.Setrlimit(unix.RLIMIT_NOFILE, &limit) != nil && unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return []int{1, 100}
	}
	return []int{1, 100, min(10000, int(limit.Cur)/2-50)}
}

// burst is how many SDUs a client puts into its ring before it rings the doorbell.
const burst = 16

// room returns the octets of a ring that holds what one of n VCs gets of a batch, so that many fit
// into memory.
func room(n, size int) int {
	if n == 1 {
		return 2 * nicio.BatchSize * (size + 16)
	}
	return 2 * burst * (size + 16)
}

// openMany makes VCs on neighbouring channels.
func openMany(b *testing.B, e *datapath.Engine, n, size int) []*ring.Endpoint {
	b.Helper()
	f := flow(size)
	spec := vc.RingSpec{Send: f, Receive: f, SendBytes: room(n, size), ReceiveBytes: room(n, size)}
	ends := make([]*ring.Endpoint, n)
	for i := range ends {
		h, vci := vc.Handle(i+1), vc.VCI(100+i)
		ends[i] = openVC(b, e, h, spec)
		must(b, e.Activate(id(vci), h, vc.BranchSpec{Send: f, Receive: f}))
		e.OpenTransmit(id(vci))
	}
	return ends
}

// BenchmarkReceive takes frames from a port that costs a copy, through the look-ups and the
// encapsulation, into the rings. The clients' side of the rings is emptied at once and is in the
// figure.
func BenchmarkReceive(b *testing.B) {
	for _, vcs := range vcCounts() {
		for _, size := range []int{64, 1492} {
			b.Run(fmt.Sprintf("vcs=%d/octets=%d", vcs, size), func(b *testing.B) {
				port := &source{}
				e := newEngine(b, nicA, datapath.NIC{Data: port, Control: &sink{}}, macB, nil)
				ends := openMany(b, e, vcs, size)
				for i := range max(vcs, nicio.BatchSize) {
					l := frame.LabelOf(0, vc.VCI(100+i*61%vcs))
					port.feed = append(port.feed, ether(macA, macB, mpls(l, frame.NewWord(0, size, 0), make([]byte, size))))
				}
				b.ReportAllocs()
				at := 0
				for b.Loop() {
					e.StepRx(nicA)
					for range min(nicio.BatchSize, vcs) {
						ends[at%vcs].Rx.Discard()
						at += 61
					}
				}
				perFrame(b, size)
				if got := counts(e)["rx_sdus"]; got < uint64(b.N*nicio.BatchSize) {
					b.Errorf("%d SDUs were delivered of %d", got, b.N*nicio.BatchSize)
				}
			})
		}
	}
}

// BenchmarkTransmit takes SDUs from the rings, through the pacing, to a port that costs nothing.
// The clients' filling of the rings is in the figure.
func BenchmarkTransmit(b *testing.B) {
	for _, vcs := range vcCounts() {
		for _, size := range []int{64, 1492} {
			b.Run(fmt.Sprintf("vcs=%d/octets=%d", vcs, size), func(b *testing.B) {
				e := newEngine(b, nicA, datapath.NIC{Data: &void{}, Control: &sink{}}, macB, nil)
				ends := openMany(b, e, vcs, size)
				e.TurnTx(0)
				sdu := make([]byte, size)
				b.ReportAllocs()
				at, now := 0, int64(0)
				for b.Loop() {
					for range nicio.BatchSize / burst {
						end := ends[at%vcs]
						at++
						for range burst {
							_ = end.Tx.TryPush(ring.Record{Payload: sdu})
						}
						end.Tx.Flush()
					}
					now += int64(time.Millisecond)
					e.TurnTx(now)
				}
				perFrame(b, size)
				if got := counts(e)["tx_sdus"]; got < uint64(b.N*nicio.BatchSize) {
					b.Errorf("%d SDUs were sent of %d", got, b.N*nicio.BatchSize)
				}
			})
		}
	}
}

func perFrame(b *testing.B, size int) {
	b.Helper()
	b.SetBytes(int64(size * nicio.BatchSize))
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*nicio.BatchSize), "ns/frame")
}

// BenchmarkVeth sends SDUs from client to client: ring, engine, AF_PACKET over veth, engine, ring,
// all in one process. Beside it, in turn, two ports that only do sendmmsg and recvmmsg. The ratio
// of the medians is the result.
func BenchmarkVeth(b *testing.B) {
	for _, size := range []int{64, 1492} {
		b.Run(fmt.Sprintf("octets=%d", size), func(b *testing.B) {
			newSegment(b).add()
			rings, bare := newRingPath(b, size), newBarePath(b, size)
			var through, plain []float64
			for b.Loop() {
				through = append(through, rings())
				plain = append(plain, bare())
			}
			b.ReportMetric(median(through), "SDUs/s")
			b.ReportMetric(median(through)*float64(size)*8/1e9, "Gbit/s")
			b.ReportMetric(median(plain), "bare-frames/s")
			b.ReportMetric(median(through)/median(plain), "ratio")
		})
	}
}

// slice is how many frames one measurement sends.
const slice = 100_000

// newRingPath returns a function that sends a slice from client to client and returns how many
// arrived a second.
func newRingPath(b *testing.B, size int) func() float64 {
	b.Helper()
	var ends [2]*ring.Endpoint
	for i, name := range []string{nicA, nicB} {
		seen := newStates()
		e := onNIC(b, name, []vc.MAC{macB, macA}[i], func(c *datapath.Config) {
			c.Status, c.Links[0].Capacity = seen.note, 1e11 // No limit.
		})
		seen.await(b, "up", up)
		ends[i] = open(b, e, 1, 100, flow(1492))
	}
	var got atomic.Int64
	go func() {
		buf := make([]ring.Record, 64)
		for {
			n := ends[1].Rx.Peek(buf)
			if n == 0 {
				if ends[1].WaitReadable(b.Context()) != nil {
					return
				}
				continue
			}
			ends[1].Rx.Release()
			got.Add(int64(n))
		}
	}()
	sdu := make([]byte, size)
	return func() float64 {
		return rate(&got, func() {
			for sent := 0; sent < slice; {
				for n := 0; n < 32 && sent < slice && ends[0].Tx.TryPush(ring.Record{Payload: sdu}) == nil; n++ {
					sent++
				}
				ends[0].Tx.Flush()
				if err := ends[0].WaitWritable(b.Context(), size); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
}

// newBarePath does the same between two ports.
func newBarePath(tb testing.TB, size int) func() float64 {
	tb.Helper()
	// A label of its own keeps the engines out of it.
	accept, err := nicio.AcceptLabels(17)
	must(tb, err)
	var ports [2]*nicio.PacketPort
	for i, name := range []string{nicA, nicB} {
		ports[i], err = nicio.Open(nicio.Config{Interface: name, Filter: accept})
		must(tb, err)
		tb.Cleanup(func() { must(tb, ports[i].Close()) })
	}
	var got atomic.Int64
	go func() {
		frames := make([]nicio.RxFrame, nicio.BatchSize)
		for i := range frames {
			frames[i].Buf = make([]byte, 2048)
		}
		for {
			n, err := ports[1].ReadBatch(frames)
			if err == nil && n == 0 {
				err = ports[1].WaitRead(-1)
			}
			if err != nil {
				return
			}
			got.Add(int64(n))
		}
	}()
	frames := make([]nicio.TxFrame, nicio.BatchSize)
	for i := range frames {
		frames[i].Head = ether(macB, macA, mpls(17, frame.NewWord(0, size, 0), make([]byte, size)))
	}
	return func() float64 {
		return rate(&got, func() {
			for sent := 0; sent < slice; {
				n, err := ports[0].WriteBatch(frames[:min(len(frames), slice-sent)])
				if err != nil {
					tb.Error(err)
					return
				}
				sent += n
			}
		})
	}
}

// rate runs a sender and returns how many frames a second arrived, until none came for some
// milliseconds.
func rate(got *atomic.Int64, send func()) float64 {
	const quiet = 5 * time.Millisecond
	start, first := time.Now(), got.Load()
	done := make(chan struct{})
	go func() {
		defer close(done)
		send()
	}()
	last, seen, sending := start, first, true
	for sending || time.Since(last) < quiet || seen == first {
		time.Sleep(quiet / 10)
		select {
		case <-done:
			sending = false
		default:
		}
		if n := got.Load(); n != seen {
			seen, last = n, time.Now()
		}
	}
	return float64(seen-first) / last.Sub(start).Seconds()
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}
