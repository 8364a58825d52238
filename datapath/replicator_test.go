package datapath_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callmanager/datapath"
	"callmanager/datapath/ring"
	"callmanager/nicio"
	"callmanager/vc"
)

// A tree is an engine with links 1 to n, each on an interface of its own, and VC 1, which is the root of a
// point-to-multipoint call. Its branches are channel 0/100 of each link.
type tree struct {
	t    *testing.T
	e    *datapath.Engine
	flow vc.Flow
	end  *ring.Endpoint
	outs []*sink // By link, from 1.
	now  int64
	next int // The serial number of the next SDU.
}

func newTree(t *testing.T, links int, f vc.Flow) *tree {
	t.Helper()
	tr := &tree{t: t, flow: f, outs: []*sink{nil}}
	for range links {
		tr.outs = append(tr.outs, &sink{room: -1})
	}
	nic := func(i int) datapath.NIC {
		return datapath.NIC{Data: tr.outs[i], More: slices.Repeat([]nicio.Port{tr.outs[i]}, workers-1), Control: &sink{room: -1}}
	}
	tr.e = newEngine(t, "eth1", nic(1), macB, func(c *datapath.Config) {
		for i := 2; i <= links; i++ {
			name := fmt.Sprintf("eth%d", i)
			c.Links = append(c.Links, datapath.LinkConfig{ID: vc.LinkID(i), Name: name, Interface: name, Peer: macB})
			c.NICs[name] = nic(i)
		}
	})
	tr.end = openVC(t, tr.e, 1, vc.RingSpec{Send: f, SendBytes: 4 << 20})
	return tr
}

// branchOf is the channel of the VC on a link.
func branchOf(link int) vc.ID { return vc.ID{Link: vc.LinkID(link), VCI: 100} }

// grow opens branches.
func (tr *tree) grow(links ...int) {
	tr.t.Helper()
	for _, l := range links {
		must(tr.t, tr.e.Activate(branchOf(l), 1, vc.BranchSpec{Category: vc.UBR, Send: tr.flow, Multipoint: true}))
		tr.e.OpenTransmit(branchOf(l))
	}
	tr.run()
}

// send puts n more SDUs of so many octets into the ring, as many as there is room for, and returns how many.
func (tr *tree) send(n, octets int) int {
	for i := range n {
		if tr.end.Tx.TryPush(ring.Record{Payload: sduOf(tr.next, octets)}) != nil {
			tr.end.Tx.Flush()
			return i
		}
		tr.next++
	}
	tr.end.Tx.Flush()
	return n
}

// run has the workers work until they have nothing to do now.
func (tr *tree) run() {
	for next := tr.now; next <= tr.now; tr.now++ {
		next = tr.e.TurnTx(tr.now)
	}
	tr.e.RunNotices()
}

// pass lets time pass.
func (tr *tree) pass(d time.Duration) {
	for end := tr.now + int64(d); tr.now < end; {
		tr.now = min(max(tr.e.TurnTx(tr.now), tr.now+1), end)
	}
	tr.e.RunNotices()
}

// got compares the serial numbers of what has left by a link since the last call.
func (tr *tree) got(link int, want []int) {
	tr.t.Helper()
	if d := cmp.Diff(want, tr.outs[link].serials(tr.t, 0x10064)); d != "" {
		tr.t.Errorf("link %d sent (-want +got):\n%s", link, d)
	}
}

// copies returns the counters of a branch.
func (tr *tree) copies(link int) vc.Copies {
	tr.t.Helper()
	n, ok := tr.e.Copies(branchOf(link))
	if !ok {
		tr.t.Fatalf("link %d has no branch", link)
	}
	return n
}

// cut removes branches and returns their reports.
func (tr *tree) cut(links ...int) (reports []vc.DrainReport) {
	tr.t.Helper()
	for _, l := range links {
		done := make(chan vc.DrainReport, 1)
		tr.e.Deactivate(branchOf(l), false, func(r vc.DrainReport) { done <- r })
		for len(done) == 0 {
			tr.run()
			tr.e.StepRx(fmt.Sprintf("eth%d", l))
		}
		reports = append(reports, <-done)
	}
	return reports
}

