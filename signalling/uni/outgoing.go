package uni

import (
	"bytes"
	"errors"
	"slices"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni/channel"
	"callmanager/signalling/uni/params"
	"callmanager/vc"
)

// setupReq begins an outgoing call, or refuses it at once.
func (l *Link) setupReq(r primitive.SetupReq) {
	if r.Call == 0 || r.Call&primitive.IncomingCall != 0 || l.calls[r.Call] != nil {
		l.count(countBadRequest)
		return
	}
	c := &call{id: r.Call, vc: r.VC, out: true, params: r.Params, wanted: r.Params}
	if no := l.admitOutgoing(c); !no.none() {
		l.refused(no.cause.Value)
		l.indicate(primitive.ReleaseConf{Call: r.Call, Cause: no.cause, Detail: no.detail})
		return
	}
	c.m = q2931.NewCall(l.side, l.newRef(), l.cfg.Timers)
	l.addCall(c)
	if c.ch != (vc.ID{}) {
		l.activate(c, forSetup)
		return
	}
	l.sendSetup(c)
}

// admitOutgoing decides on an outgoing call and reserves what it needs.
func (l *Link) admitOutgoing(c *call) reason {
	switch {
	case l.stopping:
		return l.refuse(ie.CauseNetworkOutOfOrder, "the link is stopping")
	case l.state == LinkDown:
		return l.refuse(ie.CauseNetworkOutOfOrder, "the link is down: "+l.lastError)
	case l.coord != saalUp:
		return l.refuse(ie.CauseTemporaryFailure, "the signalling connection is not up: "+firstOf(l.lastError, "it is being established"))
	case !l.restarted:
		return l.refuse(ie.CauseTemporaryFailure, "the peer has not acknowledged RESTART yet")
	case l.restartsAll():
		return l.refuse(ie.CauseTemporaryFailure, "an operator is restarting the link")
	case l.clearsForPeer():
		return l.refuse(ie.CauseTemporaryFailure, "the peer is restarting")
	case !l.takesCall(outgoing):
		return l.refuse(ie.CauseCongestion, "too many calls are being set up on the link")
	}
	params.Clamp(&c.params.Contract, l.port.Limit())
	params.Limit(l.cfg.Profile, &c.params)
	m, err := params.Setup(&c.params)
	if err != nil {
		return l.refuseFor(err)
	}
	if l.side == q2931.Network {
		m.ConnID = &ie.ConnID{VPCI: 0, VCI: uint16(vc.MinCallVCI)}
	}
	m.CallRef.Value = 1 // any: whether the elements can be written is the question
	written, _ := m.For(l.cfg.Profile)
	if _, err := written.AppendProfile(l.octets[:0], l.cfg.Profile); err != nil {
		if e, ok := errors.AsType[*ie.ContentError](err); ok && e.ID == ie.IDTD {
			return l.refuse(ie.CauseUnsupportedTraffic, e.Error())
		}
		return l.refuse(ie.CauseInvalidElementContents, err.Error())
	}
	p := &c.params
	asked := *p
	if no := l.countLink(&p.QoS); !no.none() {
		return no
	}
	var no reason
	if p.Contract, p.Fallback, no = l.negotiate(c, p.Contract, p.Fallback, vc.Reservation{}); !no.none() {
		return no
	}
	if l.side == q2931.Network {
		ch, err := l.channels.Allocate()
		if err != nil {
			l.capacity.Release(c.reserved)
			return l.refuseFor(err)
		}
		c.ch = ch
	}
	if p.Contract == asked.Contract && p.Fallback == asked.Fallback && p.QoS == asked.QoS {
		c.setup = m
	}
	return reason{}
}

// reserve takes the bandwidth of a call, if there is enough.
func (l *Link) reserve(c *call) reason {
	want := l.capacity.Price(&c.params.Contract, c.out)
	if err := l.capacity.Replace(c.reserved, want); err != nil {
		return l.refuseFor(err)
	}
	c.reserved = want
	return reason{}
}

