package uni

import (
	"errors"

	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/uni/params"
	"callmanager/vc"
)

// reason is why a call does not come about, or ends: the cause, which the
// peer may see, and in words what this end knows beyond it. The zero value is
// no reason at all.
type reason struct {
	cause  ie.Cause
	detail string
}

// none reports whether nothing is refused.
func (r reason) none() bool { return r.cause.Value == 0 }

// refuse makes the reason with a cause of this side.
func (l *Link) refuse(v ie.CauseValue, detail string) reason {
	return reason{cause: l.raise(v), detail: detail}
}

// refuseFor makes the reason of an error of admission.
func (l *Link) refuseFor(err error) reason {
	return reason{cause: l.raise(causeOf(err)), detail: detailOf(err)}
}

// causeOf returns the cause of a reason.
func causeOf(err error) ie.CauseValue {
	if r, ok := errors.AsType[*vc.RefusedError](err); ok {
		return ie.CauseValue(r.Cause)
	}
	if p, ok := errors.AsType[*params.Error](err); ok {
		return p.Cause
	}
	return ie.CauseResourceUnavailable
}

// detailOf returns the words of an error without the names of packages.
func detailOf(err error) string {
	if r, ok := errors.AsType[*vc.RefusedError](err); ok {
		return r.Reason
	}
	if p, ok := errors.AsType[*params.Error](err); ok {
		return p.Reason
	}
	return err.Error()
}

// reset ends a call without a message to the peer.
func (l *Link) reset(c *call, why reason) {
	c.tell(why.detail)
	l.step(c, q2931.ReqReset, q2931.Input{Cause: why.cause})
}

// tell notes why the call ends; the first word counts.
func (c *call) tell(detail string) {
	if c.detail == "" {
		c.detail = detail
	}
}

// explain notes why a call ends from the event that ended it. The client's own
// wish needs no words.
func (c *call) explain(ev q2931.Event, from, to q2931.State) {
	switch {
	case from.IsClearing() || !to.IsNull() && !to.IsClearing():
	case from.IsActive() || ev != q2931.MsgRelease && ev != q2931.MsgReleaseComplete:
		c.tell(endings[ev])
	case c.out:
		c.tell("refused by the peer")
	default:
		c.tell("given up by the caller")
	}
}

// partyEndings are the events that may end a party, in words.
var partyEndings = [...]string{
	q2931.MsgPartyAddReject: "refused by the peer",
	q2931.MsgPartyDrop:      "dropped by the peer",
	q2931.MsgPartyDropAck:   "the peer does not have this party",
	q2931.MsgPartyStatus:    "the peer does not have this party, or in another state",
	q2931.LnkPartyReleased:  "the signalling connection was lost",
	q2931.ExpT397:           "timer T397 expired: no answer to PARTY ALERTING",
	q2931.ExpT398:           "timer T398 expired: no answer to DROP PARTY",
	q2931.ExpT399:           "timer T399 expired: no answer to ADD PARTY",
}

// explain notes why a party ends from the event that ended it; the first word
// counts.
func (p *party) explain(ev q2931.PartyEvent, from, to q2931.PartyState) {
	if from.Keeps() && !to.Keeps() && p.detail == "" && int(ev) < len(partyEndings) {
		p.detail = partyEndings[ev]
	}
}

// endings are the events that may end a call, in words.
var endings = [...]string{
	q2931.MsgRelease:         "released by the peer",
	q2931.MsgReleaseComplete: "released by the peer",
	q2931.MsgStatus:          "the peer does not have this call, or in another state",
	q2931.MsgUnsupported:     "the peer asks for the end with a message that is not supported",
	q2931.MsgAddParty:        "the peer asks for the end with a message of a party that is out of place",
	q2931.MsgPartyAlert:      "the peer asks for the end with a message of a party that is out of place",
	q2931.MsgAddPartyAck:     "the peer asks for the end with a message of a party that is out of place",
	q2931.MsgAddPartyReject:  "the peer asks for the end with a message of a party that is out of place",
	q2931.MsgDropParty:       "the peer asks for the end with a message of a party that is out of place",
	q2931.MsgDropPartyAck:    "the peer asks for the end with a message of a party that is out of place",
	q2931.ErrParty:           "the peer asks for the end with a message of a party that is out of place",
	q2931.MsgUnknown:         "the peer asks for the end with a message that is not known",
	q2931.MsgMisplaced:       "the peer asks for the end with a message that is out of place",
	q2931.ErrClear:           "a message of the peer cannot be used",
	q2931.LnkReleased:        "the signalling connection was lost",
	q2931.ExpT301:            "timer T301 expired: no answer to ALERTING",
	q2931.ExpT303:            "timer T303 expired: no answer to SETUP",
	q2931.ExpT310:            "timer T310 expired: nothing came after CALL PROCEEDING",
	q2931.ExpT313:            "timer T313 expired: no answer to CONNECT",
	q2931.ExpT360:            "timer T360 expired: no answer to MODIFY REQUEST",
	q2931.ExpT322:            "timer T322 expired: no answer to STATUS ENQUIRY",
}