// ends closes the VC and expects that nothing is left.
func (tr *tree) ends() {
	tr.t.Helper()
	tr.e.CloseVC(1)
	tr.e.AwaitWork()
	if circuits, branches, polled := tr.e.Left(); circuits+branches+polled != 0 {
		tr.t.Errorf("left: %d VCs, %d branches, %d doorbells", circuits, branches, polled)
	}
}

// TestReplicatesToEachBranch: each branch sends a copy of each SDU from its opening to its end, in order, whatever the
// others do.
func TestReplicatesToEachBranch(t *testing.T) {
	tr := newTree(t, 3, flow(1000))
	tr.grow(1)
	tr.send(100, 200)
	tr.run()
	tr.got(1, upTo(0, 100))
	tr.grow(2, 3)
	tr.send(100, 200)
	tr.run()
	for l := 1; l <= 3; l++ {
		tr.got(l, upTo(100, 200))
	}
	tr.cut(1) // The first goes, with whose worker the replicator is.
	tr.send(100, 200)
	tr.run()
	tr.got(1, nil)
	tr.got(2, upTo(200, 300))
	tr.got(3, upTo(200, 300))
	if d := cmp.Diff(vc.Copies{Offered: 200, TxSDUs: 200, TxOctets: 40000}, tr.copies(2)); d != "" {
		t.Errorf("copies (-want +got):\n%s", d)
	}
	tr.grow(1)
	tr.cut(2, 3)
	tr.send(50, 200)
	tr.run()
	tr.got(1, upTo(300, 350))
	tr.cut(1)
	if d := cmp.Diff(vc.Traffic{TxSDUs: 350, TxOctets: 70000}, traffic(t, tr.e, 1)); d != "" {
		t.Errorf("VC counters (-want +got):\n%s", d)
	}
	if !tr.end.Tx.Empty() {
		t.Error("the ring was not released")
	}
	tr.ends()
}

// TestReplicatorDrops: what no branch can carry is dropped once on the VC and once on each branch; what one link cannot
// carry, on its branch alone.
func TestReplicatorDrops(t *testing.T) {
	tr := newTree(t, 2, flow(1000))
	tr.grow(1, 2)
	tr.send(1, 100)
	push(t, tr.end, nil, ring.Meta{})
	push(t, tr.end, make([]byte, 1001), ring.Meta{})
	tr.send(1, 100)
	push(t, tr.end, sduOf(9, 100), ring.Meta{UU: 2})
	tr.run()
	for l := 1; l <= 2; l++ {
		tr.got(l, []int{0, 1})
		if d := cmp.Diff(vc.Copies{Offered: 5, TxSDUs: 2, TxOctets: 200, TxDropped: 3}, tr.copies(l)); d != "" {
			t.Errorf("link %d: copies (-want +got):\n%s", l, d)
		}
	}
	if d := cmp.Diff(vc.Traffic{TxSDUs: 3, TxOctets: 300, TxDropped: 2}, traffic(t, tr.e, 1)); d != "" {
		t.Errorf("VC counters (-want +got):\n%s", d)
	}
	want := map[string]uint64{"tx_sdus": 2, "tx_octets": 200, "tx_drop_empty_sdu": 1, "tx_drop_oversize": 1, "tx_drop_user_bits": 1}
	if d := cmp.Diff(want, changes(nil, counts(tr.e))); d != "" {
		t.Errorf("link counters (-want +got):\n%s", d)
	}
	wantDropped(t, tr.end, 2, 1001)
}

