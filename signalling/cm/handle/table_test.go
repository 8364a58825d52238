package handle_test

import (
	"testing"

	"pgregory.net/rapid"

	"callmanager/signalling/cm/handle"
	"callmanager/vc"
)

// TestTable compares a table with a map of all handles that were ever given out.
func TestTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var table handle.Table[int]
		live, dead := make(map[vc.Handle]int), make(map[vc.Handle]bool)
		for n := range rapid.IntRange(1, 200).Draw(t, "steps") {
			if len(live) == 0 || rapid.Bool().Draw(t, "add") {
				h := table.Add(n)
				if _, was := live[h]; was || dead[h] || h == 0 {
					t.Fatalf("handle %s is given out again", h)
				}
				live[h] = n
			} else {
				for h := range live {
					table.Remove(h)
					table.Remove(h) // Again changes nothing.
					delete(live, h)
					dead[h] = true
					break
				}
			}
			for h, want := range live {
				if got, ok := table.Find(h); !ok || got != want || table.Given(h) {
					t.Fatalf("handle %s names %d, %v, want %d", h, got, ok, want)
				}
			}
			for h := range dead {
				if _, ok := table.Find(h); ok || !table.Given(h) {
					t.Fatalf("handle %s is dead, found %v, given %v", h, ok, table.Given(h))
				}
			}
			if table.Len() != len(live) {
				t.Fatalf("%d handles, want %d", table.Len(), len(live))
			}
		}
		for _, h := range []vc.Handle{0, 1, 1 << 32, 1<<32 | 1<<31, 99<<32 | 1} {
			if _, ok := table.Find(h); ok && live[h] == 0 && h != 1<<32|1 {
				t.Fatalf("handle %s was never given out", h)
			}
		}
	})
}
