package datapath_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/datapath"
	"callmanager/datapath/frame"
	"callmanager/datapath/ring"
	"callmanager/nicio"
	"callmanager/vc"
)

// leave takes a VC off a channel and returns the report.
func leave(tb testing.TB, e *datapath.Engine, ch vc.ID, h vc.Handle) vc.DrainReport {
	tb.Helper()
	var report vc.DrainReport
	done := false
	e.Leave(ch, h, func(r vc.DrainReport) { report, done = r, true })
	for !done {
		e.TurnTx(0)
		e.StepRx(nicB)
		e.RunNotices()
	}
	return report
}

// A bush is an engine with VC 20 on channel 0/100 and others that listen.
type bush struct {
	t    *testing.T
	e    *datapath.Engine
	ends map[vc.Handle]*ring.Endpoint
	seq  uint16
}

func newBush(t *testing.T) *bush {
	t.Helper()
	b := &bush{t: t, e: newPair(t).b, ends: make(map[vc.Handle]*ring.Endpoint)}
	b.ends[20] = open(t, b.e, 20, 100, flow(1000))
	return b
}

// join lets one more VC listen.
func (b *bush) join(h vc.Handle, spec vc.RingSpec) {
	b.t.Helper()
	b.ends[h] = openVC(b.t, b.e, h, spec)
	must(b.t, b.e.Join(id(100), h))
}

// inject hands the engine one frame of n octets.
func (b *bush) inject(n int) {
	b.seq++
	b.e.InjectRx(nicB, ether(macB, macA, mpls(0x10064, frame.NewWord(0, n, b.seq), sduOf(int(b.seq), n))))
}

// got returns which VCs have received the latest SDU, and takes it out.
func (b *bush) got() []vc.Handle {
	var all []vc.Handle
	for _, h := range []vc.Handle{20, 21, 22, 23} {
		if b.ends[h] == nil {
			continue
		}
		if sdu, _, ok := pull(b.ends[h]); ok {
			if want := sduOf(int(b.seq), len(sdu)); string(sdu) != string(want) {
				b.t.Errorf("VC %s received %x, want %x", h, sdu[:4], want[:4])
			}
			all = append(all, h)
		}
	}
	return all
}

func (b *bush) want(all ...vc.Handle) {
	b.t.Helper()
	b.inject(100)
	if d := cmp.Diff(all, b.got()); d != "" {
		b.t.Errorf("received by (-want +got):\n%s", d)
	}
}

// TestFanOut: further VCs of a channel come and go, the first one included, and
// a link counts each frame once whoever takes it.
func TestFanOut(t *testing.T) {
	b := newBush(t)
	spec := vc.RingSpec{Receive: flow(1000)}
	b.want(20)
	b.join(21, spec)
	b.want(20, 21)
	b.join(22, spec)
	b.want(20, 21, 22)
	push(t, b.ends[20], sduOf(1, 40), ring.Meta{})
	if r := leave(t, b.e, id(100), 20); r.Dropped+traffic(t, b.e, 20).TxSDUs != 1 {
		t.Errorf("the first VC left with %+v, and had sent %d", r, traffic(t, b.e, 20).TxSDUs)
	}
	push(t, b.ends[20], sduOf(2, 40), ring.Meta{})
	sent := traffic(t, b.e, 20).TxSDUs
	if b.e.TurnTx(0); traffic(t, b.e, 20).TxSDUs != sent {
		t.Error("a VC that has left sends")
	}
	b.want(21, 22)
	leave(t, b.e, id(100), 21)
	b.want(22)
	leave(t, b.e, id(100), 22)
	b.want()
	b.join(23, spec)
	b.want(23)
	must(t, b.e.Join(id(100), 21)) // once more
	b.want(21, 23)
	c := counts(b.e)
	if c["rx_sdus"] != 7 || c["rx_drop_ended"] != 1 || c["rx_octets"] != 700 {
		t.Errorf("the link counts %d SDUs of %d octets and %d drops of 8", c["rx_sdus"], c["rx_octets"], c["rx_drop_ended"])
	}
	for h, n := range map[vc.Handle]uint64{20: 3, 21: 4, 22: 3, 23: 2} {
		if tr := traffic(t, b.e, h); tr.RxSDUs != n || tr.RxOctets != 100*n {
			t.Errorf("VC %s has received %+v, want %d SDUs", h, tr, n)
		}
	}
	deactivate(t, b.e, id(100), nicB)
	for h := range b.ends {
		b.e.CloseVC(h)
	}
	b.e.AwaitWork()
	if circuits, branches, polled := b.e.Left(); circuits+branches+polled != 0 {
		t.Errorf("left: %d VCs, %d branches, %d doorbells", circuits, branches, polled)
	}
}

