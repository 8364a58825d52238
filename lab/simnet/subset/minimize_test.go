package subset_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"callmanager/lab/simnet/subset"
)

// TestMinimize: what alone makes a run fail is what is left.
func TestMinimize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 200).Draw(t, "n")
		need := rapid.SliceOfNDistinct(rapid.IntRange(0, n-1), 0, min(n, 4), rapid.ID).Draw(t, "need")
		slices.Sort(need)
		got := subset.Minimize(n, 10000, func(kept []int) bool {
			return !slices.ContainsFunc(need, func(i int) bool { return !slices.Contains(kept, i) })
		})
		if !slices.Equal(got, need) {
			t.Fatalf("%v of %d are left, want %v", got, n, need)
		}
	})
}

// TestBudget keeps to the number of runs that was allowed.
func TestBudget(t *testing.T) {
	runs := 0
	got := subset.Minimize(100, 7, func([]int) bool { runs++; return false })
	if runs > 7 || len(got) != 100 {
		t.Errorf("%d runs leave %d of 100", runs, len(got))
	}
}
