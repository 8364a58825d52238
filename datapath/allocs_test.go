package datapath_test

import (
	"fmt"
	"testing"

	"callmanager/datapath/frame"
	"callmanager/datapath/ring"
	"callmanager/nicio"
)

// TestNoAllocs moves batches through the whole receive and transmit paths.
func TestNoAllocs(t *testing.T) {
	for _, size := range []int{64, 1492} {
		t.Run(fmt.Sprintf("octets=%d", size), func(t *testing.T) {
			p := newPair(t)
			a, b := open(t, p.a, 1, 100, flow(1492)), open(t, p.b, 1, 100, flow(1492))
			sdu := make([]byte, size)
			var moved int
			batch := func() {
				for range nicio.BatchSize {
					_ = a.Tx.TryPush(ring.Record{Payload: sdu})
				}
				a.Tx.Flush()
				p.a.TurnTx(0)
				for p.b.StepRx(nicB) > 0 {
				}
				for _, ok := b.Rx.Next(); ok; _, ok = b.Rx.Next() {
					moved++
				}
				b.Rx.Release()
			}
			batch()
			if n := testing.AllocsPerRun(100, batch); n != 0 {
				t.Errorf("%v allocations a batch", n)
			}
			if moved < 100*nicio.BatchSize {
				t.Errorf("only %d SDUs were moved", moved)
			}
		})
	}
}

// TestNoAllocsForGarbage counts and drops without allocating, too.
func TestNoAllocsForGarbage(t *testing.T) {
	p := newPair(t)
	open(t, p.b, 1, 100, flow(1492))
	for name, payload := range map[string][]byte{
		"unknown":  mpls(0x10065, frame.NewWord(0, 50, 0), make([]byte, 50)),
		"oversize": mpls(0x10064, frame.NewWord(0, 1600, 0), make([]byte, 1600)),
		"stacked":  {0x10, 0x06, 0x40, 0xFF, 0, 0, 0, 0},
		"cells":    mpls(frame.CellLabel, 0, make([]byte, 52)),
	} {
		frames := make([][]byte, 8)
		for i := range frames {
			frames[i] = ether(macB, macA, payload)
		}
		if n := testing.AllocsPerRun(100, func() {
			for _, f := range frames {
				p.b.InjectRx(nicB, f)
			}
		}); n > float64(len(frames)) { // InjectRx itself makes one element.
			t.Errorf("%s: %v allocations for %d frames", name, n, len(frames))
		}
	}
}
