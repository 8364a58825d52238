package datapath_test

import (
	"context"
	"encoding/binary"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"callmanager/datapath"
	"callmanager/datapath/frame"
	"callmanager/datapath/ring"
	"callmanager/nicio"
	"callmanager/nicio/mem"
	"callmanager/vc"
)

// with has the engines of a test have so many workers.
func with(tb testing.TB, n int) {
	tb.Helper()
	was := workers
	workers = n
	tb.Cleanup(func() { workers = was })
}

// TestWithManyWorkers runs what the number of workers may matter to once more with several.
func TestWithManyWorkers(t *testing.T) {
	with(t, 3)
	for name, test := range map[string]func(*testing.T){
		"allocations":        TestNoAllocs,
		"capture":            TestCapture,
		"cells":              TestCellMode,
		"cells in one frame": TestCellsOfManyVCsShareAFrame,
		"cells conserve":     TestCellsConserve,
		"conservation":       TestConservation,
		"drain":              TestDrainSendsWhatIsThere,
		"drains join":        TestDrainsJoin,
		"linger":             TestLingerEndsDrain,
		"close":              TestCloseCutsOff,
		"fan":                TestFanOut,
		"fan drops":          TestFanOutDrops,
		"fan ends":           TestFanOutEnds,
		"replicator":         TestReplicatesToEachBranch,
		"replicator drops":   TestReplicatorDrops,
		"blocked branch":     TestBlockedBranchHoldsUpNoOther,
		"equal branches":     TestBranchesWaitForEachOther,
		"unequal branches":   TestFasterBranchIsNotHeldBack,
		"branch contracts":   TestBranchesKeepTheContract,
		"branch drains":      TestBranchDrains,
		"branch lingers":     TestBranchLingers,
		"last branch":        TestLastBranchReportsTheRest,
		"branches move":      TestBranchesComeAndGo,
		"branches close":     TestCloseWhileReplicating,
		"large SDUs":         TestLargeSDUs,
		"bad wire":           TestPartsOverABadWire,
		"kept rings":         TestKeepVC,
		"end of file":        TestEndOfFile,
		"unsent":             TestDeactivateReportsWhatWasNotSent,
		"belated":            TestBelatedCommands,
		"memory":             TestCloseVCGivesMemoryBack,
		"vanished client":    TestVanishedClient,
		"quiesce":            TestEndWaitsForWorker,
		"quiesce in a flood": TestEndInFlood,
		"both ways":          TestSDUsBothWays,
		"drops":              TestReceiveDrops,
		"strangers":          TestStrangersAreDroppedUnread,
		"gaps":               TestGapsCountAsLost,
		"full ring":          TestFullRingHarmsNobodyElse,
		"echo":               TestEchoOnMemory,
		"edges":              TestEdgesOfCallsOnMemory,
		"close under load":   TestCloseUnderLoad,
		"come and go":        TestManyVCsComeAndGo,
		"idle":               TestIdleVCsWakeUp,
		"doorbells":          TestDoorbellFlood,
		"violation":          TestViolationPoisonsOneVC,
		"order":              TestConservesOrderAcrossManyVCs,
		"echo on veth":       TestEchoOnVeth,
		"edges on veth":      TestEdgesOfCallsOnVeth,
		"edges over XDP":     TestEdgesOfCallsOverXDP,
		"flood on veth":      TestFloodDelaysNoSignalling,
		"slow control":       TestEdgesOfCallsWithASlowControlPlane,
		"capacity":           TestLinkIsHeldToItsCapacity,
		"speed":              TestLinkFollowsTheSpeed,
		"back-pressure":      TestBackPressureKeepsOrder,
		"broken port":        TestBrokenPortDropsAndCounts,
		"frames":             TestTransmitDrops,
		"pacing":             TestPacingKeepsVCsApart,
	} {
		t.Run(name, test)
	}
}

func TestOrderUnderStressOnMemory(t *testing.T) { testOrder(t, onMemory) }

func TestOrderUnderStressOnVeth(t *testing.T) { testOrder(t, onVeth) }

