package simnet

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"

	"callmanager/signalling/cm"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/vc"
)

// Leaves that ask to join a call by themselves (UNI 4.0 section 6). The daemon
// has no such request for its clients, other equipment at the far end of a link
// has. So a client of one end sends NOTIFY with a mark, and on the wire the SD of
// SSCOP carries LEAF SETUP REQUEST in its place, as often as it is sent:
//
//	client: NOTIFY, marked --> SSCOP --> SD(NOTIFY)
//	                                        | the wire: SD(LEAF SETUP REQUEST, number)
//	                                        v
//	   counted <-- SD(LEAF SETUP FAILURE, number) <-- the far link
//
// It must be refused with its own number and the called number, and change nothing
// else: what a NOTIFY would have brought nobody hears.

// leafMark is what marks such a NOTIFY; the number of the leaf follows in eight
// octets.
var leafMark = []byte("\xffleaf-set-up\xff")

// actJoin lets a leaf behind a connected call's link ask to join a call.
func actJoin(c *client, r *rand.Rand) bool {
	v := c.pick(r, vc.Connected)
	if v == nil || !c.alive || c.h.w.healed || c.h.w.weather.plain() {
		return false
	}
	b := c.write(inLeafSetup, v.h, leafMark...)
	l := c.h.w.letters[string(b)]
	l.called = [20]byte{0x49, 19: byte(r.IntN(4))} // nobody
	if p := c.h.ports[r.IntN(len(c.h.ports))].peer; r.IntN(2) == 0 {
		l.called, _ = vc.AddrFromMAC(p.mac).AESA()
	}
	c.h.w.leaves[uint32(l.serial)] = l
	c.ask(cm.Notify{VC: v.h, Info: b})
	return true
}

// sdOf returns the message that an SD carries and the number in its trailer
// (Q.2110 7.2.9); ok is false for another PDU.
func sdOf(pdu []byte) (m []byte, trailer uint32, ok bool) {
	if len(pdu) < 4 {
		return nil, 0, false
	}
	trailer = binary.BigEndian.Uint32(pdu[len(pdu)-4:])
	end := len(pdu) - 4 - int(trailer>>30)
	if trailer>>24&0xf != 8 || end < 0 {
		return nil, 0, false
	}
	return pdu[:end], trailer, true
}

// sdWith makes the SD of the same number that carries another message.
func sdWith(m []byte, trailer uint32) []byte {
	pad := -len(m) & 3
	b := append(bytes.Clone(m), make([]byte, pad)...)
	return binary.BigEndian.AppendUint32(b, trailer&^(3<<30)|uint32(pad)<<30)
}

// swap puts LEAF SETUP REQUEST in the place of a marked NOTIFY, and looks at what
// answers one.
func (y *way) swap(pdu []byte) []byte {
	w := y.w
	if len(w.leaves) == 0 {
		return pdu
	}
	m, trailer, ok := sdOf(pdu)
	if !ok || len(m) < 9 {
		return pdu
	}
	switch msg.Type(m[5]) { //nolint:exhaustive // all others pass
	case msg.Notify:
		if _, number, marked := bytes.Cut(m, leafMark); marked {
			return sdWith(w.joinRequest(binary.BigEndian.Uint64(number)), trailer)
		}
	case msg.LeafSetupFailure:
		y.joinRefused(m)
	}
	return pdu
}

// joinRequest makes the LEAF SETUP REQUEST of a leaf.
func (w *World) joinRequest(serial uint64) []byte {
	l := w.leaves[uint32(serial)]
	m := &msg.Message{
		CallRef: msg.CallRef{Value: msg.DummyCallRef}, Type: msg.LeafSetupRequest,
		Calling:      &ie.PartyNumber{Number: ie.NewAESA([20]byte{0x49, 18: 1})},
		Called:       &ie.CalledNumber{Number: ie.NewAESA(l.called)},
		LIJCallID:    &ie.LIJCallID{Value: uint32(serial)},
		LeafSequence: &ie.LeafSequence{Value: uint32(serial)},
	}
	b, err := m.Append(nil)
	if err != nil {
		w.violate("panic", "LEAF SETUP REQUEST cannot be written: %v", err)
	}
	return b
}

// joinRefused checks a LEAF SETUP FAILURE that goes out.
func (y *way) joinRefused(b []byte) {
	w := y.w
	m, _, err := msg.Decode(b, msg.Options{})
	if err != nil || m.LeafSequence == nil || len(m.Causes) != 1 || m.Called == nil {
		w.violate("leaf set-up", "%s answers %v, %v", y.from, m, err)
		return
	}
	l := w.leaves[m.LeafSequence.Value]
	switch {
	case l == nil || !l.accepted || l.from.c.h != y.to.h:
		w.violate("leaf set-up", "%s refuses leaf %d, which has not asked", y.from, m.LeafSequence.Value)
		return
	case m.Called.Number != ie.NewAESA(l.called):
		w.violate("leaf set-up", "%s refuses leaf %d for %v, which has asked for %x", y.from, l.serial, m.Called.Number, l.called)
	case !y.from.mayRefuseFor(l.called, m.Causes[0].Value):
		w.violate("leaf set-up", "%s refuses leaf %d for cause %d", y.from, l.serial, m.Causes[0].Value)
	}
	if l.arrived == 0 { // SSCOP may repeat it
		l.arrived++
		w.stats.Arrived[inLeafSetup]++
	}
}

// mayRefuseFor reports whether a cause fits the address that a leaf asks for: the
// link's own, another of the host's, which it may not know yet, or none of them.
func (p *port) mayRefuseFor(called [20]byte, v ie.CauseValue) bool {
	is := func(o *port) bool { b, _ := vc.AddrFromMAC(o.mac).AESA(); return b == called }
	ours := v == ie.CauseFacilityNotImplemented
	switch {
	case !ours && v != ie.CauseNoRouteToDestination:
		return false
	case is(p):
		return ours
	}
	return !ours || slices.ContainsFunc(p.h.ports, is)
}
