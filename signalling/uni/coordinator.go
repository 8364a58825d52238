package uni

import (
	"time"

	"callmanager/signalling/fsm"
	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/sscf"
)

// coordState is a state of the SAAL coordinator. CU0 to CU3 are the states of
// the SDL of Q.2931 annex A; CU0 has two forms here, since the link tries again
// by itself.
type coordState uint8

const (
	saalDown         coordState = iota // CU0, nothing is tried
	saalBackOff                        // CU0, the next attempt waits
	saalEstablishing                   // CU1, awaiting establishment
	saalReleasing                      // CU2, awaiting release
	saalUp                             // CU3, established
	numCoordStates   = int(saalUp) + 1
)

var coordNames = [numCoordStates]string{"CU0", "CU0 (back-off)", "CU1", "CU2", "CU3"}

// String returns the name of the SDL.
func (s coordState) String() string { return coordNames[s] }

// coordEvent is what may happen to the coordinator.
type coordEvent uint8

const (
	_              coordEvent = iota
	lnkWanted                 // the port is up and the link started
	lnkUnwanted               // the port is down
	indEstablish              // AAL-ESTABLISH.indication
	confEstablish             // AAL-ESTABLISH.confirm
	indRelease                // AAL-RELEASE.indication
	confRelease               // AAL-RELEASE.confirm
	expBackOff                // the pause between two attempts is over
	expT309                   // the active calls have waited long enough
	reqStop                   // the link ends
	expStop                   // the peer does not confirm the end
	numCoordEvents = int(expStop) + 1
)

var coordEventNames = [numCoordEvents]string{
	lnkWanted: "port up", lnkUnwanted: "port down", indEstablish: "AAL-ESTABLISH.indication",
	confEstablish: "AAL-ESTABLISH.confirm", indRelease: "AAL-RELEASE.indication", confRelease: "AAL-RELEASE.confirm",
	expBackOff: "back-off over", expT309: "T309 expiry", reqStop: "stop", expStop: "stop overdue",
}

// String returns the event in the words of Q.2130.
func (e coordEvent) String() string { return coordEventNames[e] }

type (
	coordAction func(l *Link) coordState
	coordCell   = fsm.Cell[coordState, coordAction]
)

func onCoord(text, clause string, do coordAction, next ...coordState) coordCell {
	return fsm.On(text, clause, do, next...)
}

// The cells of the coordinator.
var (
	cTry     = onCoord("AAL-ESTABLISH.request", "Q.2931 5.1", (*Link).tryEstablish, saalEstablishing)
	cCancel  = onCoord("stop the back-off", "own", (*Link).cancelBackOff, saalDown)
	cUp      = onCoord("calls and audits", "Q.2931 5.6.8, 5.6.9", (*Link).saalIsUp, saalUp)
	cReset   = onCoord("audit all calls", "Q.2931 5.6.8", (*Link).saalWasReset, saalUp)
	cFailed  = onCoord("try again later", "Q.2931 5.6.9", (*Link).establishFailed, saalBackOff, saalDown)
	cLost    = onCoord("clear what is not active, T309, try again", "Q.2931 5.6.9", (*Link).saalLost, saalEstablishing, saalDown)
	cRelease = onCoord("AAL-RELEASE.request", "Q.2931 5.1", (*Link).releaseSAAL, saalReleasing)
	cEnd     = onCoord("the end", "own", (*Link).endSAAL, saalDown)
	cQuit    = onCoord("AAL-RELEASE.request, the end", "own", (*Link).quitSAAL, saalDown)

	cIgnore = coordCell{Kind: fsm.Ignore, Clause: "own"}
	cNever  = coordCell{Kind: fsm.Impossible}
)

// c309 clears the active calls; it leaves the SAAL as it is.
func c309(s coordState) coordCell {
	return onCoord("clear the active calls, 27", "Q.2931 5.6.9", (*Link).clearActive, s)
}

