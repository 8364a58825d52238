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

// A policer is the virtual scheduling form of one or two GCRAs in exact fractions, as TM 4.1 Annex
// C draws it: an independent judge of what the worker sends. All cells of a frame arrive at once, so
// the frame is judged at its first.
type policer struct {
	rules []gcra
	cells int64
}

// A gcra is GCRA(increment, tau), in nanoseconds.
type gcra struct{ increment, tau, tat *big.Rat }

// newPolicer judges by the peak cell rate and, if the flow has one, the sustainable cell rate with
// the burst tolerance (MBS-1)(1/SCR - 1/PCR). Each has the worker's tolerance besides.
func newPolicer(f vc.Flow) *policer {
	each := func(r vc.CellRate) *big.Rat { return big.NewRat(int64(time.Second), int64(r)) }
	tau := big.NewRat(int64(datapath.BurstTolerance), 1)
	p := &policer{rules: []gcra{{each(f.PCR), tau, new(big.Rat)}}}
	if f.SCR != 0 {
		burst := new(big.Rat).Sub(each(f.SCR), each(f.PCR))
		burst.Mul(burst, big.NewRat(int64(f.MBS)-1, 1))
		p.rules = append(p.rules, gcra{each(f.SCR), burst.Add(burst, tau), new(big.Rat)})
	}
	return p
}