// testOrder has many VCs send both ways at once, each with a bounded number under way, and expects the SDUs of
// each whole and in their order. Each worker has a part of it.
func testOrder(t *testing.T, join wiring) {
	t.Helper()
	const vcs, sdus, credit = 12, 1500, 48
	with(t, 3)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	a, b := join(t, nothingMore)
	var work sync.WaitGroup
	stream := func(from, to *ring.Endpoint) {
		tokens := make(chan struct{}, credit)
		work.Go(func() {
			for i := range sdus {
				select {
				case tokens <- struct{}{}:
				case <-ctx.Done():
					return
				}
				if err := from.Send(ctx, ring.Record{Payload: sduOf(i, 4+i*7919%1489)}); err != nil {
					t.Errorf("send %d: %v", i, err)
					cancel()
					return
				}
			}
		})
		work.Go(func() {
			buf := make([]byte, 1500)
			for i := range sdus {
				n, _, err := to.Receive(ctx, buf)
				if err != nil || n != 4+i*7919%1489 || binary.BigEndian.Uint32(buf) != uint32(i) {
					t.Errorf("SDU %d is %d octets, %x: %v", i, n, buf[:4], err)
					cancel()
					return
				}
				<-tokens
			}
		})
	}
	for i := range vcs {
		h, vci := vc.Handle(i+1), vc.VCI(32+i)
		near, far := open(t, a, h, vci, flow(1492)), open(t, b, h, vci, flow(1492))
		stream(near, far)
		stream(far, near)
	}
	work.Wait()
	for _, e := range []*datapath.Engine{a, b} {
		// What a client has read, its worker there and the one that sent it count a moment later.
		for limit := time.Now().Add(patience); time.Now().Before(limit); runtime.Gosched() {
			if frames, _ := framesOfWorkers(e); frames == 2*vcs*sdus && counts(e)["rx_sdus"] == vcs*sdus {
				break
			}
		}
		if c := counts(e); c["rx_sdus"] != vcs*sdus || c["rx_frames"] != vcs*sdus || sum(c, "rx_drop_")+c["rx_lost"] != 0 {
			t.Errorf("counters %v", changes(nil, c))
		}
		if frames, each := framesOfWorkers(e); len(each) != 2*workers || slices.Min(each) == 0 || frames != 2*vcs*sdus {
			t.Errorf("workers have %d frames: %v", frames, each)
		}
	}
}

// framesOfWorkers returns how many frames the workers of link 1 have received and sent, in all and each.
func framesOfWorkers(e *datapath.Engine) (all uint64, each []uint64) {
	for _, c := range e.LinkCounters(1) {
		if strings.HasPrefix(c.Name, "worker_") {
			all += c.Value
			each = append(each, c.Value)
		}
	}
	return all, each
}

// TestFrameAtAnotherWorker has a frame come to a worker that does not own its VC, as frames may while a NIC
// goes down or up: it is dropped and counted, and the VC goes on.
func TestFrameAtAnotherWorker(t *testing.T) {
	with(t, 2)
	w := mem.New(mem.Config{})
	e := newEngine(t, nicA, station(t, w, macA), macB, nil)
	end := open(t, e, 1, 100, flow(1492))
	l := frame.LabelOf(0, 100)
	sdu := sduOf(7, 100)
	b := ether(macA, macB, mpls(l, frame.NewWord(0, len(sdu), 1), sdu))
	owner := nicio.SteerFrame(b, 2)
	before := counts(e)
	e.InjectRxAt(nicA, 1-owner, b)
	got := changes(before, counts(e))
	if len(got) != 2 || got["rx_frames"] != 1 || got["rx_drop_wrong_worker"] != 1 {
		t.Errorf("counters %v", got)
	}
	if _, _, ok := pull(end); ok {
		t.Error("the frame was delivered")
	}
	e.InjectRxAt(nicA, owner, b)
	if got, _, ok := pull(end); !ok || string(got) != string(sdu) {
		t.Errorf("the next frame came as %x, %v", got, ok)
	}
	if tr := traffic(t, e, 1); tr.RxSDUs != 1 || tr.RxLost+tr.RxBad+tr.RxLate != 0 {
		t.Errorf("VC %+v", tr)
	}
}
