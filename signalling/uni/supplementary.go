package uni

import (
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// What the users of a call have to say to each other beside its set-up and
// clearing passes through: user-user information (Q.2957, UNI 4.0), the
// notification indicator (Q.2931 5.9) and PROGRESS. A link neither reads nor
// changes it. UNI 3.x has none of it: on the way out it is left out of messages
// that stand without it, and counted.

// hear takes in what a message of the peer carries beside its own meaning. It
// comes before the message's own indication, which takes the user-user
// information along.
func (l *Link) hear(c *call, r *response) {
	m := r.msg
	if m.UserUser != nil && r.ev != q2931.MsgSetup {
		c.heard = m.UserUser.Data
	}
	if m.Notification != nil && r.ev != q2931.MsgSetup && r.ev != q2931.MsgNotify {
		l.notified(c, m)
	}
}

// takeHeard returns the user-user information that has come last, once.
func (c *call) takeHeard() []byte {
	b := c.heard
	c.heard = nil
	return b
}

// notified hands a notification to the client of a call that it knows and has
// not given up.
func (l *Link) notified(c *call, m *msg.Message) {
	if m.Notification != nil && !c.owesConf && (c.out || c.offered) {
		l.indicate(primitive.NotifyInd{Call: c.id, Info: m.Notification.Info})
	}
}

// progressed hands a PROGRESS to the client.
func (l *Link) progressed(c *call, m *msg.Message) {
	l.indicate(primitive.ProgressInd{Call: c.id, Indicators: m.Progress, UserUser: c.takeHeard()})
}

// notifyReq sends NOTIFY. A call that has ended meanwhile needs none.
func (l *Link) notifyReq(r primitive.NotifyReq) {
	c := l.calls[r.Call]
	switch {
	case c == nil || c.owesConf:
		l.count(countLateAnswer)
	case holdRequest(c, r):
	case !l.cfg.Profile.Has(msg.Notify) || len(r.Info) == 0:
		l.count(countBadRequest)
	case !c.m.Expects(q2931.ReqNotify):
		l.count(countLateAnswer)
	case l.coord != saalUp:
		l.count(countNotSent)
	default:
		l.step(c, q2931.ReqNotify, q2931.Input{Msg: &msg.Message{Notification: &ie.Notification{Info: r.Info}}})
	}
}

// alertReq sends ALERTING for a client that asks for it, or what the profile
// has in its place. The network side's CALL PROCEEDING goes first.
func (l *Link) alertReq(r primitive.AlertReq) {
	c := l.calls[r.Call]
	switch {
	case c == nil || c.owesConf:
		l.count(countLateAnswer)
	case holdRequest(c, r):
	default:
		l.stopTimer(TimerID{Name: TimerAlerting, Call: c.id})
		if l.side == q2931.Network {
			l.proceed(c)
		}
		l.alert(c, r.UserUser)
	}
}
