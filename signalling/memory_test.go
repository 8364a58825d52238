package signalling_test

import (
	"fmt"
	"runtime"
	"testing"

	"callmanager/signalling"
	"callmanager/signalling/cm"
	"callmanager/signalling/sim"
	"callmanager/vc"
)

// heap returns the octets in use, when all garbage is gone.
func heap() int64 {
	var s runtime.MemStats
	for range 2 { // what finalizers hold goes with the second
		runtime.GC()
	}
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}

// mostIdle is what an idle VC may cost in octets, in all.
const mostIdle = 1024

// manyPVCs are PVCs of link a, on all its paths.
func manyPVCs(n int) []cm.PVC {
	const onPath = 60_000
	pvcs := make([]cm.PVC, n)
	for i := range pvcs {
		pvcs[i] = cm.PVC{Link: "a", VPI: vc.VPI(i / onPath), VCI: vc.VCI(32 + i%onPath), Contract: vc.Contract{
			Category: vc.CBR, Forward: vc.Flow{PCR: 1, MaxSDU: 48}, Backward: vc.Flow{PCR: 1, MaxSDU: 48},
		}}
	}
	return pvcs
}

// crowd is how many VCs are measured. The race detector would make it less, and what they cost more.
func crowd(t *testing.T) int {
	t.Helper()
	if raceEnabled {
		t.Skip("memory is measured without the race detector")
	}
	return 100_000
}

// TestIdlePVCMemory proves what a PVC that nobody uses costs the call manager, on its link and in the client
// model. The datapath knows it only while it is in use.
func TestIdlePVCMemory(t *testing.T) {
	n := crowd(t)
	pvcs := manyPVCs(n) // the configuration, which is the daemon's anyway
	before := heap()
	h := hostWithPVCs(t, pvcs)
	free := awaitPVCs(t, h, n)
	// The next inputs, of which a link in use has some a second, give back what the burst took.
	for range 2 {
		h.LinkStatus(1, portUp)
		if _, _, err := h.Links(t.Context(), "", 0); err != nil {
			t.Fatal(err)
		}
	}
	cost := (heap() - before) / int64(n)
	t.Logf("%d octets an idle PVC", cost)
	if free != n || cost > mostIdle {
		t.Errorf("an idle PVC costs %d octets, want at most %d; %d are admitted", cost, mostIdle, free)
	}
	runtime.KeepAlive(pvcs)
}

// TestIdleVCMemory proves what a VC of a client costs that has no call, and that nothing is left of many. Its rings
// are made with its call.
func TestIdleVCMemory(t *testing.T) {
	n := crowd(t)
	before := heap()
	m, create := clientWithVCs(n)
	cost := (heap() - before) / int64(n)
	t.Logf("%d octets an idle VC", cost)
	if got := m.Counts().VCs; got != n || cost > mostIdle {
		t.Errorf("an idle VC costs %d octets, want at most %d; there are %d", cost, mostIdle, got)
	}
	if effects := m.Request(1, create); effects[0].Event.(cm.Reply).Status != cm.Resources {
		t.Errorf("beyond the limit: %+v", effects[0])
	}
	m.Detach(1)
	if left := m.Counts(); left.VCs != 0 || left.Handles != 0 {
		t.Errorf("left are %+v", left)
	}
}

// clientWithVCs is a client model with so many VCs of client 1, which are all that it may have, and the request
// for another.
func clientWithVCs(n int) (*cm.Machine, cm.Request) {
	m := cm.New(cm.Config{Limits: cm.Limits{VCs: n, UserVCs: n}})
	m.Attach(1, cm.Credentials{})
	m.Request(1, cm.OpenAF{Request: 1, Major: cm.MajorVersion})
	var create cm.Request = cm.CreateVC{Request: 2} // one box for all
	for range n {
		m.Request(1, create)
	}
	return m, create
}

// BenchmarkVCAmong measures CreateVC and DeleteVC beside few and many other VCs.
func BenchmarkVCAmong(b *testing.B) {
	for _, n := range []int{1_000, 900_000} {
		b.Run(fmt.Sprintf("vcs=%d", n), func(b *testing.B) {
			m, create := clientWithVCs(n)
			handle := vc.Handle(1<<32 | 1)
			b.ReportAllocs()
			for b.Loop() {
				m.Request(1, cm.DeleteVC{Request: 2, VC: handle})
				handle = m.Request(1, create)[0].Event.(cm.Reply).Handle
			}
		})
	}
}

// portUp is the state of the port of the measured link.
var portUp = vc.LinkStatus{Up: true, MAC: macA, MaxSDU: 1492, Speed: 10e9}

// hostWithPVCs starts a manager with one link, a, that has them.
func hostWithPVCs(t *testing.T, pvcs []cm.PVC) *signalling.Manager {
	t.Helper()
	wire := sim.NewWire(0, 0, 1)
	m, err := signalling.New(signalling.Config{
		Plane: sim.NewPlane(0), PVCs: pvcs,
		Links: []signalling.LinkConfig{{ID: 1, Name: "a", Interface: "a0", Peer: macB, Mode: "frame", Capacity: 10e9, Channel: wire.A()}},
	})
	if err != nil {
		t.Fatal(err)
	}
	m.Start()
	m.LinkStatus(1, portUp)
	t.Cleanup(func() { _ = m.Close() })
	return m
}

// awaitPVCs waits until as many PVCs are idle, for as long as there is progress, and returns how many are.
func awaitPVCs(t *testing.T, m *signalling.Manager, want int) int {
	t.Helper()
	for last := -1; ; {
		idle := 0
		for after, more := "", true; more; more = after != "" {
			rows, next, err := m.PVCs(t.Context(), after, 0)
			if err != nil {
				t.Fatal(err)
			}
			for i := range rows {
				if rows[i].State == cm.PVCIdle {
					idle++
				}
			}
			after = next
		}
		if idle == want || idle == last {
			return idle
		}
		last = idle
	}
}
