package datapath_test

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/datapath/frame"
	"callmanager/datapath/ring"
	"callmanager/nicio"
	"callmanager/vc"
)

// TestPermanentNumbers: the numbers of a permanent branch go on from the last one of its channel, since
// the other end, which is told of neither, would take a repeated first frame for a duplicate. Those of
// another branch begin anew.
func TestPermanentNumbers(t *testing.T) {
	e, out := newSender(t, nil)
	f := flow(1000)
	// use sends n SDUs through a branch.
	use := func(h vc.Handle, vci vc.VCI, n int, permanent bool) {
		end := openVC(t, e, h, vc.RingSpec{Send: f, Receive: f})
		must(t, e.Activate(id(vci), h, vc.BranchSpec{Send: f, Receive: f, Permanent: permanent}))
		e.OpenTransmit(id(vci))
		for range n {
			push(t, end, []byte("the same"), ring.Meta{})
		}
		e.TurnTx(0)
		deactivate(t, e, id(vci), nicA)
	}
	use(1, 100, 2, true)
	use(2, 101, 1, true)
	use(3, 100, 2, true)
	use(4, 100, 1, false)
	use(5, 100, 1, true)
	type numbered struct {
		VCI    uint32
		Number uint16
	}
	var got []numbered
	for _, b := range out.frames {
		label, rest, fault := frame.DecodeLabel(b[nicio.HeaderLen:])
		if fault != frame.NoFault {
			t.Fatalf("fault %v", fault)
		}
		got = append(got, numbered{uint32(label) & 0xffff, binary.BigEndian.Uint16(rest[2:])})
	}
	want := []numbered{{100, 1}, {100, 2}, {101, 1}, {100, 3}, {100, 4}, {100, 1}, {100, 5}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("numbers (-want +got):\n%s", diff)
	}
}
