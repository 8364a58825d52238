package datapath_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"callmanager/datapath"
	"callmanager/datapath/frame"
	"callmanager/datapath/ring"
	"callmanager/nicio"
	"callmanager/nicio/mem"
	"callmanager/vc"
)

func TestConfigurationsThatCannotWork(t *testing.T) {
	w := mem.New(mem.Config{})
	link := func(id vc.LinkID, peer vc.MAC) datapath.LinkConfig {
		return datapath.LinkConfig{ID: id, Name: "l", Interface: nicA, Peer: peer}
	}
	take := func(vc.LinkID, []byte) {}
	byXDP := link(2, macA)
	byXDP.Transmit = nicio.PathXDP
	fromXDP := link(2, macA)
	fromXDP.Receive = nicio.PathXDP
	for _, row := range []struct {
		want string
		cfg  datapath.Config
	}{
		{"no links", datapath.Config{Receive: take}},
		{"nobody takes control SDUs", datapath.Config{Links: []datapath.LinkConfig{link(1, macB)}}},
		{"has no identifier", datapath.Config{Receive: take, Links: []datapath.LinkConfig{link(0, macB)}}},
		{"no address of one host", datapath.Config{Receive: take, Links: []datapath.LinkConfig{link(1, vc.MAC{})}}},
		{"no address of one host", datapath.Config{Receive: take, Links: []datapath.LinkConfig{link(1, vc.MAC{1})}}},
		{"the same identifier", datapath.Config{Receive: take, Links: []datapath.LinkConfig{link(1, macB), link(1, macA)}}},
		{"in different ways", datapath.Config{Receive: take, Links: []datapath.LinkConfig{link(1, macB), byXDP}}},
		{"in different ways", datapath.Config{Receive: take, Links: []datapath.LinkConfig{link(1, macB), fromXDP}}},
		{"-1 workers", datapath.Config{Workers: -1}},
		{"257 workers", datapath.Config{Workers: 257}},
		{"2 processors for 1 workers", datapath.Config{CPUs: []int{0, 1}}},
		{"may not run on processor 1023", datapath.Config{Workers: 1, CPUs: []int{1023}}},
		{"may not run on processor -1", datapath.Config{CPUs: []int{-1}}},
		{"may not run on processor 5000", datapath.Config{CPUs: []int{5000}}},
		{"look for work for 2s", datapath.Config{Spin: 2 * time.Second}},
		{"the same peer", datapath.Config{Receive: take, Links: []datapath.LinkConfig{link(1, macB), link(2, macB)}}},
	} {
		row.cfg.NICs = map[string]datapath.NIC{nicA: station(t, w, macA)}
		e, err := datapath.New(row.cfg)
		if !errors.Is(err, datapath.ErrConfig) || !strings.Contains(err.Error(), row.want) {
			t.Errorf("error %v, want one that says %q", err, row.want)
		}
		if e != nil {
			t.Errorf("%s: an engine was made", row.want)
		}
		if _, err := row.cfg.NICs[nicA].Data.ReadBatch(nil); err == nil {
			t.Errorf("%s: the port was not closed", row.want)
		}
	}
}

func TestActivateRefuses(t *testing.T) {
	p := newPair(t)
	spec := vc.BranchSpec{Send: flow(1000), Receive: flow(1000)}
	rings := vc.RingSpec{Send: flow(1000), Receive: flow(1000)}
	for h := range vc.Handle(5) {
		openVC(t, p.a, h+1, rings)
	}
	must(t, p.a.Activate(id(100), 1, spec))
	big := spec
	big.Receive.MaxSDU = 65535
	openVC(t, p.a, 9, vc.RingSpec{ReceiveBytes: 4096})
	for _, row := range []struct {
		want string
		id   vc.ID
		h    vc.Handle
		spec vc.BranchSpec
	}{
		{"no such link", vc.ID{Link: 7, VCI: 100}, 2, spec},
		{"no channel for data", vc.Signalling(1), 2, spec},
		{"no channel for data", vc.ID{Link: 1, VPI: vc.MaxVPI + 1, VCI: 100}, 2, spec},
		{"no such VC", id(101), 77, spec},
		{"the channel is in use", id(100), 2, spec},
		{"a branch already", id(101), 1, spec},
		{"holds no SDU of 65535 octets", id(101), 9, big},
	} {
		if err := p.a.Activate(row.id, row.h, row.spec); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("activate %s for %s: %v, want an error that says %q", row.id, row.h, err, row.want)
		}
	}
	if _, err := p.a.OpenVC(1, rings); err == nil {
		t.Error("a handle was opened twice")
	}
	if _, err := p.a.OpenVC(70, vc.RingSpec{SendBytes: -1}); err == nil {
		t.Error("a ring of negative size was made")
	}
	must(t, p.a.Activate(id(100), 1, spec)) // Again is a change of parameters.
}