// TestFanOutDrops: a copy that finds no room is counted on its VC alone; what
// dies before it is copied is counted on every VC.
func TestFanOutDrops(t *testing.T) {
	b := newBush(t)
	b.join(21, vc.RingSpec{Receive: flow(1000), ReceiveBytes: 4096})
	b.join(22, vc.RingSpec{Receive: flow(1000)})
	for range 6 { // 21 has room for three
		b.inject(1000)
	}
	b.inject(1200) // oversize
	b.seq -= 2
	b.inject(100) // late
	b.seq += 4
	b.inject(100) // three lost before it
	small := traffic(t, b.e, 21)
	if small.RxNoRoom == 0 || small.RxNoRoom+small.RxSDUs != 7 || small.RxOversize != 1 || small.RxLate != 1 || small.RxLost != 3 {
		t.Errorf("the small VC has %+v", small)
	}
	for _, h := range []vc.Handle{20, 22} {
		if tr := traffic(t, b.e, h); tr.RxSDUs != 7 || tr.RxNoRoom != 0 || tr.RxOversize != 1 || tr.RxLate != 1 || tr.RxLost != 3 {
			t.Errorf("VC %s has %+v", h, tr)
		}
	}
	c := counts(b.e)
	if c["rx_sdus"] != 7 || c["rx_drop_no_room"] != 0 || c["rx_drop_oversize"] != 1 || c["rx_drop_late"] != 1 || c["rx_lost"] != 3 {
		t.Errorf("the link counts %v", changes(nil, c))
	}

	// The only VC that is left has no room: then the link has dropped it, too.
	leave(t, b.e, id(100), 20)
	leave(t, b.e, id(100), 22)
	b.inject(1000)
	if c := counts(b.e); c["rx_drop_no_room"] != 1 {
		t.Errorf("the link counts %d drops", c["rx_drop_no_room"])
	}
}

// TestFanOutEnds: the end of one VC, or a broken ring, is its own affair.
func TestFanOutEnds(t *testing.T) {
	b := newBush(t)
	b.join(21, vc.RingSpec{Receive: flow(1000)})
	b.join(22, vc.RingSpec{Receive: flow(1000)})
	b.e.EndVC(21)
	b.want(20, 22)
	b.e.EndVC(20)
	b.want(22)
	if tr := traffic(t, b.e, 21); tr.RxNoRoom != 2 {
		t.Errorf("the ended VC has %+v", tr)
	}
	if c := counts(b.e); c["rx_sdus"] != 2 {
		t.Errorf("%d delivered", c["rx_sdus"])
	}
	b.ends[23] = openVC(t, b.e, 23, vc.RingSpec{Receive: flow(1000)})
	b.e.EndVC(23)
	must(t, b.e.Join(id(100), 23)) // late, but its release is to come
	b.want(22)
	if tr := traffic(t, b.e, 23); tr.RxNoRoom != 1 {
		t.Errorf("the VC that has joined after its end has %+v", tr)
	}
	b.e.CloseVC(21) // though it is on the channel
	for {
		b.e.StepRx(nicB)
		b.e.RunNotices()
		if err := b.e.Join(id(100), 21); err != nil && strings.Contains(err.Error(), "no such VC") {
			break
		}
	}
	b.want(22)
	deactivate(t, b.e, id(100), nicB)
	b.want()
}

// TestJoinRefused: what may not join, and a Leave that has nothing to do.
func TestJoinRefused(t *testing.T) {
	b := newBush(t)
	openVC(t, b.e, 21, vc.RingSpec{ReceiveBytes: 4096})
	openVC(t, b.e, 22, vc.RingSpec{Receive: flow(1000)})
	must(t, b.e.Activate(id(101), 22, vc.BranchSpec{Receive: flow(1000)}))
	for _, row := range []struct {
		ch   vc.ID
		h    vc.Handle
		want string
	}{
		{id(102), 21, "the channel is not active"},
		{id(100), 29, "no such VC"},
		{id(100), 22, "the VC has a branch already"},
		{id(100), 20, "the VC has a branch already"},
	} {
		if err := b.e.Join(row.ch, row.h); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("join %s by %s: %v, want an error that says %q", row.ch, row.h, err, row.want)
		}
	}
	leave(t, b.e, id(100), 21)
	leave(t, b.e, id(109), 20)
	b.want(20)
}

// TestNoAllocsFanOut: copies cost no allocation either.
func TestNoAllocsFanOut(t *testing.T) {
	p := newPair(t)
	a := open(t, p.a, 1, 100, flow(1492))
	ends := []*ring.Endpoint{open(t, p.b, 1, 100, flow(1492))}
	for h := range vc.Handle(3) {
		ends = append(ends, openVC(t, p.b, h+2, vc.RingSpec{Receive: flow(1492)}))
		must(t, p.b.Join(id(100), h+2))
	}
	sdu := make([]byte, 500)
	var moved int
	batch := func() {
		for range nicio.BatchSize {
			_ = a.Tx.TryPush(ring.Record{Payload: sdu})
		}
		a.Tx.Flush()
		p.a.TurnTx(0)
		for p.b.StepRx(nicB) > 0 {
		}
		for _, end := range ends {
			for _, ok := end.Rx.Next(); ok; _, ok = end.Rx.Next() {
				moved++
			}
			end.Rx.Release()
		}
	}
	batch()
	if n := testing.AllocsPerRun(100, batch); n != 0 {
		t.Errorf("%v allocations a batch", n)
	}
	if moved < 400*nicio.BatchSize {
		t.Errorf("only %d SDUs were moved", moved)
	}
}
