package gcra_test

import (
	"math/big"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"callmanager/datapath/gcra"
	"callmanager/vc"
)

// What the users of a bucket run ahead at most, and the largest frame that they fill in, in octets of wire.
const (
	furthest = 5 * time.Millisecond
	largest  = 65581
)

// TestSharedIsTheGCRA compares the bucket that workers share with one that is exact: it never lets more pass,
// and less by its rounding alone.
func TestSharedIsTheGCRA(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.OneOf(rapid.Int64Range(1000, 1e6), rapid.Int64Range(1e6, 1e9), rapid.Int64Range(1e9, 1e12)).Draw(t, "rate")
		var s gcra.Shared
		s.Set(vc.BitRate(rate), furthest, largest)
		tolerance := int64(2 * time.Millisecond)
		exact := new(big.Int) // When the bucket is empty, in bits at the rate, divided by 10^9.
		now := int64(0)
		for range 200 {
			now += rapid.OneOf(rapid.Int64Range(0, 1000), rapid.Int64Range(0, 1e7), rapid.Int64Range(0, 1e15)).Draw(t, "pause")
			at := new(big.Int).Mul(big.NewInt(now), big.NewInt(rate))
			if exact.Cmp(at) < 0 {
				exact.Set(at)
			}
			ahead := new(big.Int).Sub(exact, at)
			limit := new(big.Int).Mul(big.NewInt(tolerance), big.NewInt(rate))
			strict := new(big.Int).Mul(big.NewInt(tolerance-tolerance/1000-1), big.NewInt(rate))
			got := s.Conforms(now, tolerance)
			if got && ahead.Cmp(limit) > 0 || !got && ahead.Cmp(strict) <= 0 {
				t.Fatalf("at %d ns, %v ahead of %d bit/s: conforms %v", now, new(big.Int).Div(ahead, big.NewInt(rate)), rate, got)
			}
			if !got {
				ready := s.Ready(now, tolerance)
				if !s.Conforms(ready, tolerance) || ready-now > ahead.Div(ahead, big.NewInt(rate)).Int64()+int64(time.Millisecond) {
					t.Fatalf("at %d ns it is ready at %d ns", now, ready)
				}
				continue
			}
			octets := rapid.IntRange(84, largest).Draw(t, "octets")
			s.Fill(now, octets)
			exact.Add(exact, new(big.Int).Mul(big.NewInt(int64(8*octets)), big.NewInt(1e9)))
		}
	})
}

// TestSharedWrapsAround has a link idle for times around those after which its clock comes round.
func TestSharedWrapsAround(t *testing.T) {
	const day = int64(24 * time.Hour)
	for _, idle := range []int64{103 * day, 105 * day, 150 * day, 207 * day, 210 * day, 3000 * day, 36500 * day} {
		var s gcra.Shared
		s.Set(1e9, furthest, largest)
		for range 1000 {
			s.Fill(0, 1500)
		}
		if s.Conforms(0, int64(time.Millisecond)) {
			t.Error("12 ms of a link are no more than 1 ms")
		}
		if !s.Conforms(idle, 0) {
			t.Errorf("the link is busy after %d days", idle/day)
		}
		s.Fill(idle, 125)
		if s.Conforms(idle, 999) || !s.Conforms(idle, 1001) || !s.Conforms(idle+1001, 0) {
			t.Errorf("1000 bits do not take 1 us after %d days", idle/day)
		}
	}
}

// TestSharedIsFilledByMany proves that no frame is charged less than once when many charge at once.
func TestSharedIsFilledByMany(t *testing.T) {
	var s gcra.Shared
	s.Set(1e12, furthest, largest)
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			for range 10_000 {
				s.Fill(0, 10) // 80 ps.
			}
		})
	}
	work.Wait()
	const took = 4 * 10_000 * 80 / 1000 // ns
	if s.Conforms(0, took-1) || !s.Conforms(0, took+took/1000+1) {
		t.Errorf("400000 octets do not take %d ns at 1 Tbit/s", took)
	}
}
