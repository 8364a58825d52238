package sscf_test

import (
	"flag"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/fsm"
	"callmanager/signalling/sscf"
	"callmanager/signalling/sscop"
)

var update = flag.Bool("update", false, "write STATES.md anew")

const statesHead = `# SSCF at the UNI: states and events

Printed from the table that runs (` + "`go test ./signalling/sscf -run States -update`" + `); clauses are those of
ITU-T Q.2130. AAL signals are those of the user above, AA signals those of SSCOP below. Kinds: handle runs the
action, protest refuses the request and stays, impossible is a signal that SSCOP does not give in the state.
`

// TestStatesFile keeps STATES.md the same as the table.
func TestStatesFile(t *testing.T) {
	want := statesHead + sscf.StatesMarkdown()
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

// TestTotality: every event in every state is decided, and no request is impossible.
func TestTotality(t *testing.T) {
	if n, m := len(sscf.States()), len(sscf.Events()); n != 5 || m != 13 {
		t.Fatalf("%d states and %d events", n, m)
	}
	for _, s := range sscf.States() {
		for _, ev := range sscf.Events() {
			kind, next := sscf.Cell(s, ev)
			if kind.String() == "undecided" || (kind == fsm.Handle) != (len(next) > 0) {
				t.Errorf("%v in %v: %v with successors %v", ev, s, kind, next)
			}
			if ev <= sscf.Events()[3] && kind == fsm.Impossible {
				t.Errorf("request %v in %v cannot be impossible", ev, s)
			}
		}
	}
}

// TestSuccessorsReached: random programs of events stay within the declared successors, and reach
// each of them.
func TestSuccessorsReached(t *testing.T) {
	type step struct {
		from sscf.State
		ev   sscf.Event
		to   sscf.State
	}
	seen := map[step]bool{}
	defer sscf.Observe(func(from sscf.State, ev sscf.Event, to sscf.State) {
		seen[step{from, ev, to}] = true
	})()
	rng := rand.New(rand.NewPCG(2, 2130))
	for range 400 {
		b := make([]byte, 4000)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		p := program{b: b, n: newNode(t, sscop.Config{K: 64, Queue: 8, Window: 6})}
		for p.step() {
			p.n.pdus = p.n.pdus[:0]
		}
	}
	for s := range seen {
		if _, next := sscf.Cell(s.from, s.ev); !slices.Contains(next, s.to) {
			t.Errorf("%v in %v ended in %v, declared %v", s.ev, s.from, s.to, next)
		}
	}
	for _, s := range sscf.States() {
		for _, ev := range sscf.Events() {
			_, next := sscf.Cell(s, ev)
			for _, to := range next {
				if !seen[step{s, ev, to}] {
					t.Errorf("%v in %v never ended in %v", ev, s, to)
				}
			}
		}
	}
}

// TestWithoutAction: a request that is not valid in the state is refused, a signal that SSCOP does not
// give in it is counted, and neither changes anything.
func TestWithoutAction(t *testing.T) {
	for _, s := range sscf.States() {
		for _, ev := range sscf.Events() {
			kind, _ := sscf.Cell(s, ev)
			if kind == fsm.Handle {
				continue
			}
			e, told := sscf.Signal(s, ev)
			refused := len(told) == 1 && told[0].Kind == sscf.Refused && told[0].Reason == sscop.BadState
			impossible := len(told) == 0 && e.ImpossibleEvents() == 1
			if e.State() != s || refused != (kind == fsm.Protest) || impossible != (kind == fsm.Impossible) {
				t.Errorf("%v in %v: told %v, then %v, counted %d", ev, s, told, e.State(), e.ImpossibleEvents())
			}
		}
	}
}
