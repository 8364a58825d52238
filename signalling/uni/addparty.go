package uni

import (
	"bytes"
	"slices"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni/params"
)

// addPartyReq adds a party to a call of this side, or refuses it at once.
func (l *Link) addPartyReq(r primitive.AddPartyReq) {
	c := l.calls[r.Call]
	if r.Party == primitive.FirstParty || r.Party&primitive.AddedParty != 0 || c != nil && c.party(r.Party) != nil {
		l.count(countBadRequest)
		return
	}
	if c != nil && holdRequest(c, r) {
		return
	}
	m, no := l.admitParty(c, &r.Params)
	if !no.none() {
		l.refused(no.cause.Value)
		l.indicate(primitive.DropPartyConf{Call: r.Call, Party: r.Party, Cause: no.cause, Detail: no.detail})
		return
	}
	p := l.newParty(c, r.Party, ie.EndpointRef{Value: c.newPartyRef()})
	p.adding = true
	p.params = r.Params
	p.params.Contract, p.params.Multipoint = c.params.Contract, true
	l.stepParty(c, p, q2931.ReqPartyAdd, q2931.PartyInput{Msg: m})
}

// admitParty decides on a party that the client model asks for, and makes its
// ADD PARTY.
func (l *Link) admitParty(c *call, p *primitive.Params) (*msg.Message, reason) {
	if no := l.mayAddParty(c); !no.none() {
		return nil, no
	}
	m, err := params.AddParty(c.m.Ref(), &c.params.Contract, p)
	if err != nil {
		return nil, l.refuseFor(err)
	}
	if no := l.roomForParty(c, outgoing); !no.none() {
		return nil, no
	}
	return m, reason{}
}

// mayAddParty decides by the call and its state.
func (l *Link) mayAddParty(c *call) reason {
	switch {
	case c == nil:
		return l.refuse(ie.CauseInvalidCallReference, "there is no such call any more")
	case c.parties == nil && !c.params.Multipoint:
		return l.refuse(ie.CauseMessageNotCompatible, "the call is not point-to-multipoint")
	case !c.out:
		return l.refuse(ie.CauseMessageNotCompatible, "only the root of a call adds parties")
	case c.owesConf || c.ends() || c.branch == branchDrain:
		return l.refuse(ie.CauseTemporaryFailure, "the call is ending")
	case l.coord != saalUp:
		return l.refuse(ie.CauseTemporaryFailure, "the signalling connection is not up")
	case !c.m.AddsParties():
		return l.refuse(ie.CauseMessageNotCompatible, "the call is neither alerting nor active yet")
	}
	return reason{}
}

// roomForParty decides by the bounds: how many parties there are and are being
// added, and the pace of new calls.
func (l *Link) roomForParty(c *call, direction int) reason {
	pending := partyPending
	switch {
	case len(c.parties.list) >= l.cfg.MaxParties:
		return l.refuse(ie.CauseResourceUnavailable, "the call has as many parties as it may")
	case c.parties.count(pending) >= l.cfg.MaxPendingParties:
		return l.refuse(ie.CauseTooManyAddParty, "too many parties are being added to the call")
	case !l.takesCall(direction):
		return l.refuse(ie.CauseCongestion, "too many calls and parties are being set up on the link")
	}
	return reason{}
}

// newPartyRef returns an endpoint reference that no party of the call has.
// References count up from 1, 0 being the first party's (UNI 4.0 section 5).
func (c *call) newPartyRef() uint16 {
	for {
		ref := c.parties.nextRef
		if c.parties.nextRef++; c.parties.nextRef > maxPartyRef {
			c.parties.nextRef = 1
		}
		if c.findParty(func(p *party) bool { return p.m.Ref().Value == ref }) == nil {
			return ref
		}
	}
}

// partyAdded: ADD PARTY ACKNOWLEDGE has come. A leaf that takes only smaller
// SDUs than the call carries is told of, and one with another AAL is dropped:
// it would understand nothing.
func (l *Link) partyAdded(c *call, p *party, m *msg.Message) {
	want := p.params
	if err := params.AdoptConnect(&p.params, m); err != nil {
		why := l.refuseFor(err)
		p.detail = why.detail
		l.dropParty(c, p, why.cause)
		return
	}
	p.adding = false
	changed := p.params.Contract != want.Contract ||
		len(want.BLLI) > 0 && !slices.EqualFunc(p.params.BLLI, want.BLLI, bytes.Equal)
	l.indicate(primitive.AddPartyConf{Call: c.id, Party: p.id, Params: p.params, Changed: changed})
}

// partyAnswered: the CONNECT has named a party that was added.
func (l *Link) partyAnswered(c *call) {
	if c.parties == nil {
		return
	}
	if p := c.party(c.parties.connecting); p != nil && p.adding && p.m.State() == q2931.P7Active {
		p.adding = false
		l.indicate(primitive.AddPartyConf{Call: c.id, Party: p.id, Params: p.params})
	}
}
