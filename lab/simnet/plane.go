package simnet

import (
	"slices"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// ring is the memory of a VC in the data plane.
type ring struct {
	eof      bool
	kept     bool
	branches int
	copies   bool // They are those of the root of a point-to-multipoint call.
}

// branch is a channel of a link joined to a VC.
type branch struct {
	call     primitive.CallID
	vc       vc.Handle // that it was activated into
	vcs      []vc.Handle
	leaving  []vc.Handle
	spec     vc.BranchSpec
	stale    bool // the plane has refused other parameters
	transmit bool
	draining bool
	ending   bool
}

// refuses draws whether the plane refuses.
func (w *World) refuses() bool {
	if w.healed || w.weather.refuse == 0 || w.rng.Float64() >= w.weather.refuse {
		return false
	}
	w.stats.Refusals++
	return true
}

func (h *host) openVC(o cm.Effect) error {
	k := o.Spec.Kept
	if h.w.refuses() {
		delete(h.rings, k)
		return errPlane
	}
	if h.rings[o.VC] != nil && k != o.VC || o.Spec.SendBytes <= 0 || o.Spec.ReceiveBytes <= 0 {
		h.w.violate("plane", "%s: OpenVC %s %+v, open before: %v", h, o.VC, o.Spec, h.rings[o.VC] != nil)
	}
	if k == 0 {
		h.opened[o.VC] = true
	} else if r := h.rings[k]; r == nil || !r.kept {
		h.w.violate("plane", "%s: OpenVC %s with the rings of %s, which is %+v", h, o.VC, k, r)
	}
	delete(h.rings, k)
	h.rings[o.VC] = &ring{}
	return nil
}

func (h *host) keepVC(v vc.Handle) {
	r := h.rings[v]
	if r == nil || !r.eof || r.branches > 0 || r.kept {
		h.w.violate("plane", "%s: KeepVC of %s, which is %+v", h, v, r)
		return
	}
	r.kept = true
}

func (h *host) endVC(v vc.Handle) {
	r := h.rings[v]
	if r == nil || r.eof {
		h.w.violate("plane", "%s: EndVC of %s, which is %+v", h, v, r)
		return
	}
	r.eof = true
}

func (h *host) closeVC(v vc.Handle) {
	r := h.rings[v]
	if r == nil || !r.eof || r.branches > 0 {
		h.w.violate("plane", "%s: CloseVC of %s, which is %+v", h, v, r)
	}
	delete(h.rings, v)
}

// activate joins a channel to a VC. A VC that is gone is refused, as by the
// datapath; a branch of another call must be gone.
func (p *port) activate(a uni.Effect) error {
	r := p.h.rings[a.VC]
	b := p.branches[a.ID]
	if r == nil || p.h.w.refuses() {
		if b != nil {
			b.stale = true
		}
		return errPlane
	}
	if b == nil {
		if r.branches > 0 && (!a.Spec.Multipoint || !r.copies) {
			p.h.w.violate("plane", "%s: channel %v activated for %s, which has a branch", p, a.ID, a.VC)
		}
		b = &branch{call: a.Call, vc: a.VC, vcs: []vc.Handle{a.VC}}
		p.branches[a.ID] = b
		r.branches++
		r.copies = a.Spec.Multipoint
	}
	if b.call != a.Call || b.vc != a.VC || b.ending || !a.ID.Callable() {
		p.h.w.violate("plane", "%s: channel %v activated for call %x on %s, which is %+v", p, a.ID, uint64(a.Call), a.VC, *b)
	}
	b.spec, b.stale = a.Spec, false
	return nil
}

func (p *port) openTransmit(id vc.ID) {
	b := p.branches[id]
	if b == nil || b.transmit || b.ending {
		p.h.w.violate("plane", "%s: OpenTransmit of %v, which is %+v", p, id, b)
		return
	}
	b.transmit = true
	// The other end receives, unless it has begun to end the call (INV-43,
	// DESIGN 7).
	far := vc.ID{Link: p.peer.id, VPI: id.VPI, VCI: id.VCI}
	if p.wire.calls.receives(p, b.call) && p.peer.branches[far] == nil && !p.isPast(b.call, far) {
		p.h.w.violate("INV-43", "%s may send on %v, but %s has no branch to receive it", p, id, p.peer)
	}
}

// isPast reports whether the far end has the call on another channel: a RESTART
// has cleared it there, which is on its way, and a SETUP that T303 repeated has
// begun it again.
func (p *port) isPast(call primitive.CallID, far vc.ID) bool {
	for _, own := range p.uni.Calls() {
		for _, r := range p.peer.uni.Calls() {
			if own.Call == call && r.CallRef == own.CallRef && r.Ours != own.Ours {
				return r.ID != far
			}
		}
	}
	return false
}

func (p *port) drain(e uni.Effect) {
	b := p.branches[e.ID]
	if b == nil || b.draining || b.ending || !b.transmit {
		p.h.w.violate("plane", "%s: Drain of %v, which is %+v", p, e.ID, b)
		return
	}
	b.draining = true
	p.h.later(p.answerTime(min(e.Linger, 3*p.h.w.weather.plane)), func() {
		if p.branches[e.ID] == b && b.draining {
			b.draining = false
			p.perform(p.uni.Drained(e.Call, vc.DrainReport{Sent: 1}))
		}
	})
}

func (p *port) deactivate(e uni.Effect) {
	b := p.branches[e.ID]
	if b == nil || b.ending || b.call != e.Call {
		p.h.w.violate("plane", "%s: Deactivate of %v for call %x, which is %+v", p, e.ID, uint64(e.Call), b)
		return
	}
	b.ending, b.draining, b.transmit = true, false, false
	p.h.later(p.answerTime(p.h.w.weather.plane), func() {
		delete(p.branches, e.ID)
		for _, h := range slices.Clone(b.vcs) {
			p.off(b, h)
		}
		p.perform(p.uni.Deactivated(e.Call, vc.DrainReport{Dropped: 1}))
	})
}

// branchOf returns the branch of a call.
func (p *port) branchOf(call primitive.CallID) (vc.ID, *branch) {
	for id, b := range p.branches { // at most one matches
		if b.call == call {
			return id, b
		}
	}
	return vc.ID{}, nil
}

// indicated checks what an indication says of the branch (INV-24, INV-46,
// INV-50).
func (p *port) indicated(ind primitive.Indication) {
	open := func(call primitive.CallID) {
		if _, b := p.branchOf(call); b == nil || !b.transmit {
			p.h.w.violate("INV-24, INV-50", "%s: %T of call %x, whose branch is %+v", p, ind, uint64(call), b)
		}
	}
	ended := func(call primitive.CallID) {
		if id, b := p.branchOf(call); b != nil {
			p.h.w.violate("INV-46", "%s: %T of call %x, and its branch %v is there", p, ind, uint64(call), id)
		}
	}
	switch ind := ind.(type) {
	case primitive.ConnectInd:
		p.h.w.stats.Connects++
		open(ind.Call)
	case primitive.CompleteInd:
		open(ind.Call)
	case primitive.ReleaseInd:
		ended(ind.Call)
		delete(p.modifies, ind.Call)
	case primitive.ReleaseConf:
		ended(ind.Call)
		delete(p.modifies, ind.Call)
	case primitive.ModifyConf:
		open(ind.Call)
		if !p.modifies[ind.Call] {
			p.h.w.violate("INV-21", "%s: a modification of call %x is answered that is not owed", p, uint64(ind.Call))
		}
		delete(p.modifies, ind.Call)
		if ind.Cause.Value == 0 {
			p.h.w.stats.Modified++
		}
	case primitive.AddPartyConf:
		open(ind.Call)
		p.h.w.stats.Parties++
	case primitive.ModifyInd:
		open(ind.Call)
	}
}
