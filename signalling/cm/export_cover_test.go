package cm

import (
	"fmt"
	"slices"
	"sync"

	"callmanager/signalling/fsm/fsmtest"
	"callmanager/vc"
)

// covered is one table as fsmtest knows tables.
type covered struct {
	name           string
	states, events []string
}

// hits are the cells that have fired, by table, state and event.
var hits sync.Map

// Cover lets the machines note what they act on.
func (covered) Cover() {
	fired = func(table, state, event string) { hits.Store([3]string{table, state, event}, true) }
}

// Uncovered runs f while the machines note nothing, which takes memory.
func Uncovered(f func()) {
	defer func(note func(table, state, event string)) { fired = note }(fired)
	fired = nil
	f()
}

// Coverage tells of each cell whether it has fired.
func (c covered) Coverage() map[string]bool {
	all := make(map[string]bool)
	for _, s := range c.states {
		for _, e := range c.events {
			_, ok := hits.Load([3]string{c.name, s, e})
			all[fmt.Sprintf("%s, %s", s, e)] = ok
		}
	}
	return all
}

// Tables are the tables that the tests must cover.
func Tables() map[string]fsmtest.Table {
	tables := make(map[string]fsmtest.Table)
	for _, c := range []covered{
		{tableAF, afStateNames[:], afEventNames[:]},
		{tableVC, namesOf[vc.State](numVCStates), vcEventNames[:]},
		{tableOutgoing, namesOf[vc.CallState](numCallStates), callEventNames[:]},
		{tableIncoming, namesOf[vc.CallState](numCallStates), callEventNames[:]},
		{tableParty, namesOf[vc.PartyState](numPartyStates), partyEventNames[:]},
	} {
		tables[c.name] = c
	}
	return tables
}

// FireImpossible gives machines of their own every event that its table calls impossible, in every
// state, and returns how many there were. What is not reported as a fault, or changes the state, is an
// error.
func FireImpossible() (n int, errs []error) {
	judge := func(m *Machine, cell string, same bool) {
		n++
		faults := slices.ContainsFunc(m.take(), func(e Effect) bool { return e.Kind == Fault })
		if m.stats.Faults != 1 || !faults || !same {
			errs = append(errs, fmt.Errorf("%s: %d faults, told %v, the same state %v", cell, m.stats.Faults, faults, same))
		}
	}
	for s := range afState(numAFStates) {
		for e := range afEvent(numAFEvents) {
			if afTable[s][e].kind == impossibleIt {
				m, c := New(Config{}), &client{af: s}
				m.stepAF(c, e)
				judge(m, fmt.Sprint(s, ", ", e), c.af == s)
			}
		}
	}
	for s := range vc.State(numVCStates) {
		for e := range vcEvent(numVCEvents) {
			if vcTable[s][e].kind == impossibleIt {
				m, v := New(Config{}), &conn{state: s}
				m.setVC(v, e)
				judge(m, fmt.Sprint(s, ", ", e), v.state == s)
			}
		}
	}
	for s := range vc.CallState(numCallStates) {
		for e := range callEvent(numCallEvents) {
			for _, in := range []bool{false, true} {
				v := &conn{call: s, incoming: in}
				if table, _ := v.table(); table[s][e].kind == impossibleIt {
					m := New(Config{})
					m.step(v, e, &input{})
					judge(m, fmt.Sprint(s, ", ", e), v.call == s)
				}
			}
		}
	}
	for s := range vc.PartyState(numPartyStates) {
		for e := range partyEvent(numPartyEvents) {
			if partyTable[s][e].kind == impossibleIt {
				m, p := New(Config{}), &party{state: s}
				m.stepParty(p, e, &partyInput{})
				judge(m, fmt.Sprint(s, ", ", e), p.state == s)
			}
		}
	}
	return n, errs
}

// CallCell returns what the call table of a direction decides: the states that may follow an event
// that is handled, the status of one that is refused. ok is false for one that is impossible.
func CallCell(in bool, s vc.CallState, event string) (next []vc.CallState, status Status, ok bool) {
	table, _ := (&conn{incoming: in}).table()
	c := &table[s][slices.Index(callEventNames[:], event)]
	if c.kind == ignoreIt {
		return []vc.CallState{s}, Success, true
	}
	return c.next, c.status, c.kind != impossibleIt
}
