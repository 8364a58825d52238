package uni

import (
	"slices"
	"strconv"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni/params"
	"callmanager/vc"
)

// attachment is what a leaf's VC has of the call's channel.
type attachment uint8

const (
	notAttached attachment = iota
	attached               // by Activate or Join
	leaving                // Leave waits for its answer
)

// party is one party of a call: its machine and, at a leaf, its VC. It lives
// until its machine is null and its VC off the channel; what is left when the
// call is being cleared, until the end of the call.
type party struct {
	id     primitive.PartyID
	m      *q2931.Party
	params primitive.Params
	asked  params.Asked // by the ADD PARTY

	vc vc.Handle
	at attachment

	// What the client model is owed.
	adding   bool // the answer to an AddPartyReq
	dropping bool // the answer to a DropPartyReq or RejectPartyReq
	accepted bool // a leaf's client has accepted it

	cause  ie.Cause // why it has ended
	detail string   // the same in words; empty for the client's wish
	remote bool
	report vc.DrainReport
}

// parties are the parties of a point-to-multipoint call, in the order in which
// they were added.
type parties struct {
	list    []*party
	first   uint16            // the endpoint reference of the first party
	nextRef uint16            // at the root
	nextID  primitive.PartyID // at a leaf

	connecting   primitive.PartyID // the party that the CONNECT names
	connectedRef ie.EndpointRef
	joining      *party              // what the pending Join is for
	audits       []primitive.PartyID // parties to be enquired about
}

// maxPartyRef is the highest endpoint reference value: 15 bits (Q.2971 8.2.1).
const maxPartyRef = 0x7fff

// firstParty enters the party that the SETUP carries.
func (l *Link) firstParty(c *call, ref ie.EndpointRef, ev q2931.PartyEvent) {
	c.parties = &parties{first: ref.Value, nextRef: 1, nextID: primitive.AddedParty | 1, connectedRef: ref}
	p := l.newParty(c, primitive.FirstParty, ref)
	p.params = c.params
	l.stepParty(c, p, ev, q2931.PartyInput{})
}

// newParty enters a party in the null state.
func (l *Link) newParty(c *call, id primitive.PartyID, ref ie.EndpointRef) *party {
	p := &party{id: id, m: q2931.NewParty(l.side, c.m.Ref(), ref, l.cfg.Timers)}
	c.parties.list = append(c.parties.list, p)
	return p
}

// party returns the party of an identifier, or nil.
func (c *call) party(id primitive.PartyID) *party {
	return c.findParty(func(p *party) bool { return p.id == id })
}

// partyOf returns the party that a message of the peer names, or nil.
func (c *call) partyOf(m *msg.Message) *party {
	if m.EndpointRef == nil {
		return nil
	}
	ref := ie.EndpointRef{Value: m.EndpointRef.Value, RefFlag: !m.EndpointRef.RefFlag}
	return c.findParty(func(p *party) bool { return p.m.Ref() == ref && p.m.State() != q2931.P0Null })
}

func (c *call) findParty(is func(*party) bool) *party {
	if c.parties == nil {
		return nil
	}
	if i := slices.IndexFunc(c.parties.list, is); i >= 0 {
		return c.parties.list[i]
	}
	return nil
}

// partyState returns the state of the party that a message of the peer names.
func (c *call) partyState(m *msg.Message) q2931.PartyState {
	if p := c.partyOf(m); p != nil {
		return p.m.State()
	}
	return q2931.P0Null
}

// count returns how many parties are in a state that counts.
func (ps *parties) count(counts func(q2931.PartyState) bool) int {
	n := 0
	for _, p := range ps.list {
		if counts(p.m.State()) {
			n++
		}
	}
	return n
}

func partyActive(s q2931.PartyState) bool { return s == q2931.P7Active }

// partyPending reports whether a party is being added.
func partyPending(s q2931.PartyState) bool { return s.Keeps() && s != q2931.P7Active }

// ends reports whether a call is being cleared or null.
func (c *call) ends() bool { return c.m.State().IsNull() || c.m.State().IsClearing() }