// TestBlockedBranchHoldsUpNoOther: a branch whose link takes nothing keeps what its queue holds and loses what comes
// then. The others get all, and each SDU is accounted for on each branch.
func TestBlockedBranchHoldsUpNoOther(t *testing.T) {
	tr := newTree(t, 3, flow(1000))
	tr.grow(1, 2, 3)
	tr.outs[2].room = 0
	const sdus = 4000
	for n := 0; n < sdus; {
		n += tr.send(min(sdus-n, 100), 900)
		tr.pass(time.Millisecond)
	}
	tr.got(1, upTo(0, sdus))
	tr.got(3, upTo(0, sdus))
	if !tr.end.Tx.Empty() {
		t.Error("the ring was not released")
	}
	n, c := tr.copies(2), countsOf(tr.e, 2)
	if n.Offered != sdus || n.TxSDUs != 0 || n.TxDropped == 0 || n.TxDropped > sdus-2000 || c["tx_drop_behind"] != n.TxDropped {
		t.Errorf("the blocked branch counts %+v, its link %d behind", n, c["tx_drop_behind"])
	}
	waiting := int(n.Offered - n.TxDropped)
	tr.outs[2].room = -1
	tr.pass(time.Millisecond)
	tr.got(2, upTo(0, waiting))
	if n := tr.copies(2); n.TxSDUs+n.TxDropped != sdus {
		t.Errorf("the branch counts %+v of %d", n, sdus)
	}
	tr.send(10, 900)
	tr.pass(time.Millisecond)
	tr.got(2, upTo(sdus, sdus+10))
	if tr := traffic(t, tr.e, 1); tr.TxSDUs != sdus+10 || tr.TxDropped != 0 {
		t.Errorf("the VC counts %+v", tr)
	}
}

// TestBranchesWaitForEachOther: branches that stall now and then, each for less than half of its queue takes, lose
// nothing though the client floods its ring; and if all are blocked the SDUs wait in the ring.
func TestBranchesWaitForEachOther(t *testing.T) {
	tr := newTree(t, 3, flow(1000))
	tr.grow(1, 2, 3)
	rng := rand.New(rand.NewPCG(1, 2))
	const step = 64 // frames
	var got [4][]int
	take := func() {
		for l := 1; l <= 3; l++ {
			got[l] = append(got[l], tr.outs[l].serials(t, 0x10064)...)
		}
	}
	for range 400 {
		tr.send(math.MaxInt, 900)
		for l := 1; l <= 3; l++ {
			tr.outs[l].room = 0
		}
		for _, l := range rng.Perm(3) { // Each takes as much, at another time.
			tr.outs[l+1].room = step
			tr.pass(time.Millisecond)
		}
		take()
	}
	for l := 1; l <= 3; l++ {
		tr.outs[l].room = -1
	}
	tr.pass(time.Second)
	take()
	for l := 1; l <= 3; l++ {
		if d := cmp.Diff(upTo(0, tr.next), got[l]); d != "" {
			t.Errorf("link %d sent (-want +got):\n%s", l, d)
		}
		if n := tr.copies(l); n.TxDropped != 0 || n.TxSDUs != uint64(tr.next) {
			t.Errorf("link %d counts %+v of %d", l, n, tr.next)
		}
	}
}

// TestFasterBranchIsNotHeldBack floods the ring while one link is four times as fast as the other: it is never idle, and
// the slow one gets as much as it takes, in order.
func TestFasterBranchIsNotHeldBack(t *testing.T) {
	tr := newTree(t, 2, flow(1000))
	tr.grow(1, 2)
	fast, slow := 0, []int(nil)
	const rounds = 500
	for range rounds {
		tr.send(math.MaxInt, 900)
		tr.outs[1].room, tr.outs[2].room = 40, 10
		tr.pass(time.Millisecond)
		s := tr.outs[1].serials(t, 0x10064)
		if d := cmp.Diff(upTo(fast, fast+40), s); d != "" {
			t.Fatalf("the fast link sent (-want +got):\n%s", d)
		}
		fast += 40
		slow = append(slow, tr.outs[2].serials(t, 0x10064)...)
	}
	if len(slow) != rounds*10 || !slices.IsSorted(slow) || len(slices.Compact(slow)) != rounds*10 {
		t.Errorf("the slow link has sent %d of %d, sorted %v", len(slow), rounds*10, slices.IsSorted(slow))
	}
	a, b := tr.copies(1), tr.copies(2)
	if a.Offered != b.Offered || a.TxDropped != 0 || b.TxDropped < 10000 {
		t.Errorf("copies: %+v and %+v", a, b)
	}
}

