package sscop_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"callmanager/signalling/sscop"
)

// stamped returns the log of r from now on with the time of each effect.
func stamped(r *rig, run func()) string {
	r.stamp = true
	run()
	r.stamp = false
	return r.take()
}

// TestTimerCC: BGN, END, RS and ER go out MaxCC times a second apart; then the procedure fails.
func TestTimerCC(t *testing.T) {
	for _, row := range []struct {
		state sscop.State
		want  string
	}{
		{sscop.OutgoingConnectionPending, "1s BGN, 2s BGN, 3s BGN, 4s EO, 4s END(1), 4s REL.ind(S)"},
		{sscop.OutgoingDisconnectionPending, "1s END(0), 2s END(0), 3s END(0), 4s EO, 4s REL.conf"},
		{sscop.OutgoingResyncPending, "1s RS, 2s RS, 3s RS, 4s EO, 4s END(1), 4s REL.ind(S)"},
		{sscop.OutgoingRecoveryPending, "1s ER, 2s ER, 3s ER, 4s EO, 4s END(1), 4s REL.ind(S)"},
	} {
		t.Run(row.state.String(), func(t *testing.T) {
			r := reach(t, row.state, sscop.Config{})
			number := r.c.VTSQ()
			if got := stamped(r, func() { r.run(time.Hour) }); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
			if r.c.State() != sscop.Idle || r.c.VTSQ() != number {
				t.Errorf("state %v, VT(SQ) %d after %d", r.c.State(), r.c.VTSQ(), number)
			}
		})
	}
}

// answer lets r's peer answer each POLL at once until stop.
func answer(r *rig, stop time.Duration) {
	r.t.Helper()
	for r.now < stop {
		n := len(r.sent)
		r.run(nextExpiry(r, stop))
		for _, p := range r.sent[n:] {
			if p.Type == sscop.POLL {
				r.recv(sscop.PDU{Type: sscop.STAT, NPS: p.NPS, NR: p.NS, NMR: p.NS.Add(credit)})
			}
		}
	}
}

// nextExpiry returns when the next timer of r runs out, at most stop.
func nextExpiry(r *rig, stop time.Duration) time.Duration {
	next := stop
	for i := range r.timers {
		if e := r.timers[i]; e.on {
			next = min(next, e.at)
		}
	}
	return next
}

// TestPhases: active with POLL every 750 ms, transient with KEEP-ALIVE, idle with nothing for 15 s.
func TestPhases(t *testing.T) {
	r := reach(t, sscop.DataTransferReady, sscop.Config{})
	if got := r.runs(); got != "POLL NO-RESPONSE" {
		t.Errorf("on entry run %q", got)
	}
	got := stamped(r, func() { answer(r, 40*time.Second) })
	// The first POLL finds nothing to send: transient phase; its STAT begins the idle phase.
	if want := "750ms POLL, 15.75s POLL, 30.75s POLL"; got != want {
		t.Errorf("idle connection sent %q, want %q", got, want)
	}
	if got := r.runs(); got != "IDLE" {
		t.Errorf("in the idle phase run %q", got)
	}

	// Data in the idle phase begin the active phase: POLL and NO-RESPONSE from now.
	got = stamped(r, func() { r.data("a") })
	if want := "40s SD"; got != want || r.runs() != "POLL NO-RESPONSE" {
		t.Errorf("data in the idle phase: %q with %q", got, r.runs())
	}
	// POLL after 750 ms, while unacknowledged; acknowledged by its STAT, POLL runs on once more,
	// finds nothing and its STAT begins the idle phase.
	got = stamped(r, func() { answer(r, 50*time.Second) })
	if want := "40.75s POLL, 41.5s POLL"; got != want || r.runs() != "IDLE" {
		t.Errorf("after data: %q with %q", got, r.runs())
	}
}

// TestKeepAlive: a POLL without answer in the transient phase is repeated every 2 s, and data begin
// the active phase anew.
func TestKeepAlive(t *testing.T) {
	r := reach(t, sscop.DataTransferReady, sscop.Config{})
	got := stamped(r, func() { r.run(3 * time.Second) })
	if want := "750ms POLL, 2.75s POLL"; got != want || r.runs() != "KEEP-ALIVE NO-RESPONSE" {
		t.Errorf("got %q with %q", got, r.runs())
	}
	got = stamped(r, func() { r.data("x"); r.run(3800 * time.Millisecond) })
	if want := "3s SD, 3.75s POLL"; got != want || r.runs() != "POLL NO-RESPONSE" {
		t.Errorf("got %q with %q", got, r.runs())
	}
}

