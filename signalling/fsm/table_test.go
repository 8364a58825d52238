package fsm_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"callmanager/signalling/fsm"
)

type (
	state  uint8
	event  uint8
	action func() state
	cell   = fsm.Cell[state, action]
	rows   = map[state]map[event]cell
)

const (
	off state = 1
	on  state = 2

	press event = 1
	shake event = 3
)

func (s state) String() string { return [...]string{"?", "Off", "On"}[s] }
func (e event) String() string { return [...]string{"?", "press", "?", "shake"}[e] }

func good() rows {
	return rows{
		off: {
			press: fsm.On("light", "1.1", action(func() state { return on }), on),
			shake: cell{Kind: fsm.Ignore, Clause: "1.2"},
		},
		on: {
			press: fsm.On("dark or flicker", "1.3", action(func() state { return off }), on, off),
			shake: cell{Kind: fsm.Impossible},
		},
	}
}

var (
	states = []state{off, on}
	events = []event{press, shake}
)

func TestLookUp(t *testing.T) {
	table := fsm.New(states, events, good())
	if c := table.At(off, press); c.Kind != fsm.Handle || c.Do() != on || c.Clause != "1.1" {
		t.Errorf("cell %+v", c)
	}
	if c := table.At(on, shake); c.Kind != fsm.Impossible {
		t.Errorf("cell %+v", c)
	}
	if !slices.Equal(table.States(), states) || !slices.Equal(table.Events(), events) {
		t.Errorf("%v %v", table.States(), table.Events())
	}
}

func TestMarkdown(t *testing.T) {
	want := `
## 1 Off

| event | kind | action | next | clause |
|---|---|---|---|---|
| press | handle | light | 2 | 1.1 |
| shake | ignore |  |  | 1.2 |

## 2 On

| event | kind | action | next | clause |
|---|---|---|---|---|
| press | handle | dark or flicker | 2, 1 | 1.3 |
| shake | impossible |  |  |  |
`
	if got := fsm.New(states, events, good()).Markdown(); got != want {
		t.Errorf("got %s", got)
	}
}

// TestFlaws: New refuses every way in which a cell can be undecided, and names it.
func TestFlaws(t *testing.T) {
	do := func() state { return on }
	for _, row := range []struct {
		name string
		bad  cell
		why  string
	}{
		{"missing", cell{}, "undecided"},
		{"unknown kind", cell{Kind: 9}, "undecided"},
		{"no action", fsm.On[state, action]("x", "1", nil, on), "no action"},
		{"no clause", fsm.On("x", "", action(do), on), "no clause"},
		{"no text", fsm.On("", "1", action(do), on), "no clause or text"},
		{"no successor", fsm.On[state]("x", "1", action(do)), "no successor"},
		{"foreign successor", fsm.On("x", "1", action(do), state(0)), "is no state"},
		{"ignored without clause", cell{Kind: fsm.Ignore}, "no clause"},
		{"protest without clause", cell{Kind: fsm.Protest}, "no clause"},
	} {
		t.Run(row.name, func(t *testing.T) {
			defer func() {
				got := fmt.Sprint(recover())
				if !strings.Contains(got, row.why) || !strings.Contains(got, "state On, event shake") {
					t.Errorf("panic %q, want %q", got, row.why)
				}
			}()
			r := good()
			r[on][shake] = row.bad
			fsm.New(states, events, r)
		})
	}
}

// TestUncovered: a table that nobody covers says that nothing has fired.
func TestUncovered(t *testing.T) {
	table := fsm.New(states, events, good())
	table.Fire(off, press)
	all := table.Coverage()
	if len(all) != 4 || all["Off, press"] {
		t.Errorf("coverage %v", all)
	}
}

// BenchmarkLookUp compares the look-up of a cell with that of a machine, covered or not.
func BenchmarkLookUp(b *testing.B) {
	table, covered := fsm.New(states, events, good()), fsm.New(states, events, good())
	covered.Cover()
	for _, row := range []struct {
		name string
		at   func(s state, e event) *cell
	}{{"at", table.At}, {"fire", table.Fire}, {"covered", covered.Fire}} {
		b.Run("how="+row.name, func(b *testing.B) {
			for b.Loop() {
				if row.at(on, press).Kind != fsm.Handle {
					b.Fatal("another cell")
				}
			}
		})
	}
}
