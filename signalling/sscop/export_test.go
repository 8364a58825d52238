package sscop

import (
	"slices"

	"callmanager/signalling/fsm"
	"callmanager/signalling/fsm/fsmtest"
)

// Event is event for the external tests.
type Event = event

// What the external tests need of the table.
const (
	ReqEstablish = reqEstablish
	RspEstablish = rspEstablish
	ReqRelease   = reqRelease
	ReqData      = reqData
	ReqResync    = reqResync
	RspResync    = rspResync
	RspRecover   = rspRecover
	ReqUnitData  = reqUnitData
	ReqMgmtData  = reqMgmtData
	ExpCC        = expCC
	ExpIdle      = expIdle
)

// StatesMarkdown prints the table.
func StatesMarkdown() string { return table.Markdown() }

// States returns all states.
func States() []State { return table.States() }

// Events returns all events.
func Events() []Event { return table.Events() }

// Successors returns where the cell of e in s may end, and whether it handles the event.
func Successors(s State, e Event) ([]State, bool) {
	c := table.At(s, e)
	if c.Kind == fsm.Handle {
		return slices.Clone(c.Next), true
	}
	return []State{s}, false
}

// Possible reports whether e may come in s.
func Possible(s State, e Event) bool { return table.At(s, e).Kind != fsm.Impossible }

// MayRun reports whether t may run in s.
func MayRun(s State, t Timer) bool { return timersOf[s][t] }

// Running reports whether t runs and its generation.
func (c *Conn) Running(t Timer) (gen uint64, ok bool) {
	return c.timers[t].gen, c.timers[t].running
}

// Vars are the state variables of a connection.
type Vars struct {
	S, PS, A, PA, MS, R, H, MR Seq
	TSQ, RSQ                   uint8
}

// Vars returns the state variables.
func (c *Conn) Vars() Vars {
	return Vars{c.vtS, c.vtPS, c.vtA, c.vtPA, c.vtMS, c.vrR, c.vrH, c.vrMR, c.vtSQ, c.vrSQ}
}

// Rebase moves all sequence and poll numbers on by n, as if n SDs and POLLs had been exchanged each
// way. Nothing may be in flight.
func (c *Conn) Rebase(n int) {
	for _, v := range []*Seq{&c.vtS, &c.vtPS, &c.vtA, &c.vtPA, &c.vtMS, &c.vrR, &c.vrH, &c.vrMR} {
		*v = v.Add(n)
	}
}

// Cfg returns the configuration in force.
func (c *Conn) Cfg() Config { return c.cfg }

// Tables are the tables that the tests must cover.
func Tables() map[string]fsmtest.Table { return map[string]fsmtest.Table{"SSCOP": table} }

// Pretend makes c believe that t runs, and returns its generation.
func (c *Conn) Pretend(t Timer) (gen uint64) {
	c.timers[t].running = true
	return c.timers[t].gen
}
