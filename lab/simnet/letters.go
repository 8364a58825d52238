package simnet

import (
	"bytes"
	"encoding/binary"
	"slices"

	"callmanager/signalling/cm"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// What clients write to each other with the messages of a call: user-user
// information and notifications. No two letters are alike, so that what arrives
// tells what it is: it must have been sent, by the other end of the same call,
// with the message that brings it, and not have arrived before. What does not
// arrive is counted as lost, and for calls that nothing has disturbed it may not
// be: the offer, the answer and the end of a call bring theirs, and when all is at
// rest every notification of a call that is up has arrived.

// letterKind is the message that brings a letter.
type letterKind uint8

const (
	inSetup letterKind = iota
	inAlerting
	inConnect
	inRelease // or in the message that refuses an offer
	inNotify
	inLeafSetup // see leaf.go
	numLetterKinds
)

var letterKinds = [numLetterKinds]string{"SETUP", "ALERTING", "CONNECT", "RELEASE", "NOTIFY", "LEAF SETUP REQUEST"}

// letter is what a client has written once.
type letter struct {
	kind     letterKind
	serial   uint64
	from     *contract
	v        *agreed // the sender's VC; its call is the one numbered
	vc       vc.Handle
	call     int
	accepted bool    // the daemon has taken it
	ways     []*pair // the branches by which it went out
	arrived  int
	called   [20]byte // whose call a leaf asks to join
}

// maxLetter is what a letter may hold (Q.2957: 128 octets).
const maxLetter = 128

// write makes a letter, now and then of the most octets that fit.
func (c *client) write(kind letterKind, h vc.Handle, head ...byte) []byte {
	w := c.h.w
	w.lastLetter++
	b := binary.BigEndian.AppendUint64(head, w.lastLetter)
	room := maxLetter - len(b)
	n := c.rng.IntN(room + 1)
	if c.rng.IntN(8) == 0 {
		n = room
	}
	for range n {
		b = append(b, byte(c.rng.Uint32()))
	}
	w.letters[string(b)] = &letter{kind: kind, serial: w.lastLetter, from: &c.contract, vc: h}
	return b
}

// mayWrite draws whether something is said along with a message.
func (c *client) mayWrite(kind letterKind, h vc.Handle, in int) []byte {
	if c.h.w.healed || c.rng.IntN(in) > 0 {
		return nil
	}
	return c.write(kind, h)
}

// posts takes in whether the daemon has taken what goes with a request about a
// VC.
func (k *contract) posts(b []byte, v *agreed, taken bool) {
	if len(b) == 0 {
		return
	}
	w := k.c.h.w
	l := w.letters[string(b)]
	switch {
	case !taken || v == nil || v.state == vc.RemoteClosed: // what crosses the end is dropped
		delete(w.letters, string(b))
		return
	case w.weather.plain():
		k.bad("INV-57", "a link of UNI 3.x takes %d octets for %s", len(b), letterKinds[l.kind])
	}
	l.v, l.call, l.accepted = v, v.calls, true
	k.c.h.eachPair(l.vc, func(_ *wire, x *pair) { l.ways = append(l.ways, x) })
	w.stats.Letters[l.kind]++
	w.posted = append(w.posted, l)
}

// reads checks a letter that an event brings a client about a VC.
func (k *contract) reads(b []byte, h vc.Handle, v *agreed, kinds ...letterKind) {
	if len(b) == 0 || v == nil {
		return
	}
	w := k.c.h.w
	l := w.letters[string(b)]
	switch {
	case l == nil || !l.accepted:
		k.bad("data nobody sent", "%s is told %x", h, b)
		return
	case !slices.Contains(kinds, l.kind):
		k.bad("data in another message", "%s hears from %s what was sent in it: %x", h, letterKinds[l.kind], b)
	case l.v == v, v.incoming && v.far != nil && (v.far != l.v || v.farCall != l.call),
		l.v.incoming && l.v.far != nil && l.v.far != v:
		k.bad("data of another call", "%s hears in %s what %s has sent", h, letterKinds[l.kind], l.vc)
	case slices.Contains(v.heard, l.serial):
		k.bad("data twice", "%s hears in %s once more what %s has sent", h, letterKinds[l.kind], l.vc)
	case l.kind == inNotify && len(v.heard) > 0 && l.serial < slices.Max(v.heard):
		k.bad("data out of order", "%s hears NOTIFY %d after %v", h, l.serial, v.heard)
	}
	v.heard = append(v.heard, l.serial)
	if l.arrived++; l.arrived == 1 {
		w.stats.Arrived[l.kind]++
	}
}

// wants checks that an event has brought what the other end of the call has
// sent with the message of it.
func (k *contract) wants(sent, got []byte, h vc.Handle, kind letterKind) {
	if !bytes.Equal(sent, got) {
		k.bad("data lost", "%s hears %x in %s, where %x was sent", h, got, letterKinds[kind], sent)
	}
}

// wantsAlert checks that what has gone out in the ALERTING of a call that nothing
// has disturbed has come before CONNECT.
func (k *contract) wantsAlert(v *agreed, h vc.Handle) {
	if v.far == nil || v.far.far != v || v.far.alert == nil || v.far.alert.arrived > 0 {
		return
	}
	k.c.h.eachPair(h, func(y *wire, x *pair) {
		if !x.disturbed && !y.muddled {
			k.bad("data lost", "%s is connected and has not heard what went out in ALERTING; call %v", h, x)
		}
	})
}

// wantsRelease checks that the end of a call has brought what the client at the
// other end has sent with it.
func (k *contract) wantsRelease(v *agreed, ev *cm.IncomingCloseCall) {
	far := v.far
	if far == nil || v.multipoint || far.multipoint || far.calls != v.farCall || far.far != v || far.state != vc.Closing ||
		far.release == nil || ev.Status != cm.Success || ev.Cause.Value != far.releaseCause || v.state != vc.Connected {
		return
	}
	k.wants(far.release, ev.UserUser, ev.VC, inRelease)
}

// meets finds the other end of a call that is offered, unless it is gone. The
// two contracts know each other from then on.
func (k *contract) meets(ev cm.IncomingCall, v *agreed) {
	for _, p := range k.c.h.ports {
		if p.name != ev.Link {
			continue
		}
		for _, row := range p.uni.Calls() {
			if row.Ours || row.ID != ev.ID {
				continue
			}
			for _, far := range p.peer.callRows() {
				if a, _ := p.peer.h.agreedOn(far.VC); a != nil && far.Ours && far.CallRef == row.CallRef {
					v.far, v.farCall = a, a.calls
					a.far, a.farCall = v, v.calls
				}
			}
		}
	}
}

// callRows are the calls of a port, none of a host that is down.
func (p *port) callRows() []uni.CallRow {
	if !p.h.alive {
		return nil
	}
	return p.uni.Calls()
}

// wantLetters checks, at rest, that the notifications of calls that are up and
// were never disturbed have arrived, and the requests of leaves been answered.
func (w *World) wantLetters() {
	for _, l := range w.posted {
		must := l.kind == inNotify || l.kind == inLeafSetup
		if l.arrived > 0 || !must || l.call != l.v.calls || l.v.state != vc.Connected || !l.from.c.alive {
			continue
		}
		l.from.c.h.eachPair(l.vc, func(y *wire, x *pair) {
			if slices.Contains(l.ways, x) && !x.disturbed && !y.muddled {
				w.violate("data lost", "%s of client %d of %s: what it has sent on %s in %s has not arrived at rest; call %v",
					l.vc, l.from.c.id, l.from.c.h.name, l.vc, letterKinds[l.kind], x)
			}
		})
	}
}

// eachPair visits the branches of the call of a VC: that of the root of a point-to-multipoint call may have several.
func (h *host) eachPair(v vc.Handle, visit func(y *wire, x *pair)) {
	for _, p := range h.ports {
		for _, row := range p.uni.Calls() {
			if row.VC == v || slices.ContainsFunc(row.Parties, func(r uni.PartyRow) bool { return r.VC == v }) {
				if x := p.wire.calls.find(p, row.Call); x != nil {
					visit(p.wire, x)
				}
			}
		}
	}
}

// plain reports whether the links carry no letters.
func (w *weather) plain() bool { return w.profile.UNI3() }
