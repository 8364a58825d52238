package q2931_test

import (
	"fmt"
	"strings"

	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/search"
)

// A world is a user side and a network side joined by two channels that keep the order, with a SAAL
// that may break once, as a system for search:
//
//	owner, users                                       owner, users
//	 call, restart ---- wire[0] -- SAAL ------------> call, restart
//	 parties                                          parties
//	 user side     <------------- SAAL -- wire[1] --- network side
//
// When the SAAL breaks or is reset, what is under way is lost, and so is what an end sends before it
// is told. After that messages wait until the other end has been told, too: the SAAL does not deliver
// what is newer than its indication before it.
//
// Owners do their duties at any time, choose freely among what the state allows, and timers run out
// at any time. Losses, calls, parties, restarts, enquiries and spoilt messages have budgets. Timers and choices
// wait while depth messages are under way.
type world struct {
	limits limits
	ends   [2]*end
	budget [numBudgets]uint8
	fault  string
	steps  []step // from the state that is loaded
}

// step is one thing that may happen in the world.
type step struct {
	label func() string
	calm  bool
	act   func()
}

// limits is what a search allows for.
type limits struct {
	caller                                      q2931.Side
	resets, setups, restarts, enquiries, spoilt uint8
	modifications, adds                         uint8
	depth                                       int

	multipoint bool // calls have parties

	deaf     bool // the SAAL tells nobody that it is up again, so nobody enquires
	timeless bool // no timer ever expires

	activeOnly bool // an audit passes over parties that are not active
}

const (
	budgetReset = iota
	budgetSetup
	budgetRestart
	budgetEnquiry
	budgetSpoilt
	budgetModify
	budgetAdd
	numBudgets
)

// saalState is what an end knows of the SAAL.
type saalState uint8

const (
	saalIsUp saalState = iota
	saalIsDown
	breakToTell // it is down, which the end does not know
	resetToTell // it has been reset, which the end does not know
)

// end is one side of the UNI.
type end struct {
	w        *world
	side     q2931.Side
	link     saalState
	cleared  bool              // the last call has begun to end
	wire     [][tokenSize]byte // under way from here
	call     *callMachine
	parties  []*partyMachine // of calls that have any, by their endpoint references
	machines []machine
}

func newWorld(l limits) *world {
	w := &world{limits: l}
	for i, side := range []q2931.Side{q2931.User, q2931.Network} {
		e := &end{w: w, side: side}
		e.call = &callMachine{e: e, caller: side == l.caller}
		e.machines = []machine{e.call, &restartMachine{e: e, start: true}, &restartMachine{e: e}}
		for ref := range int(l.adds) + 1 {
			if l.multipoint {
				p := &partyMachine{e: e, ref: uint16(ref)}
				e.parties, e.machines = append(e.parties, p), append(e.machines, p)
			}
		}
		w.ends[i] = e
	}
	return w
}

// initial is the state in which both ends are new and the SAAL is up.
func (w *world) initial() string {
	l := &w.limits
	w.budget = [numBudgets]uint8{l.resets, l.setups, l.restarts, l.enquiries, l.spoilt, l.modifications, l.adds}
	for _, e := range w.ends {
		e.link, e.wire, e.call.call, e.cleared = saalIsUp, nil, nil, false
		e.call.endParties()
		for _, m := range e.machines {
			if r, ok := m.(*restartMachine); ok {
				r.read([]byte{byte(first(r.start)), 0, 0})
			}
		}
	}
	return w.encode()
}

func first(start bool) q2931.RestartState {
	if start {
		return q2931.StartREST0
	}
	return q2931.RespondREST0
}

func (w *world) encode() string {
	b := make([]byte, 0, 96)
	b = append(b, w.budget[:]...)
	for _, e := range w.ends {
		b = append(b, byte(e.link), mark(e.cleared), byte(len(e.wire)))
		for _, token := range e.wire {
			b = append(b, token[:]...)
		}
		for _, m := range e.machines {
			b = m.write(b)
		}
	}
	return string(b)
}

