package quota_test

import (
	"fmt"
	"strings"
	"testing"

	"callmanager/signalling/quota"
)

// all are the kinds.
func all() (kinds []quota.Kind) {
	for k := quota.VCs; k <= quota.UserClients; k++ {
		kinds = append(kinds, k)
	}
	return kinds
}

// TestKinds proves that each limit has a key of its own, a default, and words that tell both.
func TestKinds(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range all() {
		text := k.Reached(4711)
		if seen[k.String()] || k.Default() <= 0 || !strings.Contains(text, "4711") || !strings.Contains(text, k.String()+" below [limits]") {
			t.Errorf("%s: default %d, %q", k, k.Default(), text)
		}
		seen[k.String()] = true
	}
	if got := quota.Kind(0).String() + quota.Kind(99).String(); got != "limit(0)limit(99)" {
		t.Errorf("no limits are called %q", got)
	}
}

// TestLimits proves that defaults take the place of what is not set, and of nothing else.
func TestLimits(t *testing.T) {
	usual, set := quota.Limits{VCs: -1}.WithDefaults(), quota.Limits{VCs: 1, SAPs: 2, Parties: 3, CallsInProgress: 4, RingBytes: 5, UserVCs: 6, Backlog: 7}.WithDefaults()
	want := []int64{1, 2, 3, 4, 5, 6, 7}
	for i, k := range all() {
		if k >= quota.Clients {
			if usual.Of(k) != 0 {
				t.Errorf("%s is a limit of the server's", k)
			}
			continue
		}
		if usual.Of(k) != k.Default() || set.Of(k) != want[i] {
			t.Errorf("%s is %d and %d, want %d and %d", k, usual.Of(k), set.Of(k), k.Default(), want[i])
		}
	}
}

// TestCounters proves that counters are named as the keys are.
func TestCounters(t *testing.T) {
	var c quota.Counts
	c[quota.SAPs] = 3
	got := fmt.Sprint(c.Counters(quota.VCs, quota.Parties))
	if want := "[{limited_vcs 0} {limited_saps 3} {limited_parties 0}]"; got != want {
		t.Errorf("counters %s, want %s", got, want)
	}
}
