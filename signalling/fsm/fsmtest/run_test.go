package fsmtest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/fsm"
	"callmanager/signalling/fsm/fsmtest"
)

type (
	state  uint8
	event  uint8
	action func() state
)

func (s state) String() string { return [...]string{"off", "on"}[s] }
func (e event) String() string { return [...]string{"press", "shake"}[e] }

// lamp is a table of which everything has fired but shaking it while it is on.
func lamp() fsmtest.Table {
	to := func(s state) fsm.Cell[state, action] { return fsm.On("x", "1", action(func() state { return s }), s) }
	idle := fsm.Cell[state, action]{Kind: fsm.Ignore, Clause: "2"}
	t := fsm.New([]state{0, 1}, []event{0, 1}, map[state]map[event]fsm.Cell[state, action]{
		0: {0: to(1), 1: idle}, 1: {0: to(0), 1: idle},
	})
	t.Fire(1, 1) // before it counts
	t.Cover()
	t.At(1, 1) // only asks
	for _, at := range [][2]uint8{{0, 0}, {1, 0}, {0, 1}} {
		if c := t.Fire(state(at[0]), event(at[1])); c != t.At(state(at[0]), event(at[1])) {
			panic("Fire and At disagree")
		}
	}
	return t
}

func TestCheck(t *testing.T) {
	for _, row := range []struct {
		name, list string
		want       []string
	}{
		{"listed", "# why\n\nlamp: on, shake: it is screwed down\n", nil},
		{"not listed", "", []string{"lamp: on, shake: no test fires it"}},
		{
			"fired all the same", "lamp: on, shake: x\nlamp: off, press: y\n",
			[]string{"lamp: off, press: is in the list, and has fired"},
		},
		{"no cell", "lamp: on, shake: x\nlamp: on, kick: y\n", []string{"lamp: on, kick: is in the list, and is no cell"}},
		{
			"no reason", "lamp: on, shake\n",
			[]string{`"lamp: on, shake": want table: state, event: reason`, "lamp: on, shake: no test fires it"},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := fsmtest.Check(row.list, map[string]fsmtest.Table{"lamp": lamp()})
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReport(t *testing.T) {
	var b strings.Builder
	if code := fsmtest.Report(&b, nil); code != 0 || b.Len() != 0 {
		t.Errorf("exit code %d, %q", code, &b)
	}
	if code := fsmtest.Report(&b, []string{"a", "b"}); code != 1 || b.String() != "--- FAIL: state tables\n    a\n    b\n" {
		t.Errorf("exit code %d, %q", code, &b)
	}
}
