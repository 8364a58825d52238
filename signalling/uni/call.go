package uni

import (
	"cmp"
	"slices"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni/params"
	"callmanager/vc"
)

// The directions of the overload control.
const (
	outgoing = iota
	incoming
)

// maxHeld bounds what waits for the data plane's answer on one call.
const maxHeld = 64

// call is one call on the link: its machine and what it has of the link and of
// the data plane. It lives until its machine is null and its branch gone.
type call struct {
	id     primitive.CallID
	vc     vc.Handle
	m      *q2931.Call
	params primitive.Params
	wanted primitive.Params // of a SetupReq, as it came
	out    bool             // this side calls

	ch       vc.ID // zero while none is known
	reserved vc.Reservation
	pending  bool // counts as being set up
	early    bool // offered before the peer had acknowledged our RESTART

	// The branch.
	branch branch
	spec   vc.BranchSpec  // as activated
	why    activation     // what the pending Activate is for
	report vc.DrainReport // sum of the reports

	// Setting up.
	wire     wireState
	setup    *msg.Message // the SETUP, when it is written already
	response *response    // a response to SETUP that waits for Activate
	heard    []byte       // user-user information that no indication has taken yet

	// Being modified.
	modify *modification // nil while it is not

	// Clearing.
	owesConf bool     // a ReleaseConf is due rather than a ReleaseInd
	offered  bool     // the client model knows an incoming call
	told     bool     // ConnectInd or CompleteInd has been given
	graceful bool     // the branch is to take in what has arrived
	asked    ie.Cause // what to clear with when the branch is drained
	parting  []byte   // user-user information to clear with
	fault    ie.Cause // goes into the RELEASE COMPLETE; zero if nothing is wrong
	cause    ie.Cause // why the call has ended
	detail   string   // the same in words; empty for the client's wish
	remote   bool

	held []held

	parties *parties // of a point-to-multipoint call
}

// wireState is what the messages of a call have said so far.
type wireState struct {
	// answered: a response to SETUP has been sent or received.
	answered bool
	// named: the channel has been in a message, or need not be.
	named bool
	// asked: what the SETUP wants to hear in the answer.
	asked params.Asked
}

// response is a response to SETUP with what is to be reported about it.
type response struct {
	ev     q2931.Event
	msg    *msg.Message
	report ie.Cause     // zero if nothing is
	from   *msg.Decoder // of one that waits: the message's
}

// keep lets a response wait.
func (c *call) keep(r *response) {
	kept := *r
	c.response = &kept
}

// held is an input that waits for the data plane's answer: a message, a
// request or the expiry of a timer.
type held struct {
	sdu   []byte
	req   primitive.Request
	timer TimerID
}

// hold keeps an input back while the data plane owes an answer, and reports
// whether it did. Beyond the bound an input is lost, as on a lossy link; not so
// a request, which gets its answer.
func (c *call) hold(h held) bool {
	if c.why == notActivating {
		return false
	}
	if h.req != nil || len(c.held) < maxHeld {
		h.sdu = slices.Clone(h.sdu)
		c.held = append(c.held, h)
	}
	return true
}

// holdRequest is hold for a request, which takes memory of its own only when it is
// kept.
func holdRequest[R primitive.Request](c *call, r R) bool {
	return c.why != notActivating && c.hold(held{req: r})
}

// asksRelease reports whether the input is a ReleaseReq.
func (h held) asksRelease() bool {
	_, ok := h.req.(primitive.ReleaseReq)
	return ok
}

// releaseHeld replays what was held.
func (l *Link) releaseHeld(c *call) {
	queue := c.held
	c.held = nil
	for i, h := range queue {
		switch {
		case h.sdu != nil:
			l.dispatch(h.sdu)
		case h.req != nil:
			l.request(h.req)
		default:
			l.expireCall(c, h.timer)
		}
		if c.why != notActivating {
			c.held = append(c.held, queue[i+1:]...)
			return
		}
	}
}

// newRef returns a call reference that is not in use. References begin at a
// random value and count up (Q.2931 4.3).
func (l *Link) newRef() msg.CallRef {
	for {
		ref := msg.CallRef{Value: l.nextRef}
		l.nextRef++
		if l.nextRef >= msg.DummyCallRef {
			l.nextRef = 1
		}
		if _, used := l.byRef[ref]; !used {
			return ref
		}
	}
}

// addCall enters a call into the tables and counts it as pending.
func (l *Link) addCall(c *call) {
	l.calls[c.id] = c
	l.byRef[c.m.Ref()] = c
	c.pending = true
	l.pending[c.direction()]++
}

func (c *call) direction() int {
	if c.out {
		return outgoing
	}
	return incoming
}

// settled ends the time in which the call counts as being set up.
func (l *Link) settled(c *call) {
	if c.pending {
		c.pending = false
		l.pending[c.direction()]--
	}
}

// step makes one transition of a call's machine and performs its effects.
func (l *Link) step(c *call, ev q2931.Event, in q2931.Input) {
	from := c.m.State()
	base := len(l.steps) // below are those of steps that have led here
	l.steps = append(l.steps, c.m.Step(ev, in)...)
	effects := l.steps[base:]
	to := c.m.State()
	if from != to {
		c.explain(ev, from, to)
		t := Transition{
			CallRef: c.m.Ref(), Side: l.side.String(),
			From: from.String(), Event: ev.String(), To: to.String(), Cause: in.Cause.Value,
		}
		for i := range effects {
			if v := effects[i].Cause.Value; v != 0 {
				t.Cause = v
			}
		}
		l.moved(t)
		if to.IsNull() || to.IsClearing() {
			l.endParties(c, t.Cause)
		}
	}
	for i := range effects {
		l.perform(c, &effects[i])
	}
	l.steps = l.steps[:base]
}

