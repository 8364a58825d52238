package uni

import (
	"fmt"
	"slices"
	"time"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931"
	"callmanager/signalling/sscop"
)

// TimerName names a timer of a link. The zero value names none. It is of a size
// that leaves no gap in a [TimerID].
type TimerName uint32

// The timers. T301 to T361 are those of Q.2931 clause 7 and Q.2963.1, T397 to
// T399 those of Q.2971 clause 10, the SSCOP ones those of Q.2110 clause 7.6. The
// others are this implementation's.
const (
	_ TimerName = iota
	// TimerCC to TimerIdle are SSCOP's.
	TimerCC
	TimerPoll
	TimerKeepAlive
	TimerNoResponse
	TimerIdle
	// T301 to T361 belong to a call, but for T309, T316 and T317, which belong
	// to the link.
	T301
	T303
	T308
	T309
	T310
	T313
	T316
	T317
	T322
	T360
	T361
	// T397 to T399 belong to a party.
	T397
	T398
	T399
	// TimerBackOff waits before the next attempt to establish the SAAL.
	TimerBackOff
	// TimerRestart bounds the wait for RESTART ACKNOWLEDGE before calls are
	// taken without it.
	TimerRestart
	// TimerRefill refills the token buckets of the overload control.
	TimerRefill
	// TimerProceeding delays the CALL PROCEEDING of a called network side for
	// as long as a client's refusal takes that needs no thought.
	TimerProceeding
	// TimerAlerting delays the ALERTING of a called side (CALL PROCEEDING in UNI
	// 3.x).
	TimerAlerting
	// TimerGuard bounds the wait of a called network side for CONNECT
	// ACKNOWLEDGE.
	TimerGuard
	// TimerPartyAlerting delays the PARTY ALERTING of a leaf.
	TimerPartyAlerting
	// TimerStop bounds the wait for the end of the SAAL when the link stops.
	TimerStop
	// TimerAudit waits after the return of the SAAL for the second audit.
	TimerAudit
)

const numTimerNames = int(TimerAudit) + 1

// The run times of the timers that are this implementation's own.
const (
	// ProceedingDelay is how long a called network side leaves the client model
	// to refuse a call without CALL PROCEEDING before.
	ProceedingDelay = 20 * time.Millisecond
	// AlertingDelay is how long a called side waits for its client before it
	// sends ALERTING or PARTY ALERTING.
	AlertingDelay = time.Second
	// GuardTime is how long a called network side waits for CONNECT
	// ACKNOWLEDGE.
	GuardTime = 4 * time.Second
	// RestartWait is how long a link waits for RESTART ACKNOWLEDGE before it
	// takes calls.
	RestartWait = 2 * time.Second
	// StopWait is how long a link that stops waits for the peer to confirm the
	// end of the SAAL.
	StopWait = 500 * time.Millisecond
	// AuditDelay is how long after T309, counted from the return of the SAAL,
	// active calls are enquired about once more.
	AuditDelay = 2 * time.Second
	// MinBackOff and MaxBackOff bound the pause between two attempts to
	// establish the SAAL; it doubles from the one to the other.
	MinBackOff = time.Second
	MaxBackOff = 8 * time.Second
	// refillPeriod is the pace of the token buckets.
	refillPeriod = 100 * time.Millisecond
)

var timerNames = [numTimerNames]string{
	TimerCC: "CC", TimerPoll: "POLL", TimerKeepAlive: "KEEP-ALIVE", TimerNoResponse: "NO-RESPONSE", TimerIdle: "IDLE",
	T301: "T301", T303: "T303", T308: "T308", T309: "T309", T310: "T310", T313: "T313", T316: "T316", T317: "T317",
	T322: "T322", T360: "T360", T361: "T361", T397: "T397", T398: "T398", T399: "T399", TimerPartyAlerting: "party alerting",
	TimerBackOff: "back-off", TimerRestart: "restart wait", TimerRefill: "refill",
	TimerProceeding: "proceeding", TimerAlerting: "alerting", TimerGuard: "guard", TimerStop: "stop", TimerAudit: "second audit",
}

// String returns the name of the timer.
func (n TimerName) String() string {
	if int(n) < numTimerNames && timerNames[n] != "" {
		return timerNames[n]
	}
	return fmt.Sprintf("TimerName(%d)", uint32(n))
}

