package datapath_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callmanager/datapath"
	"callmanager/datapath/ring"
	"callmanager/nicio/mem"
	"callmanager/vc"
)

// grove is a running engine with links 1 to n, each a wire of its own in memory with an engine at the other end.
func grove(tb testing.TB, links int) (root *datapath.Engine, leaves []*datapath.Engine) {
	tb.Helper()
	name := func(i int) string { return fmt.Sprintf("eth%d", i) }
	var nics []datapath.NIC
	for i := range links {
		w := mem.New(mem.Config{Seed: uint64(i + 1)})
		nics = append(nics, station(tb, w, macA))
		leaf := newEngine(tb, nicB, station(tb, w, macB), macA, nil)
		leaf.Start()
		leaves = append(leaves, leaf)
	}
	root = newEngine(tb, name(1), nics[0], macB, func(c *datapath.Config) {
		for i := 1; i < links; i++ {
			c.Links = append(c.Links, datapath.LinkConfig{ID: vc.LinkID(i + 1), Name: name(i + 1), Interface: name(i + 1), Peer: macB})
			c.NICs[name(i+1)] = nics[i]
		}
	})
	root.Start()
	return root, leaves
}

// openLeaf opens the receive side of a branch at its other end.
func openLeaf(tb testing.TB, e *datapath.Engine, f vc.Flow) *ring.Endpoint {
	tb.Helper()
	end := openVC(tb, e, 1, vc.RingSpec{Receive: f})
	must(tb, e.Activate(vc.ID{Link: 1, VCI: 100}, 1, vc.BranchSpec{Receive: f}))
	return end
}

// TestBranchesComeAndGo has two of four branches join and leave while data flows. The other two get each SDU once and in
// order; those that come and go get a run without a gap each time.
func TestBranchesComeAndGo(t *testing.T) {
	const stays, sdus, joins = 2, 6000, 12
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	root, leaves := grove(t, 4)
	f := paced(100000, 1000) // A flood would overrun the ports, as on a NIC.
	end := openVC(t, root, 1, vc.RingSpec{Send: f})
	spec := vc.BranchSpec{Category: vc.CBR, Send: f, Multipoint: true}
	enter := func(link int) {
		must(t, root.Activate(branchOf(link), 1, spec))
		root.OpenTransmit(branchOf(link))
	}
	var work, moving sync.WaitGroup
	var received [stays]atomic.Int64
	stop, halt := context.WithCancel(ctx)
	for i, leaf := range leaves {
		sink := openLeaf(t, leaf, f)
		if i < stays {
			enter(i + 1)
			work.Go(func() {
				buf, want := make([]byte, 1000), 0
				for first := true; want < sdus; want++ {
					n, _, err := sink.Receive(ctx, buf)
					if first && err == nil && i > 0 { // Nothing is sent before the first branch is open; it may be before the next.
						want = int(binary.BigEndian.Uint32(buf[:n]))
					}
					first = false
					received[i].Add(1)
					if err != nil || int(binary.BigEndian.Uint32(buf[:n])) != want {
						t.Errorf("link %d: SDU %d, %v, want %d", i+1, binary.BigEndian.Uint32(buf), err, want)
						cancel()
						return
					}
				}
			})
			continue
		}
		moving.Go(func() {
			var got []int
			for join := range joins {
				enter(i + 1)
				buf := make([]byte, 1000)
				for range 20 + 7*join { // Until the source ends, at the latest.
					n, _, err := sink.Receive(stop, buf)
					if err != nil {
						break
					}
					got = append(got, int(binary.BigEndian.Uint32(buf[:n])))
				}
				gone := make(chan vc.DrainReport, 1)
				if join%2 == 0 {
					root.Drain(branchOf(i+1), patience, func(vc.DrainReport) {
						root.Deactivate(branchOf(i+1), false, func(r vc.DrainReport) { gone <- r })
					})
				} else {
					root.Deactivate(branchOf(i+1), false, func(r vc.DrainReport) { gone <- r })
				}
				<-gone
			}
			gaps := 0
			for k := 1; k < len(got); k++ {
				if got[k] <= got[k-1] {
					t.Errorf("link %d: SDU %d after %d", i+1, got[k], got[k-1])
				} else if got[k] != got[k-1]+1 {
					gaps++
				}
			}
			if len(got) == 0 || gaps >= joins {
				t.Errorf("link %d: %d SDUs with %d gaps in %d runs", i+1, len(got), gaps, joins)
			}
		})
	}
	for n := range sdus {
		if err := end.Send(ctx, ring.Record{Payload: sduOf(n, 4+n*131%990)}); err != nil {
			t.Errorf("send %d: %v", n, err)
			break
		}
	}
	work.Wait()
	halt()
	moving.Wait()
	if tr := traffic(t, root, 1); tr.TxSDUs != sdus || tr.TxDropped != 0 {
		t.Errorf("the VC counts %+v", tr)
	}
	for l := 1; l <= stays; l++ {
		drained := make(chan struct{})
		root.Drain(branchOf(l), patience, func(vc.DrainReport) { close(drained) })
		<-drained
		if n, ok := root.Copies(branchOf(l)); !ok || n.Offered != uint64(received[l-1].Load()) || n.TxSDUs != n.Offered || n.TxDropped != 0 {
			t.Errorf("link %d counts %+v and has received %d", l, n, received[l-1].Load())
		}
	}
}

