package sscop

import "time"

// Timer names one of the five timers of a connection (Q.2110 clause 7.6). It is an index: arrays
// of NumTimers elements hold one entry each.
type Timer uint8

// The timers. POLL, KEEP-ALIVE and IDLE exclude each other; NO-RESPONSE runs beside POLL or
// KEEP-ALIVE and never beside IDLE.
const (
	TimerCC         Timer = iota // guards BGN, END, RS and ER until they are acknowledged
	TimerPoll                    // active phase: time between two POLLs
	TimerKeepAlive               // transient phase: time between two POLLs
	TimerNoResponse              // longest time without a STAT while POLLs are sent
	TimerIdle                    // idle phase: time without any POLL
)

// NumTimers is the size of an array indexed by Timer.
const NumTimers = int(TimerIdle) + 1

// String returns the name of the Recommendation without the "Timer_".
func (t Timer) String() string {
	switch t {
	case TimerCC:
		return "CC"
	case TimerPoll:
		return "POLL"
	case TimerKeepAlive:
		return "KEEP-ALIVE"
	case TimerNoResponse:
		return "NO-RESPONSE"
	case TimerIdle:
		return "IDLE"
	}
	return "invalid timer"
}

// timersOf names the timers that may run in each state. Entering a state stops all others, so that
// actions only ever start timers, apart from the phases within Data Transfer Ready.
var timersOf = [numStates][NumTimers]bool{
	OutgoingConnectionPending:    {TimerCC: true},
	OutgoingDisconnectionPending: {TimerCC: true},
	OutgoingResyncPending:        {TimerCC: true},
	OutgoingRecoveryPending:      {TimerCC: true},
	DataTransferReady: {
		TimerPoll: true, TimerKeepAlive: true, TimerNoResponse: true, TimerIdle: true,
	},
}

// timer is what a connection knows of one of its timers; the clock is its owner's.
type timer struct {
	after   time.Duration
	gen     uint64 // of the last start
	running bool
}

// start runs t from now on, whether it runs already or not.
func (c *Conn) start(t Timer) {
	e := &c.timers[t]
	e.gen++
	e.running = true
	c.emit(Effect{Kind: StartTimer, Timer: t, After: e.after, Gen: e.gen})
}

// stop stops t if it runs.
func (c *Conn) stop(t Timer) {
	if !c.timers[t].running {
		return
	}
	c.timers[t].running = false
	c.emit(Effect{Kind: StopTimer, Timer: t})
}

// running reports whether t runs.
func (c *Conn) running(t Timer) bool {
	return c.timers[t].running
}
