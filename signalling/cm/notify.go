package cm

import (
	"maps"
	"slices"
	"time"

	"callmanager/signalling/q2931/ie"
)

// notice is how far the close notification of a client is (NotifyCloseAF).
type notice uint8

const (
	_ notice = iota // none
	// noticeOwed waits for NotifyCloseAFComplete.
	noticeOwed
	// noticeTaken waits for the end of the address family, which the client closes.
	noticeTaken
	// noticeRefused leaves what is there to the daemon.
	noticeRefused
)

// modelMinor is the minor version of clients that know NotifyCloseAF, StatusIndication and FLOWSPECs.
const modelMinor = 3

// models reports whether the client has said that version, and has an address family.
func (c *client) models() bool { return c.minor >= modelMinor && c.af != afClosed }

// NotifyClose tells every client with an open address family that the daemon ends, and gives it until
// timeout to close what it has in the order of INV-14. New things are refused from now on, and the calls of
// older clients released with cause. [Machine.Notified] counts the clients that are waited for;
// [Machine.Shutdown] is still due. What is in rings is drained for at most linger.
func (m *Machine) NotifyClose(cause ie.Cause, linger, timeout time.Duration) []Effect {
	if m.stopping != nil {
		return nil
	}
	m.stop(cause, linger)
	for _, id := range slices.Sorted(maps.Keys(m.clients)) {
		c := m.clients[id]
		if c.models() && c.af == afOpen {
			m.stepAF(c, afNotify)
			c.notice = noticeOwed
			m.deliver(c, NotifyCloseAF{Reason: m.stopping.detail, Timeout: timeout, Cause: cause, Linger: linger})
		} else {
			m.endCalls(c)
		}
	}
	return m.take()
}

// stop refuses what is new from now on.
func (m *Machine) stop(cause ie.Cause, linger time.Duration) {
	m.stopping = &ending{status: Closing, detail: "the daemon is stopping", cause: cause, linger: linger}
}

// endCalls releases the calls of a client because the daemon stops.
func (m *Machine) endCalls(c *client) {
	for _, h := range slices.Sorted(maps.Keys(c.vcs)) {
		m.step(c.vcs[h], mgtClose, &input{end: m.stopping})
	}
}

// Notified counts the clients that have not closed yet what NotifyClose has told them to.
func (m *Machine) Notified() (n int) {
	for _, c := range m.clients {
		if c.notice == noticeOwed || c.notice == noticeTaken && c.af != afClosed {
			n++
		}
	}
	return n
}

// notifyCloseComplete serves NotifyCloseAFComplete.
func (m *Machine) notifyCloseComplete(c *client, r NotifyCloseAFComplete) {
	var ref *refusal
	switch {
	case c.notice != noticeOwed:
		ref = refuse(Failure, "no NotifyCloseAF waits for an answer")
	case r.Status == Pending || !r.Status.Valid():
		ref = refuse(InvalidData, r.Status.String()+" completes nothing: the completion is still owed")
	case r.Status == Success && c.af == afNotified:
		ref = refuse(NotAccepted, "the address family is not closed: parties, calls, SAPs and CloseAF come first")
	}
	if ref != nil {
		m.refuse(c, r, ref)
		return
	}
	m.reply(c, Reply{Request: r.Request})
	c.notice = noticeTaken
	if r.Status != Success {
		c.notice = noticeRefused
		m.endCalls(c)
	}
}
