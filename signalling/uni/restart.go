package uni

import (
	"slices"

	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni/channel"
)

// stepRestart makes one transition of a restart process and performs its
// effects.
func (l *Link) stepRestart(p *q2931.Process, ev q2931.RestartEvent, in q2931.Input) {
	from := p.State()
	effects := p.Step(ev, in)
	if p.State() != from {
		l.moved(Transition{Side: l.side.String(), From: from.String(), Event: ev.String(), To: p.State().String()})
	}
	for i := range effects {
		switch e := &effects[i]; e.Kind {
		case q2931.Send:
			l.send(e.Msg)
		case q2931.StartTimer:
			l.startTimer(TimerID{Name: callTimers[e.Timer]}, e.After, 0)
		case q2931.StopTimer:
			l.stopTimer(TimerID{Name: callTimers[e.Timer]})
		case q2931.Restarted:
			l.restartDone()
		case q2931.RestartInd:
			l.clearChannels(e.Msg)
		case q2931.RestartFailed:
			l.count(countRestartFailed)
			l.errRestart = "a RESTART came to nothing: " + e.Cause.Value.String()
			if l.job != nil && p == l.start && p.State() == q2931.StartREST0 {
				l.restartUnanswered(e.Cause)
			}
		case q2931.Setup, q2931.Proceeding, q2931.Alerting, q2931.Connect, q2931.Complete, q2931.Release,
			q2931.Clearing, q2931.Released, q2931.Notified, q2931.Progressed, q2931.StatusReceived, q2931.Enquired, q2931.Defect,
			q2931.Modify, q2931.Modified, q2931.ModifyRefused, q2931.ModifyEnded, q2931.Available, q2931.PartyMessage:
			l.count(countImpossible)
		}
	}
}

// resume does what is due when the SAAL has come up: the first time RESTART of
// all channels, later the audits. A RESTART that was on its way is repeated.
func (l *Link) resume() {
	if l.restarted {
		l.repeatRestart()
		l.audit()
		l.repeatModifications()
		return
	}
	l.stepRestart(l.start, q2931.ReqAbandon, q2931.Input{})
	l.stepRestart(l.start, q2931.ReqRestart, q2931.Input{Msg: &msg.Message{Restart: &ie.Restart{Class: ie.RestartAll}}})
	l.startTimer(TimerID{Name: TimerRestart}, RestartWait, 0)
}

// suspendRestart gives up what the loss of the SAAL has cut off.
func (l *Link) suspendRestart() {
	l.stopTimer(TimerID{Name: TimerRestart})
	l.repeatRestart()
	l.stepRestart(l.start, q2931.ReqAbandon, q2931.Input{})
	l.stepRestart(l.respond, q2931.ReqAbandon, q2931.Input{})
	clear(l.clearing)
	l.forgetOffers()
}

// restartDone: the peer has cleared everything. Calls that it offered before
// it did are gone there.
func (l *Link) restartDone() {
	if l.job != nil {
		l.restartAcked()
		return
	}
	l.channels.Return(channel.Range{Class: ie.RestartAll})
	l.forgetOffers()
	l.takeCalls()
	l.errRestart = ""
	for _, c := range l.sorted() {
		if c.early && !c.m.State().IsNull() {
			l.reset(c, l.refuse(ie.CauseTemporaryFailure, "the peer cleared it by our RESTART"))
		}
		c.early = false
	}
}

// restartOverdue: the peer does not answer RESTART in time. Calls are taken
// without; the procedure goes on.
func (l *Link) restartOverdue() {
	l.takeCalls()
	l.errRestart = "the peer has not acknowledged RESTART"
}

func (l *Link) takeCalls() {
	l.restarted = true
	l.stopTimer(TimerID{Name: TimerRestart})
	l.resumeOffers()
}

// expireT316 repeats RESTART, unless that would clear calls at the peer: the one
// sent may still do so, or have done it, so they are enquired about. What an
// operator restarts has none.
func (l *Link) expireT316() {
	if len(l.calls) > 0 && l.job == nil {
		l.count(countRestartFailed)
		l.stepRestart(l.start, q2931.ReqAbandon, q2931.Input{})
		l.beginAudits(callAlive)
		l.audit()
		return
	}
	l.stepRestart(l.start, q2931.ExpT316, q2931.Input{})
}

// awaitsRestart reports whether the RESTART that brings the link up is under way.
func (l *Link) awaitsRestart() bool { return l.start.State() == q2931.StartREST1 && l.job == nil }

