package handle_test

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"callmanager/signalling/handle"
	"callmanager/vc"
)

// TestTable holds the table against a map that forgets nothing.
func TestTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var table handle.Table[int]
		live, dead := map[vc.Handle]int{}, map[vc.Handle]bool{}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				n := rapid.Int().Draw(t, "object")
				h := table.Add(n)
				if _, ok := live[h]; h == 0 || ok || dead[h] {
					t.Fatalf("%s is given out twice", h)
				}
				live[h] = n
			},
			"remove": func(t *rapid.T) {
				if len(live) == 0 {
					t.Skip("nothing is there")
				}
				h := rapid.SampledFrom(slices.Sorted(maps.Keys(live))).Draw(t, "handle")
				table.Remove(h)
				table.Remove(h)
				delete(live, h)
				dead[h] = true
			},
			"": func(t *rapid.T) {
				if table.Len() != len(live) {
					t.Fatalf("%d objects, want %d", table.Len(), len(live))
				}
				for h, n := range live {
					if got := table.Find(h); got == nil || *got != n || table.Given(h) {
						t.Fatalf("%s finds %v, want %d", h, got, n)
					}
				}
				for h := range dead {
					if table.Find(h) != nil || !table.Given(h) {
						t.Fatalf("%s is not dead", h)
					}
				}
				for _, h := range []vc.Handle{0, 1, 1 << 32, 1<<32 | 1<<31, 1<<63 | 1} {
					if _, ok := live[h]; !ok && !dead[h] && (table.Find(h) != nil || table.Given(h)) {
						t.Fatalf("%s was never given out", h)
					}
				}
			},
		})
	})
}

// TestRetired: a slot whose generations are used up is not taken again, and its handles stay dead.
func TestRetired(t *testing.T) {
	var table handle.Table[string]
	table.Add("x")
	table.LastGeneration()
	last := vc.Handle((1<<32-1)<<32 | 1)
	if got := table.Find(last); got == nil || *got != "x" {
		t.Fatalf("the last generation finds %v", got)
	}
	table.Remove(last)
	if table.Find(last) != nil || !table.Given(last) || table.Find(1) != nil {
		t.Error("a retired handle lives")
	}
	if h := table.Add("y"); uint32(h) == 1 || table.Len() != 2 {
		t.Errorf("the slot is taken again by %s", h)
	}
}