// perform performs one effect of a call's machine.
func (l *Link) perform(c *call, e *q2931.Effect) {
	switch e.Kind {
	case q2931.Send:
		l.send(e.Msg)
	case q2931.StartTimer:
		l.startTimer(TimerID{Name: callTimers[e.Timer], Call: c.id}, e.After, 0)
	case q2931.StopTimer:
		l.stopTimer(TimerID{Name: callTimers[e.Timer], Call: c.id})
	case q2931.Setup: // the caller of step goes on
	case q2931.Proceeding:
		l.indicate(primitive.ProceedingInd{Call: c.id, ID: c.ch})
	case q2931.Alerting:
		l.indicate(primitive.ProceedingInd{Call: c.id, ID: c.ch, Alerting: true, UserUser: c.takeHeard()})
	case q2931.Connect:
		l.connected(c)
	case q2931.Complete:
		l.complete(c)
	case q2931.Release:
		l.peerReleases(c)
	case q2931.Clearing:
		l.audited(c)
		l.abortBranch(c)
	case q2931.Released:
		l.nulled(c, e)
	case q2931.Enquired:
		l.enquireNext(c)
	case q2931.Notified:
		l.count(countNotify)
		l.notified(c, e.Msg)
		l.tellParty(c, e.Msg)
	case q2931.Progressed:
		l.progressed(c, e.Msg)
	case q2931.StatusReceived:
		l.count(countStatus)
		l.tellParty(c, e.Msg)
	case q2931.PartyMessage: // the caller of step goes on
	case q2931.Modify:
		l.peerModifies(c, e.Msg)
	case q2931.Modified:
		l.modified(c, e.Msg)
	case q2931.ModifyRefused:
		l.modifyRefused(c, e.Cause)
	case q2931.Available:
		l.available(c)
	case q2931.ModifyEnded: // acceptModification finds that no answer is due
	case q2931.Restarted, q2931.RestartInd, q2931.RestartFailed, q2931.Defect:
		l.count(countImpossible)
	}
}

// nulled: the machine has come to its end. The call reference is free; the
// call itself ends when its branch has.
func (l *Link) nulled(c *call, e *q2931.Effect) {
	c.cause, c.remote = e.Cause, (e.Remote || c.remote) && asksForEnd(e.Cause.Value)
	delete(l.byRef, c.m.Ref())
	// The peer may offer the next call before the data plane has answered: what
	// this one has reserved moves no more, its channel rests until then.
	l.capacity.Release(c.reserved)
	c.reserved = vc.Reservation{}
	if c.out && l.side == q2931.User && e.Cause.Value == ie.CauseMandatoryMissing &&
		slices.Contains(e.Cause.Elements(), ie.IDConnID) {
		l.errPeer = "the peer misses a channel in our SETUP: it plays the user side too"
	}
	l.settled(c)
	for _, n := range []TimerName{TimerProceeding, TimerAlerting, TimerGuard} {
		l.stopTimer(TimerID{Name: n, Call: c.id})
	}
	l.audited(c)
	l.endBranch(c)
	l.finish(c)
	if l.calls[c.id] != nil && c.ch != (vc.ID{}) {
		l.channels.Rest(c.ch)
	}
}

// asksForEnd reports whether a cause tells that the peer's client wanted the
// call to end, and not that something went wrong.
func asksForEnd(v ie.CauseValue) bool { return slices.Contains(clientCauses, v) }

var clientCauses = []ie.CauseValue{
	ie.CauseNormalClearing, ie.CauseUserBusy, ie.CauseCallRejected, ie.CauseNonSelectedUserClearing,
	ie.CauseNormalUnspecified,
}

// finish ends a call whose machine is null and whose branch is gone: channel
// and bandwidth are free, and the client model is told.
func (l *Link) finish(c *call) {
	if !c.m.State().IsNull() || c.branch != noBranch || c.why != notActivating {
		return
	}
	if _, there := l.calls[c.id]; !there {
		return
	}
	delete(l.calls, c.id)
	if c.ch != (vc.ID{}) {
		l.channels.Release(c.ch)
	}
	l.capacity.Release(c.reserved)
	asked := slices.ContainsFunc(c.held, held.asksRelease)
	c.held = slices.DeleteFunc(c.held, held.asksRelease)
	l.settleParties(c)
	switch {
	case c.owesConf, asked, c.out && !c.told:
		l.indicate(primitive.ReleaseConf{Call: c.id, Cause: c.cause, Detail: c.detail, Drain: c.report, UserUser: c.takeHeard()})
	case c.out || c.offered:
		l.indicate(primitive.ReleaseInd{
			Call: c.id, Cause: c.cause, Detail: c.detail, Remote: c.remote, Drain: c.report, UserUser: c.takeHeard(),
		})
	}
	delete(l.clearing, c.id)
	if l.job != nil {
		delete(l.job.calls, c.id)
	}
	l.channelsCleared()
}

// sorted returns the calls in the order of their identifiers.
func (l *Link) sorted() []*call {
	all := make([]*call, 0, len(l.calls))
	for _, c := range l.calls {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *call) int { return cmp.Compare(a.id, b.id) })
	return all
}

// Calls returns a row for every call, in the order of their identifiers.
func (l *Link) Calls() []CallRow {
	rows := make([]CallRow, 0, len(l.calls))
	for _, c := range l.sorted() {
		rows = append(rows, CallRow{
			Call: c.id, VC: c.vc, CallRef: c.m.Ref().Value, Ours: c.out, State: c.m.State().String(),
			ID: c.ch, Params: c.params, Reserved: c.reserved, Parties: c.partyRows(),
		})
	}
	return rows
}
