package bench

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// What has come is told from what has not, in the order in which it comes.
func TestTally(t *testing.T) {
	const far = tallyWindow + 10
	for name, tc := range map[string]struct {
		came                                         []uint64
		sent                                         uint64
		single, lost, reordered, deepest, duplicates uint64
	}{
		"nothing of nothing":        {},
		"nothing":                   {sent: 3, lost: 3},
		"all":                       {came: []uint64{0, 1, 2, 3}, sent: 4, single: 4},
		"one lost at the beginning": {came: []uint64{1, 2}, sent: 3, single: 2, lost: 1},
		"one lost within":           {came: []uint64{0, 2}, sent: 3, single: 2, lost: 1},
		"some lost at the end":      {came: []uint64{0}, sent: 5, single: 1, lost: 4},
		"two changed places":        {came: []uint64{0, 2, 1, 3}, sent: 4, single: 4, reordered: 1, deepest: 1},
		"the first one last":        {came: []uint64{1, 2, 3, 0}, sent: 4, single: 4, reordered: 1, deepest: 3},
		"all the wrong way":         {came: []uint64{3, 2, 1, 0}, sent: 4, single: 4, reordered: 3, deepest: 3},
		"twice":                     {came: []uint64{0, 0, 1, 2, 1}, sent: 3, single: 3, duplicates: 2},
		"late, and again":           {came: []uint64{0, 2, 1, 1}, sent: 3, single: 3, reordered: 1, deepest: 1, duplicates: 1},
		"a gap beyond the window":   {came: []uint64{0, far, far, 5, far - 1}, sent: far + 1, single: 4, lost: far - 3, reordered: 2, deepest: far - 5, duplicates: 1},
		"a gap of the window":       {came: []uint64{0, tallyWindow, 1, 1}, sent: tallyWindow + 1, single: 3, lost: tallyWindow - 2, reordered: 1, deepest: tallyWindow - 1, duplicates: 1},
		"more than was sent":        {came: []uint64{0, 1, 2}, sent: 2, single: 3},
	} {
		t.Run(name, func(t *testing.T) {
			var a tally
			for _, n := range tc.came {
				a.add(n)
			}
			if a.single != tc.single || a.reordered != tc.reordered || a.deepest != tc.deepest || a.duplicates != tc.duplicates {
				t.Errorf("%d came once, %d reordered (deepest %d), %d duplicates; want %d, %d (%d), %d",
					a.single, a.reordered, a.deepest, a.duplicates, tc.single, tc.reordered, tc.deepest, tc.duplicates)
			}
			if got := a.lost(tc.sent); got != tc.lost {
				t.Errorf("%d lost of %d, want %d", got, tc.sent, tc.lost)
			}
		})
	}
}

// The account is that of somebody who remembers everything, as long as nothing is late by more than the window.
func TestTallyIsThatOfAllMemory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		steps := rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(-5, 5), rapid.Int64Range(-200, 200), rapid.Int64Range(0, 2*tallyWindow)), 0, 300).Draw(t, "steps")
		var a tally
		came := map[uint64]bool{}
		highest, reordered, deepest, duplicates := int64(-1), uint64(0), uint64(0), uint64(0)
		for _, step := range steps {
			n := max(highest+step, highest-tallyWindow+1, 0)
			first := !came[uint64(n)]
			switch {
			case !first:
				duplicates++
			case n < highest:
				reordered++
				deepest = max(deepest, uint64(highest-n))
			}
			came[uint64(n)] = true
			highest = max(highest, n)
			if a.add(uint64(n)) != first {
				t.Fatalf("number %d: taken for another time than it is", n)
			}
		}
		got := []uint64{a.next, a.single, a.lost(a.next), a.reordered, a.deepest, a.duplicates}
		single, next := uint64(len(came)), uint64(highest+1)
		if want := []uint64{next, single, next - single, reordered, deepest, duplicates}; !slices.Equal(got, want) {
			t.Errorf("next, single, lost, reordered, deepest, duplicates are %v, want %v", got, want)
		}
	})
}

// The variation is that of neighbours that both came, on clocks that do not agree.
func TestVariation(t *testing.T) {
	var v variation
	const apart = 1000 * time.Hour // between the clocks
	for _, s := range []struct {
		number     uint64
		sent, came time.Duration
	}{
		{0, 0, 5}, {1, 10, 18}, {2, 20, 25}, // 3 longer, 3 shorter
		{4, 40, 1000}, {5, 50, 1010}, // one was lost: nothing, then nothing longer
		{3, 30, 2000}, {6, 60, 2070}, // one is late: neither with it nor over it
	} {
		v.add(s.number, s.sent, s.came-apart)
	}
	if n, most, least := v.times.Count(), v.times.Max(), v.times.Min(); n != 3 || most != 3 || least != 0 {
		t.Errorf("%d times from %d to %d, want 3 from 0 to 3", n, least, most)
	}
}

// Counting allocates nothing.
func TestNoAllocs(t *testing.T) {
	var a tally
	var v variation
	p := make([]byte, 1500)
	n := uint64(0)
	noise()
	if got := testing.AllocsPerRun(200, func() {
		seal(p, header{kind: kindData, number: n, at: time.Duration(n)})
		if h, ok := parse(p); !ok || !a.add(h.number) {
			t.Fatal("not what was sealed")
		}
		v.add(n, time.Duration(n), time.Duration(n))
		n++
	}); got != 0 {
		t.Errorf("%v allocations an SDU", got)
	}
}
