package agenda_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"callmanager/lab/simnet/agenda"
)

// TestQueue: events come in the order of their times, those of one time in the
// order in which they were made.
func TestQueue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 9), func(n int) time.Duration { return time.Duration(n) }), 0, 200).Draw(t, "at")
		want := make([]int, len(at))
		for i := range want {
			want[i] = i
		}
		slices.SortStableFunc(want, func(a, b int) int { return int(at[a] - at[b]) })
		var q agenda.Queue
		var got []int
		for i, a := range at {
			q.Push(a, func() { got = append(got, i) })
		}
		for now := time.Duration(0); q.Next(time.Hour); {
			if q.Next(now - 1) {
				t.Fatalf("an event before %d is left", now)
			}
			a, do := q.Pop()
			if now = a; now != at[want[len(got)]] {
				t.Fatalf("event %d comes at %d", len(got), now)
			}
			do()
		}
		if !slices.Equal(got, want) && len(want) > 0 {
			t.Fatalf("%v come as %v, want %v", at, got, want)
		}
	})
}
