package datapath_test

import (
	"errors"
	"net"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callmanager/datapath/ring"
	"callmanager/vc"
)

// TestKeepVC has one pair of rings serve VC after VC: each sends what its client put in, and nothing of the one
// before.
func TestKeepVC(t *testing.T) {
	e, out := newSender(t, nil)
	f := flow(1000)
	spec := vc.RingSpec{Send: f, Receive: f}
	ports, err := e.OpenVC(1, spec)
	must(t, err)
	end, err := ring.Open(ring.Descriptors{Memory: dup(t, ports.Memory.Fd()), Doorbell: dup(t, ports.Doorbell.Fd())})
	must(t, err)
	must(t, ports.Close())
	const rounds = 5
	for h := vc.Handle(1); h <= rounds; h++ {
		must(t, e.Activate(id(100), h, vc.BranchSpec{Send: f, Receive: f}))
		e.OpenTransmit(id(100))
		e.TurnTx(0)
		must(t, end.Send(t.Context(), ring.Record{Payload: sduOf(int(h), 40)}))
		turns(e, 0, time.Millisecond)
		// This one comes too late, and stays in the ring.
		deactivate(t, e, id(100), nicA)
		must(t, end.Send(t.Context(), ring.Record{Payload: sduOf(77, 40)}))
		e.EndVC(h)
		e.KeepVC(h)
		if _, ok := e.Traffic(h); ok {
			t.Errorf("VC %d has counters after its end", h)
		}
		end.Retire()
		next := spec
		next.Kept = h
		ports, err := e.OpenVC(h+1, next)
		must(t, err)
		if !ports.None() {
			t.Error("kept rings come with descriptors")
		}
		end, err = end.Renew()
		must(t, err)
	}
	var want, got [][]byte
	for h := range rounds {
		want = append(want, sduOf(h+1, 40))
	}
	for _, frame := range out.frames {
		got = append(got, frame[len(frame)-40:])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	must(t, end.Close())
}

// TestKeepVCErrors asks for rings that are not kept.
func TestKeepVCErrors(t *testing.T) {
	e, _ := newSender(t, nil)
	f := flow(1000)
	spec := vc.RingSpec{Send: f, Receive: f}
	openVC(t, e, 1, spec)
	openVC(t, e, 2, spec)
	spec.Kept = 1
	if _, err := e.OpenVC(3, spec); !errors.Is(err, net.ErrClosed) {
		t.Errorf("rings in use: %v", err)
	}
	e.KeepVC(1)
	e.KeepVC(1)
	if _, err := e.OpenVC(2, spec); err == nil {
		t.Error("a handle is used twice")
	}
	if _, err := e.OpenVC(3, spec); !errors.Is(err, net.ErrClosed) {
		t.Errorf("rings that were lost with a refusal: %v", err)
	}
	e.KeepVC(2)
	e.CloseVC(2)
	spec.Kept = 2
	if _, err := e.OpenVC(3, spec); !errors.Is(err, net.ErrClosed) {
		t.Errorf("rings that were given back: %v", err)
	}
	if circuits, branches, polled := e.Left(); circuits+branches+polled != 0 {
		t.Errorf("left: %d VCs, %d branches, %d doorbells", circuits, branches, polled)
	}
}
