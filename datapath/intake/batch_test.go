package intake_test

import (
	"bytes"
	"sync/atomic"
	"testing"

	"callmanager/datapath/intake"
	"callmanager/nicio"
)

// nic delivers frames of these lengths, one more octet of the same value each.
type nic struct {
	nicio.Port
	lengths []int
	stats   nicio.Stats
}

func (n *nic) ReadBatch(frames []nicio.RxFrame) (got int, err error) {
	for got < len(frames) && len(n.lengths) > 0 && n.lengths[0] <= len(frames[got].Buf) {
		f := &frames[got]
		f.Len = copy(f.Buf, bytes.Repeat([]byte{byte(n.lengths[0])}, n.lengths[0]))
		n.stats.RxFrames++
		n.stats.RxOctets += uint64(f.Len)
		n.lengths = n.lengths[1:]
		got++
	}
	return got, nil
}

func (n *nic) Stats() nicio.Stats { return n.stats }

// TestHandOn: frames that fit go on whole, into buffers of any size; those that do not are counted as the NIC counts
// what is too long.
func TestHandOn(t *testing.T) {
	n, mtu := &nic{lengths: []int{60, 100, 200}}, new(atomic.Int64)
	mtu.Store(1500)
	var b intake.Batch
	b.Init(n, mtu)
	if got, err := b.Fetch(); got != 3 || err != nil {
		t.Fatal(got, err)
	}
	for i, row := range []struct{ room, want int }{{nicio.FrameSize(1500), 60}, {100, 100}, {199, 0}} {
		to := nicio.RxFrame{Buf: make([]byte, row.room)}
		if !b.Left() {
			t.Fatalf("nothing is left of frame %d", i)
		}
		if got := b.HandOn(&to, b.Next()); got != min(row.want, 1) || to.Len != row.want {
			t.Errorf("frame %d: %d frames of %d octets, want %d", i, got, to.Len, row.want)
		}
		if want := bytes.Repeat([]byte{byte(row.want)}, row.want); !bytes.Equal(to.Buf[:to.Len], want) {
			t.Errorf("frame %d: %x", i, to.Buf[:to.Len])
		}
	}
	if want := (nicio.Stats{RxFrames: 2, RxOctets: 160, RxTruncated: 1}); b.Left() || b.Stats() != want {
		t.Errorf("left %v, counters %+v, want %+v", b.Left(), b.Stats(), want)
	}
}

// TestGrow has buffers for the frames of a larger MTU as soon as that is known.
func TestGrow(t *testing.T) {
	const octets = 4000
	n, mtu := &nic{lengths: []int{octets}}, new(atomic.Int64)
	mtu.Store(1500)
	var b intake.Batch
	b.Init(n, mtu)
	if got, err := b.Fetch(); got != 0 || err != nil {
		t.Fatal(got, err)
	}
	mtu.Store(9000)
	if got, err := b.Fetch(); got != 1 || err != nil {
		t.Fatal(got, err)
	}
	if f := b.Next(); f.Len != octets || b.Left() {
		t.Errorf("a frame of %d octets, left %v", f.Len, b.Left())
	}
}
