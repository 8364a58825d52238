package main

import (
	"callmanager/config"
	"callmanager/signalling/quota"
)

// limitsOf converts what clients may hold for the call manager.
func limitsOf(l *config.Limits) quota.Limits {
	return quota.Limits{
		VCs: l.VCs, UserVCs: l.UserVCs, SAPs: l.SAPs, Parties: l.Parties,
		CallsInProgress: l.CallsInProgress, Backlog: l.Backlog, RingBytes: l.RingMemory,
	}
}