// stepParty makes one transition of a party's machine and performs its effects.
// When no party is left that keeps the call alive, the call is cleared with the
// cause of this one, in place of the message that would have ended it (Q.2971
// 9.2.4).
func (l *Link) stepParty(c *call, p *party, ev q2931.PartyEvent, in q2931.PartyInput) {
	from := p.m.State()
	effects := slices.Clone(p.m.Step(ev, in))
	to := p.m.State()
	if from != to {
		p.explain(ev, from, to)
		l.partyTransition(c, p, from, ev, effects)
	}
	last := from.Keeps() && c.parties.count(q2931.PartyState.Keeps) == 0
	for i := range effects {
		l.performParty(c, p, &effects[i], last)
	}
	switch {
	case c.ends() || l.calls[c.id] == nil:
	case last:
		l.releaseLast(c, p)
	default:
		l.fallBack(c)
	}
}

// partyTransition records a transition for the log.
func (l *Link) partyTransition(c *call, p *party, from q2931.PartyState, ev q2931.PartyEvent, effects []q2931.PartyEffect) {
	t := Transition{
		CallRef: c.m.Ref(), Party: strconv.Itoa(int(p.m.Ref().Value)), Side: l.side.String(),
		From: from.String(), Event: ev.String(), To: p.m.State().String(),
	}
	for i := range effects {
		if v := effects[i].Cause.Value; v != 0 {
			t.Cause = v
		}
	}
	l.moved(t)
}

// performParty performs one effect of a party's machine. With last, what would
// end the party is left to the clearing of the call.
func (l *Link) performParty(c *call, p *party, e *q2931.PartyEffect, last bool) {
	switch e.Kind {
	case q2931.PartySend:
		if e.Cause.Value != 0 && !p.m.State().Keeps() {
			p.cause = e.Cause
		}
		if !last {
			l.send(e.Msg)
		}
	case q2931.PartyStartTimer:
		l.startTimer(TimerID{Name: callTimers[e.Timer], Call: c.id, Party: p.id}, e.After, 0)
	case q2931.PartyStopTimer:
		l.stopTimer(TimerID{Name: callTimers[e.Timer], Call: c.id, Party: p.id})
	case q2931.PartyAdd: // addParty goes on
	case q2931.PartyAlerting:
		l.indicate(primitive.PartyProceedingInd{Call: c.id, Party: p.id})
	case q2931.PartyAdded:
		l.partyAdded(c, p, e.Msg)
	case q2931.PartyDrop:
		p.cause, p.remote = e.Cause, true
		if !last {
			l.peerDrops(c, p)
		}
	case q2931.PartyGone:
		p.cause, p.remote = e.Cause, e.Remote
		if !last {
			l.endParty(c, p)
		}
	case q2931.PartyNotified, q2931.PartyStatusReceived: // counted with the message
	case q2931.PartyUnexpected:
		l.count(countUnexpected)
		l.step(c, q2931.ErrParty, q2931.Input{Msg: e.Msg, Party: p.m.State()})
	case q2931.PartyDefect:
		l.count(countImpossible)
	}
}

// releaseLast clears the call whose last party is gone.
func (l *Link) releaseLast(c *call, p *party) {
	c.tell(p.detail)
	c.remote = p.remote
	if c.branch == branchDrain {
		return // RELEASE follows the drain
	}
	c.graceful = true
	l.release(c, p.cause)
}

// fallBack: at a calling network side no party is active any more, and others
// are on their way (Q.2971 9.2.3).
func (l *Link) fallBack(c *call) {
	if c.out && c.m.State() == q2931.N10Active && c.parties.count(partyActive) == 0 {
		l.step(c, q2931.ReqFallBack, q2931.Input{})
	}
}

// expireParty acts on the expiry of a timer of a party.
func (l *Link) expireParty(c *call, id TimerID) {
	p := c.party(id.Party)
	if p == nil {
		return
	}
	if t := q2931Timer(id.Name); t != 0 {
		if p.m.Running(t) { // what was held before the expiry may have stopped it
			l.stepParty(c, p, t.PartyExpiry(), q2931.PartyInput{})
		}
		return
	}
	if p.m.Expects(q2931.ReqPartyAlerting) && l.cfg.Profile.Has(msg.PartyAlerting) {
		l.stepParty(c, p, q2931.ReqPartyAlerting, q2931.PartyInput{})
	}
}

// partyRows returns the rows of the parties.
func (c *call) partyRows() []PartyRow {
	if c.parties == nil {
		return nil
	}
	rows := make([]PartyRow, len(c.parties.list))
	for i, p := range c.parties.list {
		rows[i] = PartyRow{Party: p.id, EndpointRef: p.m.Ref().Value, State: p.m.State().String(), VC: p.vc, Params: p.params}
	}
	return rows
}
