package simnet

import (
	"fmt"
	"slices"
	"strconv"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931"
	"callmanager/signalling/uni"
)

// ledger follows the two ends of every call on a wire by their transitions.
//
// Messages are under way, so the ends rarely have the states that fit. What can
// be said at any time is what has gone before: an end is in a state that a
// message leads to only if the other end has sent it. When the wire is quiet
// (nothing flies, nothing waits in SSCOP or for a channel) the two states must
// fit, and for a call that no reset of the SAAL, no RESTART and no death has
// touched there are few such pairs.
type ledger struct {
	w     *World
	byRef map[refKey]*pair
	live  []*pair // those with an end that is not null, in their order
}

// refKey is a call reference and the end of the wire that allocated it.
type refKey struct {
	caller int
	value  uint32
}

// pair is one call as its two ends see it, by the ends of the wire.
type pair struct {
	refKey
	ends [2]end
	// disturbed tells that messages of the call may have been lost.
	disturbed bool
	// parties are those that a point-to-multipoint call has had.
	parties []*partyPair
}

// end is the call at one end.
type end struct {
	state string
	stage stage
	// peak is the furthest stage of the set-up; released and modified tell that
	// this end has sent RELEASE and MODIFY REQUEST.
	peak               stage
	released, modified bool
	// gaveUp tells that T308 has run out for the last time: this end is null and
	// has not heard that the other, which is still ending its branch, is too.
	gaveUp bool
	// fallen tells that a calling network side is in N7 again, from N10: no party
	// is active any more, and others are on their way (Q.2971 9.2.3).
	fallen bool
}

// stage is a state of Q.2931 without its side: how far the set-up has come, as
// far as the other end has a part in it.
type stage uint8

const (
	null      stage = iota
	initiated       // U1, N6; U6, N1
	proceeds        // U3, N9; U9, N3
	alerts          // U4, N7; U7, N4
	connects        // CONNECT has come (N8) or gone (U8; N10 of the called side)
	active          // U10, N10; CONNECT ACKNOWLEDGE has come or gone
	asks            // MODIFY REQUEST has gone: U13, N14
	asked           // MODIFY REQUEST has come: U14, N13
	releases        // RELEASE has gone: U11, N12
	ends            // RELEASE has come: U12, N11
)

// stages are the stages of the state numbers. The called network side is in N10
// when it has sent CONNECT (Q.2931 5.1.6): it is taken for active too.
var stages = [...]stage{
	0: null, 1: initiated, 3: proceeds, 4: alerts, 6: initiated, 7: alerts, 8: connects, 9: proceeds, 10: active,
	11: releases, 12: ends, 13: asks, 14: asked,
}

// network are the stages of the network side that are not those of the user's
// numbers.
var network = map[string]stage{"N11": ends, "N12": releases, "N13": asked, "N14": asks}

func stageOf(state string) stage {
	n, err := strconv.Atoi(state[1:])
	if err != nil || n >= len(stages) {
		panic("simnet: a call in state " + state)
	}
	if s, ok := network[state]; ok {
		return s
	}
	return stages[n]
}

// step takes in a transition of a call at a port.
func (g *ledger) step(p *port, t uni.Transition) {
	caller := p.side
	if t.CallRef.Flag {
		caller = 1 - p.side
	}
	k := refKey{caller, t.CallRef.Value}
	x := g.byRef[k]
	if stageOf(t.From) == null && !t.CallRef.Flag && (x == nil || x.ends[p.side].peak > null) {
		x = g.make(k)
	}
	if x == nil {
		g.w.violate("call without a caller", "%s: call %06x %s -> %s, which nobody has made", p, k.value, t.From, t.To)
		return
	}
	e := &x.ends[p.side]
	e.state, e.stage = t.To, stageOf(t.To)
	e.fallen = t.To == "N7" && (t.From == "N10" || e.fallen)
	if t.To == "N7" && t.From == "N10" {
		g.w.stats.FellBack++
	}
	switch e.stage {
	case releases:
		e.released = true
	case asks:
		e.modified = true
	case null:
		e.gaveUp = t.Event == q2931.ExpT308.String()
	case ends, asked:
	case initiated, proceeds, alerts, connects, active:
		if p.side != caller && t.To == "N10" {
			e.stage = active
		}
		e.peak = max(e.peak, e.stage)
	}
	if !slices.Contains(g.live, x) {
		g.live = append(g.live, x)
	}
	g.causes(p, x)
	g.sweep()
}

// make enters a call.
func (g *ledger) make(k refKey) *pair {
	x := &pair{refKey: k}
	if g.byRef == nil {
		g.byRef = make(map[refKey]*pair)
	}
	g.byRef[k] = x
	return x
}

