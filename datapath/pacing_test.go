package datapath_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"callmanager/datapath"
	"callmanager/datapath/frame"
	"callmanager/datapath/internal/gcratest"
	"callmanager/datapath/ring"
	"callmanager/nicio"
	"callmanager/vc"
)

// newJudge judges what the worker sends.
func newJudge(f vc.Flow) *gcratest.Judge { return gcratest.New(f, datapath.BurstTolerance) }

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
			judge := newJudge(paced(row.pcr, 1492))
			rng := rand.New(rand.NewPCG(1, uint64(row.pcr)))
			sdu := make([]byte, row.sdu)
			now, turns := int64(0), 0
			for now <= int64(row.span) {
				for end.Tx.Writable(row.sdu) {
					push(t, end, sdu, ring.Meta{})
				}
				next := e.TurnTx(now)
				for range out.frames {
					if !judge.Arrive(now, vc.CellsFor(row.sdu)) {
						t.Fatalf("after %d cells a frame at %v exceeds the contract", judge.Cells, time.Duration(now))
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
			if got := float64(judge.Cells) / want; got < 0.99 {
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
			judge := newJudge(f)
			rng := rand.New(rand.NewPCG(3, uint64(f.PCR)))
			sdu := make([]byte, row.sdu)
			run := func(from int64) {
				for now := from; now <= from+int64(row.span); {
					for end.Tx.Writable(row.sdu) {
						push(t, end, sdu, ring.Meta{})
					}
					next := e.TurnTx(now)
					for range out.frames {
						if !judge.Arrive(now, f.Charge(row.sdu)) {
							t.Fatalf("after %d cells a frame at %v exceeds the contract", judge.Cells, time.Duration(now))
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
			if got := float64(judge.Cells); got < 0.99*want {
				t.Errorf("%.0f cells were sent, of %.0f", got, want)
			}
			// After as long a pause as the burst needs, it is there again.
			pause := int64(float64(time.Second)*burst/float64(f.SCR)) + int64(time.Second)
			before := judge.Cells
			run(int64(row.span) + pause)
			if got := float64(judge.Cells - before); got < 0.99*want {
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
	judge := newJudge(paced(pcr, sdu))
	for out.now < int64(span) {
		for end.Tx.Writable(sdu) {
			push(t, end, make([]byte, sdu), ring.Meta{})
		}
		next := e.TurnTxBy(func() int64 { return out.now })
		for i, at := range out.left {
			if !judge.Arrive(at, vc.CellsFor(sdu)) {
				t.Fatalf("frame %d of a turn, sent at %v after %d cells, exceeds the contract", i, time.Duration(at), judge.Cells)
			}
		}
		out.left = out.left[:0]
		out.now = max(next, out.now+1)
	}
	if got := float64(judge.Cells) / (pcr * span.Seconds()); got < 0.6 {
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
	judges := make(map[frame.Label]*gcratest.Judge)
	ends := make(map[frame.Label]*ring.Endpoint)
	for l, pcr := range rates {
		_, vci, _ := l.Channel()
		ends[l], judges[l] = open(t, e, vc.Handle(vci), vci, paced(pcr, 1000)), newJudge(paced(pcr, 1000))
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
			if !judges[l].Arrive(now, vc.CellsFor(400)) {
				t.Fatalf("label %#x exceeds its contract", l)
			}
		}
		out.frames = out.frames[:0]
		now = max(next, now+1)
	}
	for l, j := range judges {
		if got := float64(j.Cells) / (float64(rates[l]) * span.Seconds()); got < 0.99 {
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