// TestBranchesKeepTheContract: what leaves by each link is within the VC's contract, after a stall too, and uses it.
func TestBranchesKeepTheContract(t *testing.T) {
	f := vc.Flow{PCR: 20000, SCR: 5000, MBS: 200, MaxSDU: 1492}
	tr := newTree(t, 2, f)
	tr.grow(1, 2)
	judges := []interface{ Arrive(int64, int) bool }{newJudge(f), newJudge(f)}
	cells := [2]int{}
	for tr.now < int64(4*time.Second) {
		tr.send(math.MaxInt, 400)
		tr.outs[2].room = -1
		if tr.now > int64(time.Second) && tr.now < int64(1100*time.Millisecond) {
			tr.outs[2].room = 0
		}
		next := tr.e.TurnTx(tr.now)
		for i := range judges {
			for range tr.outs[i+1].frames {
				cells[i] += vc.CellsFor(400)
				if !judges[i].Arrive(tr.now, vc.CellsFor(400)) {
					t.Fatalf("link %d exceeds the contract at %v", i+1, time.Duration(tr.now))
				}
			}
			tr.outs[i+1].frames = nil
		}
		tr.now = max(next, tr.now+1)
	}
	if want := 4 * 5000 * 99 / 100; cells[0] < want || cells[1] < want-600 {
		t.Errorf("%d cells were sent, want %d", cells, want)
	}
	if n := tr.copies(2); n.TxDropped != 0 {
		t.Errorf("the stalled link counts %+v", n)
	}
}

// TestBranchDrains: a branch that drains sends what was in the ring, while the others go on; the last one takes along
// what has come since.
func TestBranchDrains(t *testing.T) {
	tr := newTree(t, 2, paced(slowly, 1000))
	tr.grow(1, 2)
	var l ledger
	tr.send(50, 40)
	tr.e.Drain(branchOf(1), time.Hour, l.note)
	tr.run()
	tr.send(5, 40)
	tr.pass(100 * time.Millisecond)
	tr.got(1, upTo(0, 50))
	tr.got(2, upTo(0, 55))
	if d := cmp.Diff(ledger{{Sent: 50}}, l); d != "" {
		t.Fatalf("reports (-want +got):\n%s", d)
	}
	tr.send(8, 40)
	tr.e.Drain(branchOf(2), time.Hour, l.note)
	tr.run()
	tr.send(3, 40)
	tr.pass(100 * time.Millisecond)
	tr.got(2, upTo(55, 63))
	if d := cmp.Diff(ledger{{Sent: 50}, {Sent: 8, Dropped: 3}}, l); d != "" {
		t.Errorf("reports (-want +got):\n%s", d)
	}
	tr.e.Drain(branchOf(2), time.Hour, l.note) // Once more.
	if r := tr.cut(2, 1); r[0] != (vc.DrainReport{}) || r[1] != (vc.DrainReport{}) || len(l) != 3 {
		t.Errorf("the ends report %+v, the drains %+v", r, l)
	}
	wantDropped(t, tr.end, 3, 120)
	tr.ends()
}

// TestBranchLingers: no linger, and one that ends, drop what a branch has not sent, and that alone.
func TestBranchLingers(t *testing.T) {
	for _, row := range []struct {
		name   string
		linger time.Duration
	}{{"none", 0}, {"over", time.Nanosecond}} {
		t.Run(row.name, func(t *testing.T) {
			tr := newTree(t, 2, paced(slowly, 1000))
			tr.grow(1, 2)
			tr.send(50, 40)
			tr.pass(10 * time.Millisecond)
			tr.outs[1].room = 0
			tr.pass(20 * time.Millisecond)
			done := make(chan vc.DrainReport, 1)
			tr.e.Drain(branchOf(1), row.linger, func(r vc.DrainReport) { done <- r })
			for len(done) == 0 {
				tr.e.TurnTx(tr.now)
				tr.e.RunNotices()
			}
			r, sent := <-done, len(tr.outs[1].serials(t, 0x10064))
			if n := tr.copies(1); n.TxSDUs != uint64(sent) || n.TxDropped != r.Dropped || n.TxSDUs+n.TxDropped != n.Offered || r.Dropped < 10 {
				t.Errorf("%d sent, report %+v, copies %+v", sent, r, n)
			}
			tr.pass(100 * time.Millisecond)
			tr.got(2, upTo(0, 50))
		})
	}
}

