package simnet

import (
	"math/rand/v2"
	"time"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

type causeValue = ie.CauseValue

// ponder answers an offer: at once or later, one way or the other, or never.
func (c *client) ponder(v *clientVC) {
	kind := c.rng.IntN(20)
	wait := c.while(4 * time.Second)
	switch {
	case kind < 10 && v.offer.Parameters.Multipoint && c.rng.IntN(2) == 0: // a leaf rings while others join and go
		wait = time.Duration(c.rng.Int64N(int64(4 * time.Second)))
	case kind < 10:
		wait = 0
	}
	if kind == 19 && !c.h.w.settling {
		return // never: the caller's T301 ends it
	}
	c.later(wait, func() {
		if v.state != vc.Offered {
			return
		}
		switch {
		case kind == 11 || c.h.w.settling:
			c.answer(v, []cm.Status{cm.NotAccepted, cm.Failure, cm.Resources, cm.InvalidSAP}[c.rng.IntN(4)], false)
		case kind == 12:
			c.closeCall(v)
		default:
			c.answer(v, cm.Success, kind >= 15)
			if kind == 13 {
				c.closeCall(v)
			}
		}
	})
}

// answer answers an offer, perhaps with altered parameters (INV-51).
func (c *client) answer(v *clientVC, s cm.Status, alter bool) {
	r := cm.IncomingCallComplete{VC: v.h, Status: s}
	if alter {
		r.Changed = true
		r.Parameters = c.altered(&v.offer.Parameters)
	}
	kind := inConnect
	if s != cm.Success {
		kind = inRelease
	}
	r.UserUser = c.mayWrite(kind, v.h, 8)
	v.state = vc.Accepted
	if s != cm.Success {
		v.state, v.refused = vc.Closing, true
	}
	c.ask(r)
}

// altered lowers what an answer may lower, and now and then what it may not.
func (c *client) altered(offer *primitive.Params) primitive.Params {
	var p primitive.Params
	if n := offer.Contract.Forward.MaxSDU; n > 1 {
		p.Contract.Forward.MaxSDU = 1 + uint16(c.rng.IntN(int(n)))
	}
	if offer.Fallback.HasMinimum() && c.rng.IntN(2) == 0 {
		floor := offer.Fallback.Floor(&offer.Contract)
		p.Contract.Forward.PCR, p.Contract.Backward.PCR = floor.Forward.PCR, floor.Backward.PCR
	}
	if other, ok := offer.Fallback.Other(&offer.Contract); ok && c.rng.IntN(2) == 0 {
		size := p.Contract.Forward.MaxSDU
		p.Contract = other
		p.Contract.Forward.MaxSDU = size
	}
	if len(offer.BLLI) > 0 {
		p.BLLI = offer.BLLI[len(offer.BLLI)-1:]
	}
	if c.rng.IntN(8) == 0 {
		p.Contract.Category = vc.CBR + vc.Category(c.rng.IntN(4))
	}
	return p
}

// makeCall calls a neighbour, on a VC of the daemon's own if v has no handle.
func (c *client) makeCall(v *clientVC) {
	r := cm.MakeCall{VC: v.h, Contract: c.contractOf()}
	p := c.h.ports[c.rng.IntN(len(c.h.ports))].peer
	switch n := c.rng.IntN(16); {
	case n < 12:
		r.Called = vc.AddrFromMAC(p.mac).WithSelector(byte(c.rng.IntN(4))).String()
	case n < 14: // by its name
		r.Called = p.h.name
		sel := byte(c.rng.IntN(4))
		r.CalledSelector = &sel
	case n < 15: // any address of the neighbour's, by the prefix
		r.Called = vc.AddrFromMAC(p.h.ports[c.rng.IntN(len(p.h.ports))].mac).String()
	default: // nobody, or the far side of the network
		r.Called = vc.AddrFromMAC(vc.MAC{2, p.h.tag, 9, 9, 9, byte(c.rng.IntN(3))}).String()
	}
	if c.rng.IntN(4) == 0 {
		r.BLLI = blliChoices[:1+c.rng.IntN(len(blliChoices))]
	}
	switch c.rng.IntN(24) {
	case 0:
		r.BHLI = []byte{0x81, 1, 2, 3}
	case 1: // what cannot be coded
		r.BLLI = [][]byte{{0x4c}}
	case 2:
		r.Contract.Forward.Tagging = true
	}
	r.Fallback = fallbackOf(c.rng, &r.Contract)
	if c.rng.IntN(4) == 0 {
		r.QoS = vc.QoS{MaxDelay: uint16(1 + c.rng.IntN(4)), Forward: vc.QoSFlow{MaxCDV: vc.AnyCDV}}
	}
	if c.rng.IntN(4) == 0 {
		r.Multipoint = true
		r.Contract.Backward, r.Fallback = vc.Flow{}, vc.Fallback{}
	}
	if v.h != 0 {
		r.UserUser = c.mayWrite(inSetup, v.h, 8)
	}
	v.called = vc.AddrFromMAC(p.mac).String()
	v.state, v.doomed = vc.Proceeding, false
	c.ask(r)
	v.call = c.number
	if v.h == 0 {
		c.nameless[v.call] = v
	}
	if c.rng.IntN(8) == 0 { // given up before it comes about
		c.later(c.while(200*time.Millisecond), func() {
			if v.state == vc.Proceeding && v.h != 0 {
				c.closeCall(v)
			}
		})
	}
}

// fallbackOf draws what is acceptable in place of a contract: mostly nothing, and
// now and then what cannot be.
func fallbackOf(r *rand.Rand, k *vc.Contract) vc.Fallback {
	lower := func(f *vc.Flow) vc.CellRate { return vc.CellRate(r.IntN(int(f.PCR) + 1)) }
	var f vc.Fallback
	switch r.IntN(6) {
	case 0:
		f.Minimum = vc.PeakRates{Forward: lower(&k.Forward), Backward: lower(&k.Backward)}
	case 1:
		f.Alternative = *k
		f.Alternative.Forward.PCR, f.Alternative.Backward.PCR = lower(&k.Forward), lower(&k.Backward)
	}
	return f
}

// blliChoices are the contents of B-LLI elements: layer 2 LAN LLC and X.25,
// layer 3 X.25.
var blliChoices = [][]byte{{0xcc}, {0xc6}, {0xe6}}

// contractOf draws a traffic contract of any category.
func (c *client) contractOf() vc.Contract {
	n := c.rng.IntN(10)
	if n < 3 {
		return vc.Contract{} // best effort at the link's capacity
	}
	k := vc.Contract{Category: vc.CBR + vc.Category(c.rng.IntN(4)), Forward: c.flow(), Backward: c.flow()}
	if n == 9 {
		k.Backward = vc.Flow{}
	}
	if k.Category == vc.RTVBR || k.Category == vc.NRTVBR {
		for _, f := range []*vc.Flow{&k.Forward, &k.Backward} {
			if f.PCR > 0 {
				f.SCR, f.MBS = 1+f.PCR/2, uint32(1+c.rng.IntN(100))
			}
		}
	}
	return k
}

func (c *client) flow() vc.Flow {
	return vc.Flow{
		PCR: vc.CellRate(1 + c.rng.IntN(4000)), MaxSDU: uint16(1 + c.rng.IntN(3000)),
		FrameDiscard: c.rng.IntN(4) == 0,
	}
}
