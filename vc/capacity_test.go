package vc_test

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"callmanager/vc"
)

// inFrames is frame mode.
var inFrames vc.Framing

func TestWireOctets(t *testing.T) {
	for _, row := range []struct{ sdu, wire int }{
		{1, 84}, {38, 84}, {39, 85}, {40, 86}, {88, 134}, {1492, 1538},
	} {
		if got := vc.WireOctets(row.sdu); got != row.wire {
			t.Errorf("an SDU of %d takes %d octets, want %d", row.sdu, got, row.wire)
		}
	}
}

// TestCostPerCell: what a cell costs at worst.
func TestCostPerCell(t *testing.T) {
	for _, row := range []struct {
		name     string
		flow     vc.Flow
		category vc.Category
		bits     vc.BitRate
	}{
		{"one-cell SDUs cost 86 octets", vc.Flow{PCR: 1000, MaxSDU: 1492}, vc.CBR, 1000 * 86 * 8},
		{"a minimum of two cells costs 67", vc.Flow{PCR: 1000, MaxSDU: 1492, MinPoliced: 41}, vc.CBR, 1000 * 67 * 8},
		{"tiny SDUs only cost the shortest frame", vc.Flow{PCR: 1000, MaxSDU: 10}, vc.CBR, 1000 * 84 * 8},
		{"large ones only come near the payload", vc.Flow{PCR: 1000, MaxSDU: 1492, MinPoliced: 1492}, vc.CBR, 384_500},
		{"a burst of rt-VBR has 10 ms", vc.Flow{PCR: 1000, SCR: 10, MBS: 5, MaxSDU: 1492}, vc.RTVBR, 334 * 86 * 8},
		{"a burst of nrt-VBR has 100 ms", vc.Flow{PCR: 1000, SCR: 10, MBS: 5, MaxSDU: 1492}, vc.NRTVBR, 48 * 86 * 8},
		{"VBR has its sustainable rate at least", vc.Flow{PCR: 1000, SCR: 900, MBS: 5, MaxSDU: 1492}, vc.RTVBR, 900 * 86 * 8},
		{"a long burst takes the peak", vc.Flow{PCR: 1000, SCR: 10, MBS: 1 << 20, MaxSDU: 1492}, vc.RTVBR, 1000 * 86 * 8},
		{"the largest burst", vc.Flow{PCR: vc.MaxCellRate, SCR: 1, MBS: uint32(vc.MaxCellRate), MaxSDU: 1492}, vc.RTVBR, 16611104 * 86 * 8},
		{"UBR has its minimum", vc.Flow{PCR: 1000, MDCR: 100, MaxSDU: 1492}, vc.UBR, 100 * 86 * 8},
		{"best effort costs nothing", vc.Flow{PCR: 1000, MaxSDU: 1492}, vc.UBR, 0},
		{"no rate, no cost", vc.Flow{}, vc.CBR, 0},
		{"the largest rate", vc.Flow{PCR: vc.MaxCellRate, MaxSDU: 65535}, vc.CBR, vc.BitRate(vc.MaxCellRate) * 86 * 8},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := inFrames.Cost(&row.flow, row.category); got != row.bits {
				t.Errorf("%d bit/s, want %d", got, row.bits)
			}
		})
	}
}

// TestEffectiveBandwidthLosesNothing sends the worst that a dual leaky bucket lets
// out, the longest burst at the peak rate, into a queue that is served at the
// effective bandwidth: what is left in it at the end of the burst is served within
// the time that a burst may wait. One cell a second less would not do.
func TestEffectiveBandwidthLosesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := vc.Flow{PCR: vc.CellRate(rapid.Uint32Range(1, uint32(vc.MaxCellRate)).Draw(rt, "PCR"))}
		f.SCR = vc.CellRate(rapid.Uint32Range(1, uint32(f.PCR)).Draw(rt, "SCR"))
		f.MBS = rapid.Uint32Range(1, uint32(vc.MaxCellRate)).Draw(rt, "MBS") >> rapid.IntRange(0, 23).Draw(rt, "scale")
		f.MBS = max(f.MBS, 1)
		for _, row := range []struct {
			c    vc.Category
			wait *big.Rat
		}{{vc.RTVBR, big.NewRat(1, 100)}, {vc.NRTVBR, big.NewRat(1, 10)}} {
			c, wait := row.c, row.wait
			inTime := func(rate vc.CellRate) bool {
				r := big.NewRat(int64(rate), 1)
				burst := big.NewRat(int64(f.MBS), int64(f.PCR)) // Its duration.
				left := new(big.Rat).Sub(big.NewRat(int64(f.MBS), 1), new(big.Rat).Mul(r, burst))
				return left.Cmp(r.Mul(r, wait)) <= 0
			}
			e := f.Effective(c)
			if e < f.SCR || e > f.PCR || !inTime(e) {
				rt.Fatalf("%s %+v: %d cells/s are too few", c, f, e)
			}
			if e > f.SCR && inTime(e-1) {
				rt.Fatalf("%s %+v: %d cells/s are more than needed", c, f, e)
			}
		}
	})
}

