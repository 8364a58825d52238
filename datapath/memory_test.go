package datapath_test

import (
	"runtime"
	"testing"

	"callmanager/datapath"
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

// TestVCMemory proves what a VC in use costs the datapath without its rings: the place in the table, both
// directions' state and counters, a third of it to keep what two workers write apart. A PVC that nobody uses is
// none of them.
func TestVCMemory(t *testing.T) {
	if raceEnabled {
		t.Skip("memory is measured without the race detector")
	}
	const n, most = 100_000, 2048
	e := newEngine(t, nicA, datapath.NIC{Data: &deck{}, Control: &sink{}}, macB, nil)
	before := heap()
	labels, rings, err := e.Crowd(1, 32, n, 1, 1<<20, flow(dispatchSDU))
	if err != nil {
		t.Fatal(err)
	}
	defer closeEnd(rings[0])
	ring := int64(1<<20) + 1<<16 // and that of the other direction
	cost := (heap() - before - ring - 4*n) / n
	t.Logf("%d octets a VC in use", cost)
	if len(labels) != n || cost > most {
		t.Errorf("a VC in use costs %d octets, want at most %d", cost, most)
	}
	runtime.KeepAlive(labels)
}
