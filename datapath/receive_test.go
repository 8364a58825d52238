package datapath_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/datapath"
	"callmanager/datapath/drop"
	"callmanager/datapath/frame"
	"callmanager/datapath/ring"
	"callmanager/nicio/mem"
	"callmanager/vc"
)

func TestSDUsBothWays(t *testing.T) {
	p := newPair(t)
	a := open(t, p.a, 10, 100, flow(1492))
	b := open(t, p.b, 20, 100, flow(1492))
	for _, m := range []ring.Meta{{}, {UU: 1}, {Flags: ring.CLP}, {Flags: ring.EFCI}, {UU: 1, Flags: ring.CLP | ring.EFCI}} {
		for _, n := range []int{1, 37, 38, 39, 42, 59, 60, 61, 1000, 1492} {
			want := sduOf(n, n)
			push(t, a, want, m)
			p.a.TurnTx(0)
			p.b.StepRx(nicB)
			got, meta, ok := pull(b)
			if !ok || !bytes.Equal(got, want) || meta != m {
				t.Fatalf("a to b: %d octets %+v arrived as %d %+v (%v)", n, m, len(got), meta, ok)
			}
			push(t, b, got, meta)
			p.b.TurnTx(0)
			p.a.StepRx(nicA)
			if got, meta, ok = pull(a); !ok || !bytes.Equal(got, want) || meta != m {
				t.Fatalf("b to a: %d octets %+v arrived as %d %+v (%v)", n, m, len(got), meta, ok)
			}
		}
	}
	const sdus, octets = 50, 5 * (1 + 37 + 38 + 39 + 42 + 59 + 60 + 61 + 1000 + 1492)
	want := vc.Traffic{TxSDUs: sdus, TxOctets: octets, RxSDUs: sdus, RxOctets: octets}
	for _, e := range []struct {
		e *datapath.Engine
		h vc.Handle
	}{{p.a, 10}, {p.b, 20}} {
		if diff := cmp.Diff(want, traffic(t, e.e, e.h)); diff != "" {
			t.Errorf("traffic of VC %s (-want +got):\n%s", e.h, diff)
		}
	}
}

