package simnet

import (
	"slices"

	"callmanager/signalling/q2931"
	"callmanager/signalling/uni"
)

// The parties of a call at its two ends, followed as the ledger follows the call:
// at any time by what has gone before, and on a quiet wire by the pairs that fit.

// partyPair is one party of a call as the two ends see it. States are those of
// Q.2971, "P0" for none.
type partyPair struct {
	ref    string // the endpoint reference
	states [2]string
	been   [2]uint8 // the states that each end has been in, a bit each
}

func (q *partyPair) hasBeen(side int, state byte) bool { return q.been[side]&(1<<(state-'0')) != 0 }

// party takes in a transition of a party at a port.
func (g *ledger) party(p *port, t uni.Transition) {
	caller := p.side
	if t.CallRef.Flag {
		caller = 1 - p.side
	}
	k := refKey{caller, t.CallRef.Value}
	x := g.byRef[k]
	if t.Event == q2931.CallSetupSent.String() {
		x = g.make(k) // the party of the SETUP comes before its call
	}
	if x == nil {
		g.w.violate("call without a caller", "%s: party %s of call %06x %s -> %s, which nobody has made", p, t.Party, t.CallRef.Value, t.From, t.To)
		return
	}
	q := x.party(t.Party)
	q.states[p.side] = t.To
	q.been[p.side] |= 1 << (t.To[1] - '0')
	g.w.stats.PartySteps++
	g.partyCauses(p, x, q)
}

// party returns the party of a reference, which is entered if need be.
func (x *pair) party(ref string) *partyPair {
	for _, q := range x.parties {
		if q.ref == ref {
			return q
		}
	}
	q := &partyPair{ref: ref, states: [2]string{"P0", "P0"}}
	x.parties = append(x.parties, q)
	return q
}

// partiesDied ends the parties at one end without a word.
func (x *pair) partiesDied(side int) {
	for _, q := range x.parties {
		q.states[side] = "P0"
	}
}

// partyCauses checks that the other end has sent what this end's state follows
// from.
func (g *ledger) partyCauses(p *port, x *pair, q *partyPair) {
	here, far, root := q.states[p.side], 1-p.side, p.side == x.caller
	bad := func(clause, text string) {
		g.w.violate("party pair", "%s: party %s of call %06x is in %s here, %s there: %s (%s)",
			p, q.ref, x.value, here, q.states[far], text, clause)
	}
	switch {
	case !root && here != "P0" && !q.hasBeen(far, '1'):
		bad("Q.2971 9.2.1, 9.2.2", "it has not been asked for")
	case root && here == "P4" && !q.hasBeen(far, '3'):
		bad("Q.2971 9.2.2", "no ALERTING has been sent for it")
	case root && here == "P7" && !q.hasBeen(far, '7') && x.ends[far].peak < connects:
		bad("Q.2971 9.2.1, 9.2.2", "neither ADD PARTY ACKNOWLEDGE nor CONNECT has been sent")
	case here == "P6" && !q.hasBeen(far, '5'):
		bad("Q.2971 9.2.3", "no DROP PARTY has been sent")
	case root && (here == "P2" || here == "P3") || !root && (here == "P1" || here == "P4"):
		bad("Q.2971 7", "the root asks for parties, and leaves are asked")
	}
}

// partiesFit lists the states of a party at its root and at its leaf that may
// stand while nothing is under way.
var partiesFit = [][2]string{
	{"P1", "P2"}, // the leaf has not answered
	{"P4", "P3"},
	{"P7", "P7"},
	{"P5", "P6"}, // its VC is leaving the channel
	{"P6", "P5"},
}

// checkQuietParties compares the parties of a call on a quiet wire: they have
// states that fit, a call lives as long as one that keeps it, and a calling
// network side is in N10 while one is active (Q.2971 9.2.3, 9.2.4). A root whose
// last party has gone while its client's last SDUs are sent says nothing before
// the RELEASE that follows.
func (w *World) checkQuietParties(y *wire, x *pair) {
	root, at := &x.ends[x.caller], y.ends[x.caller]
	active, kept := 0, 0
	for _, q := range x.parties {
		switch q.states[x.caller] {
		case "P7":
			active++
			kept++
		case "P1", "P4":
			kept++
		}
	}
	clears := root.stage == releases || root.stage == ends || root.stage == null
	switch {
	case len(x.parties) == 0 || kept == 0 && !clears && at.drains(x.value):
		return
	case clears:
	case kept == 0:
		w.violate("stuck party", "call %06x is in %s at %s without a party that keeps it", x.value, root.state, at)
	case root.state == "N10" && active == 0, root.fallen && active > 0:
		w.violate("stuck party", "call %06x is in %s at %s with %d active parties", x.value, root.state, at, active)
	}
	if root.fallen {
		w.stats.Fallen++
	}
	for _, q := range x.parties {
		if q.states == [2]string{"P0", "P0"} {
			continue
		}
		w.stats.QuietParties++
		if !slices.Contains(partiesFit, [2]string{q.states[x.caller], q.states[1-x.caller]}) {
			w.violate("stuck party", "party %s of call %06x, in %s at %s and in %s at %s, is in %s and in %s there, and nothing is under way",
				q.ref, x.value, x.ends[0].state, y.ends[0], x.ends[1].state, y.ends[1], q.states[0], q.states[1])
		}
	}
}

// drains reports whether a call of this end sends the last SDUs of its client.
func (p *port) drains(ref uint32) bool {
	for _, row := range p.uni.Calls() {
		if b := p.branches[row.ID]; row.Ours && row.CallRef == ref && b != nil && b.draining {
			return true
		}
	}
	return false
}
