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

// TestEndInFlood: a socket that does not become empty does not hold up the end of a call for ever.
func TestEndInFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := mem.New(mem.Config{})
		e := newEngine(t, nicB, station(t, w, macB), macA, nil)
		open(t, e, 1, 100, flow(1000))
		peer, err := w.Open(nicio.MAC(macA), nicio.Config{})
		must(t, err)
		batch := make([]nicio.TxFrame, nicio.BatchSize)
		for i := range batch {
			batch[i].Head = ether(macB, macA, mpls(frame.Signalling+1, frame.NewWord(0, 40, 0), sduOf(1, 40)))
		}
		looks := 0
		endCall(e, func() {
			looks++
			_, err := peer.WriteBatch(batch)
			must(t, err)
		})
		if least := datapath.QuiesceFrames / len(batch); looks < least || looks > least+10 {
			t.Errorf("the call ended after %d looks, want %d", looks, least)
		}
	})
}
