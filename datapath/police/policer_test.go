package police_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"callmanager/datapath/gcra"
	"callmanager/datapath/internal/gcratest"
	"callmanager/datapath/police"
	"callmanager/vc"
)

// TestNothingInContractIsPoliced takes what a sender's pacing lets out, delays it by as much as the
// tolerance allows, in order, and has it arrive: all of it passes.
func TestNothingInContractIsPoliced(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := gcratest.DrawFlow(rt)
		var out gcra.Pace
		var in police.Policer
		out.Set(&f, gcra.BurstTolerance)
		in.Set(&f, true)
		n := rapid.IntRange(1, vc.MaxSDULen).Draw(rt, "octets")
		const slack = int64(police.Tolerance - gcra.BurstTolerance)
		var now, arrival int64
		for range rapid.IntRange(1, 200).Draw(rt, "SDUs") {
			now += rapid.Int64Range(0, int64(time.Second)).Draw(rt, "pause") >> rapid.IntRange(0, 30).Draw(rt, "scale")
			if !out.Conforms(now) {
				now = out.Ready()
				out.Conforms(now)
			}
			out.Pass(now, f.Charge(n))
			arrival = max(arrival, now+rapid.Int64Range(0, slack).Draw(rt, "delay"))
			if !in.Conforms(arrival, n) {
				rt.Fatalf("sent at %d, arrived at %d: policed", now, arrival)
			}
		}
	})
}
