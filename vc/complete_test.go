package vc_test

import (
	"testing"

	"callmanager/vc"
)

// TestComplete fills in what a contract leaves open, and lowers what the link does not carry.
func TestComplete(t *testing.T) {
	const capacity = 384_000 // 1000 cells/s of payload
	flow := func(pcr vc.CellRate, sdu uint16) vc.Flow { return vc.Flow{PCR: pcr, MaxSDU: sdu} }
	for name, tt := range map[string]struct {
		in, want vc.Contract
		lowered  bool
	}{
		"nothing":       {vc.Contract{}, vc.Contract{Category: vc.UBR, Forward: flow(1000, 1492), Backward: flow(1000, 1492)}, false},
		"sizes alone":   {vc.Contract{Forward: flow(0, 9000), Backward: flow(0, 9001)}, vc.Contract{Category: vc.UBR, Forward: flow(1000, 9000), Backward: flow(1000, 9000)}, true},
		"one direction": {vc.Contract{Category: vc.CBR, Backward: flow(7, 0)}, vc.Contract{Category: vc.CBR, Backward: flow(7, 1492)}, false},
		"all of it":     {vc.Contract{Category: vc.CBR, Forward: flow(7, 9), Backward: flow(8, 9001)}, vc.Contract{Category: vc.CBR, Forward: flow(7, 9), Backward: flow(8, 9000)}, true},
		"CBR, no rate":  {vc.Contract{Category: vc.CBR}, vc.Contract{Category: vc.CBR}, false},
	} {
		if got, lowered := tt.in.Complete(capacity, 1492, 9000); got != tt.want || lowered != tt.lowered {
			t.Errorf("%s: %+v, %v, want %+v, %v", name, got, lowered, tt.want, tt.lowered)
		}
	}
	// A link that cuts nothing up carries what goes in one piece.
	if got, _ := (vc.Contract{Forward: flow(1, 2000)}).Complete(capacity, 1492, 0); got.Forward.MaxSDU != 1492 {
		t.Errorf("%+v", got)
	}
	for in, want := range map[vc.BitRate]vc.CellRate{0: vc.MaxCellRate, 384: 1, 1e12: vc.MaxCellRate} {
		if got := vc.DefaultRate(in); got != want {
			t.Errorf("DefaultRate(%v) is %v, want %v", in, got, want)
		}
	}
}
