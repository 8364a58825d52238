package gcratest

import (
	"pgregory.net/rapid"

	"callmanager/vc"
)

// DrawFlow draws the rates of a flow, of the whole range that a descriptor has and near its ends.
func DrawFlow(t *rapid.T) vc.Flow {
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
