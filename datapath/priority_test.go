package datapath_test

import (
	"slices"
	"testing"
	"time"

	"callmanager/datapath"
	"callmanager/datapath/frame"
	"callmanager/datapath/ring"
	"callmanager/nicio"
	"callmanager/vc"
)

// openAs is open with a category.
func openAs(tb testing.TB, e *datapath.Engine, vci vc.VCI, c vc.Category, f vc.Flow) *ring.Endpoint {
	tb.Helper()
	h := vc.Handle(vci)
	end := openVC(tb, e, h, vc.RingSpec{Send: f, Receive: f, SendBytes: 1 << 20})
	must(tb, e.Activate(id(vci), h, vc.BranchSpec{Category: c, Send: f, Receive: f}))
	e.OpenTransmit(id(vci))
	return end
}

// fill puts SDUs into a ring.
func fill(tb testing.TB, end *ring.Endpoint, n, octets int) {
	tb.Helper()
	sdu := make([]byte, octets)
	for range n {
		push(tb, end, sdu, ring.Meta{})
	}
}

// channels returns the VCIs of the frames taken since the last call.
func (s *sink) channels() (list []vc.VCI) {
	for _, f := range s.frames {
		l, _, _ := frame.DecodeLabel(f[nicio.HeaderLen:])
		_, vci, _ := l.Channel()
		list = append(list, vci)
	}
	s.frames = s.frames[:0]
	return list
}

// categories are the VCIs of a VC of each category, in their order of priority, from best.
var categories = []struct {
	vci  vc.VCI
	of   vc.Category
	flow vc.Flow
}{
	{101, vc.CBR, flow(1492)},
	{102, vc.RTVBR, vc.Flow{PCR: fast, SCR: fast, MBS: 1, MaxSDU: 1492}},
	{103, vc.NRTVBR, vc.Flow{PCR: fast, SCR: fast, MBS: 1, MaxSDU: 1492}},
	{104, vc.UBR, vc.Flow{PCR: fast, MDCR: fast, MaxSDU: 1492}},
	{105, vc.UBR, flow(1492)},
}

// TestPriorities fills the rings of a VC of each category, worst first. All of a better one is sent
// before any of a worse one.
func TestPriorities(t *testing.T) {
	for _, octets := range []int{40, 1492} {
		e, out := newSender(t, nil)
		const each = 300
		for _, k := range slices.Backward(categories) {
			fill(t, openAs(t, e, k.vci, k.of, k.flow), each, octets)
		}
		turns(e, 0, time.Second)
		got := out.channels()
		if len(got) != each*len(categories) {
			t.Fatalf("%d frames were sent", len(got))
		}
		for i, vci := range got {
			if want := categories[i/each].vci; vci != want {
				t.Fatalf("%d octets: frame %d is of VC %d, want %d", octets, i, vci, want)
			}
		}
	}
}

// TestBetterCategoryWaitsForOneBatch lets SDUs of a better category come while a worse one floods.
// Not more than one batch is sent before them.
func TestBetterCategoryWaitsForOneBatch(t *testing.T) {
	for i, late := range categories[:len(categories)-1] {
		for _, octets := range []int{40, 1492} {
			e, out := newSender(t, nil)
			end := openAs(t, e, late.vci, late.of, late.flow)
			for _, k := range categories[i+1:] {
				fill(t, openAs(t, e, k.vci, k.of, k.flow), 500, octets)
				fill(t, openAs(t, e, k.vci+100, k.of, k.flow), 500, octets)
			}
			now := int64(0)
			for turn := range 20 {
				e.TurnTx(now)
				if got := out.channels(); len(got) > nicio.BatchSize {
					t.Fatalf("%s, %d octets: %d frames went in turn %d", late.of, octets, len(got), turn)
				}
				now++
				if turn%5 != 4 {
					continue
				}
				fill(t, end, 1, 40)
				e.TurnTx(now)
				if got := out.channels(); len(got) == 0 || got[0] != late.vci {
					t.Fatalf("%s, %d octets: sent %v, want VC %d first", late.of, octets, got, late.vci)
				}
				now++
			}
		}
	}
}

// TestAloneHasAllTurns has a VC that no other outranks send four batches in a turn.
func TestAloneHasAllTurns(t *testing.T) {
	e, out := newSender(t, nil)
	fill(t, openAs(t, e, 100, vc.UBR, flow(1492)), 1000, 40)
	fill(t, openAs(t, e, 101, vc.UBR, flow(1492)), 1000, 40)
	e.TurnTx(0)
	if got := len(out.channels()); got < 3*nicio.BatchSize {
		t.Errorf("%d frames went in a turn", got)
	}
}

