package simnet

import (
	"math/rand/v2"
	"slices"
	"time"

	"callmanager/signalling/cm"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// ---- the root of a point-to-multipoint call, as its client sees it ------------

// actAddParty adds leaves at the host that the call goes to first, mostly, or at another.
func actAddParty(c *client, r *rand.Rand) bool {
	v := c.pickRoot(r, 1)
	if v == nil || len(v.parties) > 12 {
		return false
	}
	for range 1 + r.IntN(2)*r.IntN(3) {
		c.addParty(v, r)
	}
	return true
}

func (c *client) addParty(v *clientVC, r *rand.Rand) {
	q := cm.AddParty{VC: v.h, Called: v.called}
	if r.IntN(4) == 0 {
		p := c.h.ports[r.IntN(len(c.h.ports))].peer // over another link, as often as not
		q.Called = vc.AddrFromMAC(p.mac).String()
	}
	sel := byte(r.IntN(4))
	q.CalledSelector = &sel
	if r.IntN(6) == 0 {
		q.BLLI = blliChoices[:1+r.IntN(2)]
	}
	c.ask(q)
}

// actLeaves lets leaves go that have joined, mostly all of them: those that
// are alerted are all that is left.
func actLeaves(c *client, r *rand.Rand) bool {
	v := c.pickRoot(r, 1)
	if v == nil {
		return false
	}
	if r.IntN(2) == 0 {
		c.addParty(v, r)
	}
	for _, p := range c.h.ports {
		far := p.farBranch(v.h)
		if far == nil {
			continue
		}
		for _, leaf := range far.vcs {
			p.peer.h.leafCloses(leaf, time.Duration(r.IntN(200))*time.Millisecond)
		}
	}
	return true
}

// leafCloses lets the client of a VC close it after a while.
func (h *host) leafCloses(leaf vc.Handle, wait time.Duration) {
	for _, c := range h.clients {
		if u := c.find(leaf); u != nil && c.alive {
			c.later(wait, func() {
				if u.state == vc.Connected {
					c.closeCall(u)
				}
			})
		}
	}
}

// actDropParty drops a leaf while others remain, as far as the client knows. Now
// and then it tries the last one, which is refused.
func actDropParty(c *client, r *rand.Rand) bool {
	least := 2
	if r.IntN(8) == 0 {
		least = 1
	}
	v := c.pickRoot(r, least)
	if v == nil {
		return false
	}
	c.dropParty(v, v.parties[r.IntN(len(v.parties))])
	return true
}

// pickRoot returns a connected call of the client's with so many parties.
func (c *client) pickRoot(r *rand.Rand, parties int) *clientVC {
	var fit []*clientVC
	for _, v := range c.vcs {
		if v.state == vc.Connected && len(v.parties) >= parties {
			fit = append(fit, v)
		}
	}
	if len(fit) == 0 || !c.alive {
		return nil
	}
	return fit[r.IntN(len(fit))]
}

// dropParty asks for the end of a party; its handle is not used again.
func (c *client) dropParty(v *clientVC, party vc.Handle) {
	v.parties = slices.DeleteFunc(v.parties, func(p vc.Handle) bool { return p == party })
	c.ask(cm.DropParty{Party: party})
}

// onParty serves an event of a party.
func (c *client) onParty(ev cm.Event) {
	switch ev := ev.(type) {
	case cm.AddPartyComplete:
		delete(c.asked, ev.Request)
		if v := c.find(ev.VC); v != nil && ev.Status == cm.Success {
			v.parties = append(v.parties, ev.Party)
		}
	case cm.DropPartyComplete:
		delete(c.asked, ev.Request)
	case cm.IncomingDropParty:
		c.later(c.while(200*time.Millisecond), func() {
			if v := c.find(ev.VC); v != nil && slices.Contains(v.parties, ev.Party) {
				c.dropGone(v, ev.Party)
			}
		})
	}
}

// dropGone releases the handle of a party that has gone, or closes the call of
// which it is the last (INV-41).
func (c *client) dropGone(v *clientVC, party vc.Handle) {
	if len(v.parties) > 1 {
		c.dropParty(v, party)
	} else if v.state == vc.Connected {
		c.closeCall(v)
	}
}

// keepParty takes a party back whose drop was refused: it is the last one.
func (c *client) keepParty(party vc.Handle) {
	for _, v := range c.vcs {
		if c.contract.parties[party] == v.h && !slices.Contains(v.parties, party) {
			v.parties = append(v.parties, party)
		}
	}
}

// closeAgain repeats a CloseCall that a party stood in the way of, which had been
// added meanwhile.
func (c *client) closeAgain(v *clientVC) {
	c.later(10*time.Millisecond, func() {
		if v.state == vc.Closing {
			c.closeCall(v)
		}
	})
}

// ---- the contract about parties -----------------------------------------------

// partyReply checks the answer to AddParty and DropParty.
func (k *contract) partyReply(r cm.Request, ev cm.Reply) {
	k.wantPending(ev, true)
	if ev.Status != cm.Pending {
		return
	}
	switch r := r.(type) {
	case cm.AddParty:
		if v := k.vcs[r.VC]; v == nil || !v.multipoint || v.state != vc.Connected {
			k.bad("INV-38", "AddParty on %s, which is %+v, pends", r.VC, v)
		}
	case cm.DropParty:
		h, ok := k.parties[r.Party]
		if !ok || k.partiesOf(h) < 2 {
			k.bad("INV-39, INV-42", "DropParty of %s pends, one of %d parties of %s", r.Party, k.partiesOf(h), h)
		}
		delete(k.parties, r.Party) // its handle is dead at the call
	}
}

// partiesOf counts the parties of a VC whose handles the client holds.
func (k *contract) partiesOf(h vc.Handle) (n int) {
	for _, of := range k.parties {
		if of == h {
			n++
		}
	}
	return n
}

// forgetParties ends the parties of a call with it.
func (k *contract) forgetParties(h vc.Handle) {
	for p, of := range k.parties {
		if of == h {
			delete(k.parties, p)
		}
	}
}

// partyEvent checks an event of a party.
func (k *contract) partyEvent(ev cm.Event) {
	switch ev := ev.(type) {
	case cm.AddPartyComplete:
		if !completes[cm.AddParty](k, ev.Request, ev.Status) {
			return
		}
		if (ev.Status == cm.Success) != (ev.Party != 0) || (ev.Status == cm.Success) != (ev.Cause.Value == 0) {
			k.bad("INV-27, INV-34", "%+v", ev)
		}
		if ev.Party != 0 {
			k.fresh(ev.Party)
			k.parties[ev.Party] = ev.VC
		}
	case cm.DropPartyComplete:
		completes[cm.DropParty](k, ev.Request, ev.Status)
	case cm.IncomingDropParty:
		if k.parties[ev.Party] != ev.VC || ev.Cause.Value == 0 {
			k.bad("INV-40", "%+v of a party that is %s's", ev, k.parties[ev.Party])
		}
	}
}

// firstParty checks the party that comes with MakeCall (INV-32, INV-33).
func (k *contract) firstParty(v *agreed, r *cm.MakeCall, ev *cm.MakeCallComplete) {
	if r.Multipoint != (ev.Party != 0) {
		k.bad("INV-32, INV-33", "multipoint %v, party %s", r.Multipoint, ev.Party)
	}
	v.multipoint = r.Multipoint
	if ev.Party != 0 {
		k.fresh(ev.Party)
		k.parties[ev.Party] = ev.VC
	}
}

// ---- leaves in the data plane -------------------------------------------------

// join lets one more VC receive from a branch.
func (p *port) join(j uni.Effect) error {
	b, r := p.branches[j.ID], p.h.rings[j.VC]
	if r == nil || p.h.w.refuses() {
		return errPlane
	}
	if b == nil || b.call != j.Call || b.ending || r.branches > 0 {
		p.h.w.violate("plane", "%s: Join of %s to %v, which is %+v", p, j.VC, j.ID, b)
		return errPlane
	}
	b.vcs = append(b.vcs, j.VC)
	r.branches++
	return nil
}

// leave takes a VC off a branch.
func (p *port) leave(l uni.Effect) {
	b := p.branches[l.ID]
	if b == nil || b.call != l.Call || b.ending || !slices.Contains(b.vcs, l.VC) || slices.Contains(b.leaving, l.VC) {
		p.h.w.violate("plane", "%s: Leave of %s from %v, which is %+v", p, l.VC, l.ID, b)
		return
	}
	b.leaving = append(b.leaving, l.VC)
	p.h.later(p.answerTime(p.h.w.weather.plane), func() {
		if p.branches[l.ID] == b && slices.Contains(b.vcs, l.VC) {
			p.off(b, l.VC)
		}
		p.perform(p.uni.Left(l.Call, l.Party, vc.DrainReport{Dropped: 1}))
	})
}

// off takes a VC off a branch.
func (p *port) off(b *branch, h vc.Handle) {
	is := func(o vc.Handle) bool { return o == h }
	b.vcs, b.leaving = slices.DeleteFunc(b.vcs, is), slices.DeleteFunc(b.leaving, is)
	if r := p.h.rings[h]; r != nil {
		r.branches--
	}
}

// ---- parties at rest -----------------------------------------------------------

// compareParties compares the parties of a call at both ends: all are active,
// and the leaves are on the channel.
func (w *World) compareParties(a, b *port, l, r *uni.CallRow) {
	if l.Params.Multipoint != r.Params.Multipoint || len(l.Parties) != len(r.Parties) || l.Params.Multipoint != (len(l.Parties) > 0) {
		w.violate("parties differ", "call %06x has parties %+v at %s and %+v at %s", l.CallRef, l.Parties, a, r.Parties, b)
		return
	}
	far := make(map[uint16]string, len(r.Parties))
	for _, p := range r.Parties {
		far[p.EndpointRef] = p.State
	}
	for _, p := range l.Parties {
		if p.State != "P7" || far[p.EndpointRef] != "P7" {
			w.violate("parties differ", "party %d of call %06x is in %q at %s and in %q at %s at rest",
				p.EndpointRef, l.CallRef, p.State, a, far[p.EndpointRef], b)
		}
	}
	for _, e := range []struct {
		p   *port
		row *uni.CallRow
	}{{a, l}, {b, r}} {
		if br := e.p.branches[e.row.ID]; !e.row.Ours && e.row.Params.Multipoint && (br == nil || len(br.vcs) != len(e.row.Parties)) {
			w.violate("parties differ", "%s: call %06x has %d leaves, its branch %+v", e.p, e.row.CallRef, len(e.row.Parties), br)
		}
	}
}

// ends counts the VCs of clients that a call of a link has.
func clientEnds(r *uni.CallRow) int {
	if r.Params.Multipoint && !r.Ours {
		return len(r.Parties)
	}
	return 1
}