// TestCostIsTheWorst: no size of SDU takes more wire than the cost allows, and
// one takes just that.
func TestCostIsTheWorst(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := vc.Flow{PCR: vc.CellRate(rapid.IntRange(1, int(vc.MaxCellRate)).Draw(rt, "PCR"))}
		f.MaxSDU = uint16(rapid.IntRange(1, 3000).Draw(rt, "max"))
		f.MinPoliced = uint16(rapid.IntRange(0, int(f.MaxSDU)).Draw(rt, "min"))
		worst := 0.0
		for s := 1; s <= int(f.MaxSDU); s++ {
			worst = max(worst, float64(f.PCR)*8*float64(vc.WireOctets(s))/float64(f.Charge(s)))
		}
		got := float64(inFrames.Cost(&f, vc.CBR))
		if got < worst-0.5 || got > worst+1.5 {
			rt.Fatalf("%+v costs %.0f, the worst size takes %.0f", f, got, worst)
		}
	})
}

func TestCapacity(t *testing.T) {
	var c vc.Capacity
	r := vc.Reservation{Send: 60, Receive: 10}
	wantRefused(t, c.Reserve(r), vc.CauseResources)
	if err := c.Reserve(vc.Reservation{}); err != nil {
		t.Errorf("nothing fits anywhere: %v", err)
	}
	c.SetTotal(100)
	if err := c.Reserve(r); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, c.Reserve(r), vc.CauseCellRate)
	if c.Reserved() != r {
		t.Errorf("a refused reservation left %+v", c.Reserved())
	}
	if err := c.Reserve(vc.Reservation{Send: 40, Receive: 90}); err != nil {
		t.Errorf("it fits exactly: %v", err)
	}
	c.Release(vc.Reservation{Send: 40, Receive: 90})
	if err := c.Replace(r, vc.Reservation{Send: 100}); err != nil || c.Reserved() != (vc.Reservation{Send: 100}) {
		t.Errorf("replaced: %+v, %v", c.Reserved(), err)
	}
	wantRefused(t, c.Replace(vc.Reservation{Send: 100}, vc.Reservation{Send: 101}), vc.CauseCellRate)
	c.SetTotal(50)
	if err := c.Replace(vc.Reservation{Send: 100}, vc.Reservation{Send: 80}); err != nil {
		t.Errorf("what is had may shrink on a smaller link: %v", err)
	}
	if c.Total() != 50 {
		t.Errorf("total is %v", c.Total())
	}
	c.Release(vc.Reservation{Send: 80})
	wantRefused(t, c.Reserve(vc.Reservation{Send: math.MaxUint64}), vc.CauseCellRate)
	if c.Reserved() != (vc.Reservation{}) {
		t.Errorf("left: %+v", c.Reserved())
	}
}

// TestCapacityReturnsToZero reserves and releases contracts of either end.
func TestCapacityReturnsToZero(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var calling, called vc.Capacity
		calling.SetTotal(1e9)
		called.SetTotal(1e9)
		var held []vc.Contract
		for range rapid.IntRange(1, 50).Draw(rt, "calls") {
			flow := func(name string) vc.Flow {
				return vc.Flow{PCR: vc.CellRate(rapid.IntRange(0, 400000).Draw(rt, name)), MaxSDU: 1000}
			}
			c := vc.Contract{Category: vc.CBR, Forward: flow("forward"), Backward: flow("backward")}
			errA, errB := calling.Reserve(c.Reservation(true)), called.Reserve(c.Reservation(false))
			if (errA == nil) != (errB == nil) {
				rt.Fatalf("the ends disagree: %v, %v", errA, errB)
			}
			if errA == nil {
				held = append(held, c)
			}
			a, b := calling.Reserved(), called.Reserved()
			if a.Send != b.Receive || a.Receive != b.Send || a.Send > 1e9 || a.Receive > 1e9 {
				rt.Fatalf("reserved %+v and %+v", a, b)
			}
		}
		for _, c := range held {
			calling.Release(c.Reservation(true))
			called.Release(c.Reservation(false))
		}
		if calling.Reserved() != called.Reserved() || calling.Reserved() != (vc.Reservation{}) {
			rt.Fatalf("left: %+v and %+v", calling.Reserved(), called.Reserved())
		}
	})
}