// TestReactivationChangesTheLimit keeps the branch and its numbers, and takes over what it may
// receive.
func TestReactivationChangesTheLimit(t *testing.T) {
	p := newPair(t)
	end := open(t, p.b, 20, 100, flow(1000))
	deliver := func(seq uint16) bool {
		p.b.InjectRx(nicB, ether(macB, macA, mpls(0x10064, frame.NewWord(0, 800, seq), make([]byte, 800))))
		_, _, ok := pull(end)
		return ok
	}
	first := deliver(1)
	must(t, p.b.Activate(id(100), 20, vc.BranchSpec{Send: flow(1000), Receive: flow(700)}))
	second := deliver(2)
	must(t, p.b.Activate(id(100), 20, vc.BranchSpec{Send: flow(1000), Receive: flow(900)}))
	third := deliver(3)
	if !first || second || !third {
		t.Errorf("delivered %v, %v, %v; want true, false, true", first, second, third)
	}
	if tr := traffic(t, p.b, 20); tr.RxOversize != 1 || tr.RxLost != 0 {
		t.Errorf("%d oversize and %d lost, want 1 and 0", tr.RxOversize, tr.RxLost)
	}
}

// TestEndOfFile keeps what arrived before EndVC readable and lets nothing in after it, also over a
// branch that is activated, or activated again, after the end.
func TestEndOfFile(t *testing.T) {
	for _, row := range []struct{ active, late bool }{{true, false}, {false, false}, {true, true}, {false, true}} {
		p := newPair(t)
		end := open(t, p.b, 20, 100, flow(1000))
		in := func(i int) {
			p.b.InjectRx(nicB, ether(macB, macA, mpls(0x10064, frame.NewWord(0, 100, uint16(i+1)), sduOf(i, 100))))
		}
		in(0)
		in(1)
		if !row.active {
			deactivate(t, p.b, id(100), nicB)
		}
		p.b.EndVC(20)
		p.b.EndVC(20)
		if row.late {
			must(t, p.b.Activate(id(100), 20, vc.BranchSpec{Send: flow(1000), Receive: flow(1000)}))
			p.b.OpenTransmit(id(100))
		}
		in(2)
		var got int
		for _, _, ok := pull(end); ok; _, _, ok = pull(end) {
			got++
		}
		if got != 2 || !errors.Is(end.Rx.Err(), io.EOF) {
			t.Errorf("%+v: %d SDUs, then %v; want 2, then the end of file", row, got, end.Rx.Err())
		}
		want := map[bool]string{true: "rx_drop_ended", false: "rx_drop_unknown_vc"}[row.active || row.late]
		if c := counts(p.b); c[want] != 1 {
			t.Errorf("%+v: %s is %d, want 1", row, want, c[want])
		}
		if row.active || row.late {
			deactivate(t, p.b, id(100), nicB)
		}
		p.b.CloseVC(20)
		if _, ok := p.b.Traffic(20); ok {
			t.Errorf("%+v: the VC is there after CloseVC", row)
		}
	}
}

// deactivate removes a branch while the test is the engine's workers.
func deactivate(tb testing.TB, e *datapath.Engine, at vc.ID, nics ...string) (report vc.DrainReport) {
	tb.Helper()
	done := make(chan vc.DrainReport, 1)
	e.Deactivate(at, false, func(r vc.DrainReport) { done <- r })
	for {
		e.TurnTx(0)
		for _, n := range nics {
			e.StepRx(n)
		}
		e.RunNotices()
		select {
		case r := <-done:
			return r
		default:
		}
	}
}