// coordTable is the table of the coordinator: a line for each event, a column
// for each state.
var coordTable = fsm.NewByLine(expStop, map[coordEvent][]coordCell{
	// state:       CU0      back-off    CU1      CU2      CU3
	lnkWanted:     {cTry, cIgnore, cIgnore, cIgnore, cIgnore},
	lnkUnwanted:   {cIgnore, cCancel, cIgnore, cIgnore, cIgnore},
	indEstablish:  {cUp, cUp, cUp, cIgnore, cReset},
	confEstablish: {cNever, cNever, cUp, cIgnore, cReset},
	indRelease:    {cIgnore, cIgnore, cFailed, cEnd, cLost},
	confRelease:   {cIgnore, cIgnore, cIgnore, cEnd, cNever},
	expBackOff:    {cNever, cTry, cNever, cNever, cNever},
	expT309:       {c309(saalDown), c309(saalBackOff), c309(saalEstablishing), c309(saalReleasing), cNever},
	reqStop:       {cEnd, cEnd, cQuit, cIgnore, cRelease},
	expStop:       {cNever, cNever, cNever, cEnd, cNever},
})

// coordinate makes one transition of the coordinator.
func (l *Link) coordinate(ev coordEvent) {
	cell := coordTable.Fire(l.coord, ev)
	switch cell.Kind {
	case fsm.Handle:
		from := l.coord
		to := cell.Do(l)
		l.coord = to
		l.moved(Transition{From: from.String(), Event: ev.String(), To: to.String()})
		l.afterCoord(ev)
	case fsm.Ignore:
	case fsm.Protest, fsm.Impossible:
		l.count(countImpossible)
	}
}

// afterCoord does what needs the coordinator's new state: requests to the
// SAAL, whose answers are events again, and messages.
func (l *Link) afterCoord(ev coordEvent) {
	switch l.coord {
	case saalEstablishing:
		// A peer that begins anew has brought the SAAL up already: the
		// indication is in the inbox.
		if l.saal.State() == sscf.Released {
			l.lower(l.saal.Establish())
		}
	case saalReleasing:
		if ev == reqStop {
			l.lower(l.saal.Release())
		}
	case saalUp:
		l.resume()
	case saalDown, saalBackOff:
	}
}

// tryEstablish asks for the SAAL.
func (l *Link) tryEstablish() coordState {
	l.makeSAAL()
	return saalEstablishing
}

// cancelBackOff waits for the port instead.
func (l *Link) cancelBackOff() coordState {
	l.stopTimer(TimerID{Name: TimerBackOff})
	return saalDown
}

// saalIsUp ends the wait.
func (l *Link) saalIsUp() coordState {
	l.stopTimer(TimerID{Name: TimerBackOff})
	l.stopTimer(TimerID{Name: T309})
	l.attempts = 0
	l.errSAAL = ""
	l.beginAudits(callActive)
	if len(l.audits) > 0 {
		l.startTimer(TimerID{Name: TimerAudit}, l.cfg.Timers.For(l.side).T309+AuditDelay, 0)
	}
	return saalUp
}

// saalWasReset: messages on their way are lost, so every call is in doubt.
func (l *Link) saalWasReset() coordState {
	l.beginReset()
	clear(l.enquired) // their enquiries, or the answers, may be lost
	l.beginAudits(callAlive)
	return saalUp
}

// establishFailed waits, longer each time, without end.
func (l *Link) establishFailed() coordState {
	l.errSAAL = "the peer does not answer: is its daemon running, and is this link its peer?"
	l.failRestarts(l.errSAAL)
	if !l.wanted() {
		return saalDown
	}
	pause := MinBackOff << min(l.attempts, 8)
	l.attempts++
	pause = min(pause, MaxBackOff)
	pause += time.Duration(l.rng.Int64N(int64(pause/4)+1)) - pause/8
	l.startTimer(TimerID{Name: TimerBackOff}, pause, 0)
	return saalBackOff
}

