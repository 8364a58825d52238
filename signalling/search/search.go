package search

import (
	"fmt"
	"slices"
	"strings"
)

// Step is one transition of a System.
type Step struct {
	// Label says what happens, for a person who reads a trace. It is called at once or never.
	Label func() string
	// To is the state that follows.
	To string
	// Calm tells that the step may happen in a world left to itself.
	Calm bool
	// Fault is the invariant that the step breaks; empty if it breaks none.
	Fault string
}

// System is a transition system. It must be deterministic: Next yields the same steps in the same
// order each time. Its methods are not called while one of them runs, so they may share memory.
type System interface {
	// Next yields every step from a state.
	Next(state string, yield func(Step))
	// Describe puts a state into words.
	Describe(state string) string
}

// FaultError tells that a reachable step breaks an invariant.
type FaultError struct {
	// Fault is what Step said.
	Fault string
	// Trace is a shortest way from an initial state, one step a line.
	Trace []string
}

// Error returns the fault and the way to it.
func (e *FaultError) Error() string {
	return e.Fault + "\n" + strings.Join(e.Trace, "\n")
}

// LimitError tells that a system has more states than were allowed for.
type LimitError struct {
	// Limit is the number allowed.
	Limit int
}

// Error returns the number.
func (e *LimitError) Error() string { return fmt.Sprintf("more than %d states", e.Limit) }

// Graph is the whole of what a System can reach.
type Graph struct {
	sys     System
	states  []string
	parents []uint32 // of a state, itself for an initial one
	first   []int    // index of a state's first edge; one more at the end
	edges   []uint32 // where the steps lead, with the mark calm
}

// calm marks an edge of a calm step.
const calm uint32 = 1 << 31

// maxStates is what an edge can name.
const maxStates = int(calm)

// Explore visits every state that sys can reach from the initial ones, at most limit of them. The
// error is a *FaultError or a *LimitError.
func Explore(sys System, limit int, initial ...string) (*Graph, error) {
	e := explorer{g: &Graph{sys: sys}, ids: make(map[string]uint32), limit: min(limit, maxStates)}
	for _, s := range initial {
		e.visit(s, len(e.g.states))
	}
	for at := 0; at < len(e.g.states) && e.err == nil; at++ {
		e.g.first = append(e.g.first, len(e.g.edges))
		sys.Next(e.g.states[at], func(s Step) { e.step(at, &s) })
		if fault, ok := e.err.(*FaultError); ok { //nolint:errorlint // made here, never wrapped
			fault.Trace = append(e.g.trace(at), fault.Trace...)
		}
	}
	e.g.first = append(e.g.first, len(e.g.edges))
	if e.err != nil {
		return nil, e.err
	}
	return e.g, nil
}

// explorer is a graph that grows.
type explorer struct {
	g     *Graph
	ids   map[string]uint32
	limit int
	err   error
}

// step enters a step from the state numbered at.
func (e *explorer) step(at int, s *Step) {
	if e.err != nil {
		return
	}
	if s.Fault != "" {
		e.err = &FaultError{Fault: s.Fault, Trace: []string{s.Label()}}
		return
	}
	edge := e.visit(s.To, at)
	if s.Calm {
		edge |= calm
	}
	e.g.edges = append(e.g.edges, edge)
}

// visit returns the number of a state, and gives it one if it is new.
func (e *explorer) visit(s string, parent int) uint32 {
	id, known := e.ids[s]
	if known {
		return id
	}
	if len(e.g.states) >= e.limit {
		e.err = &LimitError{Limit: e.limit}
		return 0
	}
	id = uint32(len(e.g.states))
	e.ids[s] = id
	e.g.states = append(e.g.states, s)
	e.g.parents = append(e.g.parents, uint32(parent))
	return id
}

// States returns the number of states.
func (g *Graph) States() int { return len(g.states) }

// Steps returns the number of steps.
func (g *Graph) Steps() int { return len(g.edges) }

// Depth returns how many steps lead to the states that are farthest from the initial ones. States are
// numbered in the order of that distance, so it is the last one's.
func (g *Graph) Depth() int {
	n := 0
	for id := len(g.states) - 1; id >= 0 && int(g.parents[id]) != id; id = int(g.parents[id]) {
		n++
	}
	return n
}

// Each calls visit for every state, in the order of their distance from the initial ones.
func (g *Graph) Each(visit func(state string)) {
	for _, s := range g.states {
		visit(s)
	}
}

// Stuck returns the states from which calm steps lead to no goal, nearest first.
func (g *Graph) Stuck(goal func(state string) bool) []string {
	saved := g.saved(goal)
	var stuck []string
	for id, s := range g.states {
		if !saved[id] {
			stuck = append(stuck, s)
		}
	}
	return stuck
}

// saved marks the states from which calm steps lead to a goal: it goes backwards from the goals.
func (g *Graph) saved(goal func(state string) bool) []bool {
	first, sources := g.reversed()
	saved := make([]bool, len(g.states))
	var queue []uint32
	for id, s := range g.states {
		if goal(s) {
			saved[id] = true
			queue = append(queue, uint32(id))
		}
	}
	for len(queue) > 0 {
		id := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, from := range sources[first[id]:first[id+1]] {
			if !saved[from] {
				saved[from] = true
				queue = append(queue, from)
			}
		}
	}
	return saved
}

// reversed returns the sources of the calm edges into each state.
func (g *Graph) reversed() (first []int, sources []uint32) {
	first = make([]int, len(g.states)+1)
	for _, edge := range g.edges {
		if edge&calm != 0 {
			first[edge&^calm+1]++
		}
	}
	for id := range g.states {
		first[id+1] += first[id]
	}
	sources = make([]uint32, first[len(g.states)])
	next := slices.Clone(first)
	for id := range g.states {
		for _, edge := range g.edges[g.first[id]:g.first[id+1]] {
			if edge&calm != 0 {
				sources[next[edge&^calm]] = uint32(id)
				next[edge&^calm]++
			}
		}
	}
	return first, sources
}

// Trace returns a shortest way to a state, one step a line, and the state itself in words.
func (g *Graph) Trace(state string) string {
	id := slices.Index(g.states, state)
	if id < 0 {
		return "no such state"
	}
	return strings.Join(append(g.trace(id), g.sys.Describe(state)), "\n")
}

// trace returns a shortest way to the state numbered id. Labels are not kept: they are asked for
// again.
func (g *Graph) trace(id int) []string {
	var lines []string
	for {
		from := int(g.parents[id])
		if from == id {
			slices.Reverse(lines)
			return lines
		}
		lines = append(lines, g.label(from, id))
		id = from
	}
}

// label returns what leads from one state to another.
func (g *Graph) label(from, to int) string {
	label := "?"
	g.sys.Next(g.states[from], func(s Step) {
		if label == "?" && s.To == g.states[to] {
			label = s.Label()
		}
	})
	return label
}
