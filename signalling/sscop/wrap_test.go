package sscop_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"callmanager/signalling/sscop"
)

// pair is two connections with a wire of no delay that loses PDUs.
type pair struct {
	a, b *rig
	lose func() bool
}

func newPair(tb testing.TB, cfg sscop.Config) *pair {
	tb.Helper()
	p := &pair{a: newRig(tb, cfg), b: newRig(tb, cfg), lose: func() bool { return false }}
	p.a.do(func(c *sscop.Conn) { c.Establish(nil) })
	p.pump()
	p.b.do(func(c *sscop.Conn) { c.EstablishResponse(nil) })
	p.pump()
	return p
}

// pump carries PDUs until both ends are silent, and gives credit for what was delivered.
func (p *pair) pump() {
	for len(p.a.sent)+len(p.b.sent) > 0 {
		carry(p.a, p.b, p.lose)
		carry(p.b, p.a, p.lose)
	}
}

func carry(from, to *rig, lose func() bool) {
	pdus := from.sent
	from.sent = nil
	for _, pdu := range pdus {
		if lose() {
			continue
		}
		before := len(to.sdus)
		to.recv(pdu)
		to.do(func(c *sscop.Conn) { c.Grant(len(to.sdus) - before) })
	}
}

// run lets the clock of both ends go on, in steps of 50 ms.
func (p *pair) run(d time.Duration) {
	for end := p.a.now + d; p.a.now < end; {
		p.a.run(p.a.now + 50*time.Millisecond)
		p.b.run(p.b.now + 50*time.Millisecond)
		p.pump()
	}
}

// TestWrap: sequence and poll numbers pass 2^24 in the middle of a transfer with losses, without
// anyone noticing.
func TestWrap(t *testing.T) {
	for _, before := range []int{1, 7, 40, 100} {
		t.Run(fmt.Sprint(before), func(t *testing.T) {
			p := newPair(t, sscop.Config{Window: 16, MaxSTAT: 5})
			p.run(5 * time.Second)
			p.a.c.Rebase(1<<24 - before)
			p.b.c.Rebase(1<<24 - before)
			rng := rand.New(rand.NewPCG(uint64(before), 24))
			p.lose = func() bool { return rng.IntN(8) == 0 }
			const n = 300
			for i := range n {
				p.a.data(fmt.Sprint("a", i))
				p.b.data(fmt.Sprint("b", i))
				if i%4 == 0 {
					p.pump()
				}
				if i%20 == 0 {
					p.run(200 * time.Millisecond)
				}
			}
			p.lose = func() bool { return false }
			p.run(20 * time.Second)
			for _, r := range []*rig{p.a, p.b} {
				if r.c.State() != sscop.DataTransferReady || r.c.Stats().Error(sscop.ErrLoss) == 0 {
					t.Fatalf("state %v, losses %d", r.c.State(), r.c.Stats().Error(sscop.ErrLoss))
				}
				if v := r.c.Vars(); v.S != seq(0).Add(n-before) {
					t.Errorf("VT(S) is %v", v.S)
				}
				if r.c.Unacked() != 0 || r.c.Queued() != 0 {
					t.Errorf("%d unacknowledged, %d queued", r.c.Unacked(), r.c.Queued())
				}
			}
			check(t, p.b.sdus, "a", n)
			check(t, p.a.sdus, "b", n)
		})
	}
}

func check(t *testing.T, got []string, prefix string, n int) {
	t.Helper()
	if len(got) != n {
		t.Fatalf("%d SDUs delivered, want %d", len(got), n)
	}
	for i, s := range got {
		if s != fmt.Sprint(prefix, i) {
			t.Fatalf("SDU %d is %q", i, s)
		}
	}
}

// TestWindowAcrossWrap: the cases at the edge of the window are the same when it spans 2^24.
func TestWindowAcrossWrap(t *testing.T) {
	r := reach(t, sscop.DataTransferReady, sscop.Config{Window: 10})
	r.c.Rebase(1<<24 - 4)
	base := seq(1<<24 - 4)
	give := func(n int) {
		r.recv(sscop.PDU{Type: sscop.SD, NS: base.Add(n), Data: fmt.Append(nil, n)})
	}
	give(9)  // last of the window, number 5
	give(10) // beyond
	give(2)
	r.recv(sscop.PDU{Type: sscop.POLL, NPS: seq(1), NS: base.Add(10)})
	wantSent(t, r, "USTAT N(MR)=6 N(R)=16777212 [16777212 5]; "+
		"STAT N(PS)=1 N(MR)=6 N(R)=16777212 [16777212 16777214 16777215 5 6]")
	for _, n := range []int{0, 1, 3, 4, 5, 6, 7, 8} {
		give(n)
	}
	if got := fmt.Sprint(r.sdus); got != "[0 1 2 3 4 5 6 7 8 9]" {
		t.Errorf("delivered %v", got)
	}
}
