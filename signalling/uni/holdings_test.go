package uni_test

import (
	"testing"
	"time"

	"callmanager/signalling/primitive"
	"callmanager/signalling/uni"
)

// TestHoldings follows what a link holds over the life of a call.
func TestHoldings(t *testing.T) {
	w := newWorld(t, 1)
	a, b := w.pair()
	up(a, b)
	w.run(time.Second)
	for _, h := range w.hosts {
		if got := h.link.Holdings(); !got.Empty() {
			t.Errorf("%s without calls: %+v", h.name, got)
		}
	}
	id := a.call(paramsTo(b.mac, bestEffort))
	want := uni.Holdings{Calls: 1, References: 1, Channels: 1, Pending: 1, Timers: 1, Unacked: 1}
	if got := a.link.Holdings(); got != want {
		t.Errorf("calling: %+v, want %+v", got, want)
	}
	w.run(500 * time.Millisecond)
	b.ask(primitive.AcceptReq{Call: last[primitive.SetupInd](b).Call, VC: 7, Params: paramsTo(b.mac, bestEffort)})
	w.run(10 * time.Second)
	for _, h := range w.hosts {
		if got := h.link.Holdings(); got != (uni.Holdings{Calls: 1, References: 1, Channels: 1}) || got.Empty() {
			t.Errorf("%s with an active call: %+v", h.name, got)
		}
	}
	a.ask(primitive.ReleaseReq{Call: id, Cause: cause(16)})
	w.run(10 * time.Second)
	for _, h := range w.hosts {
		if got := h.link.Holdings(); !got.Empty() || got.Defects+got.SequenceErrors > 0 {
			t.Errorf("%s after the call: %+v", h.name, got)
		}
	}
}