// TimerID identifies a timer of one link. It is comparable. Call is zero for
// the timers of the link as a whole. Party names the party for T397 to T399 and
// TimerPartyAlerting. Without a gap it is hashed at once as a key of a map, which
// takes half of the time.
type TimerID struct {
	Name  TimerName
	Party primitive.PartyID
	Call  primitive.CallID
}

// callTimers are the names of the timers of [q2931].
var callTimers = [...]TimerName{
	q2931.T301: T301, q2931.T303: T303, q2931.T308: T308, q2931.T310: T310, q2931.T313: T313,
	q2931.T316: T316, q2931.T317: T317, q2931.T322: T322,
	q2931.T360: T360, q2931.T361: T361, q2931.T397: T397, q2931.T398: T398, q2931.T399: T399,
}

// q2931Timer returns the timer of [q2931] that a name stands for, or 0.
func q2931Timer(n TimerName) q2931.Timer { return q2931.Timer(max(0, slices.Index(callTimers[:], n))) }

// sscopTimer returns the name of a timer of SSCOP.
func sscopTimer(t sscop.Timer) TimerName { return TimerCC + TimerName(t) }

// timer is a running timer: its generation, and that of the layer below for a
// timer of SSCOP.
type timer struct {
	gen   uint64
	lower uint64
}

// startTimer starts a timer, in place of one that runs.
func (l *Link) startTimer(id TimerID, after time.Duration, lower uint64) {
	l.gen++
	l.timers[id] = timer{gen: l.gen, lower: lower}
	l.emit(Effect{Kind: StartTimer, Timer: id, After: after, Gen: l.gen})
}

// stopTimer stops a timer if it runs.
func (l *Link) stopTimer(id TimerID) {
	if _, ok := l.timers[id]; !ok {
		return
	}
	delete(l.timers, id)
	l.emit(Effect{Kind: StopTimer, Timer: id})
}

// runs reports whether a timer runs.
func (l *Link) runs(id TimerID) bool {
	_, ok := l.timers[id]
	return ok
}

// Expire tells that a timer ran out. One that was stopped or started anew
// since is dropped by its generation.
func (l *Link) Expire(id TimerID, gen uint64) []Effect {
	l.begin()
	t, ok := l.timers[id]
	if !ok || t.gen != gen {
		l.count(countStaleExpiry)
		return l.end()
	}
	delete(l.timers, id)
	switch {
	case id.Call != 0:
		if c := l.calls[id.Call]; c != nil {
			l.expireCall(c, id)
		}
	case id.Name <= TimerIdle:
		l.lower(l.saal.Expire(sscop.Timer(id.Name-TimerCC), t.lower))
	default:
		l.expireLink(id.Name)
	}
	return l.end()
}

// expireLink acts on the expiry of a timer of the link as a whole.
func (l *Link) expireLink(n TimerName) {
	switch n {
	case TimerBackOff:
		l.coordinate(expBackOff)
	case T309:
		l.coordinate(expT309)
	case TimerAudit:
		l.auditAgain()
	case TimerStop:
		l.coordinate(expStop)
	case TimerRestart:
		l.restartOverdue()
	case T316:
		l.expireT316()
	case T317:
		l.stepRestart(l.respond, q2931.ExpT317, q2931.Input{})
		l.resumeOffers()
	case TimerRefill:
		l.refill()
	case TimerCC, TimerPoll, TimerKeepAlive, TimerNoResponse, TimerIdle, T301, T303, T308, T310, T313, T322, T360, T361,
		T397, T398, T399, TimerPartyAlerting, TimerProceeding, TimerAlerting, TimerGuard:
		l.count(countImpossible)
	}
}

// ownTimers are the timers of a call that are not the machine's.
var ownTimers = [numTimerNames]func(*Link, *call){
	TimerProceeding: (*Link).proceed, TimerAlerting: (*Link).slow, TimerGuard: (*Link).complete,
}

// expireCall acts on the expiry of a timer of a call or of one of its parties.
func (l *Link) expireCall(c *call, id TimerID) {
	if c.hold(held{timer: id}) {
		return
	}
	n := id.Name
	if n == T397 || n == T398 || n == T399 || n == TimerPartyAlerting {
		l.expireParty(c, id)
		return
	}
	if t := q2931Timer(n); t != 0 {
		if c.m.Running(t) { // what was held before the expiry may have stopped it
			l.step(c, t.Expiry(), q2931.Input{})
		}
		return
	}
	if act := ownTimers[n]; act != nil {
		act(l, c)
	}
}
