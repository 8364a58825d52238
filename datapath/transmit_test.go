package datapath_test

import (
	"bytes"
	"errors"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callmanager/datapath"
	"callmanager/datapath/drop"
	"callmanager/datapath/frame"
	"callmanager/datapath/ring"
	"callmanager/nicio"
	"callmanager/vc"
)

// A sink is a port that takes as many frames as it is told to and keeps what it took.
type sink struct {
	room   int // Frames that it still takes; negative: any number.
	broken bool
	frames [][]byte
	calls  int
	unsent int
	keep   *counter // Takes the frames instead, if it is set.
}

// A counter counts frames and keeps none.
type counter struct{ frames int }

var _ nicio.Port = (*sink)(nil)

func (s *sink) ReadBatch([]nicio.RxFrame) (int, error) { return 0, nil }

func (s *sink) WriteBatch(frames []nicio.TxFrame) (int, error) {
	s.calls++
	if s.broken {
		return 0, net.ErrClosed
	}
	n := len(frames)
	if s.room >= 0 {
		n = min(n, s.room)
		s.room -= n
	}
	if s.keep != nil {
		s.keep.frames += n
		return n, nil
	}
	for _, f := range frames[:n] {
		s.frames = append(s.frames, append(bytes.Clone(f.Head), f.Body...))
	}
	return n, nil
}

func (*sink) WaitRead(time.Duration) error  { return nil }
func (*sink) WaitWrite(time.Duration) error { return nil }
func (s *sink) Unsent() int                 { return s.unsent }
func (*sink) Wake()                         {}
func (*sink) MAC() nicio.MAC                { return nicio.MAC(macA) }
func (*sink) Stats() nicio.Stats            { return nicio.Stats{} }
func (*sink) Close() error                  { return nil }

// serials returns the serial numbers of the SDUs taken since the last call, and checks that each
// frame is well formed and numbered.
func (s *sink) serials(tb testing.TB, l frame.Label) (serials []int) {
	tb.Helper()
	for _, f := range s.frames {
		got, rest, fault := frame.DecodeLabel(f[nicio.HeaderLen:])
		_, sdu, fault2 := frame.DecodeWord(rest)
		if fault != frame.NoFault || fault2 != frame.NoFault {
			tb.Fatalf("sent a frame with faults %s and %s: %x", fault, fault2, f)
		}
		if got == l {
			serials = append(serials, int(sdu[0])<<24|int(sdu[1])<<16|int(sdu[2])<<8|int(sdu[3]))
		}
	}
	s.frames = nil
	return serials
}

// newSender makes an engine on a sink, which all workers share.
func newSender(tb testing.TB, more func(*datapath.Config)) (*datapath.Engine, *sink) {
	tb.Helper()
	s := &sink{room: -1}
	n := datapath.NIC{Data: s, More: slices.Repeat([]nicio.Port{s}, workers-1), Control: &sink{room: -1}}
	return newEngine(tb, nicA, n, macB, more), s
}

func upTo(from, to int) (s []int) {
	for i := from; i < to; i++ {
		s = append(s, i)
	}
	return s
}

func TestFrameAsSent(t *testing.T) {
	e, out := newSender(t, nil)
	end := open(t, e, 1, 100, flow(1492))
	push(t, end, []byte("hello"), ring.Meta{UU: 1, Flags: ring.CLP})
	push(t, end, bytes.Repeat([]byte{0xAA}, 60), ring.Meta{Flags: ring.EFCI})
	e.TurnTx(0)
	want := [][]byte{
		append([]byte{2, 0, 0, 0, 0, 0xB, 2, 0, 0, 0, 0, 0xA, 0x88, 0x47, 0x10, 0x06, 0x41, 0xFF, 0x03, 9, 0, 1}, "hello"...),
		append([]byte{2, 0, 0, 0, 0, 0xB, 2, 0, 0, 0, 0, 0xA, 0x88, 0x47, 0x10, 0x06, 0x41, 0xFF, 0x04, 0, 0, 2},
			bytes.Repeat([]byte{0xAA}, 60)...),
	}
	if diff := cmp.Diff(want, out.frames); diff != "" {
		t.Errorf("frames (-want +got):\n%s", diff)
	}
}

