package datapath_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"callmanager/datapath"
)

// TestSenderHeap compares the order of waiting senders with a search through all of them.
func TestSenderHeap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var heap datapath.SenderHeap
		due := make(map[int]int64)
		now := int64(0)
		for n := range rapid.IntRange(1, 150).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				now += rapid.Int64Range(0, 30).Draw(t, "pause")
				for got := heap.Expire(now); got >= 0; got = heap.Expire(now) {
					if at, ok := due[got]; !ok || at > now || at != earliest(due) {
						t.Fatalf("at %d comes %d, due at %d (%v) of %v", now, got, at, ok, due)
					}
					delete(due, got)
				}
				if earliest(due) <= now {
					t.Fatalf("at %d %v are left", now, due)
				}
			case 1:
				for gone := range due {
					heap.Remove(gone)
					delete(due, gone)
					break
				}
			default:
				due[n] = now + rapid.Int64Range(0, 100).Draw(t, "wait")
				heap.Push(n, due[n])
			}
			if heap.Next() != earliest(due) {
				t.Fatalf("next is %d, want %d of %v", heap.Next(), earliest(due), due)
			}
		}
	})
}

// earliest returns the least value, or the largest number if there is none.
func earliest(due map[int]int64) int64 {
	first := int64(math.MaxInt64)
	for _, at := range due {
		first = min(first, at)
	}
	return first
}
