package cm

import (
	"fmt"
	"slices"

	"callmanager/signalling/cm/ringsize"
	"callmanager/signalling/quota"
	"callmanager/vc"
)

// ringSpec sizes the rings of a VC for c. Default sizes fall to the floor once
// half of the client's quota is charged, so that many calls fit in; what is
// asked for is granted or refused.
func (m *Machine) ringSpec(c *client, send, receive vc.Flow, askedSend, askedReceive uint32) (vc.RingSpec, *refusal) {
	if ref := checkAsked(askedSend, askedReceive); ref != nil {
		return vc.RingSpec{}, ref
	}
	s, r := ringsize.Of(send, askedSend), ringsize.Of(receive, askedReceive)
	if c.ringBytes+s+r > m.limits.RingBytes/2 {
		if askedSend == 0 {
			s = ringsize.Floor(send)
		}
		if askedReceive == 0 {
			r = ringsize.Floor(receive)
		}
	}
	if c.ringBytes+s+r > m.limits.RingBytes {
		return vc.RingSpec{}, refuse(Resources, quota.Rings.Reached(m.limits.RingBytes)+fmt.Sprintf(
			": %d are charged and %d more needed; close calls and answer their end with RingDone", c.ringBytes, s+r))
	}
	return vc.RingSpec{Send: send, Receive: receive, SendBytes: int(s), ReceiveBytes: int(r)}, nil
}

// checkAsked refuses sizes that no quota could allow.
func checkAsked(sizes ...uint32) *refusal {
	if slices.Max(sizes) > ringsize.MaxAsked {
		return refuse(InvalidData, fmt.Sprintf("a ring of more than %d octets was asked for", ringsize.MaxAsked))
	}
	return nil
}

// openRing charges the memory of v's rings and asks the plane for it: for rings that
// are kept, if there are any of these sizes.
func (m *Machine) openRing(v *conn, spec vc.RingSpec) {
	c := v.owner
	sizes := ringSizes{spec.SendBytes, spec.ReceiveBytes}
	spec.Kept = m.takeKept(c, v.handle, sizes)
	v.ring = &ring{ringSizes: sizes, kept: spec.Kept}
	c.rings[v.handle] = v.ring
	c.ringBytes += sizes.bytes()
	for len(c.kept) > 0 && c.ringBytes+c.keptBytes > m.limits.RingBytes {
		m.dropKept(c, 0)
	}
	m.emit(Effect{Kind: OpenVC, VC: v.handle, Spec: spec})
}

// endRing lets nothing enter what v's client reads any more.
func (m *Machine) endRing(v *conn) {
	if v.ring != nil && !v.ring.eof {
		v.ring.eof = true
		m.emit(Effect{Kind: EndVC, VC: v.handle})
	}
}

// idleRing tells that no branch uses v's rings any more. Their memory goes back
// now if the client has said RingDone or is gone.
func (m *Machine) idleRing(v *conn) {
	m.endRing(v)
	if v.ring == nil {
		return
	}
	v.ring.idle = true
	if v.ring.done || v.owner.gone {
		m.closeRing(v.owner, v.handle)
	}
}

// closeRing gives the memory of the rings under h back to the system and to
// the client's quota.
func (m *Machine) closeRing(c *client, h vc.Handle) {
	r := c.rings[h]
	if r == nil {
		return
	}
	delete(c.rings, h)
	c.ringBytes -= r.bytes()
	if v := c.vcs[h]; v != nil {
		v.ring = nil
	}
	if r.keep && !c.gone {
		m.keepRing(c, h, r)
		return
	}
	m.emit(Effect{Kind: CloseVC, VC: h})
}

// ringDone serves RingDone.
func (m *Machine) ringDone(c *client, r RingDone) {
	charged := c.rings[r.VC]
	switch {
	case charged == nil:
		if _, ref := m.ownVC(c, r.VC); ref != nil && ref.status == NotPermitted {
			m.refuse(c, r, ref)
			return
		}
		m.refuse(c, r, refuse(Failure, "no rings are charged for "+r.VC.String()))
		return
	case charged.done:
		m.refuse(c, r, refuse(Failure, "RingDone was said for "+r.VC.String()+" already"))
		return
	}
	charged.done, charged.keep = true, r.Keep
	if charged.idle {
		m.closeRing(c, r.VC)
	}
	if !r.Keep {
		m.reply(c, Reply{Request: r.Request})
	}
}
