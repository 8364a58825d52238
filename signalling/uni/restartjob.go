package uni

import (
	"fmt"
	"slices"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni/channel"
	"callmanager/vc"
)

// Restarts that an operator asks for. A signalling entity has one process that
// begins restarts (Q.2931 5.5.1), so they wait in a queue for each other, and
// for the RESTART that brings the link up. Each goes through these steps:
//
//	Restart ──▶ queue ──▶ calls cleared here, RESTART ──▶ RESTART ACKNOWLEDGE ──▶ RestartDone
//	                        channels blocked              channels free
//	                              │ refused: RELEASE COMPLETE for each call, channels free
//	                              │ T316 twice: the same, but channels out of service
//	                              └ SAAL lost: begun anew when it is back
//
// While the RESTART is not acknowledged no call is placed or accepted on the
// channels concerned (5.5.1). Those that nobody has acknowledged stay out of
// service until a later restart of them is, or the peer restarts them.

// RestartReq asks for a restart of one channel, one path or the whole link.
type RestartReq struct {
	// ID names the request in [RestartDone].
	ID uint64
	channel.Range
}

// RestartDone answers [Link.Restart], once. Without a cause the peer has
// acknowledged; with one it has not, and Detail says why. Cleared are the calls
// that the restart has ended, also if it failed.
type RestartDone struct {
	ID      uint64
	Cause   ie.Cause
	Detail  string
	Cleared []CallRow
}

func (l *Link) answerRestart(d RestartDone) { l.emit(Effect{Kind: RestartAnswered, Restart: &d}) }

// restartJob is a restart that waits or is under way.
type restartJob struct {
	req     RestartReq
	cleared []CallRow
	refs    []msg.CallRef                 // of the calls cleared
	calls   map[primitive.CallID]struct{} // whose branches are ending
	acked   bool
}

// maxRestarts bounds the restarts that wait.
const maxRestarts = 64

// Restart clears the calls of a channel, a path or the whole link at both ends,
// and answers with [RestartDone].
func (l *Link) Restart(r RestartReq) []Effect {
	l.begin()
	if no := l.judgeRestart(&r); no != "" {
		l.answerRestart(RestartDone{ID: r.ID, Cause: l.raise(ie.CauseTemporaryFailure), Detail: no})
		return l.end()
	}
	l.restarts = append(l.restarts, &restartJob{req: r, calls: make(map[primitive.CallID]struct{})})
	return l.end()
}

// judgeRestart says why a restart cannot be begun; empty if it can.
func (l *Link) judgeRestart(r *RestartReq) string {
	switch {
	case l.stopping:
		return "the link is stopping"
	case l.coord != saalUp && l.coord != saalEstablishing:
		return "the signalling connection is not up: " + firstOf(l.lastError, "the link is down")
	case len(l.restarts) >= maxRestarts:
		return fmt.Sprintf("%d restarts wait already", len(l.restarts))
	}
	return r.Fault()
}

// within reports whether a call is on a channel of a range, or on none yet and the
// range is the whole link.
func (c *call) within(r channel.Range) bool {
	return r.Class == ie.RestartAll || c.ch != (vc.ID{}) && r.Covers(c.ch)
}

// setJob makes a restart the one under way, nil for none. Its channels are blocked.
func (l *Link) setJob(j *restartJob) {
	l.job = j
	if j == nil {
		l.channels.Unblock()
	} else {
		l.channels.Block(j.req.Range)
		l.beginReset()
	}
}

// restartsAll reports whether the whole link is being restarted for an operator.
func (l *Link) restartsAll() bool { return l.job != nil && l.job.req.Class == ie.RestartAll }

// workRestarts goes on with the restarts, as far as it can.
func (l *Link) workRestarts() {
	for {
		switch {
		case l.job != nil && l.job.acked && len(l.job.calls) == 0:
			l.endRestart(ie.Cause{}, "")
		case l.job == nil && len(l.restarts) > 0 && l.coord == saalUp && l.restarted:
			l.beginRestart()
		default:
			return
		}
	}
}