func TestDeactivateReportsWhatWasNotSent(t *testing.T) {
	p := newPair(t)
	end := open(t, p.a, 1, 100, paced(slowly, 1000))
	for i := range 9 {
		push(t, end, sduOf(i, 40), ring.Meta{})
	}
	r := deactivate(t, p.a, id(100), nicA)
	sent := traffic(t, p.a, 1).TxSDUs
	if r.Sent != 0 || r.Dropped+sent != 9 || r.Dropped == 0 {
		t.Errorf("report %+v after %d sent of 9", r, sent)
	}
	if !end.Tx.Empty() {
		t.Error("the ring was not released")
	}
	// Both the channel and the VC can be used again.
	must(t, p.a.Activate(id(100), 1, vc.BranchSpec{Send: flow(1000), Receive: flow(1000)}))
	p.a.OpenTransmit(id(100))
	push(t, end, sduOf(1, 40), ring.Meta{})
	p.a.TurnTx(0)
	if got := traffic(t, p.a, 1).TxSDUs; got != sent+1 {
		t.Errorf("%d sent on the second branch, want 1", got-sent)
	}
}

// TestBelatedCommands lets commands to the transmit worker arrive when their branch and the memory
// of its VC are gone: methods of the plane may meet.
func TestBelatedCommands(t *testing.T) {
	p := newPair(t)
	open(t, p.a, 1, 100, flow(1000))
	var l ledger
	begin, drain := p.a.Belated(id(100), l.note)
	deactivate(t, p.a, id(100), nicA)
	p.a.CloseVC(1)
	p.a.AwaitWork()
	drain()
	begin()
	turns(p.a, 0, time.Millisecond)
	if diff := cmp.Diff(ledger{{}}, l); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
	if _, _, polled := p.a.Left(); polled != 0 {
		t.Errorf("%d doorbells are heard", polled)
	}
}

// TestCloseVCGivesMemoryBack looks at the client's own mapping: the pages are gone, though it has
// not unmapped them.
func TestCloseVCGivesMemoryBack(t *testing.T) {
	p := newPair(t)
	f := flow(1000)
	ports, err := p.b.OpenVC(20, vc.RingSpec{Send: f, Receive: f})
	must(t, err)
	client := mapClient(t, ports)
	must(t, p.b.Activate(id(100), 20, vc.BranchSpec{Send: f, Receive: f}))
	p.b.InjectRx(nicB, ether(macB, macA, mpls(0x10064, frame.NewWord(0, 1000, 1), make([]byte, 1000))))
	blocks := func() int64 {
		var st unix.Stat_t
		must(t, unix.Fstat(int(ports.Memory.Fd()), &st))
		return st.Blocks
	}
	if blocks() == 0 || *client.word(0) == 0 {
		t.Fatal("the rings hold no memory to begin with")
	}
	p.b.CloseVC(20) // With its branch still active.
	p.b.CloseVC(20)
	for blocks() != 0 {
		p.b.TurnTx(0)
		p.b.StepRx(nicB)
		p.b.RunNotices()
	}
	if circuits, branches, polled := p.b.Left(); circuits+branches+polled != 0 {
		t.Errorf("left: %d VCs, %d branches, %d doorbells", circuits, branches, polled)
	}
	if _, ok := p.b.Traffic(20); ok {
		t.Error("a closed VC has counters")
	}
}

// TestVanishedClient closes the client's end of the doorbell: the worker takes it out of its poll
// set, and what the client had sent still goes.
func TestVanishedClient(t *testing.T) {
	e, out := newSender(t, nil)
	f := paced(slowly, 1000)
	ports, err := e.OpenVC(1, vc.RingSpec{Send: f, Receive: f})
	must(t, err)
	end, err := ring.Open(ring.Descriptors{Memory: dup(t, ports.Memory.Fd()), Doorbell: dup(t, ports.Doorbell.Fd())})
	must(t, err)
	must(t, ports.Close())
	must(t, e.Activate(id(100), 1, vc.BranchSpec{Send: f, Receive: f}))
	e.OpenTransmit(id(100))
	e.TurnTx(0)
	for i := range 10 {
		must(t, end.Send(t.Context(), ring.Record{Payload: sduOf(i, 40)}))
	}
	must(t, end.Close())
	<-end.Done()
	turns(e, 0, 20*time.Millisecond)
	if got := len(out.frames); got != 10 {
		t.Errorf("%d SDUs of the vanished client were sent, want 10", got)
	}
	if _, _, polled := e.Left(); polled != 0 {
		t.Error("its doorbell is still polled")
	}
	var l ledger
	e.Drain(id(100), time.Hour, l.note)
	turns(e, 20*time.Millisecond, 40*time.Millisecond)
	if len(l) != 1 || l[0] != (vc.DrainReport{}) {
		t.Errorf("drain reports %+v, want one empty report", l)
	}
}