// saalLost: calls that are not active end; active ones wait for T309.
func (l *Link) saalLost() coordState {
	l.errSAAL = "the signalling connection was lost"
	l.endAudits()
	l.suspendRestart()
	active := false
	for _, c := range l.sorted() {
		if c.m.State().IsNull() {
			continue
		}
		l.step(c, q2931.LnkReleased, q2931.Input{Cause: l.raise(ie.CauseDestinationOutOfOrder)})
		l.partiesLost(c)
		active = active || c.m.State().IsActive()
	}
	if active {
		l.startTimer(TimerID{Name: T309}, l.cfg.Timers.For(l.side).T309, 0)
	}
	if !l.wanted() {
		l.failRestarts(l.errSAAL)
		return saalDown
	}
	l.makeSAAL()
	return saalEstablishing
}

// clearActive: T309 is over.
func (l *Link) clearActive() coordState {
	for _, c := range l.sorted() {
		if !c.m.State().IsNull() {
			l.reset(c, l.refuse(ie.CauseDestinationOutOfOrder, "timer T309 expired: the signalling connection did not come back"))
		}
	}
	return l.coord
}

// releaseSAAL ends the signalling connection. The peer's confirmation is
// awaited for a moment: nothing depends on it.
func (l *Link) releaseSAAL() coordState {
	l.startTimer(TimerID{Name: TimerStop}, StopWait, 0)
	return saalReleasing
}

// quitSAAL gives up a connection that has not come about: one END tells a peer
// that may have it.
func (l *Link) quitSAAL() coordState {
	l.lower(l.saal.Release())
	return l.endSAAL()
}

// endSAAL ends the link when it is stopping.
func (l *Link) endSAAL() coordState {
	if l.stopping {
		l.finished()
	}
	return saalDown
}

// signal is what the SAAL has told and the link has not worked off yet.
type signal struct {
	ev  coordEvent // 0: a message
	sdu []byte
}

// lower performs the effects of the SAAL. What it tells layer 3 waits in the
// inbox, since acting on it calls the SAAL again.
func (l *Link) lower(effects []sscf.Effect) {
	for i := range effects {
		e := &effects[i]
		switch e.Kind {
		case sscf.SendPDU:
			b := l.keep(e.PDU)
			if l.cfg.Trace {
				l.emit(Effect{Kind: Trace, Sent: true, Octets: b})
			}
			l.emit(Effect{Kind: SendPDU, Octets: b})
		case sscf.StartTimer:
			l.startTimer(TimerID{Name: sscopTimer(e.Timer)}, e.After, e.Gen)
		case sscf.StopTimer:
			l.stopTimer(TimerID{Name: sscopTimer(e.Timer)})
		case sscf.DataInd:
			l.inbox = append(l.inbox, signal{sdu: l.keep(e.SDU)})
		case sscf.EstablishInd:
			l.inbox = append(l.inbox, signal{ev: indEstablish})
		case sscf.EstablishConf:
			l.inbox = append(l.inbox, signal{ev: confEstablish})
		case sscf.ReleaseInd:
			l.inbox = append(l.inbox, signal{ev: indRelease})
		case sscf.ReleaseConf:
			l.inbox = append(l.inbox, signal{ev: confRelease})
		case sscf.UnitDataInd, sscf.MgmtDataInd:
			l.count(countUnitData)
		case sscf.Refused:
			l.count(countNotSent)
		case sscf.MAAError: // counted by SSCOP
		}
	}
}

// work works the inbox off, and takes the SAAL down when it is time.
func (l *Link) work() {
	l.workInbox()
	l.stopWhenEmpty()
	l.workInbox()
}

func (l *Link) workInbox() {
	for l.worked < len(l.inbox) {
		s := l.inbox[l.worked]
		l.worked++
		if s.ev == 0 {
			l.message(s.sdu)
		} else {
			l.coordinate(s.ev)
		}
	}
	l.inbox, l.worked = l.inbox[:0], 0
}
