package gcra_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"callmanager/datapath/gcra"
	"callmanager/datapath/internal/gcratest"
	"callmanager/vc"
)

// send charges cells that have been sent at once.
func send(p *gcra.Pace, now int64, cells int) {
	p.Charge(cells)
	p.Land(now, cells)
}

// TestPaceIsTheGCRA compares the leaky buckets with the virtual scheduling algorithm, decision by
// decision, for rates and bursts of every size and years of pauses.
func TestPaceIsTheGCRA(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := gcratest.DrawFlow(t)
		var p gcra.Pace
		p.Set(&f, gcra.BurstTolerance)
		judge := gcratest.New(f, gcra.BurstTolerance)
		now := int64(0)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now += rapid.Int64Range(0, int64(365*24*time.Hour)).Draw(t, "pause") >> rapid.IntRange(0, 55).Draw(t, "scale")
			cells := rapid.IntRange(1, 1366).Draw(t, "cells")
			mine := p.Conforms(now)
			if theirs := judge.Arrive(now, cells); mine != theirs {
				t.Fatalf("at %d: buckets say %v, virtual scheduling %v", now, mine, theirs)
			}
			if mine {
				send(&p, now, cells)
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
			var p gcra.Pace
			p.Set(&f, gcra.BurstTolerance)
			judge := gcratest.New(f, gcra.BurstTolerance)
			const cells = 1366
			for now, n := int64(0), 0; n < 4000; n++ {
				for p.Conforms(now) {
					if !judge.Arrive(now, cells) {
						t.Fatalf("frame %d at %v conforms to the buckets alone", n, time.Duration(now))
					}
					send(&p, now, cells)
				}
				if judge.Arrive(now, cells) {
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
			var p gcra.Pace
			p.Set(&row.old, gcra.BurstTolerance)
			send(&p, 0, row.burst)
			now := int64(time.Second)
			if row.wait != 0 {
				now = 0
			}
			p.Conforms(now)
			p.Set(&row.now, gcra.BurstTolerance)
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