// TestReplicatedConservation floods a VC with branches that come and go, over links one of which is narrow: each SDU
// that the client has sent is counted on the VC, and on each link what its branch was offered is sent or dropped.
func TestReplicatedConservation(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	root, leaves := grove(t, 3)
	root.SetLineOf(3, 20e6)
	f := vc.Flow{PCR: 200000, MaxSDU: 1000}
	end := openVC(t, root, 1, vc.RingSpec{Send: f})
	var drained, sinks sync.WaitGroup
	stop, halt := context.WithCancel(ctx)
	for _, leaf := range leaves {
		sink := openLeaf(t, leaf, flow(1000))
		sinks.Go(func() { sinkAll(stop, sink, func(ring.Record) {}) })
	}
	var sent uint64
	drained.Go(func() {
		for n := range 15000 {
			if end.Send(ctx, ring.Record{Payload: sduOf(n, 900)}) != nil {
				return
			}
			sent++
		}
	})
	for l := 1; l <= 3; l++ {
		must(t, root.Activate(branchOf(l), 1, vc.BranchSpec{Category: vc.UBR, Send: f, Multipoint: true}))
		root.OpenTransmit(branchOf(l))
	}
	drained.Wait()
	offered := make([]vc.Copies, 4)
	for l := 1; l <= 3; l++ {
		done := make(chan struct{})
		linger := patience
		if l == 3 {
			linger = 0 // Its queue would take a while.
		}
		root.Drain(branchOf(l), linger, func(vc.DrainReport) { close(done) })
		<-done
		offered[l], _ = root.Copies(branchOf(l))
		if n := offered[l]; n.TxSDUs+n.TxDropped != n.Offered {
			t.Errorf("link %d: %+v does not add up", l, n)
		}
		c := countsOf(root, vc.LinkID(l))
		dropped := c["tx_drop_behind"] + c["tx_drop_unsent"]
		if c["tx_sdus"] != offered[l].TxSDUs || dropped < offered[l].TxDropped {
			t.Errorf("link %d has sent %d and dropped %d, its branch %+v", l, c["tx_sdus"], dropped, offered[l])
		}
	}
	tr := traffic(t, root, 1)
	if tr.TxSDUs+tr.TxDropped != sent || offered[3].TxDropped == 0 {
		t.Errorf("%d sent by the client, the VC counts %+v, the narrow branch %+v", sent, tr, offered[3])
	}
	halt()
	sinks.Wait()
}

// TestReplicatingVCCloses: a VC that is closed while its client floods it leaves nothing, with its branches still open or
// not.
func TestReplicatingVCCloses(t *testing.T) {
	root, _ := grove(t, 2)
	for round := range 6 {
		h := vc.Handle(round + 1)
		f := flow(1000)
		end := openVC(t, root, h, vc.RingSpec{Send: f})
		for l := 1; l <= 2; l++ {
			must(t, root.Activate(branchOf(l), h, vc.BranchSpec{Category: vc.UBR, Send: f, Multipoint: true}))
			root.OpenTransmit(branchOf(l))
		}
		for n := range 300 {
			_ = end.Tx.TryPush(ring.Record{Payload: sduOf(n, 700)})
		}
		end.Tx.Flush()
		gone := make(chan struct{}, 2)
		if round%2 == 0 {
			for l := 1; l <= 2; l++ {
				root.Deactivate(branchOf(l), false, func(vc.DrainReport) { gone <- struct{}{} })
			}
			<-gone
			<-gone
		}
		root.EndVC(h)
		root.CloseVC(h)
		awaitNothing(t, root)
	}
}

// awaitNothing waits until an engine holds nothing.
func awaitNothing(t *testing.T, e *datapath.Engine) {
	t.Helper()
	for limit := time.Now().Add(patience); ; {
		circuits, branches := e.Held()
		if circuits+branches == 0 {
			return
		}
		if time.Now().After(limit) {
			t.Fatalf("left: %d VCs, %d branches", circuits, branches)
		}
		runtime.Gosched()
	}
}

// TestCloseWhileReplicating closes engines whose VCs replicate, drain and lose branches at that moment.
func TestCloseWhileReplicating(t *testing.T) {
	for round := range 4 {
		root, leaves := grove(t, 3)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		var work sync.WaitGroup
		moved := make(chan struct{}, 64)
		for _, leaf := range leaves {
			sink := openLeaf(t, leaf, flow(1000))
			work.Go(func() {
				buf := make([]byte, 1000)
				for {
					if _, _, err := sink.Receive(ctx, buf); err != nil {
						return
					}
					select {
					case moved <- struct{}{}:
					default:
					}
				}
			})
		}
		end := openVC(t, root, 1, vc.RingSpec{Send: flow(1000)})
		for l := 1; l <= 3; l++ {
			must(t, root.Activate(branchOf(l), 1, vc.BranchSpec{Category: vc.UBR, Send: flow(1000), Multipoint: true}))
			root.OpenTransmit(branchOf(l))
		}
		work.Go(func() {
			for n := 0; end.Send(ctx, ring.Record{Payload: sduOf(n, 300)}) == nil; n++ {
			}
		})
		<-moved
		done := make(chan struct{}, 3)
		note := func(vc.DrainReport) { done <- struct{}{} }
		for l := 1; l <= 3; l++ {
			switch (l + round) % 3 {
			case 0:
				root.Deactivate(branchOf(l), true, note)
			case 1:
				root.Drain(branchOf(l), time.Hour, note)
			default:
				root.Drain(branchOf(l), time.Nanosecond, note)
			}
		}
		for _, e := range slices.Insert(slices.Clone(leaves), round%2, root) {
			must(t, e.Close())
		}
		for range 3 {
			<-done
		}
		cancel()
		work.Wait()
		if circuits, branches, polled := root.Left(); circuits+branches+polled != 0 {
			t.Errorf("left: %d VCs, %d branches, %d doorbells", circuits, branches, polled)
		}
	}
}
