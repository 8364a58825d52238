package datapath_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"callmanager/datapath"
	"callmanager/datapath/frame"
	"callmanager/datapath/ring"
	"callmanager/nicio"
	"callmanager/vc"
)

// A policer is the virtual scheduling form of GCRA(1/PCR, tau) in exact fractions, as TM 4.1 Annex
// C draws it: an independent judge of what the worker sends. All cells of a frame arrive at once,
// so the frame is judged at its first.
type policer struct {
	increment, tau, tat *big.Rat
	cells               int64
}

func newPolicer(pcr vc.CellRate) *policer {
	return &policer{
		increment: big.NewRat(int64(time.Second), int64(pcr)),
		tau:       new(big.Rat).SetInt64(int64(datapath.BurstTolerance)),
		tat:       new(big.Rat),
	}
}

// arrive judges a frame of so many cells and reports whether it conforms.
func (p *policer) arrive(now int64, cells int) bool {
	at := new(big.Rat).SetInt64(now)
	if new(big.Rat).Sub(p.tat, p.tau).Cmp(at) > 0 {
		return false
	}
	if p.tat.Cmp(at) < 0 {
		p.tat.Set(at)
	}
	p.tat.Add(p.tat, new(big.Rat).Mul(p.increment, new(big.Rat).SetInt64(int64(cells))))
	p.cells += int64(cells)
	return true
}

// TestPacing sends full rings at several rates and sizes for a time that no clock measures. No VC
// ever exceeds its contract, and each has at least 99 % of it, though the worker is called late now
// and then.
func TestPacing(t *testing.T) {
	for _, row := range []struct {
		pcr  vc.CellRate
		sdu  int
		late time.Duration // By how much the worker may be late at most.
		span time.Duration
	}{
		{pcr: 100, sdu: 40, span: 20 * time.Second},
		{pcr: 100, sdu: 1492, span: 120 * time.Second},
		{pcr: 3333, sdu: 333, late: 200 * time.Microsecond, span: 3 * time.Second},
		{pcr: 353207, sdu: 1492, late: 300 * time.Microsecond, span: 200 * time.Millisecond},
		{pcr: 353207, sdu: 40, late: 300 * time.Microsecond, span: 100 * time.Millisecond},
		{pcr: 2604167, sdu: 1492, late: 400 * time.Microsecond, span: 50 * time.Millisecond},
		{pcr: vc.MaxCellRate, sdu: 1492, late: 400 * time.Microsecond, span: 20 * time.Millisecond},
	} {
		t.Run(fmt.Sprintf("pcr=%d/sdu=%d", row.pcr, row.sdu), func(t *testing.T) {
			e, out := newSender(t, nil)
			end := open(t, e, 1, 100, paced(row.pcr, 1492))
			judge := newPolicer(row.pcr)
			rng := rand.New(rand.NewPCG(1, uint64(row.pcr)))
			sdu := make([]byte, row.sdu)
			now, turns := int64(0), 0
			for now <= int64(row.span) {
				for end.Tx.Writable(row.sdu) {
					push(t, end, sdu, ring.Meta{})
				}
				next := e.TurnTx(now)
				for range out.frames {
					if !judge.arrive(now, vc.CellsFor(row.sdu)) {
						t.Fatalf("after %d cells a frame at %v exceeds the contract", judge.cells, time.Duration(now))
					}
				}
				out.frames = out.frames[:0]
				now = max(next, now+1)
				if row.late > 0 && next > 0 {
					now += rng.Int64N(int64(row.late))
				}
				turns++
			}
			want := float64(row.pcr) * row.span.Seconds()
			if got := float64(judge.cells) / want; got < 0.99 {
				t.Errorf("%.4f of the peak cell rate was used in %d turns", got, turns)
			}
		})
	}
}

// TestPacingOfALateBatch has the worker lose its processor between its look at the clock and the port, for longer
// than the tolerance, again and again. The wire sees what leaves and when, and no look at a clock.
func TestPacingOfALateBatch(t *testing.T) {
	const (
		pcr  = 353207
		sdu  = 1492
		span = 300 * time.Millisecond
	)
	out := &lateSink{sink: sink{room: -1}, rng: rand.New(rand.NewPCG(2, 3))}
	e := newEngine(t, nicA, datapath.NIC{Data: out, Control: &sink{room: -1}}, macB, nil)
	end := open(t, e, 1, 100, paced(pcr, sdu))
	judge := newPolicer(pcr)
	for out.now < int64(span) {
		for end.Tx.Writable(sdu) {
			push(t, end, make([]byte, sdu), ring.Meta{})
		}
		next := e.TurnTxBy(func() int64 { return out.now })
		for i, at := range out.left {
			if !judge.arrive(at, vc.CellsFor(sdu)) {
				t.Fatalf("frame %d of a turn, sent at %v after %d cells, exceeds the contract", i, time.Duration(at), judge.cells)
			}
		}
		out.left = out.left[:0]
		out.now = max(next, out.now+1)
	}
	if got := float64(judge.cells) / (pcr * span.Seconds()); got < 0.6 {
		t.Errorf("%.2f of the peak cell rate was used", got)
	}
}

