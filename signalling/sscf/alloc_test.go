package sscf_test

import (
	"testing"

	"callmanager/signalling/sscf"
	"callmanager/signalling/sscop"
)

// exchange carries PDUs between two entities until both are silent. A PDU is valid until its sender
// is called again, so each is copied to memory that is used again.
type exchange struct {
	a, b  *sscf.Entity
	pdus  [2][][]byte
	store [2][]byte
	inds  int
}

func (x *exchange) collect(side int, effects []sscf.Effect) {
	for i := range effects {
		if effects[i].Kind == sscf.SendPDU {
			start := len(x.store[side])
			x.store[side] = append(x.store[side], effects[i].PDU...)
			x.pdus[side] = append(x.pdus[side], x.store[side][start:])
		}
		if effects[i].Kind == sscf.DataInd {
			x.inds++
		}
	}
}

func (x *exchange) pump() {
	for len(x.pdus[0])+len(x.pdus[1]) > 0 {
		for side, to := range []*sscf.Entity{x.b, x.a} {
			for _, pdu := range x.pdus[side] {
				x.collect(1-side, to.Receive(pdu))
			}
			x.pdus[side], x.store[side] = x.pdus[side][:0], x.store[side][:0]
		}
	}
}

func newExchange(tb testing.TB) *exchange {
	tb.Helper()
	x := &exchange{a: sscf.New(sscop.Config{}), b: sscf.New(sscop.Config{})}
	x.collect(0, x.a.Establish())
	x.pump()
	if !x.a.Up() || !x.b.Up() {
		tb.Fatalf("%v, %v", x.a.State(), x.b.State())
	}
	return x
}

// TestNoAllocs: in steady state an SDU costs no allocation: queueing, sending, delivery, POLL, STAT
// and acknowledgement included.
func TestNoAllocs(t *testing.T) {
	x := newExchange(t)
	sdu := make([]byte, 100)
	run := func() {
		for range 25 {
			x.collect(0, x.a.Data(sdu))
			x.pump()
		}
	}
	for range 10 {
		run()
	}
	if got := testing.AllocsPerRun(100, run); got != 0 {
		t.Errorf("%v allocations for 25 SDUs", got)
	}
	if x.a.Unacked() != 0 || x.inds < 25*100 {
		t.Errorf("%d unacknowledged, %d delivered", x.a.Unacked(), x.inds)
	}
}

// BenchmarkSDU carries one SDU from end to end, with its share of POLL and STAT.
func BenchmarkSDU(b *testing.B) {
	for _, size := range []struct {
		name   string
		octets int
	}{{"octets=100", 100}, {"octets=4096", 4096}} {
		b.Run(size.name, func(b *testing.B) {
			x := newExchange(b)
			sdu := make([]byte, size.octets)
			b.SetBytes(int64(size.octets))
			b.ReportAllocs()
			for b.Loop() {
				x.collect(0, x.a.Data(sdu))
				x.pump()
			}
		})
	}
}