func TestTransmitDrops(t *testing.T) {
	for _, row := range []struct {
		drop drop.Tx
		sdu  int
		meta ring.Meta
	}{
		{drop.TxEmptySDU, 0, ring.Meta{}},
		{drop.TxOversize, 1001, ring.Meta{}},
		{drop.TxUserBits, 100, ring.Meta{UU: 2}},
		{drop.TxUserBits, 100, ring.Meta{UU: 0x81}},
	} {
		t.Run(row.drop.String(), func(t *testing.T) {
			e, out := newSender(t, nil)
			end := open(t, e, 1, 100, flow(1000))
			push(t, end, sduOf(1, 100), ring.Meta{})
			push(t, end, make([]byte, row.sdu), row.meta)
			push(t, end, sduOf(2, 100), ring.Meta{})
			push(t, end, make([]byte, row.sdu), row.meta)
			e.TurnTx(0)
			if diff := cmp.Diff([]int{1, 2}, out.serials(t, 0x10064)); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
			want := map[string]uint64{"tx_sdus": 2, "tx_octets": 200, "tx_drop_" + row.drop.String(): 2}
			if diff := cmp.Diff(want, changes(nil, counts(e))); diff != "" {
				t.Errorf("link counters (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(vc.Traffic{TxSDUs: 2, TxOctets: 200, TxDropped: 2}, traffic(t, e, 1)); diff != "" {
				t.Errorf("VC counters (-want +got):\n%s", diff)
			}
			wantDropped(t, end, 2, 2*uint64(row.sdu))
			if !end.Tx.Empty() {
				t.Error("the ring was not released")
			}
		})
	}
}

// wantDropped compares what the client is told of the SDUs that it lost on their way out (RING.md
// section 9).
func wantDropped(tb testing.TB, end *ring.Endpoint, records, octets uint64) {
	tb.Helper()
	if n, o := end.Tx.Dropped(); n != records || o != octets {
		tb.Errorf("the ring counts %d records of %d octets dropped, want %d of %d", n, o, records, octets)
	}
}

func TestNothingIsSentBeforeOpenTransmit(t *testing.T) {
	e, out := newSender(t, nil)
	f := flow(1000)
	end := openVC(t, e, 1, vc.RingSpec{Send: f, Receive: f})
	push(t, end, sduOf(1, 100), ring.Meta{})
	must(t, e.Activate(id(100), 1, vc.BranchSpec{Send: f, Receive: f}))
	e.TurnTx(0)
	if len(out.frames) != 0 {
		t.Fatal("a frame left before OpenTransmit")
	}
	e.OpenTransmit(id(100))
	e.OpenTransmit(id(100)) // Again changes nothing.
	e.TurnTx(0)
	if diff := cmp.Diff([]int{1}, out.serials(t, 0x10064)); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

func TestSendDirectionThatCarriesNothing(t *testing.T) {
	e, out := newSender(t, nil)
	end := open(t, e, 1, 100, vc.Flow{})
	push(t, end, sduOf(1, 100), ring.Meta{})
	e.TurnTx(0)
	if len(out.frames) != 0 || traffic(t, e, 1).TxDropped != 1 {
		t.Errorf("%d frames left, %d dropped; want 0 and 1", len(out.frames), traffic(t, e, 1).TxDropped)
	}
}

// TestTurnsAreFair lets a VC with a full ring compete with two that have few SDUs: nobody waits for
// more than a turn of each.
func TestTurnsAreFair(t *testing.T) {
	e, out := newSender(t, nil)
	greedy := open(t, e, 1, 100, flow(1492))
	for i := range 500 {
		push(t, greedy, sduOf(i, 1492), ring.Meta{})
	}
	e.TurnTx(0)
	out.frames = nil
	small, other := open(t, e, 2, 101, flow(1492)), open(t, e, 3, 102, flow(1492))
	for i := range 4 {
		push(t, small, sduOf(i, 64), ring.Meta{})
		push(t, other, sduOf(i, 1492), ring.Meta{})
	}
	e.TurnTx(0)
	var ahead, seen int
	for _, f := range out.frames {
		if l, _, _ := frame.DecodeLabel(f[nicio.HeaderLen:]); l != 0x10064 {
			seen++
		} else if seen < 8 {
			ahead++
		}
	}
	if seen != 8 || ahead > 2*12 {
		t.Errorf("%d of 8 SDUs of the others left, behind %d of the greedy VC; want 8 behind 24 at most", seen, ahead)
	}
}

// TestBackPressureKeepsOrder lets the port take a few frames at a time. All arrive, in order, and
// the ring is released only as far as the port has taken frames.
func TestBackPressureKeepsOrder(t *testing.T) {
	e, out := newSender(t, nil)
	end := open(t, e, 1, 100, flow(1000))
	const sdus = 300
	var got []int
	for i := range sdus {
		push(t, end, sduOf(i, 200), ring.Meta{})
		if i%5 == 0 {
			push(t, end, nil, ring.Meta{}) // Dropped between frames that wait.
		}
	}
	now := int64(0)
	for turn := 0; len(got) < sdus && turn < 1000; turn++ {
		out.room = turn % 4
		next := e.TurnTx(now)
		if next <= now && out.room == 0 {
			t.Fatalf("at %d the worker comes again at %d though the port is full", now, next)
		}
		now = max(next, now+1)
		got = append(got, out.serials(t, 0x10064)...)
	}
	if diff := cmp.Diff(upTo(0, sdus), got); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	if !end.Tx.Empty() {
		t.Error("the ring was not released")
	}
	if tr := traffic(t, e, 1); tr.TxSDUs != sdus || tr.TxDropped != sdus/5 {
		t.Errorf("%d sent and %d dropped, want %d and %d", tr.TxSDUs, tr.TxDropped, sdus, sdus/5)
	}
}

// TestFullPortHoldsUpNoOther has one NIC full and the other not.
func TestFullPortHoldsUpNoOther(t *testing.T) {
	full, free := &sink{}, &sink{room: -1}
	e := newEngine(t, nicA, datapath.NIC{Data: full, Control: &sink{}}, macB, func(c *datapath.Config) {
		c.Links = append(c.Links, datapath.LinkConfig{ID: 2, Name: "other", Interface: nicB, Peer: macB})
		c.NICs[nicB] = datapath.NIC{Data: free, Control: &sink{}}
	})
	stuck := open(t, e, 1, 100, flow(1000))
	going := openVC(t, e, 2, vc.RingSpec{Send: flow(1000)})
	must(t, e.Activate(vc.ID{Link: 2, VCI: 100}, 2, vc.BranchSpec{Send: flow(1000)}))
	e.OpenTransmit(vc.ID{Link: 2, VCI: 100})
	for i := range 200 {
		push(t, stuck, sduOf(i, 100), ring.Meta{})
		push(t, going, sduOf(i, 100), ring.Meta{})
	}
	for range 5 {
		e.TurnTx(0)
	}
	if diff := cmp.Diff(upTo(0, 200), free.serials(t, 0x10064)); diff != "" {
		t.Errorf("sent over the free port (-want +got):\n%s", diff)
	}
}

func TestBrokenPortDropsAndCounts(t *testing.T) {
	e, out := newSender(t, nil)
	end := open(t, e, 1, 100, flow(1000))
	out.broken = true
	for i := range 100 {
		push(t, end, sduOf(i, 100), ring.Meta{})
	}
	e.TurnTx(0)
	if tr := traffic(t, e, 1); tr.TxSDUs != 0 || tr.TxDropped != 100 {
		t.Errorf("%d sent and %d dropped, want 0 and 100", tr.TxSDUs, tr.TxDropped)
	}
	if !end.Tx.Empty() {
		t.Error("the ring was not released")
	}
}

// TestViolationPoisonsOneVC has a client set its index to nonsense. Its VC is dead in both
// directions and told of once; its neighbour goes on.
func TestViolationPoisonsOneVC(t *testing.T) {
	type report struct {
		h   vc.Handle
		err error
	}
	var reports []report
	e, out := newSender(t, func(c *datapath.Config) {
		c.Violation = func(h vc.Handle, err error) { reports = append(reports, report{h, err}) }
	})
	f := flow(1000)
	ports, err := e.OpenVC(1, vc.RingSpec{Send: f, Receive: f})
	must(t, err)
	client := mapClient(t, ports)
	must(t, e.Activate(id(100), 1, vc.BranchSpec{Send: f, Receive: f}))
	e.OpenTransmit(id(100))
	good := open(t, e, 2, 101, f)
	client.setTail(1 << 40)
	push(t, good, sduOf(0, 100), ring.Meta{})
	for range 3 {
		e.TurnTx(0)
	}
	e.RunNotices()
	if len(reports) != 1 || reports[0].h != 1 || !errors.Is(reports[0].err, ring.ErrCorrupt) {
		t.Fatalf("violations told: %v, want one of VC 1", reports)
	}
	for _, l := range []frame.Label{0x10064, 0x10065} {
		e.InjectRx(nicA, ether(macA, macB, mpls(l, frame.NewWord(0, 100, 1), sduOf(7, 100))))
	}
	if c := counts(e); c["rx_drop_violated"] != 1 || c["rx_sdus"] != 1 {
		t.Errorf("%d frames dropped for the violation and %d delivered, want 1 and 1", c["rx_drop_violated"], c["rx_sdus"])
	}
	push(t, good, sduOf(1, 100), ring.Meta{})
	e.TurnTx(0)
	if diff := cmp.Diff([]int{0, 1}, out.serials(t, 0x10065)); diff != "" {
		t.Errorf("the neighbour sent (-want +got):\n%s", diff)
	}
	var ended bool
	e.Drain(id(100), time.Hour, func(vc.DrainReport) { ended = true })
	e.TurnTx(0)
	e.RunNotices()
	if !ended {
		t.Error("a drain of the poisoned VC does not end")
	}
}

// TestViolationOfTheReceiveRing has a client move its index of the ring that the daemon fills.
func TestViolationOfTheReceiveRing(t *testing.T) {
	var told int
	e, _ := newSender(t, func(c *datapath.Config) {
		c.Violation = func(vc.Handle, error) { told++ }
	})
	f := flow(1000)
	ports, err := e.OpenVC(1, vc.RingSpec{Send: f, Receive: f, ReceiveBytes: 4096})
	must(t, err)
	client := mapClient(t, ports)
	must(t, e.Activate(id(100), 1, vc.BranchSpec{Send: f, Receive: f}))
	client.setHead(1 << 40)
	for i := range 20 {
		e.InjectRx(nicA, ether(macA, macB, mpls(0x10064, frame.NewWord(0, 1000, uint16(i+1)), sduOf(i, 1000))))
	}
	e.RunNotices()
	c := counts(e)
	if told != 1 || c["rx_drop_violated"] == 0 || c["rx_sdus"]+c["rx_drop_violated"] != 20 {
		t.Errorf("told %d times; %d delivered and %d dropped of 20", told, c["rx_sdus"], c["rx_drop_violated"])
	}
}

func TestFollowsTheMTU(t *testing.T) {
	changes := make(chan datapath.LinkState)
	var mtu []uint16
	out := &sink{room: -1}
	e := newEngine(t, nicA, datapath.NIC{Data: out, Control: &sink{}, Changes: changes}, macB, func(c *datapath.Config) {
		c.Status = func(_ vc.LinkID, st vc.LinkStatus) { mtu = append(mtu, st.MaxSDU) }
	})
	end := open(t, e, 1, 100, flow(9000))
	e.StartWatch(nicA)
	changes <- datapath.LinkState{Index: 1, MTU: 9000, Up: true, Carrier: true, Ethernet: true}
	changes <- datapath.LinkState{Index: 1, MTU: 1400, Up: true, Carrier: true, Ethernet: true}
	changes <- datapath.LinkState{} // By now the one before has been applied.
	e.RunNotices()
	if diff := cmp.Diff([]uint16{1492, 8992, 1392}, mtu[:3]); diff != "" {
		t.Errorf("maximum SDUs told (-want +got):\n%s", diff)
	}
	push(t, end, make([]byte, 1392), ring.Meta{})
	push(t, end, make([]byte, 1393), ring.Meta{})
	e.TurnTx(0)
	if c := counts(e); c["tx_sdus"] != 2 || len(out.frames) != 3 {
		t.Errorf("%d SDUs sent in %d frames; want 2 in 3", c["tx_sdus"], len(out.frames))
	}
}

func TestConservesOrderAcrossManyVCs(t *testing.T) {
	p := newPair(t)
	const vcs, each = 50, 40
	var from, to [vcs]*ring.Endpoint
	for i := range vcs {
		from[i] = open(t, p.a, vc.Handle(i+1), vc.VCI(100+i), flow(1492))
		to[i] = open(t, p.b, vc.Handle(i+1), vc.VCI(100+i), flow(1492))
	}
	for n := range each {
		for i := range from {
			push(t, from[i], sduOf(n, 1+(n*37+i)%1400+3), ring.Meta{})
		}
	}
	for p.a.TurnTx(0) == 0 {
	}
	for p.b.StepRx(nicB) > 0 {
	}
	for i := range to {
		for n := range each {
			sdu, _, ok := pull(to[i])
			if !ok || !bytes.Equal(sdu, sduOf(n, 1+(n*37+i)%1400+3)) {
				t.Fatalf("VC %d, SDU %d: got %d octets, %v", i, n, len(sdu), ok)
			}
		}
	}
}

// TestBusyWorkerSeesNewSDUs keeps the worker busy with one VC while another, whose ring ran empty
// before, gets something: nobody rings for it, since its ring was not armed.
func TestBusyWorkerSeesNewSDUs(t *testing.T) {
	e, out := newSender(t, nil)
	busy, quiet := open(t, e, 1, 100, flow(1492)), open(t, e, 2, 101, flow(1492))
	for i := range 2000 {
		push(t, busy, sduOf(i, 1000), ring.Meta{})
	}
	e.TurnAndWait(0) // The quiet VC's ring is found empty.
	push(t, quiet, sduOf(7, 100), ring.Meta{})
	for range 3 {
		e.TurnAndWait(0)
	}
	if busy.Tx.Empty() {
		t.Fatal("the worker was not busy")
	}
	if diff := cmp.Diff([]int{7}, out.serials(t, 0x10065)); diff != "" {
		t.Errorf("sent by the quiet VC (-want +got):\n%s", diff)
	}
}

// TestCommandIsNotSleptOver gives the worker a command just before it looks at its doorbells for
// the last time, which takes the wake-up. It must not go to sleep all the same; if it does the test
// never ends.
func TestCommandIsNotSleptOver(t *testing.T) {
	e, out := newSender(t, nil)
	f := flow(1000)
	end := openVC(t, e, 1, vc.RingSpec{Send: f, Receive: f})
	must(t, e.Activate(id(100), 1, vc.BranchSpec{Send: f, Receive: f}))
	push(t, end, sduOf(1, 100), ring.Meta{})
	e.OpenTransmit(id(100))
	e.WaitTx()
	e.TurnTx(0)
	if diff := cmp.Diff([]int{1}, out.serials(t, 0x10064)); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}
