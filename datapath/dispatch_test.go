package datapath_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"callmanager/datapath"
	"callmanager/datapath/frame"
	"callmanager/datapath/ring"
	"callmanager/lab/bench"
	"callmanager/nicio"
	"callmanager/vc"
)

// What BenchmarkDispatch does.
const (
	crowd       = 900_000
	crowdHot    = 1_000
	crowdRings  = 1 << 10
	crowdNeed   = 4 << 30 // octets of memory
	dispatchSDU = 64
)

// A deck is a port that deals the frames of a hand, again and again, each with the sequence number that its VC
// expects. The frames lie in the receiver's buffers from the first batch on, so that a frame costs the port two
// words.
type deck struct {
	sink
	*hand
	filled int
}

// A hand is VCs in the order in which their frames are dealt, and how many batches their rings hold. No VC is in two
// hands.
type hand struct {
	labels  []frame.Label
	next    int
	number  uint16 // of this time around
	rings   []*ring.Endpoint
	batches int
}

func (d *deck) ReadBatch(frames []nicio.RxFrame) (int, error) {
	for i := range frames {
		f := &frames[i]
		if d.filled < len(frames) {
			d.filled++
			f.Len = copy(f.Buf, ether(macA, macB, mpls(d.labels[0], 0, make([]byte, dispatchSDU))))
		}
		head := f.Buf[nicio.HeaderLen : nicio.HeaderLen+frame.HeadLen]
		binary.BigEndian.PutUint32(head, uint32(frame.NewEntry(d.labels[d.next])))
		binary.BigEndian.PutUint32(head[4:], uint32(frame.NewWord(0, dispatchSDU, d.number)))
		if d.next++; d.next == len(d.labels) {
			d.next = 0
			if d.number++; d.number == 0 {
				d.number = 1
			}
		}
	}
	return len(frames), nil
}

// BenchmarkDispatch measures the receive worker alone, from frames of 64-octet SDUs in memory to the rings of their VCs:
// look-ups, checks, counting and the copy. The client's side, which empties the rings now and then, is not in the
// figure. One VC has a ring of its own, and so have the thousand hot ones; the 900 000 share 1024.
func BenchmarkDispatch(b *testing.B) {
	if free := freeMemory(b); free < crowdNeed {
		bench.Skip(b, fmt.Sprintf("900 000 VCs take %d MiB of memory, and there are %d", crowdNeed>>20, free>>20))
	}
	port := &deck{}
	e := newEngine(b, nicA, datapath.NIC{Data: port, Control: &sink{}}, macB, nil)
	one := newHand(b, e, 60_200, 1, 1, 512<<10)
	all := newHand(b, e, 100, crowd, crowdRings, 4096)
	hot := all.draw(crowdHot)
	all.shuffle()
	hot.shuffle()
	turns := []struct {
		name string
		hand *hand
	}{{"one", one}, {"hot", hot}, {"random", all}}
	for _, t := range turns { // memory that is touched for the first time is slow
		t.hand.play(e, port)
	}
	var handed uint64
	c := bench.Measure(b, func(c bench.Columns) {
		for _, t := range turns {
			frames, ns := t.hand.play(e, port)
			c.Add(t.name, ns)
			c.Add(t.name+"-allocs/batch", t.hand.allocs(e, port))
			handed += uint64(frames)
		}
	})
	if got := counts(e)["rx_sdus"]; got < handed {
		b.Errorf("%d SDUs were delivered of %d", got, handed)
	}
	for _, t := range turns {
		b.ReportMetric(c.Median(t.name), t.name+"-ns/frame")
		allocs := t.name + "-allocs/batch"
		if c.Median(allocs) != 0 {
			b.Errorf("%s: %v allocations a batch", t.name, c.Median(allocs))
		}
		f := bench.Figures{Ours: c[t.name], Others: c.Some(allocs)}
		if t.name != "one" {
			f.Beside = c["one"]
		}
		bench.Report(b, "dispatch/"+t.name, f)
	}
}

// newHand makes VCs that share rings evenly, of so many octets each.
func newHand(b *testing.B, e *datapath.Engine, from vc.VCI, n, rings, octets int) *hand {
	b.Helper()
	const record = 8 + dispatchSDU
	// Dealt at random, a ring gets up to four times its share: the rings are emptied in time for that.
	fill := 4
	if rings == 1 {
		fill = 1
	}
	h := &hand{number: 1, batches: rings * (octets/record - 1) / fill / nicio.BatchSize}
	var err error
	h.labels, h.rings, err = e.Crowd(1, from, n, rings, octets, flow(dispatchSDU))
	must(b, err)
	b.Cleanup(func() {
		for _, end := range h.rings {
			closeEnd(end)
		}
	})
	return h
}

// draw takes VCs with rings of their own out of a hand, whose VC i has ring i modulo their number.
func (h *hand) draw(n int) *hand {
	d := &hand{number: 1, rings: h.rings, batches: h.batches}
	for i := range n {
		at := rand.IntN(len(h.labels)/len(h.rings))*len(h.rings) + i
		d.labels = append(d.labels, h.labels[at])
		h.labels[at] = 0
	}
	h.labels = slices.DeleteFunc(h.labels, func(l frame.Label) bool { return l == 0 })
	return d
}

// shuffle brings the VCs into a random order.
func (h *hand) shuffle() {
	rand.Shuffle(len(h.labels), func(i, j int) { h.labels[i], h.labels[j] = h.labels[j], h.labels[i] })
}

// play has frames received for a turn, and returns their number and the processor time in ns for one.
func (h *hand) play(e *datapath.Engine, port *deck) (frames int, ns float64) {
	port.hand = h
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var took time.Duration
	for took < bench.Turn() {
		began := bench.ThreadTime()
		for range h.batches {
			frames += e.StepRx(nicA)
		}
		took += bench.ThreadTime() - began
		h.empty()
	}
	return frames, float64(took.Nanoseconds()) / float64(frames)
}

// allocs returns the allocations for a batch.
func (h *hand) allocs(e *datapath.Engine, port *deck) float64 {
	port.hand = h
	defer h.empty()
	return testing.AllocsPerRun(h.batches-1, func() { e.StepRx(nicA) })
}

// empty is what the clients do.
func (h *hand) empty() {
	for _, end := range h.rings {
		end.Rx.Discard()
	}
}

// freeMemory returns the octets that the machine has to give.
func freeMemory(b *testing.B) (octets int) {
	b.Helper()
	f, err := os.Open("/proc/meminfo")
	must(b, err)
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, _ := strings.Cut(lines.Text(), ":"); name == "MemAvailable" {
			_, err := fmt.Sscan(value, &octets)
			must(b, err)
			return octets << 10
		}
	}
	b.Fatal("the machine does not tell its memory")
	return 0
}
