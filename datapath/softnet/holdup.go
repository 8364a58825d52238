package softnet

// stages is how many backlogs one frame may go through, one after the other: it waits anew behind
// each veth, and so does a frame that a bridge of this host hands on.
const stages = 4

// A Holdup is the wait until the frames that a backlog held have reached the sockets.
type Holdup struct {
	before Backlog
	passed int // How often what waited in before had gone through, to wait once more perhaps.
}

// Hold begins a wait at a time at which the backlog was read.
func Hold(before Backlog) Holdup { return Holdup{before: before} }

// Over looks at the backlog once more and reports whether the wait is over: nothing waits any more, or
// what did at the beginning has gone through every stage that there can be.
func (h *Holdup) Over(now Backlog) bool {
	if !h.before.passed(now) {
		return false
	}
	h.before = now
	h.passed++
	return h.passed == stages || now.empty()
}
