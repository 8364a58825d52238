package uni

import "callmanager/signalling/q2931"

// Resets of a link that was up: its signalling connection or its port is lost, the connection is
// reset, or one of the two ends restarts channels (the model's RESET_START and RESET_END). They are
// told by LinkChanged.

// resetState is how many resets have begun, and whether the last one is under way.
type resetState struct {
	begun    uint64
	underWay bool
}

// Resets returns how many resets have begun since the start, and whether the last one is under way.
func (l *Link) Resets() (begun uint64, underWay bool) { return l.resets.begun, l.resets.underWay }

// beginReset notes a reset, unless one is under way.
func (l *Link) beginReset() {
	if l.state == LinkUp && !l.resets.underWay && !l.stopping {
		l.resets = resetState{l.resets.begun + 1, true}
	}
}

// endReset ends the reset whose work is done.
func (l *Link) endReset() {
	l.resets.underWay = l.resets.underWay &&
		(l.state != LinkUp || l.job != nil || l.respond.State() == q2931.RespondREST2)
}