// TestReceiveDrops proves for each place where a frame can die that it is counted there, once, and
// that the VC counts it if it is known.
func TestReceiveDrops(t *testing.T) {
	const label, other = frame.Label(0x10064), frame.Label(0x10065)
	word := func(n int, seq uint16) frame.Word { return frame.NewWord(0, n, seq) }
	long := bytes.Repeat([]byte{7}, 200)
	cells := bytes.Repeat([]byte{0, 0, 0, 0x50}, 13*3)
	for _, row := range []struct {
		drop    drop.Rx
		payload []byte
		vc      vc.Traffic
	}{
		{drop.Truncated, []byte{0x10, 0x06, 0x41}, vc.Traffic{}},
		{drop.Truncated, mpls(label, word(0, 0), nil)[:6], vc.Traffic{RxBad: 1}},
		{drop.Stacked, []byte{0x10, 0x06, 0x40, 0xFF, 0, 0, 0, 0, 1, 2, 3}, vc.Traffic{}},
		{drop.UnknownVC, mpls(other, word(50, 1), long[:50]), vc.Traffic{}},
		{drop.UnknownVC, mpls(frame.Signalling, word(50, 1), long[:50]), vc.Traffic{}},
		{drop.UnknownVC, mpls(0, word(50, 1), long[:50]), vc.Traffic{}},
		{drop.UnknownVC, mpls(33, word(50, 1), long[:50]), vc.Traffic{}},
		{drop.OtherMode, mpls(frame.CellLabel, 1, cells), vc.Traffic{}},
		{drop.NotPseudowire, mpls(label, 0x10000007, long), vc.Traffic{RxBad: 1}},
		{drop.Late, mpls(label, word(100, 9), long[:100]), vc.Traffic{RxLate: 1}},
		{drop.OAMCell, mpls(label, frame.NewWord(frame.T, 52, 11), long[:52]), vc.Traffic{RxBad: 1}},
		{drop.BadOAMCell, mpls(label, frame.NewWord(frame.T, 53, 11), long[:53]), vc.Traffic{RxBad: 1}},
		{drop.Fragment, mpls(label, word(100, 11)|2<<22, long[:100]), vc.Traffic{RxBad: 1}},
		{drop.ZeroLength, mpls(label, 11, long[:38]), vc.Traffic{RxBad: 1}},
		{drop.BadLength, mpls(label, word(50, 11), long[:40]), vc.Traffic{RxBad: 1}},
		{drop.EmptySDU, mpls(label, word(0, 11), long[:38]), vc.Traffic{RxBad: 1}},
		{drop.Oversize, mpls(label, word(151, 11), long[:151]), vc.Traffic{RxOversize: 1}},
	} {
		t.Run(row.drop.String(), func(t *testing.T) {
			p := newPair(t)
			end := open(t, p.b, 20, 100, flow(150))
			p.b.InjectRx(nicB, ether(macB, macA, mpls(label, word(100, 10), long[:100])))
			before, vcBefore := counts(p.b), traffic(t, p.b, 20)
			p.b.InjectRx(nicB, ether(macB, macA, row.payload))
			want := map[string]uint64{"rx_frames": 1, "rx_drop_" + row.drop.String(): 1}
			if diff := cmp.Diff(want, changes(before, counts(p.b))); diff != "" {
				t.Errorf("link counters (-want +got):\n%s", diff)
			}
			row.vc.RxSDUs, row.vc.RxOctets = vcBefore.RxSDUs, vcBefore.RxOctets
			if diff := cmp.Diff(row.vc, traffic(t, p.b, 20)); diff != "" {
				t.Errorf("VC counters (-want +got):\n%s", diff)
			}
			if _, _, ok := pull(end); !ok {
				t.Error("the good frame before is gone")
			}
			if sdu, _, ok := pull(end); ok {
				t.Errorf("%d octets were delivered", len(sdu))
			}
		})
	}
}

func TestStrangersAreDroppedUnread(t *testing.T) {
	p := newPair(t)
	end := open(t, p.b, 20, 100, flow(1492))
	before := counts(p.b)
	p.b.InjectRx(nicB, ether(macB, vc.MAC{2, 9, 9, 9, 9, 9}, mpls(0x10064, frame.NewWord(0, 50, 1), make([]byte, 50))))
	if diff := cmp.Diff(map[string]uint64{"nic_rx_drop_foreign_mac": 1}, changes(before, counts(p.b))); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
	if _, _, ok := pull(end); ok {
		t.Error("a stranger's SDU was delivered")
	}
}

func TestGapsCountAsLost(t *testing.T) {
	p := newPair(t)
	open(t, p.b, 20, 100, flow(1492))
	for _, seq := range []uint16{1, 2, 6, 7} {
		p.b.InjectRx(nicB, ether(macB, macA, mpls(0x10064, frame.NewWord(0, 50, seq), make([]byte, 50))))
	}
	if got := traffic(t, p.b, 20).RxLost; got != 3 {
		t.Errorf("VC lost %d, want 3", got)
	}
	if got := counts(p.b)["rx_lost"]; got != 3 {
		t.Errorf("link lost %d, want 3", got)
	}
}

