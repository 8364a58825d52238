package rounds_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"callmanager/datapath/rounds"
	"callmanager/vc"
)

// who is one that wants to send.
type who struct {
	rounds.Member[who]

	number int
	rank   rounds.Rank
}

func newWho(number int) *who {
	w := &who{number: number}
	w.Member = rounds.MemberOf(w)
	return w
}

// TestHeap compares the order of those that wait with a search through all of them.
func TestHeap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var heap rounds.Heap[who]
		due := make(map[*who]int64)
		now := int64(0)
		for n := range rapid.IntRange(1, 150).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				now += rapid.Int64Range(0, 30).Draw(t, "pause")
				for got := heap.Expire(now); got != nil; got = heap.Expire(now) {
					if at, ok := due[got]; !ok || at > now || at != earliest(due) || got.Timed() {
						t.Fatalf("at %d comes %d, due at %d (%v) of %v", now, got.number, at, ok, due)
					}
					delete(due, got)
				}
				if earliest(due) <= now {
					t.Fatalf("at %d %v are left", now, due)
				}
			case 1:
				for gone := range due {
					heap.Remove(&gone.Member)
					if gone.Timed() {
						t.Fatalf("%d is still in the heap", gone.number)
					}
					delete(due, gone)
					break
				}
			default:
				w := newWho(n)
				due[w] = now + rapid.Int64Range(0, 100).Draw(t, "wait")
				heap.Push(&w.Member, due[w])
				if !w.Timed() || w.Queued() {
					t.Fatalf("%d is in the heap: %v, in a queue: %v", n, w.Timed(), w.Queued())
				}
			}
			if heap.Next() != earliest(due) {
				t.Fatalf("next is %d, want %d of %v", heap.Next(), earliest(due), due)
			}
		}
	})
}

// earliest returns the least value, or the largest number if there is none.
func earliest(due map[*who]int64) int64 {
	first := int64(math.MaxInt64)
	for _, at := range due {
		first = min(first, at)
	}
	return first
}

// TestRound compares a round, and a queue beside it, with lists through any row of steps.
func TestRound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var (
			round  rounds.Round[who]
			queue  rounds.Queue[who]
			ranks  [rounds.NumRanks][]*who
			queued []*who
		)
		all := make([]*who, 8)
		for i := range all {
			all[i] = newWho(i)
		}
		for range rapid.IntRange(0, 80).Draw(t, "steps") {
			w := rapid.SampledFrom(all).Draw(t, "who")
			if w.Queued() {
				w.Leave()
				same := func(o *who) bool { return o == w }
				ranks[w.rank], queued = slices.DeleteFunc(ranks[w.rank], same), slices.DeleteFunc(queued, same)
			}
			w.rank = rounds.Rank(rapid.IntRange(0, rounds.NumRanks-1).Draw(t, "rank"))
			switch rapid.IntRange(0, 5).Draw(t, "step") {
			case 0:
				round.Push(w.rank, &w.Member)
				ranks[w.rank] = append(ranks[w.rank], w)
			case 1:
				round.PushFront(w.rank, &w.Member)
				ranks[w.rank] = slices.Insert(ranks[w.rank], 0, w)
			case 2:
				queue.Push(&w.Member)
				queued = append(queued, w)
			case 3:
				queue.PushFront(&w.Member)
				queued = slices.Insert(queued, 0, w)
			case 4:
				got := queue.Pop()
				if got != first(queued) {
					t.Fatalf("%v comes first of %v", got, queued)
				}
				if got != nil {
					queued = queued[1:]
				}
			}
			checkQueue(t, &queue, queued)
			if want := first(slices.Concat(ranks[:]...)); round.First() != want {
				t.Fatalf("it is the turn of %v, want %v", round.First(), want)
			}
			for r, in := range ranks {
				if n := round.Len(rounds.Rank(r)); n != len(in) {
					t.Fatalf("%d of rank %d, want %d", n, r, len(in))
				}
			}
			for _, w := range all {
				in, beside := slices.Contains(ranks[w.rank], w), slices.Contains(queued, w)
				if round.Has(w.rank, &w.Member) != in || queue.Has(&w.Member) != beside || w.Queued() != (in || beside) {
					t.Fatalf("%d is in the round: %v, want %v; in the queue: %v, want %v", w.number,
						round.Has(w.rank, &w.Member), in, queue.Has(&w.Member), beside)
				}
			}
		}
	})
}

// checkQueue goes through a queue from its first to its last.
func checkQueue(t *rapid.T, queue *rounds.Queue[who], want []*who) {
	t.Helper()
	var got []*who
	for w := queue.First(); w != nil; w = w.Behind() {
		got = append(got, w)
	}
	if !slices.Equal(got, want) || queue.Len() != len(want) {
		t.Fatalf("the queue of %d is %v, want %v", queue.Len(), got, want)
	}
}

// first returns the first of a list, or nil.
func first(list []*who) *who {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// TestRankOf wants the order of the service categories; a minimum lifts UBR alone.
func TestRankOf(t *testing.T) {
	plain, minimum := vc.Flow{PCR: 10}, vc.Flow{PCR: 10, MDCR: 5}
	for _, c := range []struct {
		category vc.Category
		flow     *vc.Flow
		want     rounds.Rank
	}{
		{vc.CBR, &minimum, rounds.CBR},
		{vc.RTVBR, &plain, rounds.RTVBR},
		{vc.NRTVBR, &plain, rounds.NRTVBR},
		{vc.UBR, &minimum, rounds.Minimum},
		{vc.UBR, &plain, rounds.BestEffort},
		{0, &minimum, rounds.BestEffort},
	} {
		if got := rounds.RankOf(c.category, c.flow); got != c.want {
			t.Errorf("%v with a minimum of %d: rank %d, want %d", c.category, c.flow.MDCR, got, c.want)
		}
	}
}

// TestCensus wants the best rank of those that are there.
func TestCensus(t *testing.T) {
	var c rounds.Census
	for i, step := range []struct {
		rank rounds.Rank
		n    int
		want rounds.Rank
	}{
		{rounds.Minimum, 2, rounds.Minimum},
		{rounds.BestEffort, 1, rounds.Minimum},
		{rounds.CBR, 1, rounds.CBR},
		{rounds.Minimum, -1, rounds.CBR},
		{rounds.CBR, -1, rounds.Minimum},
		{rounds.Minimum, -1, rounds.BestEffort},
		{rounds.BestEffort, -1, rounds.BestEffort},
	} {
		if c.Count(step.rank, step.n); c.Best() != step.want {
			t.Errorf("step %d: the best is %d, want %d", i, c.Best(), step.want)
		}
	}
}

// TestNoAllocs wants turns to take no memory.
func TestNoAllocs(t *testing.T) {
	var (
		round rounds.Round[who]
		heap  rounds.Heap[who]
	)
	w := newWho(0)
	turn := func() {
		round.Push(w.rank, &w.Member)
		heap.Push(&w.Member, 1)
		heap.Expire(1).Leave()
	}
	turn()
	if n := testing.AllocsPerRun(100, turn); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
