package datapath_test

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"callmanager/datapath"
	"callmanager/datapath/frame"
	"callmanager/datapath/ring"
	"callmanager/nicio"
	"callmanager/nicio/mem"
	"callmanager/vc"
)

// endCall ends VC 1 of a host in order, with the test as its workers, each of whose steps takes a
// millisecond. Before each step of the receive worker it calls more, which may end the test.
func endCall(e *datapath.Engine, more func()) {
	gone := false
	e.Deactivate(id(100), true, func(vc.DrainReport) { gone = true })
	for start := time.Now(); !gone; time.Sleep(time.Millisecond) {
		synctest.Wait()
		e.TurnTx(int64(time.Since(start)))
		synctest.Wait()
		more()
		e.StepRx(nicB)
		e.RunNotices()
	}
}

// TestEndWaitsForWorker: what has arrived is taken in before the end of a call, however late the worker
// comes to it.
func TestEndWaitsForWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t)
		near, far := open(t, p.a, 1, 100, flow(1000)), open(t, p.b, 1, 100, flow(1000))
		push(t, near, sduOf(1, 40), ring.Meta{})
		p.a.TurnTx(0)
		stands := true
		endCall(p.b, func() {
			if stands {
				time.Sleep(500 * time.Millisecond)
				stands = false
			}
		})
		if sdu, _, ok := pull(far); !ok || !bytes.Equal(sdu, sduOf(1, 40)) {
			t.Errorf("the client got %x, %t", sdu, ok)
		}
	})
}

// An uncounted port cannot tell how many frames it holds.
type uncounted struct{ nicio.Port }

// TestEndInFlood: a socket that does not become empty does not hold up the end of a call. What it held is
// taken, twice, and where nobody can tell how much that was, as much as it may be.
func TestEndInFlood(t *testing.T) {
	for _, tt := range []struct {
		name        string
		wrap        func(nicio.Port) nicio.Port
		least, most int
	}{
		{"counted", func(p nicio.Port) nicio.Port { return p }, 2, 12},
		{"uncounted", func(p nicio.Port) nicio.Port { return uncounted{p} }, datapath.QuiesceFrames / nicio.BatchSize, datapath.QuiesceFrames/nicio.BatchSize + 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { endInFlood(t, tt.wrap, tt.least, tt.most) })
		})
	}
}

// endInFlood ends a call between so many looks at a socket that holds four batches and gets one more a look.
func endInFlood(t *testing.T, wrap func(nicio.Port) nicio.Port, least, most int) {
	t.Helper()
	w := mem.New(mem.Config{})
	given := station(t, w, macB)
	given.Data = wrap(given.Data)
	e := newEngine(t, nicB, given, macA, nil)
	near := open(t, e, 1, 100, flow(1000))
	peer, err := w.Open(nicio.MAC(macA), nicio.Config{})
	must(t, err)
	batch := make([]nicio.TxFrame, nicio.BatchSize)
	for i := range batch {
		batch[i].Head = ether(macB, macA, mpls(frame.Signalling+1, frame.NewWord(0, 40, 0), sduOf(1, 40)))
	}
	for range 3 {
		_, err := peer.WriteBatch(batch)
		must(t, err)
	}
	_, err = peer.WriteBatch([]nicio.TxFrame{{
		Head: ether(macB, macA, mpls(frame.LabelOf(0, 100), frame.NewWord(0, 40, 1), sduOf(1, 40))),
	}})
	must(t, err)
	looks := 0
	endCall(e, func() {
		looks++
		_, err := peer.WriteBatch(batch)
		must(t, err)
	})
	if looks < least || looks > most {
		t.Errorf("the call ended after %d looks, want %d to %d", looks, least, most)
	}
	if sdu, _, ok := pull(near); !ok || !bytes.Equal(sdu, sduOf(1, 40)) {
		t.Errorf("the client got %x, %t", sdu, ok)
	}
}
