package uni

import (
	"time"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni/params"
)

// What the editions of the UNI do differently in procedure. How they write and read messages is
// the codec's (dialect.go of package msg): a link makes messages of UNI 4.0 and sends what is left
// of them for its profile.

// t310UNI3 and t399UNI3 are T310 and T399 of UNI 3.x on both sides (UNI 3.1 5.7).
const (
	t310UNI3 = 10 * time.Second
	t399UNI3 = 14 * time.Second
)

// timersOf returns the timers of a profile: t with the profile's own defaults in place of zero.
func timersOf(p msg.Profile, t *q2931.Timers) *q2931.Timers {
	out := q2931.Timers{}
	if t != nil {
		out = *t
	}
	if p.UNI3() && out.T310 <= 0 {
		out.T310 = t310UNI3
	}
	if p.UNI3() && out.T399 <= 0 {
		out.T399 = t399UNI3
	}
	return &out
}

// Profile returns the edition of the UNI that the link speaks.
func (l *Link) Profile() msg.Profile { return l.cfg.Profile }

// slow tells the caller of an offered call that its client takes its time: ALERTING, and in UNI
// 3.x, which has none, CALL PROCEEDING of a user side (Q.2931 5.2.5.1). Either ends the caller's
// T303 and begins a longer wait.
func (l *Link) slow(c *call) { l.alert(c, nil) }

// alert does that, with user-user information.
func (l *Link) alert(c *call, data []byte) {
	ev := q2931.ReqAlerting
	if !l.cfg.Profile.Has(msg.Alerting) {
		if ev = q2931.ReqProceeding; l.side == q2931.Network {
			if len(data) > 0 {
				l.count(countLeftOut)
			}
			return // has been sent
		}
	}
	if c.m.Expects(ev) {
		l.step(c, ev, q2931.Input{Msg: c.name(&msg.Message{UserUser: params.UserUser(data)})})
		if p := c.party(primitive.FirstParty); p != nil && ev == q2931.ReqAlerting && p.m.Expects(q2931.CallAlertingSent) {
			l.stepParty(c, p, q2931.CallAlertingSent, q2931.PartyInput{})
		}
	}
}