// A lateSink takes its time before a batch leaves, and notes when each frame did.
type lateSink struct {
	sink
	rng  *rand.Rand
	now  int64
	left []int64
}

func (s *lateSink) WriteBatch(frames []nicio.TxFrame) (int, error) {
	if s.rng.IntN(10) == 0 {
		s.now += s.rng.Int64N(int64(3 * datapath.BurstTolerance))
	}
	for range frames {
		s.now += int64(time.Microsecond)
		s.left = append(s.left, s.now)
	}
	return len(frames), nil
}

// TestPacingKeepsVCsApart has three VCs of different rates share the worker.
func TestPacingKeepsVCsApart(t *testing.T) {
	e, out := newSender(t, nil)
	rates := make(map[frame.Label]vc.CellRate)
	rates[0x10064], rates[0x10065], rates[0x10066] = 1000, 20000, 100000
	judges := make(map[frame.Label]*policer)
	ends := make(map[frame.Label]*ring.Endpoint)
	for l, pcr := range rates {
		_, vci, _ := l.Channel()
		ends[l], judges[l] = open(t, e, vc.Handle(vci), vci, paced(pcr, 1000)), newPolicer(pcr)
	}
	const span = 500 * time.Millisecond
	for now := int64(0); now < int64(span); {
		for _, end := range ends {
			for end.Tx.Writable(400) {
				push(t, end, make([]byte, 400), ring.Meta{})
			}
		}
		next := e.TurnTx(now)
		for _, f := range out.frames {
			l, _, _ := frame.DecodeLabel(f[nicio.HeaderLen:])
			if !judges[l].arrive(now, vc.CellsFor(400)) {
				t.Fatalf("label %#x exceeds its contract", l)
			}
		}
		out.frames = out.frames[:0]
		now = max(next, now+1)
	}
	for l, j := range judges {
		if got := float64(j.cells) / (float64(rates[l]) * span.Seconds()); got < 0.99 {
			t.Errorf("label %#x used %.4f of its rate", l, got)
		}
	}
}

// TestMinimumPolicedSize charges small SDUs as ones of the size that the contract names.
func TestMinimumPolicedSize(t *testing.T) {
	e, out := newSender(t, nil)
	f := paced(1000, 1000)
	f.MinPoliced = 1000
	end := open(t, e, 1, 100, f)
	for range 200 {
		push(t, end, []byte{1}, ring.Meta{})
	}
	turns(e, 0, time.Second)
	want := 1000 / vc.CellsFor(1000)
	if got := len(out.frames); got < want || got > want+1 {
		t.Errorf("%d SDUs of one octet in a second, want those of a thousand: %d", got, want)
	}
}

// TestReactivationChangesTheRate doubles a rate while the VC is sending.
func TestReactivationChangesTheRate(t *testing.T) {
	e, out := newSender(t, nil)
	end := open(t, e, 1, 100, paced(1000, 1000))
	for range 3000 {
		push(t, end, make([]byte, 40), ring.Meta{})
	}
	now := turns(e, 0, time.Second)
	first := len(out.frames)
	f := paced(2000, 1000)
	must(t, e.Activate(id(100), 1, vc.BranchSpec{Send: f, Receive: f}))
	turns(e, now, 2*time.Second)
	if second := len(out.frames) - first; first < 990 || first > 1002 || second < 1980 || second > 2004 {
		t.Errorf("%d cells in the first second and %d in the second, want 1000 and 2000", first, second)
	}
}

// TestBucketIsTheGCRA compares the leaky bucket with the virtual scheduling algorithm, decision by
// decision.
func TestBucketIsTheGCRA(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pcr := vc.CellRate(rapid.Uint32Range(1, uint32(vc.MaxCellRate)).Draw(t, "pcr"))
		var b datapath.Bucket
		b.SetRate(pcr)
		judge := newPolicer(pcr)
		now := int64(0)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now += rapid.Int64Range(0, int64(20*time.Second)).Draw(t, "pause") >> rapid.IntRange(0, 34).Draw(t, "scale")
			cells := rapid.IntRange(1, 1366).Draw(t, "cells")
			mine := b.Conforms(now)
			if theirs := judge.arrive(now, cells); mine != theirs {
				t.Fatalf("at %d: bucket says %v, virtual scheduling %v", now, mine, theirs)
			}
			if mine {
				b.Send(now, cells)
			} else if at := b.Ready(); at <= now || !b.Conforms(at) {
				t.Fatalf("at %d the flow is said to be ready at %d, and is not", now, at)
			} else {
				now = at
			}
		}
	})
}

// TestReactivationEndsAWait raises the rate of a VC that would have to wait for minutes.
func TestReactivationEndsAWait(t *testing.T) {
	e, out := newSender(t, nil)
	end := open(t, e, 1, 100, paced(1, 1492))
	for range 3 {
		push(t, end, make([]byte, 1400), ring.Meta{})
	}
	now := turns(e, 0, time.Second)
	before := len(out.frames)
	must(t, e.Activate(id(100), 1, vc.BranchSpec{Send: paced(100000, 1492)}))
	turns(e, now, 2*time.Second)
	if before != 1 || len(out.frames) != 3 {
		t.Errorf("%d frames before the change and %d after it, want 1 and 3", before, len(out.frames))
	}
}