// TestTurnsAreFairInACategory has two VCs of each category share it by octets, whatever the sizes of
// their SDUs.
func TestTurnsAreFairInACategory(t *testing.T) {
	for _, k := range categories {
		e, out := newSender(t, nil)
		large, small := openAs(t, e, 200, k.of, k.flow), openAs(t, e, 201, k.of, k.flow)
		openAs(t, e, 202, vc.CBR, flow(1492)) // It has nothing to send, but cuts turns short.
		fill(t, large, 400, 1400)
		fill(t, small, 5000, 100)
		var sent [2]int // Octets of wire.
		for now := range int64(10) {
			e.TurnTx(now)
			for _, vci := range out.channels() {
				sent[vci-200] += []int{vc.WireOctets(1400), vc.WireOctets(100)}[vci-200]
			}
		}
		if a, b := sent[0], sent[1]; a < b*2/3 || b < a*2/3 {
			t.Errorf("%s: %d and %d octets of wire", k.of, a, b)
		}
	}
}

// TestMinimumBeforeBestEffort has a port that takes ten frames a millisecond. A VC with a minimum
// gets that and its share of the rest, whatever others want to send.
func TestMinimumBeforeBestEffort(t *testing.T) {
	const (
		wire    = 10_000 // Cells a second that the port takes.
		minimum = 4000
		others  = 4
	)
	e, out := newSender(t, nil)
	out.room = 0
	var ends []*ring.Endpoint
	for i := range others {
		ends = append(ends, openAs(t, e, vc.VCI(100+i), vc.UBR, flow(1492)))
	}
	ends = append(ends, openAs(t, e, 200, vc.UBR, vc.Flow{PCR: 100_000, MDCR: minimum, MaxSDU: 1492}))
	sent := make(map[vc.VCI]int)
	for now := int64(0); now < int64(time.Second); now += int64(100 * time.Microsecond) {
		for _, end := range ends {
			for end.Tx.Writable(40) {
				push(t, end, make([]byte, 40), ring.Meta{})
			}
		}
		out.room++
		e.TurnTx(now)
		for _, vci := range out.channels() {
			sent[vci]++
		}
	}
	share := (wire - minimum) / (others + 1)
	if got := sent[200]; got < (minimum+share)*9/10 || got > (minimum+share)*11/10 {
		t.Errorf("the VC with a minimum of %d sent %d, want that and about %d", minimum, got, share)
	}
	for i := range others {
		if got := sent[vc.VCI(100+i)]; got < share*9/10 || got > share*11/10 {
			t.Errorf("VC %d sent %d, want about %d", 100+i, got, share)
		}
	}
}

// TestReactivationChangesTheRank turns a VC that waits in the round from the worst to the best, and
// back.
func TestReactivationChangesTheRank(t *testing.T) {
	e, out := newSender(t, nil)
	fill(t, openAs(t, e, 100, vc.UBR, flow(1492)), 1000, 40)
	fill(t, openAs(t, e, 101, vc.NRTVBR, vc.Flow{PCR: fast, SCR: fast, MBS: 1, MaxSDU: 1492}), 1000, 40)
	become := func(vci vc.VCI, c vc.Category, f vc.Flow) {
		must(t, e.Activate(id(vci), vc.Handle(vci), vc.BranchSpec{Category: c, Send: f, Receive: f}))
	}
	for turn, want := range []vc.VCI{101, 100, 101, 100, 101} {
		switch turn {
		case 1:
			become(100, vc.CBR, flow(1492))
		case 2:
			become(100, vc.UBR, vc.Flow{PCR: fast, MDCR: 10, MaxSDU: 1492})
		case 3:
			become(101, vc.UBR, flow(1492))
			become(100, vc.UBR, vc.Flow{PCR: fast, MDCR: fast, MaxSDU: 1492})
		case 4:
			become(100, vc.UBR, flow(1492))
			become(101, vc.RTVBR, vc.Flow{PCR: fast, SCR: fast, MBS: 1, MaxSDU: 1492})
		}
		e.TurnTx(int64(turn))
		if got := out.channels(); len(got) == 0 || got[0] != want {
			t.Fatalf("turn %d: sent %v, want VC %d", turn, got, want)
		}
	}
}

// TestDrainBeyondTheMinimum drains and cuts off VCs that are beyond their minimum, in the round and
// in the heap at once.
func TestDrainBeyondTheMinimum(t *testing.T) {
	e, out := newSender(t, nil)
	var ends [2]*ring.Endpoint
	for i := range ends {
		ends[i] = openAs(t, e, vc.VCI(100+i), vc.UBR, vc.Flow{PCR: 20000, MDCR: 1000, MaxSDU: 1492})
		fill(t, ends[i], 200, 40)
	}
	now := turns(e, 0, 5*time.Millisecond)
	var drained, cut ledger
	e.Drain(id(100), time.Hour, drained.note)
	e.Deactivate(id(101), false, cut.note)
	turns(e, now, 100*time.Millisecond)
	sent := make(map[vc.VCI]int)
	for _, vci := range out.channels() {
		sent[vci]++
	}
	if len(drained) != 1 || drained[0].Dropped != 0 || sent[100] != 200 {
		t.Errorf("drained: %+v, %d sent", drained, sent[100])
	}
	if got := traffic(t, e, 101); got.TxSDUs != uint64(sent[101]) || got.TxSDUs+got.TxDropped != 200 {
		t.Errorf("cut off: %+v, %d sent", got, sent[101])
	}
}
