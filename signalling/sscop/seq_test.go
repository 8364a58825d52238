package sscop_test

import (
	"testing"

	"pgregory.net/rapid"

	"callmanager/signalling/sscop"
)

func TestSeqWraps(t *testing.T) {
	for _, row := range []struct {
		s    sscop.Seq
		add  int
		want sscop.Seq
	}{
		{seq(0), 1, seq(1)},
		{seq(1<<24 - 1), 1, seq(0)},
		{seq(0), -1, seq(1<<24 - 1)},
		{seq(1<<24 + 5), 0, seq(5)},
		{seq(3), 1 << 24, seq(3)},
	} {
		if got := row.s.Add(row.add); got != row.want {
			t.Errorf("%v.Add(%d) = %v, want %v", row.s, row.add, got, row.want)
		}
	}
	if !seq(1<<24-2).Less(seq(3), seq(1<<24-5)) || seq(3).Less(seq(1<<24-2), seq(1<<24-5)) {
		t.Error("order across the wrap is wrong")
	}
}

// TestSeqProperties: distances and order do not depend on where the base lies.
func TestSeqProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := seq(rapid.Uint32().Draw(t, "base"))
		a := rapid.IntRange(0, 1<<24-1).Draw(t, "a")
		b := rapid.IntRange(0, 1<<24-1).Draw(t, "b")
		if got := base.Add(a).Sub(base); got != a {
			t.Fatalf("distance %d, want %d", got, a)
		}
		if got := base.Add(a).Less(base.Add(b), base); got != (a < b) {
			t.Fatalf("%d < %d is %v", a, b, got)
		}
		if got := base.Add(a).Add(-a); got != base {
			t.Fatalf("there and back is %v, want %v", got, base)
		}
	})
}