// clearChannels ends every call that a RESTART concerns, without messages
// (Q.2931 5.5.2). The acknowledgement waits until their branches are gone.
func (l *Link) clearChannels(m *msg.Message) {
	r := channel.RangeOf(m)
	l.beginReset()
	clear(l.clearing)
	l.peerRestarts(r)
	if r.Class == ie.RestartAll {
		l.forgetOffers()
	}
	for _, c := range l.sorted() {
		unsent := c.why == forSetup && c.cause.Value == 0
		if c.within(r) && !unsent {
			l.clearing[c.id] = struct{}{}
		}
	}
	for _, c := range l.sorted() {
		if _, ok := l.clearing[c.id]; ok && !c.m.State().IsNull() {
			l.reset(c, l.refuse(ie.CauseTemporaryFailure, "the peer restarted"))
		}
	}
	l.channelsCleared()
}

// channelsCleared completes the peer's RESTART when nothing is left of it.
func (l *Link) channelsCleared() {
	if l.respond != nil && l.respond.State() == q2931.RespondREST2 && len(l.clearing) == 0 {
		l.stepRestart(l.respond, q2931.RspCleared, q2931.Input{})
		l.resumeOffers()
	}
}

// global takes a message with the global call reference (Q.2931 5.5, 5.6.3.2).
// A clear flag addresses the respond process, a set one the start process.
func (l *Link) global(b []byte, ref msg.CallRef) {
	m, v, err := msg.Decode(b, msg.Options{Profile: l.cfg.Profile})
	if err != nil {
		l.count(countBadMessage)
		return
	}
	l.note(&v)
	if l.leafSetupGlobal(m, &v) {
		return
	}
	p := l.respond
	if ref.Flag {
		p = l.start
	}
	ev := restartEvent(m.Type)
	cause := l.raise(v.Cause, v.Diagnostics...)
	switch {
	case ev == q2931.MsgGlobal:
		l.stepRestart(p, ev, q2931.Input{Msg: m})
	case v.Decision == msg.DiscardSilently:
	case v.Decision == msg.Accept || v.Decision == msg.AcceptAndReport:
		l.restartMessage(p, ev, q2931.Input{Msg: m, Cause: cause})
	default:
		l.stepRestart(p, q2931.ErrRestart, q2931.Input{Cause: cause})
	}
}

// restartMessage hands a message that is to be processed to its process, and reports what is wrong
// with its elements with the state that follows (Q.2931 5.6.8).
func (l *Link) restartMessage(p *q2931.Process, ev q2931.RestartEvent, in q2931.Input) {
	m := in.Msg
	if ev == q2931.MsgRestart && p == l.respond && channel.Unknown(m) {
		d := []byte{byte(m.ConnID.VPCI >> 8), byte(m.ConnID.VPCI), byte(m.ConnID.VCI >> 8), byte(m.ConnID.VCI)}
		l.stepRestart(p, q2931.ErrRestart, q2931.Input{Cause: l.raise(ie.CauseChannelDoesNotExist, d...)})
		return
	}
	if ev == q2931.MsgRestartStatus && p == l.start && refusesRestart(m) && p.State() == q2931.StartREST1 {
		l.stepRestart(l.start, q2931.ReqAbandon, q2931.Input{})
		if l.job != nil {
			l.restartRefused(m.Causes[0], "the peer refuses RESTART: "+m.Causes[0].Value.String())
			return
		}
		l.takeCalls()
		l.errRestart = "the peer refuses RESTART: " + m.Causes[0].Value.String()
		return
	}
	if ev == q2931.MsgRestart && p == l.respond && l.clearsForPeer() && m.Restart.Class == ie.RestartAll {
		l.forgetOffers() // what was offered since the RESTART that is being carried out
	}
	l.stepRestart(p, ev, in)
	if in.Cause.Value != 0 && ev != q2931.MsgRestart {
		l.stepRestart(p, q2931.ErrRestart, q2931.Input{Cause: in.Cause})
	}
}

// refusesRestart reports whether a STATUS tells that the peer will not
// acknowledge our RESTART.
func refusesRestart(m *msg.Message) bool {
	if m.CallState == nil || m.CallState.State != ie.CallNull || len(m.Causes) == 0 {
		return false
	}
	return slices.Contains(refusalsOfRestart, m.Causes[0].Value)
}

var refusalsOfRestart = []ie.CauseValue{
	ie.CauseInvalidCallReference, ie.CauseMandatoryMissing, ie.CauseMessageTypeNotImplemented,
	ie.CauseMessageNotCompatible98, ie.CauseElementNotImplemented, ie.CauseInvalidElementContents,
	ie.CauseMessageNotCompatible, ie.CauseChannelDoesNotExist,
}

// restartEvent returns the event of a message with the global call reference.
func restartEvent(t msg.Type) q2931.RestartEvent {
	for _, e := range restartEvents {
		if e.typ == t {
			return e.ev
		}
	}
	return q2931.MsgGlobal
}

var restartEvents = [...]struct {
	typ msg.Type
	ev  q2931.RestartEvent
}{
	{msg.Restart, q2931.MsgRestart}, {msg.RestartAck, q2931.MsgRestartAck}, {msg.Status, q2931.MsgRestartStatus},
}
