package vc_test

import (
	"testing"

	"pgregory.net/rapid"

	"callmanager/vc"
)

// alone is what the cells of an SDU take in frames that nobody else has cells in.
func alone(f *vc.Framing, cells int) int {
	octets := 0
	for ; cells > 0; cells -= f.Cells {
		octets += f.Head + min(cells, f.Cells)*f.Cell
	}
	return octets
}

// TestCellCostIsTheWorst: no size of SDU takes more wire than the cost allows, in frames of its own or, where frames
// wait, in full ones, and one takes just that.
func TestCellCostIsTheWorst(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		framing := vc.CellFraming(rapid.IntRange(1, 40).Draw(rt, "cells"), rapid.Bool().Draw(rt, "bare"), vc.BitRate(rapid.IntRange(0, 1).Draw(rt, "waits")))
		f := vc.Flow{PCR: vc.CellRate(rapid.IntRange(1, int(vc.MaxCellRate)).Draw(rt, "PCR"))}
		f.MaxSDU = uint16(rapid.IntRange(1, 9180).Draw(rt, "max"))
		f.MinPoliced = uint16(rapid.IntRange(0, int(f.MaxSDU)).Draw(rt, "min"))
		worst := 0.0
		for s := 1; s <= int(f.MaxSDU); s++ {
			octets := float64(alone(&framing, vc.CellsFor(s)))
			if framing.Partial > 0 {
				octets = float64(vc.CellsFor(s)) * (float64(framing.Cell) + float64(framing.Head)/float64(framing.Cells))
			}
			worst = max(worst, float64(f.PCR)*8*octets/float64(f.Charge(s)))
		}
		if got := float64(framing.Cost(&f, vc.CBR)); got < worst-0.5 || got > worst+1.5 {
			rt.Fatalf("%+v of %+v costs %.0f, the worst size takes %.0f", framing, f, got, worst)
		}
	})
}

// TestCellsPayForTheirFrames: what SDUs are charged, and what frames lack that are not full, is at least what the
// frames take, and at most an octet an SDU and a frame more.
func TestCellsPayForTheirFrames(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := vc.CellFraming(rapid.IntRange(1, 40).Draw(rt, "cells"), rapid.Bool().Draw(rt, "bare"), 0)
		sdus := rapid.SliceOfN(rapid.IntRange(1, 3000), 1, 50).Draw(rt, "SDUs")
		paid, took, frames, filled := 0, 0, 0, 0
		leave := func() {
			paid += f.Missing(filled)
			took += f.Head + filled*f.Cell
			frames, filled = frames+1, 0
		}
		for _, n := range sdus {
			paid += f.Octets(n)
			for range vc.CellsFor(n) {
				if filled++; filled == f.Cells || rapid.IntRange(0, 9).Draw(rt, "leaves") == 0 {
					leave()
				}
			}
		}
		if filled > 0 {
			leave()
		}
		if paid < took || paid > took+len(sdus)+frames {
			rt.Fatalf("%+v: %d SDUs in %d frames took %d octets and paid for %d", f, len(sdus), frames, took, paid)
		}
	})
}

// TestCellCapacity: frames that leave half empty are paid for by the link, unless that is most of what it has.
func TestCellCapacity(t *testing.T) {
	cbr := func(pcr vc.CellRate) *vc.Contract {
		return &vc.Contract{Category: vc.CBR, Forward: vc.Flow{PCR: pcr, MaxSDU: 40}, Backward: vc.Flow{PCR: pcr, MaxSDU: 40}}
	}
	shared := vc.CellFraming(28, false, 10_000) // 3.68 Mbit/s of heads
	for _, row := range []struct {
		total   vc.BitRate
		framing vc.Framing
		want    vc.CellRate
	}{
		{1e9, vc.Framing{}, 1_000_000_000 / 8 / 86},
		{1e9, shared, (1_000_000_000 - 3_680_000) * 28 / 8 / (28*52 + 46)},
		{10e6, shared, 10_000_000 / 8 / 98},
		{1e9, vc.CellFraming(28, false, 0), 1_000_000_000 / 8 / 98},
		{155_520_000, vc.BareCells(), 155_520_000 / 8 / 53},
	} {
		var c vc.Capacity
		c.SetTotal(row.total)
		c.SetFraming(row.framing)
		got, ok := c.Fit(cbr(vc.MaxCellRate), vc.Reservation{}, true, cbr(1))
		if !ok || got.Forward.PCR != row.want || got.Backward.PCR != row.want {
			t.Errorf("%s, %+v: %+v fits, want %d cells/s", row.total, row.framing, got, row.want)
		}
		if err := c.Reserve(c.Price(&got, true)); err != nil {
			t.Errorf("%s, %+v: %v", row.total, row.framing, err)
		}
		wantRefused(t, c.Reserve(c.Price(cbr(2), true)), vc.CauseCellRate)
		if room := c.Room(vc.Reservation{}); room.Send > c.Price(cbr(2), true).Send {
			t.Errorf("%s, %+v: room for %+v is left", row.total, row.framing, room)
		}
	}
}