// arrive judges a frame of so many cells and reports whether it conforms.
func (p *policer) arrive(now int64, cells int) bool {
	at := new(big.Rat).SetInt64(now)
	for _, g := range p.rules {
		if new(big.Rat).Sub(g.tat, g.tau).Cmp(at) > 0 {
			return false
		}
	}
	for _, g := range p.rules {
		if g.tat.Cmp(at) < 0 {
			g.tat.Set(at)
		}
		g.tat.Add(g.tat, new(big.Rat).Mul(g.increment, big.NewRat(int64(cells), 1)))
	}
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
			judge := newPolicer(paced(row.pcr, 1492))
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

// TestPacingToASustainableRate sends full rings under VBR contracts: a burst at the peak rate, then
// the sustainable rate, then, after a pause, the burst again. An independent judge of both rates
// finds no frame too early, and at least 99 % of what the contract allows is used.
func TestPacingToASustainableRate(t *testing.T) {
	for _, row := range []struct {
		flow vc.Flow
		sdu  int
		late time.Duration
		span time.Duration
	}{
		{flow: vc.Flow{PCR: 1000, SCR: 100, MBS: 500}, sdu: 40, span: 20 * time.Second},
		{flow: vc.Flow{PCR: 353207, SCR: 35320, MBS: 3200}, sdu: 1492, late: 300 * time.Microsecond, span: 400 * time.Millisecond},
		{flow: vc.Flow{PCR: 353207, SCR: 353206, MBS: 1}, sdu: 1492, late: 300 * time.Microsecond, span: 100 * time.Millisecond},
		{flow: vc.Flow{PCR: 2604167, SCR: 1000, MBS: 20000}, sdu: 1492, late: 300 * time.Microsecond, span: time.Second},
	} {
		f := row.flow
		f.MaxSDU = 1492
		t.Run(fmt.Sprintf("pcr=%d/scr=%d/mbs=%d", f.PCR, f.SCR, f.MBS), func(t *testing.T) {
			e, out := newSender(t, nil)
			end := open(t, e, 1, 100, f)
			judge := newPolicer(f)
			rng := rand.New(rand.NewPCG(3, uint64(f.PCR)))
			sdu := make([]byte, row.sdu)
			run := func(from int64) {
				for now := from; now <= from+int64(row.span); {
					for end.Tx.Writable(row.sdu) {
						push(t, end, sdu, ring.Meta{})
					}
					next := e.TurnTx(now)
					for range out.frames {
						if !judge.arrive(now, f.Charge(row.sdu)) {
							t.Fatalf("after %d cells a frame at %v exceeds the contract", judge.cells, time.Duration(now))
						}
					}
					out.frames = out.frames[:0]
					now = max(next, now+1)
					if row.late > 0 && next > 0 {
						now += rng.Int64N(int64(row.late))
					}
				}
			}
			run(0)
			burst := float64(f.MBS)
			want := min(float64(f.SCR)*row.span.Seconds()+burst*float64(f.PCR-f.SCR)/float64(f.PCR), float64(f.PCR)*row.span.Seconds())
			if got := float64(judge.cells); got < 0.99*want {
				t.Errorf("%.0f cells were sent, of %.0f", got, want)
			}
			// After as long a pause as the burst needs, it is there again.
			pause := int64(float64(time.Second)*burst/float64(f.SCR)) + int64(time.Second)
			before := judge.cells
			run(int64(row.span) + pause)
			if got := float64(judge.cells - before); got < 0.99*want {
				t.Errorf("%.0f cells were sent after a pause, of %.0f", got, want)
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
	judge := newPolicer(paced(pcr, sdu))
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
		ends[l], judges[l] = open(t, e, vc.Handle(vci), vci, paced(pcr, 1000)), newPolicer(paced(pcr, 1000))
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

// TestPaceIsTheGCRA compares the leaky buckets with the virtual scheduling algorithm, decision by
// decision, for rates and bursts of every size and years of pauses.
func TestPaceIsTheGCRA(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawFlow(t)
		var p datapath.Pace
		p.Set(f)
		judge := newPolicer(f)
		now := int64(0)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now += rapid.Int64Range(0, int64(365*24*time.Hour)).Draw(t, "pause") >> rapid.IntRange(0, 55).Draw(t, "scale")
			cells := rapid.IntRange(1, 1366).Draw(t, "cells")
			mine := p.Conforms(now)
			if theirs := judge.arrive(now, cells); mine != theirs {
				t.Fatalf("at %d: buckets say %v, virtual scheduling %v", now, mine, theirs)
			}
			if mine {
				p.Send(now, cells)
			} else if rapid.Bool().Draw(t, "wait") {
				at := p.Ready()
				if at <= now || !p.Conforms(at) {
					t.Fatalf("at %d the flow is said to be ready at %d, and is not", now, at)
				}
				now = at
			}
		}
	})
}

// drawFlow draws the rates of a flow, of the whole range that a descriptor has and near its ends.
func drawFlow(t *rapid.T) vc.Flow {
	rate := func(name string, most vc.CellRate) vc.CellRate {
		r := rapid.Uint32Range(0, uint32(most)-1).Draw(t, name) >> rapid.IntRange(0, 23).Draw(t, name+" scale")
		if rapid.Bool().Draw(t, name+" from the top") {
			return most - vc.CellRate(r)
		}
		return 1 + vc.CellRate(r)
	}
	f := vc.Flow{PCR: rate("PCR", vc.MaxCellRate), MaxSDU: vc.MaxSDULen}
	if rapid.Bool().Draw(t, "VBR") {
		f.SCR, f.MBS = rate("SCR", f.PCR), uint32(rate("MBS", vc.MaxCellRate))
	}
	return f
}

// TestPaceIsExactForDays spends a burst to the last cell and goes on at the sustainable rate for
// days: the cell that must wait, and the one that need not, are the same all the time.
func TestPaceIsExactForDays(t *testing.T) {
	for _, f := range []vc.Flow{
		{PCR: vc.MaxCellRate, SCR: vc.MaxCellRate - 1, MBS: 1<<24 - 1},
		{PCR: vc.MaxCellRate, SCR: 1, MBS: 1<<24 - 1},
		{PCR: 7, SCR: 3, MBS: 5},
		{PCR: 1, SCR: 1, MBS: 1},
		{PCR: 1},
		{PCR: vc.MaxCellRate},
	} {
		t.Run(fmt.Sprintf("pcr=%d/scr=%d/mbs=%d", f.PCR, f.SCR, f.MBS), func(t *testing.T) {
			var p datapath.Pace
			p.Set(f)
			judge := newPolicer(f)
			const cells = 1366
			for now, n := int64(0), 0; n < 4000; n++ {
				for p.Conforms(now) {
					if !judge.arrive(now, cells) {
						t.Fatalf("frame %d at %v conforms to the buckets alone", n, time.Duration(now))
					}
					p.Send(now, cells)
				}
				if judge.arrive(now, cells) {
					t.Fatalf("frame %d at %v conforms to virtual scheduling alone", n, time.Duration(now))
				}
				now = p.Ready()
			}
		})
	}
}

// TestModificationKeepsTheDebt lowers a burst size and a rate: what the flow has sent beyond its
// tolerance is still waited for, what the old burst allowed is not.
func TestModificationKeepsTheDebt(t *testing.T) {
	for _, row := range []struct {
		name     string
		old, now vc.Flow
		burst    int // Cells sent at once before the change, one at a time.
		wait     time.Duration
	}{
		{"the burst is forgiven", vc.Flow{PCR: 1e6, SCR: 10, MBS: 100001}, vc.Flow{PCR: 1e6, SCR: 10, MBS: 1}, 50000, 0},
		{"what is beyond it is not", vc.Flow{PCR: 1000}, vc.Flow{PCR: 100}, 3, 15 * time.Millisecond},
	} {
		t.Run(row.name, func(t *testing.T) {
			var p datapath.Pace
			p.Set(row.old)
			p.Send(0, row.burst)
			now := int64(time.Second)
			if row.wait != 0 {
				now = 0
			}
			p.Conforms(now)
			p.Set(row.now)
			open := p.Conforms(now)
			if open != (row.wait == 0) {
				t.Fatalf("conforms: %v", open)
			}
			if at := time.Duration(p.Ready() - now); !open && (at < row.wait || at > row.wait+10*time.Millisecond) {
				t.Errorf("ready after %v, want about %v", at, row.wait)
			}
		})
	}
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
