package quota_test

import (
	"testing"

	"callmanager/signalling/quota"
)

// TestWithDefaults: a limit that is not above zero is the default, and no other is touched.
func TestWithDefaults(t *testing.T) {
	all := quota.Limits{
		VCs: quota.DefaultVCs, SAPs: quota.DefaultSAPs, Parties: quota.DefaultParties,
		CallsInProgress: quota.DefaultCallsInProgress, RingBytes: quota.DefaultRingBytes, Backlog: quota.DefaultBacklog,
	}
	for _, l := range []quota.Limits{{}, {VCs: -1, SAPs: -1, Parties: -1, CallsInProgress: -1, RingBytes: -1, Backlog: -1}} {
		if got := l.WithDefaults(); got != all {
			t.Errorf("%+v becomes %+v", l, got)
		}
	}
	if own := (quota.Limits{VCs: 1, SAPs: 2, Parties: 3, CallsInProgress: 4, RingBytes: 5, Backlog: 6}); own.WithDefaults() != own {
		t.Errorf("%+v becomes %+v", own, own.WithDefaults())
	}
}
