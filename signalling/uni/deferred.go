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

// takesOffers reports whether calls of the peer are taken.
func (l *Link) takesOffers() bool { return l.restarted && !l.clearsForPeer() }

// clearsForPeer reports whether the peer's RESTART is being carried out.
func (l *Link) clearsForPeer() bool {
	return l.respond != nil && l.respond.State() == q2931.RespondREST2
}

// deferMessage keeps a message of no call for later, and reports whether it
// did. Beyond the bound of pending calls a SETUP is refused.
func (l *Link) deferMessage(b []byte, ref msg.CallRef, typ msg.Type) bool {
	if l.takesOffers() || l.stopping || len(l.deferred) >= l.cfg.MaxPending {
		return false
	}
	begins := typ == msg.Setup && !ref.Flag
	follows := slices.ContainsFunc(l.deferred, func(d []byte) bool {
		r, _, err := msg.Peek(d)
		return err == nil && r == ref
	})
	if begins || follows {
		l.deferred = append(l.deferred, slices.Clone(b))
		l.count(countDeferred)
	}
	return begins || follows
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