// TestLastBranchReportsTheRest: what the client had in its ring when the last branch was cut off is reported once, and a
// branch that comes later begins afresh.
func TestLastBranchReportsTheRest(t *testing.T) {
	tr := newTree(t, 2, paced(slowly, 1000))
	tr.grow(1, 2)
	for l := 1; l <= 2; l++ {
		tr.outs[l].room = 0
	}
	queued := tr.send(math.MaxInt, 1000) // Until the ring is full, and so are the queues.
	tr.pass(time.Millisecond)
	more := tr.send(math.MaxInt, 1000)
	r := tr.cut(1, 2)
	c := traffic(t, tr.e, 1)
	if c.TxSDUs+c.TxDropped != uint64(queued+more) || r[0].Dropped != c.TxSDUs || r[1].Dropped != c.TxSDUs+c.TxDropped {
		t.Errorf("%d SDUs: reports %+v, VC counts %+v", queued+more, r, c)
	}
	tr.outs[1].room = -1
	tr.grow(1)
	first := tr.next
	tr.send(3, 40)
	tr.pass(100 * time.Millisecond)
	tr.got(1, upTo(first, first+3))
	tr.cut(1)
	tr.ends()
}

// TestMultipointRefused: which branches a VC cannot have together.
func TestMultipointRefused(t *testing.T) {
	tr := newTree(t, 2, flow(1000))
	multi := vc.BranchSpec{Send: flow(1000), Multipoint: true}
	openVC(t, tr.e, 2, vc.RingSpec{Send: flow(1000), Receive: flow(1000)})
	must(t, tr.e.Activate(vc.ID{Link: 1, VCI: 200}, 2, vc.BranchSpec{Send: flow(1000), Receive: flow(1000)}))
	must(t, tr.e.Activate(branchOf(1), 1, multi))
	must(t, tr.e.Activate(branchOf(1), 1, multi)) // Again changes nothing.
	both := multi
	both.Receive = flow(1000)
	for _, row := range []struct {
		id   vc.ID
		h    vc.Handle
		spec vc.BranchSpec
		want string
	}{
		{branchOf(2), 1, both, "receives nothing"},
		{branchOf(2), 1, vc.BranchSpec{Send: flow(1000)}, "has a branch already"},
		{branchOf(2), 2, multi, "has a branch already"},
		{branchOf(1), 2, multi, "in use"},
	} {
		if err := tr.e.Activate(row.id, row.h, row.spec); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("activate %s for VC %s: %v, want an error that says %q", row.id, row.h, err, row.want)
		}
	}
	if err := tr.e.Join(vc.ID{Link: 1, VCI: 200}, 1); err == nil {
		t.Error("a root joined a channel")
	}
	tr.cut(1)
	if err := tr.e.Activate(branchOf(1), 1, vc.BranchSpec{Send: flow(1000)}); err == nil || !strings.Contains(err.Error(), "is the root") {
		t.Errorf("a root with a branch of another kind: %v", err)
	}
	if _, ok := tr.e.Copies(vc.ID{Link: 1, VCI: 200}); ok {
		t.Error("a VC of two ends counts copies")
	}
}

// TestNoAllocsReplicating: copies cost no allocation.
func TestNoAllocsReplicating(t *testing.T) {
	if raceEnabled {
		t.Skip("a wake-up allocates where the race detector keeps functions from being inlined")
	}
	tr := newTree(t, 3, flow(1492))
	tr.grow(1, 2, 3)
	quiet := &counter{}
	for i := range tr.outs[1:] {
		tr.outs[i+1].keep = quiet
	}
	sdu := make([]byte, 500)
	batch := func() {
		for range nicio.BatchSize {
			_ = tr.end.Tx.TryPush(ring.Record{Payload: sdu})
		}
		tr.end.Tx.Flush()
		tr.run()
	}
	batch()
	if n := testing.AllocsPerRun(100, batch); n != 0 {
		t.Errorf("%v allocations a batch", n)
	}
	if quiet.frames < 3*100*nicio.BatchSize {
		t.Errorf("only %d frames were sent", quiet.frames)
	}
}