// load makes the world that a state describes.
func (w *world) load(state string) {
	b := []byte(state)
	copy(w.budget[:], b)
	b = b[numBudgets:]
	w.fault = ""
	for _, e := range w.ends {
		e.link = saalState(b[0])
		e.cleared = b[1] != 0
		n := int(b[2])
		b = b[3:]
		e.wire = e.wire[:0]
		for range n {
			e.wire = append(e.wire, [tokenSize]byte(b))
			b = b[tokenSize:]
		}
		for _, m := range e.machines {
			b = m.read(b)
		}
	}
}

func mark(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func (w *world) fail(why string) {
	if w.fault == "" {
		w.fault = why
	}
}

// Next yields all steps: it finds out what may happen, and then lets each happen in the world as it
// was.
func (w *world) Next(state string, yield func(search.Step)) {
	w.load(state)
	w.steps = w.steps[:0]
	quiet, room := w.quiet(), w.underWay() < w.limits.depth
	for i := range w.ends {
		w.deliveries(i)
		w.saalMoves(i)
		w.machineMoves(i, quiet, room)
	}
	w.breaks()
	for i := range w.steps {
		s := &w.steps[i]
		w.load(state)
		s.act()
		for _, e := range w.ends {
			if why := e.call.checkParties(); why != "" {
				w.fail(why)
			}
		}
		out := search.Step{Label: s.label, Calm: s.calm, Fault: w.fault}
		if w.fault == "" {
			out.To = w.encode()
		}
		yield(out)
	}
}

// may notes a step.
func (w *world) may(label func() string, calm bool, act func()) {
	w.steps = append(w.steps, step{label, calm, act})
}

func (w *world) underWay() int { return len(w.ends[0].wire) + len(w.ends[1].wire) }

// quiet reports whether nothing but timers and choices goes on.
func (w *world) quiet() bool {
	owed := w.underWay() > 0
	for _, e := range w.ends {
		owed = owed || e.link != saalIsUp
		for _, m := range e.machines {
			m.moves(func(v move) { owed = owed || v.kind == duty })
		}
	}
	return !owed
}

// deliveries notes the arrival of the oldest message to an end: as it is, or with elements so bad
// that it is discarded or clears the call.
func (w *world) deliveries(i int) {
	e, from := w.ends[i], w.ends[1-i]
	if len(from.wire) == 0 || !e.up() {
		return
	}
	token := from.wire[0]
	arrive := func(v msg.Decision) func() {
		return func() {
			from.wire = from.wire[1:]
			e.receive(fromToken(token), v)
		}
	}
	w.may(func() string { return fmt.Sprintf("%v receives %v", e.side, words(token)) }, true, arrive(msg.Accept))
	if w.budget[budgetSpoilt] == 0 {
		return
	}
	verdicts := []msg.Decision{msg.DiscardAndReport, msg.ClearCall}
	if msg.Type(token[0]) == msg.AddParty {
		verdicts = append(verdicts, msg.Reject)
	}
	for _, v := range verdicts {
		label := func() string { return fmt.Sprintf("%v receives %v: %v", e.side, words(token), v) }
		w.may(label, false, func() {
			w.budget[budgetSpoilt]--
			arrive(v)()
		})
	}
}

// saalMoves notes what an end is told of the SAAL.
func (w *world) saalMoves(i int) {
	e, peer := w.ends[i], w.ends[1-i]
	tell := func(name string, to saalState, what saalEvent) {
		w.may(func() string { return fmt.Sprintf("%v: SAAL %s", e.side, name) }, true, func() {
			e.link = to
			for _, m := range e.machines {
				if what == saalBroken || !w.limits.deaf {
					m.saal(what)
				}
			}
		})
	}
	switch e.link {
	case breakToTell:
		tell("is down", saalIsDown, saalBroken)
	case resetToTell:
		tell("was reset", saalIsUp, saalReset)
	case saalIsDown:
		if peer.link != breakToTell {
			tell("is up", saalIsUp, saalBack)
		}
	case saalIsUp:
	}
}

// machineMoves notes what happens to the machines of an end besides messages.
func (w *world) machineMoves(i int, quiet, room bool) {
	e := w.ends[i]
	for at := range e.machines {
		var all []move
		e.machines[at].moves(func(v move) { all = append(all, v) })
		for _, v := range all {
			label := func() string { return fmt.Sprintf("%v: %s", e.side, v.label) }
			cost := costs[v.kind]
			switch {
			case v.kind == expiry && w.limits.timeless:
				continue
			case v.kind != duty && !room, cost >= 0 && w.budget[cost] == 0:
				continue
			}
			w.may(label, v.kind == duty || v.kind == expiry && quiet, func() {
				if cost >= 0 {
					w.budget[cost]--
				}
				v.do()
			})
		}
	}
}

// costs are the budgets that moves take from.
var costs = [...]int{
	duty: -1, expiry: -1, choice: -1, setup: budgetSetup, restart: budgetRestart, enquiry: budgetEnquiry,
	modify: budgetModify, add: budgetAdd,
}

// breaks notes the two ways in which the SAAL may lose what is under way.
func (w *world) breaks() {
	if w.budget[budgetReset] == 0 || !w.ends[0].up() || !w.ends[1].up() {
		return
	}
	for _, how := range []struct {
		name string
		to   saalState
	}{{"the SAAL breaks", breakToTell}, {"the SAAL is reset", resetToTell}} {
		w.may(func() string { return how.name }, false, func() {
			w.budget[budgetReset]--
			for _, e := range w.ends {
				e.wire, e.link = nil, how.to
			}
		})
	}
}

// up reports whether an end may send and receive.
func (e *end) up() bool { return e.link == saalIsUp }

// restartsRest reports whether no restart is under way at an end.
func (e *end) restartsRest() bool {
	for _, m := range e.machines {
		if r, ok := m.(*restartMachine); ok && r.rest() == "" {
			return false
		}
	}
	return true
}

// send gives a message to the SAAL, which loses it unless it is up.
func (e *end) send(m *msg.Message) {
	if e.up() {
		e.wire = append(e.wire, tokenOf(m))
	}
	if len(e.wire) > e.w.limits.depth+6 {
		e.w.fail("more and more messages are under way")
	}
}

// receive hands a message to the machine that it is for.
func (e *end) receive(m *msg.Message, v msg.Decision) {
	for _, k := range e.machines {
		if k.claims(m) {
			k.receive(m, v)
			return
		}
	}
	e.w.fail(fmt.Sprintf("%v is for no machine", m.Type))
}

// Describe puts a state into words.
func (w *world) Describe(state string) string {
	w.load(state)
	var b strings.Builder
	for _, e := range w.ends {
		fmt.Fprintf(&b, "%v: SAAL %d, under way:", e.side, e.link)
		for _, token := range e.wire {
			fmt.Fprintf(&b, " [%s]", words(token))
		}
		if e.call.call != nil {
			fmt.Fprintf(&b, "; %v, cleared %v", e.call.call.State(), e.cleared)
		}
		for _, p := range e.parties {
			fmt.Fprintf(&b, "; party %d %v", p.ref, p.state())
		}
		for _, m := range e.machines {
			fmt.Fprintf(&b, "; %T %q", m, m.rest())
			m.moves(func(v move) { fmt.Fprintf(&b, " (%s)", v.label) })
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "budgets %v", w.budget)
	return b.String()
}

// agree reports whether nothing is under way or owed and both ends mean the same: every machine rests,
// and the calls are both active or both null, which they are for ever once one has begun to end.
func (w *world) agree(state string) bool {
	w.load(state)
	if !w.quiet() {
		return false
	}
	for i, m := range w.ends[0].machines {
		if rest := m.rest(); rest == "" || rest != w.ends[1].machines[i].rest() {
			return false
		}
	}
	return w.ends[0].call.call == nil || !w.ends[0].cleared && !w.ends[1].cleared
}
