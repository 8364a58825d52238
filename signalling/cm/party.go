package cm

import (
	"slices"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// party is one leaf of a point-to-multipoint call whose root is a client of
// this daemon (the model's 3.4). The leaves of calls that come in have none:
// each is a VC of its own (leaf.go).
type party struct {
	handle vc.Handle
	v      *conn
	// b is the branch that leads to it, id its name there.
	b     *branch
	id    primitive.PartyID
	state vc.PartyState
	// waits tells that the link has not been asked for it: its branch is opening.
	waits  bool
	params primitive.Params
	// addParty and dropParty number the requests whose completions are owed;
	// zero means none.
	addParty, dropParty uint64
}

// partyEvent is what a party meets; the prefixes are those of [callEvent].
type partyEvent uint8

const (
	// reqDropParty is DropParty of its client.
	reqDropParty partyEvent = iota
	// cnfAddParty tells that the party is active.
	cnfAddParty
	// indDropParty is a party dropped by the other side or by a fault,
	// cnfDropParty the answer to a drop or to an addition that failed.
	indDropParty
	cnfDropParty
	// mgtCallOver tells that the call carries data no more, while its client
	// still owes the release of the party's handle.
	mgtCallOver
	// mgtForget ends the party with its call: the last one, or all of them.
	mgtForget
)

const (
	numPartyEvents = int(mgtForget) + 1
	numPartyStates = int(vc.PartyDropping) + 1
)

var partyEventNames = [numPartyEvents]string{
	reqDropParty: "DropParty", cnfAddParty: "add-party.conf", indDropParty: "drop-party.ind",
	cnfDropParty: "drop-party.conf", mgtCallOver: "call over", mgtForget: "call closed",
}

// String names the event as the model or the standard does.
func (e partyEvent) String() string { return partyEventNames[e] }

// partyInput carries what came with an event; only the fields of its event are
// set.
type partyInput struct {
	drop   *DropParty
	added  *primitive.AddPartyConf
	cause  ie.Cause
	detail string
	remote bool
}

type (
	partyAction func(m *Machine, p *party, in *partyInput) (vc.PartyState, *refusal)
	partyCell   = cell[vc.PartyState, partyAction]
)

func partyTo(do partyAction, text string, next ...vc.PartyState) partyCell {
	return partyCell{kind: handleIt, do: do, text: text, next: next}
}

var (
	partyNever   = partyCell{kind: impossibleIt}
	partyCrossed = partyCell{kind: ignoreIt, text: "crossed the drop"}
	partyOver    = partyCell{kind: ignoreIt, text: "over already"}
	partyForget  = partyTo((*Machine).forgetParty, "INV-42", vc.PartyNone)
)

// partyTable is the party at the root, from AddParty or the completion of
// MakeCall to the end of its handle (the model's 3.4, INV-38 to INV-42).
var partyTable = [numPartyStates][numPartyEvents]partyCell{
	vc.PartyNone: {
		reqDropParty: partyNever, cnfAddParty: partyNever, indDropParty: partyNever, cnfDropParty: partyNever,
		mgtCallOver: partyNever, mgtForget: partyNever,
	},
	vc.PartyAdding: {
		reqDropParty: {kind: refuseIt, status: NotAccepted, text: "the party is being added: its handle is valid with AddPartyComplete"},
		cnfAddParty:  partyTo((*Machine).partyAdded, "3.4", vc.PartyActive, vc.PartyNone),
		indDropParty: partyNever,
		cnfDropParty: partyTo((*Machine).partyFailed, "INV-27", vc.PartyNone),
		// The answer of the link completes it.
		mgtCallOver: {kind: ignoreIt, text: "its completion follows"},
		mgtForget:   partyTo((*Machine).partyFailed, "INV-27", vc.PartyNone),
	},
	vc.PartyActive: {
		reqDropParty: partyTo((*Machine).dropParty, "INV-39", vc.PartyActive, vc.PartyDropping),
		cnfAddParty:  partyNever,
		indDropParty: partyTo((*Machine).partyLeft, "INV-40", vc.PartyDropped),
		cnfDropParty: partyNever,
		mgtCallOver:  partyTo((*Machine).partyCallOver, "INV-41", vc.PartyDropped),
		mgtForget:    partyForget,
	},
	vc.PartyDropped: {
		reqDropParty: partyTo((*Machine).dropGone, "INV-39, INV-41", vc.PartyDropped, vc.PartyNone),
		cnfAddParty:  partyNever,
		// The daemon has ended the call, and the leaf has left at the same time.
		indDropParty: partyCrossed, cnfDropParty: partyNever,
		mgtCallOver: partyOver, mgtForget: partyForget,
	},
	vc.PartyDropping: {
		reqDropParty: {kind: refuseIt, status: Closing, text: "the party is being dropped: wait for the completion"},
		cnfAddParty:  partyNever,
		indDropParty: partyCrossed,
		cnfDropParty: partyTo((*Machine).partyDropped, "3.4", vc.PartyNone),
		// The answer of the link completes it.
		mgtCallOver: {kind: ignoreIt, text: "its completion follows"},
		mgtForget:   partyTo((*Machine).partyDropped, "3.4", vc.PartyNone),
	},
}

// stepParty takes one event through the party table. It returns the refusal of
// a request.
func (m *Machine) stepParty(p *party, ev partyEvent, in *partyInput) *refusal {
	note(tableParty, p.state, ev)
	c := &partyTable[p.state][ev]
	switch c.kind {
	case handleIt:
		next, ref := c.do(m, p, in)
		m.setParty(p, ev, next, c.next)
		return ref
	case refuseIt:
		return c.refusal()
	case ignoreIt:
	case impossibleIt:
		m.fault("party %s: %s in state %s", p.handle, ev, p.state)
	}
	return nil
}

// setParty is the one place where the state of a party changes. allowed are
// the states that the table names.
func (m *Machine) setParty(p *party, ev partyEvent, next vc.PartyState, allowed []vc.PartyState) {
	if !slices.Contains(allowed, next) {
		m.fault("party %s: %s in state %s leads to %s", p.handle, ev, p.state, next)
	}
	p.state = next
	if next == vc.PartyNone {
		m.handles.Remove(p.handle)
		p.v.parties = slices.DeleteFunc(p.v.parties, func(o *party) bool { return o == p })
		p.v.owner.parties--
	}
}

// newParty makes a party of v on one of its branches.
func (m *Machine) newParty(v *conn, b *branch, id primitive.PartyID, params primitive.Params) *party {
	p := &party{v: v, b: b, id: id, params: params, state: vc.PartyAdding}
	p.handle = m.handles.Add(object{party: p})
	v.parties = append(v.parties, p)
	v.owner.parties++
	return p
}

// party finds a party of v by what the link of its branch calls it. One that has gone
// is on no branch.
func (v *conn) party(b *branch, id primitive.PartyID) *party {
	if i := slices.IndexFunc(v.parties, func(p *party) bool { return p.b == b && p.id == id }); i >= 0 {
		return v.parties[i]
	}
	return nil
}

// left counts the parties whose handles the client holds: CloseCall is for the
// last of them (INV-39). One that is being added has none yet; the end of the
// call aborts it.
func (v *conn) left() int {
	n := 0
	for _, p := range v.parties {
		if p.state == vc.PartyActive || p.state == vc.PartyDropped {
			n++
		}
	}
	return n
}

// ownParty finds a party of c by its handle.
func (m *Machine) ownParty(c *client, h vc.Handle) (*party, *refusal) {
	o := m.handles.Find(h)
	named := o != nil
	switch {
	case !named && m.handles.Given(h):
		return nil, refuse(Failure, "the party "+h.String()+" is gone")
	case !named:
		return nil, refuse(Failure, "there is no party "+h.String())
	case o.owner() != c:
		return nil, refuse(NotPermitted, h.String()+" belongs to another client")
	case o.party == nil:
		return nil, refuse(Failure, h.String()+" is no party")
	}
	return o.party, nil
}

// partyIndication takes what a link tells of a party of a root's call. One that
// is unknown has ended with its client.
func (m *Machine) partyIndication(l *link, call primitive.CallID, id primitive.PartyID, ev partyEvent, in *partyInput) {
	v := m.calls[branchKey{l.ID, call}]
	if v == nil {
		return
	}
	if p := v.party(v.branch(l, call), id); p != nil {
		if in.detail != "" {
			in.detail = "link " + l.Name + ": " + in.detail
		}
		m.stepParty(p, ev, in)
	}
}

// forEachParty takes an event to every party of v, in the order of their
// making.
func (m *Machine) forEachParty(v *conn, ev partyEvent, in partyInput) {
	for _, p := range slices.Clone(v.parties) {
		each := in // on the heap, which a call without parties does not touch
		m.stepParty(p, ev, &each)
	}
}
