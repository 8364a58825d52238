package simnet_test

import (
	"slices"
	"testing"

	"callmanager/lab/simnet"
)

// TestFits lists the pairs of states of a call that may stand when nothing is
// under way: caller, called.
func TestFits(t *testing.T) {
	fit := [][2]string{
		{"U1", "N1"},
		{"U3", "N3"},
		{"U4", "N4"},
		{"U10", "N10"},
		{"U11", "N11"},
		{"U12", "N12"},
		{"U13", "N13"},
		{"U0", "N0"},
		{"N6", "U6"},
		{"N9", "U9"},
		{"N7", "U7"},
		{"N10", "U10"},
		{"N11", "U11"},
		{"N12", "U12"},
		{"N14", "U14"},
		{"N0", "U0"},
	}
	callers := []string{"U0", "U1", "U3", "U4", "U10", "U11", "U12", "U13", "N0", "N6", "N7", "N8", "N9", "N10", "N11", "N12", "N14"}
	called := []string{"N0", "N1", "N3", "N4", "N10", "N11", "N12", "N13", "U0", "U6", "U7", "U8", "U9", "U10", "U11", "U12", "U14"}
	for _, a := range callers {
		for _, b := range called {
			if a[0] == b[0] {
				continue // one side of the interface is the user, the other the network
			}
			if got, want := simnet.Fits(a, b), slices.Contains(fit, [2]string{a, b}); got != want {
				t.Errorf("%s calls %s: %v, want %v", a, b, got, want)
			}
		}
	}
}

// TestFitsAfter: what an end leaves the other in that has fallen back, or that T308 has made null.
func TestFitsAfter(t *testing.T) {
	called := []string{"U0", "U6", "U7", "U8", "U9", "U10", "U11", "U12"}
	for _, s := range called {
		if got := simnet.FitsAfter("N7", s, true, false); got != (s == "U10") {
			t.Errorf("a caller that has fallen back, and %s: %v", s, got)
		}
		if got := simnet.FitsAfter("N0", s, false, true); got != (s == "U0" || s == "U12") {
			t.Errorf("a caller that has given up, and %s: %v", s, got)
		}
	}
}

// TestWay: whatever a wire does, the filter lets every frame pass at most once
// and in order, and all of them if nothing is lost or late.
func TestWay(t *testing.T) {
	const frames = 3000
	for seed := range uint64(20) {
		for _, y := range []simnet.Weather{
			{},
			{NearWrap: true},
			{Loss: 0.2, NearWrap: true},
			{Dup: 0.5},
			{Hold: 0.5, Dup: 0.5, Loss: 0.3, NearWrap: true},
		} {
			passed, v := simnet.Deliver(seed, frames, y)
			if v != nil {
				t.Errorf("seed %d, %+v: %v", seed, y, v)
			}
			if y.Loss+y.Hold == 0 && passed != frames {
				t.Errorf("seed %d, %+v: %d of %d frames pass", seed, y, passed, frames)
			}
			if passed < frames/3 {
				t.Errorf("seed %d, %+v: only %d frames pass", seed, y, passed)
			}
		}
	}
}
