package page_test

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"callmanager/signalling/cm/page"
)

// TestPage compares the choice of a page's keys with the sorting of all.
func TestPage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := rapid.MapOfN(rapid.Uint64Range(0, 300), rapid.Just(true), 0, 200).Draw(t, "table")
		after := rapid.Uint64Range(0, 310).Draw(t, "after")
		limit := rapid.IntRange(1, 70).Draw(t, "limit")
		want := slices.DeleteFunc(slices.Sorted(maps.Keys(table)), func(k uint64) bool { return k <= after })
		more := len(want) > limit
		want = want[:min(limit, len(want))]
		if got, gotMore := page.Of(table, after, limit); !slices.Equal(got, want) || gotMore != more {
			t.Fatalf("%d, more %v; want %d, more %v", got, gotMore, want, more)
		}
	})
}

// BenchmarkPage measures one page of a long list, which holds up all clients.
func BenchmarkPage(b *testing.B) {
	table := make(map[uint64]bool)
	for h := range uint64(100_000) {
		table[1<<32|h+1] = true
	}
	b.ReportAllocs()
	for b.Loop() {
		if keys, more := page.Of(table, 1<<32, 64); len(keys) != 64 || !more {
			b.Fatalf("%d keys, more %v", len(keys), more)
		}
	}
}
