package uni

import (
	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/msg"
)

// partyMessage acts on a message of a party that the call has accepted.
func (l *Link) partyMessage(c *call, r *response) {
	if c.parties == nil || r.ev < q2931.MsgAddParty || r.ev > q2931.MsgDropPartyAck || c.ends() {
		return
	}
	if r.ev == q2931.MsgAddParty {
		l.addParty(c, r.msg)
		return
	}
	l.tellParty(c, r.msg)
	if !c.ends() {
		l.fallBack(c)
	}
}

// tellParty hands a message to the party that it names, or lets the null state
// answer (Q.2971 9.5.3).
func (l *Link) tellParty(c *call, m *msg.Message) {
	if c.parties == nil || m.EndpointRef == nil || c.ends() {
		return
	}
	ev := q2931.PartyEventOf(m.Type)
	if p := c.partyOf(m); p != nil {
		l.stepParty(c, p, ev, q2931.PartyInput{Msg: m})
		return
	}
	l.count(countNoParty)
	l.sendParty(l.nullParty(c, m).Step(ev, q2931.PartyInput{Msg: m}))
}

// namesNoParty reports whether a response to our SETUP names a party that does
// not exist, and answers it then (Q.2971 9.5.3).
func (l *Link) namesNoParty(c *call, m *msg.Message) bool {
	if c.parties == nil || m.EndpointRef == nil || c.partyOf(m) != nil {
		return false
	}
	l.count(countNoParty)
	l.sendParty(l.nullParty(c, m).Step(q2931.MsgPartyResponse, q2931.PartyInput{Msg: m}))
	return true
}

// partyOfCall lets the party that an ALERTING or a CONNECT names follow it, and
// on a called side the one that CONNECT ACKNOWLEDGE is for.
func (l *Link) partyOfCall(c *call, r *response) {
	if c.parties == nil {
		return
	}
	switch p := c.partyOf(r.msg); {
	case r.ev == q2931.MsgAlerting && p != nil:
		l.stepParty(c, p, q2931.CallAlertingReceived, q2931.PartyInput{})
	case r.ev == q2931.MsgConnect && p != nil:
		c.parties.connecting = p.id
		l.stepParty(c, p, q2931.CallConnected, q2931.PartyInput{})
	case r.ev == q2931.MsgConnectAck:
		l.partyConnected(c)
	}
}

// beginAudit lists the parties of a call that is enquired about: the active ones,
// which outlive the SAAL (Q.2971 9.5.9), and those that are being added, of which
// a reset of the SAAL may have lost the end. A leaf that has been alerted waits
// under no timer: nothing else would tell it that its root has given it up.
func (ps *parties) beginAudit() {
	if ps == nil {
		return
	}
	ps.audits = nil
	for _, p := range ps.list {
		if p.m.State().Keeps() {
			ps.audits = append(ps.audits, p.id)
		}
	}
}

// nextAudit returns the next party to be enquired about, or nil.
func (ps *parties) nextAudit() *party {
	for ps != nil && len(ps.audits) > 0 {
		id := ps.audits[0]
		ps.audits = ps.audits[1:]
		for _, p := range ps.list {
			if p.id == id && p.m.State().Keeps() {
				return p
			}
		}
	}
	return nil
}