// sendSetup sends the SETUP. The network side names the channel (Q.2931
// 5.2.3); the user side leaves that to the network.
func (l *Link) sendSetup(c *call) {
	m := c.setup
	if m == nil { // the parameters are not those that admitOutgoing has tried
		var err error
		if m, err = params.Setup(&c.params); err != nil {
			l.count(countImpossible)
			return
		}
	}
	c.setup = nil // the machine keeps it
	if l.side == q2931.Network {
		m.ConnID = channel.ConnID(c.ch)
		c.wire.named = true
	}
	c.params.UserUser = nil // it is said
	if c.params.Multipoint {
		l.firstParty(c, ie.EndpointRef{}, q2931.CallSetupSent)
	}
	l.step(c, q2931.ReqSetup, q2931.Input{Msg: m})
}

// responded acts on a response to our SETUP: it learns the channel and the
// parameters, lets the branch follow, and then hands the message on.
func (l *Link) responded(c *call, r *response) {
	if l.channels.Rests(r.msg.ConnID) {
		l.awaitChannel(c, r)
		return
	}
	if !l.learnChannel(c, r.msg.ConnID) {
		l.count(countChannel)
		l.clearCall(c, l.refuse(ie.CauseVPCIVCIAssignment, "the peer answers with a channel that cannot be used"))
		return
	}
	c.wire.answered = true
	before := c.params.Contract
	if r.ev == q2931.MsgConnect {
		if no := l.adopt(c, r.msg); !no.none() {
			l.clearCall(c, no)
			return
		}
	}
	if c.branch == noBranch || c.params.Contract != before {
		c.keep(r)
		l.activate(c, forResponse)
		return
	}
	l.deliver(c, r)
}

// adopt takes over what a CONNECT answers. Smaller SDUs may cost more wire a
// cell than the minimum policed size of the request, so the bandwidth is taken
// anew.
func (l *Link) adopt(c *call, m *msg.Message) reason {
	if err := params.AdoptConnect(&c.params, m); err != nil {
		return l.refuseFor(err)
	}
	return l.reserve(c)
}

// learnChannel takes the channel from a response and reports whether the call
// can use it: the network's choice on the user side (Q.2931 5.1.2), our own on
// the network side.
func (l *Link) learnChannel(c *call, id *ie.ConnID) bool {
	if id == nil {
		return c.ch != (vc.ID{})
	}
	ch, ok := l.channels.Named(id)
	if !ok || id.Exclusive != ie.ExclusiveVCI {
		return false
	}
	if c.ch != (vc.ID{}) {
		return ch == c.ch
	}
	if l.channels.Take(ch) != nil {
		return false
	}
	c.ch = ch
	return true
}

// connected: CONNECT has come and the branch is open both ways. The network
// side confirms now (Q.2931 5.2.6); the user side has (5.1.6).
func (l *Link) connected(c *call) {
	if l.side == q2931.Network {
		l.step(c, q2931.ReqSetupComplete, q2931.Input{})
	}
	l.settled(c)
	l.errPeer = ""
	if !c.told {
		c.told = true
		l.indicate(primitive.ConnectInd{Call: c.id, Party: c.connectingParty(), ID: c.ch, Params: c.params, Changed: c.changed(), UserUser: c.takeHeard()})
	}
	l.partyAnswered(c)
	if c.parties != nil && !c.ends() {
		l.fallBack(c) // the party that the CONNECT names is being dropped
	}
}

// changed reports whether the call has other parameters than the client asked
// for.
func (c *call) changed() bool {
	return c.params.Contract != c.wanted.Contract || c.params.QoS != c.wanted.QoS ||
		len(c.wanted.BLLI) > 0 && !slices.EqualFunc(c.params.BLLI, c.wanted.BLLI, bytes.Equal)
}
