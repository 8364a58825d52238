package sscop_test

import (
	"flag"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callmanager/signalling/sscop"
)

var update = flag.Bool("update", false, "write STATES.md anew")

const statesHead = `# SSCOP: states and events

Printed from the table that runs (` + "`go test ./signalling/sscop -run States -update`" + `); clauses are those of
ITU-T Q.2110. Kinds: handle runs the action, ignore discards, protest reports the error and stays,
impossible cannot come.

Shorthand: ` + "`EX`" + ` MAA-ERROR with letter X; ` + "`cc`" + ` start Timer_CC; ` + "`MS`" + ` VT(MS) := N(MR); ` + "`MR`" + ` initialise VR(MR);
` + "`I`" + ` initialise the state variables, start Timer_POLL and Timer_NO-RESPONSE; ` + "`repeat`/`new`" + ` outcome of the
retransmission test; ` + "`EST REL RSY REC`" + ` AA signals; ` + "`END(0) END(1)`" + ` S bit; ` + "`REL.ind(U) (S)`" + ` source user or SSCOP.
A timer that the next state does not have stops; so do buffers outside Data Transfer Ready.
`

// TestStatesFile keeps STATES.md the same as the table.
func TestStatesFile(t *testing.T) {
	want := statesHead + sscop.StatesMarkdown()
	if *update {
		if err := os.WriteFile("STATES.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("STATES.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("STATES.md is stale, run with -update:\n%s", diff)
	}
}

// TestTotality: every event in every state is decided, and only expiries can be impossible, in just
// those states in which their timer may not run.
func TestTotality(t *testing.T) {
	if n, m := len(sscop.States()), len(sscop.Events()); n != 10 || m != 29 {
		t.Fatalf("%d states and %d events", n, m)
	}
	for _, s := range sscop.States() {
		for _, e := range sscop.Events() {
			isTimer := e >= sscop.ExpCC && e <= sscop.ExpIdle
			runs := isTimer && sscop.MayRun(s, sscop.Timer(e-sscop.ExpCC))
			if got, want := sscop.Possible(s, e), !isTimer || runs; got != want {
				t.Errorf("%v in %v: possible %v, want %v", e, s, got, want)
			}
		}
	}
}

// source draws numbers: rapid for properties, a seeded generator for coverage.
type source func(n int) int

// walker takes a connection through random events and checks what must hold after each.
type walker struct {
	c    *sscop.Conn
	draw source
	fail func(format string, args ...any)
	seen map[step]bool

	effects func(n int)      // told how many there were, if not nil
	sends   func(pdu []byte) // shown each PDU, if not nil
}

type step struct {
	from sscop.State
	ev   sscop.Event
	to   sscop.State
}

func newWalker(draw source, fail func(string, ...any)) *walker {
	cfg := sscop.Config{
		K: 64, J: 64, Queue: 6, Window: 5, MaxPD: 2, MaxSTAT: 3, MaxCC: 2, InitialSQ: uint8(draw(256)),
	}
	return &walker{c: sscop.New(cfg), draw: draw, fail: fail, seen: map[step]bool{}}
}

// transferEvents are given more often, or no walk would stay long in Data Transfer Ready.
var transferEvents = []sscop.Event{
	sscop.ReqData, sscop.ExpIdle, sscop.ExpIdle - 1, sscop.ExpIdle - 2, sscop.ExpIdle - 3,
	sscop.Event(sscop.SD), sscop.Event(sscop.POLL), sscop.Event(sscop.STAT), sscop.Event(sscop.USTAT),
}

// walk makes one step: an event that is possible in the present state, or a stale expiry.
func (w *walker) walk() {
	events := sscop.Events()
	from := w.c.State()
	if from == sscop.DataTransferReady && w.draw(4) != 0 {
		events = transferEvents
	}
	ev := events[w.draw(len(events))]
	if ev >= sscop.ExpCC && !w.fire(ev) {
		return
	}
	if ev < sscop.ExpCC {
		w.give(ev)
	}
	w.drain()
	to := w.c.State()
	w.seen[step{from, ev, to}] = true
	next, _ := sscop.Successors(from, ev)
	if !slices.Contains(next, to) {
		w.fail("%v in %v ended in %v, declared %v", ev, from, to, next)
	}
	w.check()
}

// fire runs the timer of ev out if it runs.
func (w *walker) fire(ev sscop.Event) bool {
	timer := sscop.Timer(ev - sscop.ExpCC)
	gen, ok := w.c.Running(timer)
	if ok {
		w.c.Expire(timer, gen)
	}
	return ok
}

// give hands over a request or a PDU whose fields lie near the state variables.
func (w *walker) give(ev sscop.Event) {
	data := make([]byte, w.draw(8))
	switch ev {
	case sscop.ReqEstablish:
		w.c.Establish(data)
	case sscop.RspEstablish:
		w.c.EstablishResponse(data)
	case sscop.ReqRelease:
		w.c.Release(data)
	case sscop.ReqData:
		w.c.Data(data)
	case sscop.ReqResync:
		w.c.Resync(data)
	case sscop.RspResync:
		w.c.ResyncResponse()
	case sscop.RspRecover:
		w.c.RecoverResponse()
	case sscop.ReqUnitData:
		w.c.UnitData(data)
	case sscop.ReqMgmtData:
		w.c.MgmtData(data)
	case sscop.ExpCC, sscop.ExpIdle: // fire does these
	default:
		p := w.pdu(sscop.PDUType(ev))
		p.Data = data
		w.c.Receive(p.Append(nil))
	}
}

func (w *walker) pdu(typ sscop.PDUType) sscop.PDU {
	v := w.c.Vars()
	near := func(vars ...sscop.Seq) sscop.Seq {
		return vars[w.draw(len(vars))].Add(max(0, w.draw(8)-4) - w.draw(5)/4)
	}
	p := sscop.PDU{
		Type:   typ,
		NSQ:    v.RSQ + uint8(w.draw(2)),
		Source: sscop.Source(w.draw(2)),
		NMR:    near(v.S, v.MS, v.A.Add(5)),
		NS:     near(v.R, v.H, v.MR),
		NR:     near(v.A, v.S),
		NPS:    near(v.PA, v.PS),
	}
	if typ == sscop.STAT {
		for range w.draw(4) {
			p.List = append(p.List, near(v.A, v.S))
		}
	}
	if typ == sscop.USTAT {
		p.List = []sscop.Seq{near(v.A), near(v.A, v.S)}
	}
	return p
}

func (w *walker) drain() {
	n := 0
	for eff, ok := w.c.Next(); ok; eff, ok = w.c.Next() {
		n++
		if eff.Kind == sscop.SendPDU && w.sends != nil {
			w.sends(eff.PDU)
		}
		if eff.Kind == sscop.DataInd && w.draw(4) != 0 {
			w.c.Grant(1)
		}
	}
	if w.effects != nil {
		w.effects(n)
	}
}

// check holds the invariants of a connection between two events.
func (w *walker) check() {
	s, v, cfg := w.c.State(), w.c.Vars(), w.c.Cfg()
	var on [sscop.NumTimers]bool
	for i := range on {
		_, on[i] = w.c.Running(sscop.Timer(i))
		if on[i] && !sscop.MayRun(s, sscop.Timer(i)) {
			w.fail("Timer_%v runs in %v", sscop.Timer(i), s)
		}
	}
	if on[sscop.TimerCC] != sscop.MayRun(s, sscop.TimerCC) {
		w.fail("Timer_CC runs %v in %v", on[sscop.TimerCC], s)
	}
	if s == sscop.DataTransferReady {
		if (b2i(on[sscop.TimerPoll]) + b2i(on[sscop.TimerKeepAlive]) + b2i(on[sscop.TimerIdle])) != 1 {
			w.fail("not one phase: %v", on)
		}
		if on[sscop.TimerNoResponse] == on[sscop.TimerIdle] {
			w.fail("NO-RESPONSE and IDLE: %v", on)
		}
		if r := v.R; v.H.Sub(r) > v.MR.Sub(r) || v.MR.Sub(r) > cfg.Window {
			w.fail("VR(R) %v, VR(H) %v, VR(MR) %v", v.R, v.H, v.MR)
		}
	} else if w.c.Queued() != 0 || w.c.Unacked() != 0 || w.c.Buffered() != 0 {
		w.fail("%v holds %d, %d, %d SDUs", s, w.c.Queued(), w.c.Unacked(), w.c.Buffered())
	}
	if w.c.Queued() < 0 || w.c.Queued()+w.c.Unacked() > cfg.Queue || w.c.Buffered() >= cfg.Window {
		w.fail("buffers: %d queued, %d unacknowledged, %d received", w.c.Queued(), w.c.Unacked(), w.c.Buffered())
	}
	if st := w.c.Stats(); st.Impossible != 0 {
		w.fail("%d impossible events", st.Impossible)
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestWalk: random walks stay within the declared successors and keep the invariants.
func TestWalk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "n") }
		w := newWalker(draw, t.Fatalf)
		for range rapid.IntRange(1, 120).Draw(t, "steps") {
			w.walk()
		}
	})
}

// TestSuccessorsReached: no declared successor is idle talk; a long random walk reaches each.
func TestSuccessorsReached(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2110))
	w := newWalker(rng.IntN, t.Fatalf)
	for range 400_000 {
		w.walk()
	}
	for _, s := range sscop.States() {
		for _, e := range sscop.Events() {
			next, handled := sscop.Successors(s, e)
			for _, n := range next {
				if handled && !w.seen[step{s, e, n}] {
					t.Errorf("%v in %v never ended in %v", e, s, n)
				}
			}
		}
	}
}

// TestImpossible: the expiry of a timer that the state does not have is counted and changes nothing.
func TestImpossible(t *testing.T) {
	for _, s := range sscop.States() {
		for timer := range sscop.Timer(sscop.NumTimers) {
			if sscop.Possible(s, sscop.ExpCC+sscop.Event(timer)) {
				continue
			}
			c := reach(t, s, sscop.Config{}).c
			c.Expire(timer, c.Pretend(timer))
			if _, told := c.Next(); told || c.State() != s || c.Stats().Impossible != 1 {
				t.Errorf("Timer_%v in %v: told %v, then %v, counted %d", timer, s, told, c.State(), c.Stats().Impossible)
			}
		}
	}
}
