package uni

// Holdings counts what a link has in its tables and buffers. Without calls and
// messages under way everything is zero; what is not has been forgotten.
type Holdings struct {
	// Calls counts the calls, References their call references in use, Channels
	// the channels allocated to them, Pending the calls being set up.
	Calls, References, Channels, Pending int
	// PVCs counts the permanent VCs in use.
	PVCs int
	// Parties counts the parties of point-to-multipoint calls.
	Parties int
	// Waiting counts what waits for something else: messages deferred, calls
	// that await a channel, channels whose branch is ending, calls that a
	// RESTART clears, enquiries due or under way, and restarts of an operator.
	Waiting int
	// Timers counts the running timers of calls.
	Timers int
	// Queued, Unacked and Buffered count SDUs in SSCOP's buffers: to be sent,
	// sent and not acknowledged, received ahead of a gap.
	Queued, Unacked, Buffered int
	// Defects counts events that cannot be and messages that could not be
	// written, SequenceErrors the MAA-ERRORs Q, R, S and T of SSCOP (Q.2110
	// annex A). Both count from the start and are zero over a channel that
	// neither misorders nor duplicates.
	Defects, SequenceErrors uint64
}

// Empty reports whether the link holds nothing, whatever it has counted.
func (h Holdings) Empty() bool {
	h.Defects, h.SequenceErrors = 0, 0
	return h == Holdings{}
}

// Holdings returns what the link has in its tables and buffers.
func (l *Link) Holdings() Holdings {
	h := Holdings{
		Calls: len(l.calls), References: len(l.byRef), Channels: l.channels.InUse() - l.pvcs.Len(),
		PVCs:    l.pvcs.Uses(),
		Pending: l.pending[outgoing] + l.pending[incoming],
		Waiting: len(l.deferred) + len(l.awaiting) + l.channels.Resting() + len(l.clearing) + len(l.enquired) + len(l.audits) + len(l.restarts),
		Defects: l.counters.plain[countImpossible] + l.counters.plain[countEncode],
	}
	if l.job != nil {
		h.Waiting++
	}
	for _, c := range l.calls {
		if c.parties != nil {
			h.Parties += len(c.parties.list)
		}
	}
	for id := range l.timers {
		if id.Call != 0 {
			h.Timers++
		}
	}
	if l.saal != nil {
		h.Queued, h.Unacked, h.Buffered = l.saal.Queued(), l.saal.Unacked(), l.saal.Buffered()
		s := l.saal.Stats()
		h.Defects += s.Impossible
		h.SequenceErrors = s.Error('Q') + s.Error('R') + s.Error('S') + s.Error('T')
	}
	return h
}