// causes checks that the other end has sent what this end's state follows from.
func (g *ledger) causes(p *port, x *pair) {
	here, far := &x.ends[p.side], &x.ends[1-p.side]
	bad := func(clause, text string) {
		g.w.violate("state pair", "%s: call %06x is in %s here, %s there, which has been at stage %d: %s (%s)",
			p, x.value, here.state, far.state, far.peak, text, clause)
	}
	calling := p.side == x.caller
	switch {
	case !calling && far.peak < initiated:
		bad("Q.2931 5.1.1", "no SETUP has been sent")
	case here.stage == ends && !far.released:
		bad("Q.2931 5.4", "no RELEASE has been sent")
	case here.stage == asked && !far.modified:
		bad("Q.2963.1", "no MODIFY REQUEST has been sent")
	case here.stage == asks && !calling:
		bad("Q.2963.1", "only the owner of a call may modify it")
	case calling && here.stage == proceeds && far.peak < proceeds:
		bad("Q.2931 5.1.4, 5.2.5.1", "no CALL PROCEEDING has been sent")
	case calling && here.stage == alerts && far.peak < alerts:
		bad("Q.2931 5.1.5, 5.2.5.2", "no ALERTING has been sent")
	case calling && (here.stage == connects || here.stage == active) && far.peak < connects:
		bad("Q.2931 5.1.6, 5.2.6", "no CONNECT has been sent")
	case !calling && here.state == "U10" && far.peak < active:
		bad("Q.2931 5.2.6", "no CONNECT ACKNOWLEDGE has been sent")
	}
}

// sweep forgets calls that are null at both ends.
func (g *ledger) sweep() {
	g.live = slices.DeleteFunc(g.live, func(x *pair) bool { return x.ends[0].stage == null && x.ends[1].stage == null })
}

// died ends all calls at one end without a word.
func (g *ledger) died(side int) {
	for _, x := range g.live {
		e := &x.ends[side]
		e.state, e.stage, e.gaveUp, e.fallen = "dead", null, false, false
		x.partiesDied(side)
	}
	g.disturb()
	g.sweep()
}

// disturb notes that messages of the calls there are may be lost, or that a
// RESTART clears them.
func (g *ledger) disturb() {
	for _, x := range g.live {
		x.disturbed = true
	}
}

// repeats notes that a SETUP goes out again (T303): its call may have been
// refused, and the far end would take the repetition for another one.
func (g *ledger) repeats(p *port, call primitive.CallID) {
	if x := g.find(p, call); x != nil {
		x.disturbed = true
	}
}

// find returns the pair of a call at a port.
func (g *ledger) find(p *port, call primitive.CallID) *pair {
	for _, r := range p.uni.Calls() {
		if r.Call == call {
			caller := p.side
			if !r.Ours {
				caller = 1 - p.side
			}
			return g.byRef[refKey{caller, r.CallRef}]
		}
	}
	return nil
}

// receives reports whether the far end of a call is one that must receive: it
// has sent or confirmed CONNECT and does not clear.
func (g *ledger) receives(p *port, call primitive.CallID) bool {
	x := g.find(p, call)
	return x != nil && slices.Contains([]stage{connects, active, asks, asked}, x.ends[1-p.side].stage)
}

// fits reports whether two stages may stand while nothing is under way.
func fits(caller, called stage) bool {
	switch caller {
	case initiated, proceeds, alerts, active:
		return called == caller
	case asks:
		return called == asked
	case releases:
		return called == ends
	case ends:
		return called == releases
	case null:
		return called == null
	case connects, asked: // CONNECT ACKNOWLEDGE goes out at once; only the caller asks
	}
	return false
}

// fits reports the same of a pair. An end that T308 has made null leaves the
// other to itself (Q.2931 5.4.5), and one that has fallen back leaves it active.
func (x *pair) fits() bool {
	for i := range x.ends {
		if x.ends[i].gaveUp && x.ends[1-i].stage == ends {
			return true
		}
	}
	if x.ends[x.caller].fallen {
		return x.ends[1-x.caller].stage == active
	}
	return fits(x.ends[x.caller].stage, x.ends[1-x.caller].stage)
}

// checkQuiet compares the two ends of the calls of a wire that is quiet.
func (w *World) checkQuiet(y *wire) {
	if y.ways[0].flying+y.ways[1].flying+y.cuts > 0 || y.muddled || len(y.calls.live) == 0 {
		return
	}
	for _, p := range y.ends {
		if !p.h.alive || p.h.still.frozen || !p.up || p.state != uni.LinkUp {
			return
		}
		h := p.uni.Holdings()
		if h.Unacked+h.Queued+h.Buffered+h.Waiting > 0 {
			return
		}
	}
	w.stats.Quiet++
	for _, x := range y.calls.live {
		switch {
		case x.disturbed:
		case !x.fits():
			w.violate("stuck pair", "call %06x is in %s at %s and in %s at %s, and nothing is under way",
				x.value, x.ends[0].state, y.ends[0], x.ends[1].state, y.ends[1])
		default:
			w.checkQuietParties(y, x)
		}
	}
}

// String shows a pair.
func (x *pair) String() string {
	return fmt.Sprintf("%06x: %q, %q", x.value, x.ends[0].state, x.ends[1].state)
}
