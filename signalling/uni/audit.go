package uni

import (
	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/msg"
)

// auditWindow is how many enquiries may be under way at once.
const auditWindow = 16

// beginAudits lists the calls that are to be enquired about (Q.2931 5.6.8,
// 5.6.9), in the order of their identifiers.
func (l *Link) beginAudits(due func(*call) bool) {
	l.audits = l.audits[:0]
	for _, c := range l.sorted() {
		if due(c) {
			l.audits = append(l.audits, c.id)
		}
	}
}

func callActive(c *call) bool { return c.m.State().IsActive() }

// callAlive reports whether a call is neither null nor being cleared.
func callAlive(c *call) bool { return !c.m.State().IsNull() && !c.m.State().IsClearing() }

// auditAgain enquires about the active calls once more: a peer whose T309 is
// not stopped by the return of the SAAL has given them up without a word, as
// linux-atm does.
func (l *Link) auditAgain() {
	l.beginAudits(callActive)
	l.audit()
}

// audit sends enquiries as far as the window goes.
func (l *Link) audit() {
	for len(l.audits) > 0 && len(l.enquired) < auditWindow && l.coord == saalUp {
		c := l.calls[l.audits[0]]
		l.audits = l.audits[1:]
		if c == nil || c.m.State().IsNull() || c.m.State().IsClearing() {
			continue
		}
		if _, asked := l.enquired[c.id]; asked {
			continue
		}
		l.enquired[c.id] = struct{}{}
		c.parties.beginAudit()
		l.step(c, q2931.ReqEnquiry, q2931.Input{})
	}
}

// enquireNext goes on with the parties of a call, one at a time (Q.2971
// 9.5.9), when the enquiry before has been answered.
func (l *Link) enquireNext(c *call) {
	if _, under := l.enquired[c.id]; under {
		if p := c.parties.nextAudit(); p != nil {
			ref := p.m.Ref()
			l.step(c, q2931.ReqEnquiry, q2931.Input{Msg: &msg.Message{EndpointRef: &ref}})
			return
		}
	}
	l.audited(c)
}

// audited ends the enquiry about a call, if one is under way, and goes on with
// the next.
func (l *Link) audited(c *call) {
	if _, ok := l.enquired[c.id]; ok {
		delete(l.enquired, c.id)
		l.audit()
	}
}

// endAudits forgets all enquiries: the SAAL is down.
func (l *Link) endAudits() {
	l.stopTimer(TimerID{Name: TimerAudit})
	l.audits = l.audits[:0]
	clear(l.enquired)
}