// TestNoResponse: without any STAT the connection is given up after exactly 7 s, counted from the
// last one.
func TestNoResponse(t *testing.T) {
	r := reach(t, sscop.DataTransferReady, sscop.Config{})
	got := stamped(r, func() { r.run(time.Hour) })
	if want := "750ms POLL, 2.75s POLL, 4.75s POLL, 6.75s POLL, 7s EP, 7s END(1), 7s REL.ind(S)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}

	r = reach(t, sscop.DataTransferReady, sscop.Config{})
	r.data("x")
	r.run(time.Second)
	r.recv(sscop.PDU{Type: sscop.STAT, NPS: seq(1), NMR: seq(credit)})
	r.take()
	r.run(7999 * time.Millisecond)
	if got := r.take(); strings.Contains(got, "EP") {
		t.Errorf("given up early: %q", got)
	}
	got = stamped(r, func() { r.run(8 * time.Second) })
	if want := "8s EP, 8s END(1), 8s REL.ind(S)"; !strings.HasSuffix(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if r.c.Stats().Dropped != 1 || r.c.Unacked() != 0 || r.c.Queued() != 0 {
		t.Errorf("dropped %d, unacked %d, queued %d", r.c.Stats().Dropped, r.c.Unacked(), r.c.Queued())
	}
}

// TestIdleUnanswered: after the idle phase NO-RESPONSE counts from the first POLL.
func TestIdleUnanswered(t *testing.T) {
	r := reach(t, sscop.DataTransferReady, sscop.Config{})
	answer(r, time.Second)
	r.take()
	got := stamped(r, func() { r.run(time.Hour) })
	want := "15.75s POLL, 17.75s POLL, 19.75s POLL, 21.75s POLL, 22.75s EP, 22.75s END(1), 22.75s REL.ind(S)"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestRepeatsRestartNoResponse: a repeated BGN, RS or ER gives the peer its 7 s again, except in the
// idle phase, where nothing is awaited.
func TestRepeatsRestartNoResponse(t *testing.T) {
	for _, typ := range []sscop.PDUType{sscop.BGN, sscop.RS, sscop.ER} {
		r := reach(t, sscop.DataTransferReady, sscop.Config{})
		r.run(5 * time.Second)
		r.recv(sscop.PDU{Type: typ, NSQ: peerSQ})
		r.take()
		if got := stamped(r, func() { r.run(time.Hour) }); !strings.Contains(got, ", 12s EP") {
			t.Errorf("%v at 5s: %q", typ, got)
		}
		r = reach(t, sscop.DataTransferReady, sscop.Config{})
		answer(r, time.Second)
		r.recv(sscop.PDU{Type: typ, NSQ: peerSQ})
		if got := r.runs(); got != "IDLE" {
			t.Errorf("%v in the idle phase: timers %q", typ, got)
		}
	}
}

// TestStaleExpiry: an expiry of a former start, of a stopped timer or of no timer does nothing.
func TestStaleExpiry(t *testing.T) {
	r := reach(t, sscop.OutgoingConnectionPending, sscop.Config{})
	gen := r.timers[sscop.TimerCC].gen
	r.expire(sscop.TimerCC)
	r.take()
	for _, stale := range []struct {
		timer sscop.Timer
		gen   uint64
	}{{sscop.TimerCC, gen}, {sscop.TimerPoll, 0}, {sscop.TimerCC, gen + 2}, {sscop.Timer(9), gen}} {
		r.do(func(c *sscop.Conn) { c.Expire(stale.timer, stale.gen) })
	}
	r.want(sscop.OutgoingConnectionPending, "")
	if got := r.c.Stats().StaleExpiries; got != 4 {
		t.Errorf("%d stale expiries counted, want 4", got)
	}
}

// TestTimersOfStates: what runs on entry to each state.
func TestTimersOfStates(t *testing.T) {
	var got strings.Builder
	for _, s := range sscop.States() {
		fmt.Fprintf(&got, "%d:%s ", s, reach(t, s, sscop.Config{}).runs())
	}
	if want := "1: 2:CC 3: 4:CC 5:CC 6: 7:CC 8: 9: 10:POLL NO-RESPONSE "; got.String() != want {
		t.Errorf("got %q, want %q", got.String(), want)
	}
}