// beginRestart clears the calls that the next restart concerns and sends
// RESTART. One that brought the link up and has not been answered is given up:
// it was for the calls of a former life.
func (l *Link) beginRestart() {
	j := l.restarts[0]
	l.restarts = l.restarts[1:]
	l.stepRestart(l.start, q2931.ReqAbandon, q2931.Input{})
	l.setJob(j)
	for _, row := range l.Calls() {
		c := l.calls[row.Call]
		unsent := c.why == forSetup && c.cause.Value == 0
		if unsent || !c.within(j.req.Range) {
			continue
		}
		j.calls[c.id] = struct{}{}
		if c.m.State().IsNull() {
			continue
		}
		j.cleared = append(j.cleared, row)
		j.refs = append(j.refs, c.m.Ref())
		l.reset(c, l.refuse(ie.CauseTemporaryFailure, "an operator has restarted "+j.req.String()))
	}
	l.stepRestart(l.start, q2931.ReqRestart, q2931.Input{Msg: j.req.Message()})
}

// restartAcked: the peer has cleared what the operator's RESTART named.
func (l *Link) restartAcked() {
	l.job.acked = true
	if l.job.req.Class == ie.RestartAll {
		l.forgetOffers()
	}
	l.channels.Return(l.job.req.Range)
	l.errRestart = l.outText()
}

// peerRestarts: the peer restarts channels itself, so that they are of use again.
func (l *Link) peerRestarts(r channel.Range) {
	if _, out := l.channels.Out(); !out {
		return
	}
	l.channels.Return(r)
	l.errRestart = l.outText()
}

// outText says what is out of service.
func (l *Link) outText() string {
	r, out := l.channels.Out()
	if !out {
		return ""
	}
	return r.String() + " is out of service: the peer has not acknowledged its RESTART"
}

// endRestart gives the answer to the restart that is under way.
func (l *Link) endRestart(cause ie.Cause, detail string) {
	j := l.job
	l.setJob(nil)
	l.answerRestart(RestartDone{ID: j.req.ID, Cause: cause, Detail: detail, Cleared: j.cleared})
	l.resumeOffers()
}

// restartRefused: the peer will not acknowledge. It is told the end of each call
// by itself.
func (l *Link) restartRefused(cause ie.Cause, detail string) {
	for _, ref := range l.job.refs {
		l.send(&msg.Message{CallRef: ref, Type: msg.ReleaseComplete, Causes: []ie.Cause{l.raise(ie.CauseTemporaryFailure)}})
	}
	l.endRestart(cause, detail)
}

// restartUnanswered: T316 has run out for the last time (Q.2931 5.5.1).
func (l *Link) restartUnanswered(cause ie.Cause) {
	if l.job.req.Class != ie.RestartAll {
		l.channels.TakeOut(l.job.req.Range)
		l.errRestart = l.outText()
	}
	l.restartRefused(cause, "the peer has not acknowledged RESTART")
}

// repeatRestart begins the one under way anew: the SAAL has lost messages, or
// the side has changed.
func (l *Link) repeatRestart() {
	if l.job != nil && !l.job.acked {
		clear(l.job.calls) // beginRestart finds those that are left
		l.restarts = slices.Insert(l.restarts, 0, l.job)
		l.setJob(nil)
		l.stepRestart(l.start, q2931.ReqAbandon, q2931.Input{})
	}
}

// failRestarts gives up all: the peer is out of reach.
func (l *Link) failRestarts(detail string) {
	queue := l.restarts
	l.restarts = nil
	if l.job != nil {
		l.stepRestart(l.start, q2931.ReqAbandon, q2931.Input{})
		queue = slices.Insert(queue, 0, l.job)
		l.setJob(nil)
	}
	for _, j := range queue {
		done := RestartDone{ID: j.req.ID, Cleared: j.cleared}
		if !j.acked {
			done.Cause, done.Detail = l.raise(ie.CauseTemporaryFailure), detail
		}
		l.answerRestart(done)
	}
}
