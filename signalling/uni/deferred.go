package uni

import (
	"slices"

	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/msg"
)

// A restart leaves it open for a moment whether a call that the peer begins is
// among those that it clears: our RESTART until it is acknowledged, the peer's
// until we acknowledge it (Q.2931 5.5). A SETUP of that time, and what follows
// it on its call reference, is kept in its order and worked off when calls are
// taken. What a restart clears is forgotten.
//
// The peer may give a channel to its next call as soon as the clearing of the
// former one is over (Q.2931 5.4.3, 5.4.4), when our branch may still be taking
// in what has arrived. A SETUP and a response that name such a channel wait
// until the branch is gone, in the same way.

// takesOffers reports whether calls of the peer are taken.
func (l *Link) takesOffers() bool { return l.restarted && !l.clearsForPeer() && !l.restartsAll() }

// clearsForPeer reports whether the peer's RESTART is being carried out.
func (l *Link) clearsForPeer() bool {
	return l.respond != nil && l.respond.State() == q2931.RespondREST2
}

// deferMessage keeps a message of no call for later, and reports whether it
// did. Beyond the bound of pending calls a SETUP is refused.
func (l *Link) deferMessage(b []byte, ref msg.CallRef, typ msg.Type) bool {
	if !l.mayDefer() {
		return false
	}
	begins := typ == msg.Setup && !ref.Flag && !l.takesOffers()
	follows := slices.ContainsFunc(l.deferred, func(d []byte) bool {
		r, _, err := msg.Peek(d)
		return err == nil && r == ref
	})
	if begins || follows {
		l.keepMessage(b)
	}
	return begins || follows
}

// deferSetup keeps a SETUP until the channel that it names is free, and reports
// whether it did.
func (l *Link) deferSetup(b []byte, m *msg.Message) bool {
	if m.Type != msg.Setup || m.CallRef.Flag || !l.channels.Rests(m.ConnID) || !l.mayDefer() {
		return false
	}
	l.keepMessage(b)
	return true
}

// mayDefer reports whether messages may be kept, and one more.
func (l *Link) mayDefer() bool { return !l.stopping && len(l.deferred) < l.cfg.MaxPending }

func (l *Link) keepMessage(b []byte) {
	l.deferred = append(l.deferred, slices.Clone(b))
	l.count(countDeferred)
}

// awaitChannel keeps a response until the channel that it names is free.
func (l *Link) awaitChannel(c *call, r *response) {
	c.keep(r)
	c.why = forChannel
	l.awaiting = append(l.awaiting, c.id)
}

// channelFreed goes on with what has waited for a channel.
func (l *Link) channelFreed() {
	queue := l.awaiting
	l.awaiting = nil
	for _, id := range queue {
		c := l.calls[id] // one that waits is not finished
		r := c.response
		c.why, c.response = notActivating, nil
		if c.m.State().IsNull() || c.m.State().IsClearing() {
			l.finish(c)
		} else {
			l.responded(c, r)
			l.doneWith(c, r.msg, r.from)
		}
		l.releaseHeld(c)
	}
	l.resumeOffers()
}

// resumeOffers works off what has been deferred.
func (l *Link) resumeOffers() {
	if !l.takesOffers() && !l.stopping {
		return
	}
	queue := l.deferred
	l.deferred = nil
	for _, b := range queue {
		l.dispatch(b)
	}
}

// forgetOffers drops what a restart or the loss of the SAAL has ended.
func (l *Link) forgetOffers() {
	l.counters.plain[countForgotten] += uint64(len(l.deferred))
	l.deferred = nil
}