// TestFullRingHarmsNobodyElse fills the ring of a client that does not read. What does not fit is
// dropped and counted there, the client sees the count, and a neighbour on the same link gets
// everything.
func TestFullRingHarmsNobodyElse(t *testing.T) {
	p := newPair(t)
	spec := vc.RingSpec{Send: flow(1000), Receive: flow(1000), ReceiveBytes: 4096}
	slow := openVC(t, p.b, 20, spec)
	must(t, p.b.Activate(id(100), 20, vc.BranchSpec{Send: flow(1000), Receive: flow(1000)}))
	quick := open(t, p.b, 21, 101, flow(1000))
	const frames = 200
	var got int
	for i := range frames {
		for _, l := range []frame.Label{0x10064, 0x10065} {
			p.b.InjectRx(nicB, ether(macB, macA, mpls(l, frame.NewWord(0, 1000, uint16(i+1)), sduOf(i, 1000))))
		}
		if sdu, _, ok := pull(quick); ok && bytes.Equal(sdu, sduOf(i, 1000)) {
			got++
		}
	}
	if got != frames {
		t.Errorf("the neighbour got %d of %d", got, frames)
	}
	tr := traffic(t, p.b, 20)
	if tr.RxSDUs == 0 || tr.RxNoRoom == 0 || tr.RxSDUs+tr.RxNoRoom != frames {
		t.Errorf("the slow client has %d SDUs and %d without room, want %d together", tr.RxSDUs, tr.RxNoRoom, frames)
	}
	if n, _ := slow.Rx.Dropped(); n != tr.RxNoRoom {
		t.Errorf("the client reads %d drops, want %d", n, tr.RxNoRoom)
	}
	if c := counts(p.b); c["rx_drop_no_room"] != tr.RxNoRoom || c["rx_frames"] != 2*frames {
		t.Errorf("the link has %d without room of %d frames", c["rx_drop_no_room"], c["rx_frames"])
	}
}

func TestPeersShareAnInterface(t *testing.T) {
	w := mem.New(mem.Config{})
	var macs []vc.MAC
	for i := range 20 {
		macs = append(macs, vc.MAC{2, 1, 0, 0, 0, byte(i + 1)})
	}
	e := newEngine(t, nicA, station(t, w, macA), macB, func(c *datapath.Config) {
		c.Links = nil
		for i, m := range macs {
			c.Links = append(c.Links, datapath.LinkConfig{ID: vc.LinkID(i + 1), Name: "l", Interface: nicA, Peer: m})
		}
	})
	var ends []*ring.Endpoint
	for i := range macs {
		h := vc.Handle(i + 1)
		ends = append(ends, openVC(t, e, h, vc.RingSpec{Receive: flow(100), Send: flow(100)}))
		must(t, e.Activate(vc.ID{Link: vc.LinkID(i + 1), VCI: 100}, h, vc.BranchSpec{Receive: flow(100)}))
	}
	for i, m := range macs {
		e.InjectRx(nicA, ether(macA, m, mpls(0x10064, frame.NewWord(0, 50, 1), sduOf(i, 50))))
	}
	for i, end := range ends {
		sdu, _, ok := pull(end)
		if !ok || !bytes.Equal(sdu, sduOf(i, 50)) {
			t.Errorf("link %d: got %x, %v", i+1, sdu, ok)
		}
		if _, _, more := pull(end); more {
			t.Errorf("link %d got another's frame", i+1)
		}
	}
}

// TestCounterNames keeps the names of drops apart and in the form that everybody may rely on.
func TestCounterNames(t *testing.T) {
	rx, tx := datapath.DropNames()
	for _, names := range [][]string{rx, tx} {
		slices.Sort(names)
		if len(slices.Compact(slices.Clone(names))) != len(names) {
			t.Errorf("a name appears twice in %v", names)
		}
		for _, n := range names {
			if strings.Trim(n, "abcdefghijklmnopqrstuvwxyz_") != "" {
				t.Errorf("%q is not in snake_case", n)
			}
		}
	}
	p := newPair(t)
	if diff := cmp.Diff(counterOrder(p.a), counterOrder(p.a)); diff != "" {
		t.Errorf("order of counters changes:\n%s", diff)
	}
	if p.a.LinkCounters(9) != nil {
		t.Error("an unknown link has counters")
	}
}

func counterOrder(e *datapath.Engine) (names []string) {
	for _, c := range e.LinkCounters(1) {
		names = append(names, c.Name)
	}
	return names
}
