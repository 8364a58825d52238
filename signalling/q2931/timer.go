package q2931

import (
	"slices"
	"time"
)

// Timer names a timer of Q.2931 clause 7. The zero value names none.
type Timer uint8

// The timers of calls, of the restart procedure and, T397 to T399 (Q.2971
// clause 10), of parties. T309 is the link's.
const (
	_ Timer = iota
	// T301 waits for an answer after ALERTING.
	T301
	// T303 waits for the first response to SETUP.
	T303
	// T308 waits for the response to RELEASE.
	T308
	// T310 waits for ALERTING or CONNECT after CALL PROCEEDING.
	T310
	// T313 waits for CONNECT ACKNOWLEDGE (user side).
	T313
	// T316 waits for RESTART ACKNOWLEDGE.
	T316
	// T317 waits for the calls that a RESTART has cleared.
	T317
	// T322 waits for the answer to STATUS ENQUIRY.
	T322
	// T360 waits for the answer to MODIFY REQUEST.
	T360
	// T361 bounds the answer to MODIFY REQUEST, and the wait for CONNECTION
	// AVAILABLE.
	T361
	// T397 waits for an answer after PARTY ALERTING, or ALERTING.
	T397
	// T398 waits for the answer to DROP PARTY.
	T398
	// T399 waits for the first answer to ADD PARTY.
	T399
)

// numTimers is the size of an array indexed by Timer.
const numTimers = int(T399) + 1

var timerNames = [numTimers]string{
	T301: "T301", T303: "T303", T308: "T308", T310: "T310", T313: "T313", T316: "T316", T317: "T317", T322: "T322",
	T360: "T360", T361: "T361", T397: "T397", T398: "T398", T399: "T399",
}

// String returns the name of the timer.
func (t Timer) String() string {
	if int(t) < numTimers && timerNames[t] != "" {
		return timerNames[t]
	}
	return "invalid timer"
}

// PartyExpiry returns the event of a party's timer running out.
func (t Timer) PartyExpiry() PartyEvent {
	return PartyEvent(max(0, slices.Index(partyExpiries[:], t)))
}

// Expiry returns the event of a call's timer running out.
func (t Timer) Expiry() Event {
	return Event(max(0, slices.Index(expiries[:], t)))
}

var expiries = [numEvents]Timer{
	ExpT301: T301, ExpT303: T303, ExpT308: T308, ExpT310: T310, ExpT313: T313, ExpT322: T322,
	ExpT360: T360, ExpT361: T361,
}

// timersOf names the timers that may run in the states of each side, by their
// number. Entering a state stops all others.
var timersOf = [...][]Timer{
	U1CallInitiated:          {T303, T322},
	U3OutgoingCallProceeding: {T310, T322},
	U4CallDelivered:          {T301, T322},
	U6CallPresent:            {T322},
	U7CallReceived:           {T322},
	U8ConnectRequest:         {T313, T322},
	U9IncomingCallProceeding: {T322},
	U10Active:                {T322, T361},
	U11ReleaseRequest:        {T308},
	U13ModifyRequest:         {T322, T360},
	U14ModifyReceived:        {T322, T361},

	N1CallInitiated:          {T322},
	N3OutgoingCallProceeding: {T322},
	N4CallDelivered:          {T322},
	N6CallPresent:            {T303, T322},
	N7CallReceived:           {T301, T322},
	N8ConnectRequest:         {T322},
	N9IncomingCallProceeding: {T310, T322},
	N10Active:                {T322, T361},
	N11ReleaseRequest:        nil,
	N12ReleaseIndication:     {T308},
	N13ModifyRequest:         {T322, T361},
	N14ModifyReceived:        {T322, T360},
}

// maxTransmissions is how often SETUP, RELEASE, RESTART and STATUS ENQUIRY are
// sent in all before the procedure fails.
const maxTransmissions = 2

// Timers are the run times of the timers of Q.2931 clause 7, of Q.2963.1 and of
// Q.2971 clause 10. A field of zero takes the default of its side.
type Timers struct {
	T301, T303, T308, T309, T310, T313, T316, T317, T322, T360, T361, T397, T398, T399 time.Duration
}

// DefaultTimers returns the default run times of a side (UNI 4.0 section 2,
// Q.2931 clause 7, Q.2971 clause 10). T399 is T303 and T310 together.
func DefaultTimers(side Side) Timers {
	t := Timers{
		T301: 180 * time.Second,
		T303: 4 * time.Second,
		T308: 30 * time.Second,
		T309: 10 * time.Second,
		T310: 30 * time.Second,
		T313: 4 * time.Second,
		T316: 120 * time.Second,
		T317: 90 * time.Second,
		T322: 4 * time.Second,
		T360: 30 * time.Second,
		T361: 20 * time.Second,
		T397: 180 * time.Second,
		T398: 4 * time.Second,
		T399: 34 * time.Second,
	}
	if side == Network {
		t.T310 = 10 * time.Second
		t.T399 = 14 * time.Second
	}
	return t
}

// For returns t with the defaults of a side filled in.
func (t Timers) For(side Side) Timers {
	d := DefaultTimers(side)
	fill := func(v *time.Duration, def time.Duration) {
		if *v <= 0 {
			*v = def
		}
	}
	fill(&t.T301, d.T301)
	fill(&t.T303, d.T303)
	fill(&t.T308, d.T308)
	fill(&t.T309, d.T309)
	fill(&t.T310, d.T310)
	fill(&t.T313, d.T313)
	fill(&t.T316, d.T316)
	fill(&t.T317, d.T317)
	fill(&t.T322, d.T322)
	fill(&t.T360, d.T360)
	fill(&t.T361, d.T361)
	fill(&t.T397, d.T397)
	fill(&t.T398, d.T398)
	fill(&t.T399, d.T399)
	return t
}

// after returns the run time of one timer.
func (t Timers) after(name Timer) time.Duration {
	switch name {
	case T301:
		return t.T301
	case T303:
		return t.T303
	case T308:
		return t.T308
	case T310:
		return t.T310
	case T313:
		return t.T313
	case T316:
		return t.T316
	case T317:
		return t.T317
	case T322:
		return t.T322
	case T360:
		return t.T360
	case T361:
		return t.T361
	case T397:
		return t.T397
	case T398:
		return t.T398
	case T399:
		return t.T399
	}
	return 0
}
