package simnet

import (
	"fmt"
	"slices"
	"time"

	"callmanager/signalling/cm"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// heal ends all troubles: the wires are whole and lose nothing, and every host
// comes back.
func (w *World) heal() {
	if w.violation != nil {
		return
	}
	w.record.Note(w.now, "--- all is healed")
	w.healed = true
	if w.record != nil {
		w.record.Idle = true
	}
}

// maxRest is when a network that does not come to rest is stuck: a data plane
// hangs for 5 minutes, T301 is the longest wait of a call, and an operator's
// restart takes T316 twice; partitions and ports take 40 s, T309 and the second
// audit follow.
const maxRest = 20 * time.Minute

// rest lets the network come to rest with the calls that clients keep, compares
// its ends, and lets clients close what they have.
func (w *World) rest() {
	if !w.await("calls come to rest", func() string { return w.unrest() }) {
		return
	}
	w.compare()
	w.wantLetters()
	w.settling = true
	w.record.Note(w.now, "--- clients close what they have")
	if !w.await("clients close what they have", func() string {
		for _, h := range w.hosts {
			for _, c := range h.clients {
				if c.alive {
					c.settle()
				}
			}
		}
		return w.unsettled()
	}) {
		return
	}
	w.compare()
	w.wantNothing()
	for _, h := range w.hosts {
		for _, c := range h.clients {
			if c.alive {
				c.kill()
			}
		}
	}
	w.pass(time.Second)
	w.wantNoClients()
}

// await lets time pass until why says that nothing is to be waited for.
func (w *World) await(what string, why func() string) bool {
	start := w.now
	for w.violation == nil {
		w.pass(time.Second)
		text := why()
		if text == "" {
			return w.violation == nil
		}
		if w.now-start > maxRest {
			w.violate("no rest", "%s: %v later %s", what, maxRest, text)
		}
	}
	return false
}

// unrest says what is still under way, or nothing.
func (w *World) unrest() string {
	for _, h := range w.hosts {
		if !h.alive || h.still.frozen || h.stop != notStopping {
			return h.name + " is down, stopping or stands still"
		}
		for _, p := range h.ports {
			if why := p.unrest(); why != "" {
				return why
			}
		}
		for _, c := range h.clients {
			if why := c.unrest(); why != "" {
				return why
			}
		}
	}
	return ""
}

// unrest says what a link has under way.
func (p *port) unrest() string {
	g := p.uni.Holdings()
	if p.state != uni.LinkUp || g.Waiting+g.Queued+g.Unacked+g.Buffered > 0 || g.Pending > 0 {
		return fmt.Sprintf("%s is %v: %s, %+v", p, p.state, p.uni.LastError(), g)
	}
	if len(p.restarts)+len(p.modifies) > 0 {
		return fmt.Sprintf("%s owes the answers to %d restarts and %d modifications", p, len(p.restarts), len(p.modifies))
	}
	for _, r := range p.uni.Calls() {
		if b := p.branches[r.ID]; r.State[1:] != "10" || b != nil && (b.draining || b.ending) {
			return fmt.Sprintf("%s: call %06x is in %s on branch %+v", p, r.CallRef, r.State, b)
		}
	}
	for _, id := range p.sortedTimers() {
		if !quietTimer(id) {
			return fmt.Sprintf("%s: timer %v of call %x runs", p, id.Name, uint64(id.Call))
		}
	}
	return ""
}

// unrest says what the client waits for, or is about to do.
func (c *client) unrest() string {
	if !c.alive {
		return ""
	}
	for _, v := range c.vcs {
		switch v.state {
		case vc.Idle, vc.Connected:
		case vc.Proceeding, vc.Offered, vc.Accepted, vc.QoSPending, vc.RemoteClosed, vc.Closing:
			return fmt.Sprintf("client %d of %s has %s in %v", c.id, c.h, v.h, v.state)
		}
		if v.doomed {
			return fmt.Sprintf("client %d of %s is about to close %s", c.id, c.h, v.h)
		}
	}
	for n, r := range c.asked {
		if _, ok := r.(cm.CloseAF); !ok { // one that waits for kept calls
			return fmt.Sprintf("client %d of %s waits for the end of %T %d", c.id, c.h, r, n)
		}
	}
	return ""
}

// unsettled says what clients have left to close, or nothing.
func (w *World) unsettled() string {
	if why := w.unrest(); why != "" {
		return why
	}
	for _, h := range w.hosts {
		for _, c := range h.clients {
			if c.alive && (len(c.vcs)+len(c.rings)+len(c.asked) > 0) {
				return fmt.Sprintf("client %d of %s has %d VCs, %d rings, %d requests", c.id, h, len(c.vcs), len(c.rings), len(c.asked))
			}
		}
	}
	return ""
}

// compare compares the two ends of every link, and clients with their daemon,
// at rest.
func (w *World) compare() {
	for _, y := range w.wires {
		w.checkQuiet(y)
		w.compareEnds(y.ends[0], y.ends[1])
		if n := y.ends[0].callTimers + y.ends[1].callTimers; n > 0 {
			w.violate("timer leak", "%s: %d timers of calls run at rest", y.ends[0], n)
		}
	}
	for _, h := range w.hosts {
		h.compareClients()
	}
}

// compareEnds compares the calls of two ends.
func (w *World) compareEnds(a, b *port) {
	left, right := a.checkCalls(), b.checkCalls()
	if x, y := a.uni.Reserved(), b.uni.Reserved(); x.Send != y.Receive || x.Receive != y.Send {
		w.violate("tables differ", "%s has reserved %+v, %s %+v", a, x, b, y)
	}
	if len(left) != len(right) || len(left) != len(a.branches) || len(left) != len(b.branches) {
		w.violate("tables differ", "%s has %d calls on %d branches, %s %d on %d; pairs %v", a, len(left), len(a.branches), b, len(right), len(b.branches), a.wire.calls.live)
		return
	}
	type key struct {
		ref  uint32
		ours bool
	}
	far := make(map[key]uni.CallRow, len(right))
	for _, r := range right {
		far[key{r.CallRef, !r.Ours}] = r
	}
	for _, l := range left {
		r, ok := far[key{l.CallRef, l.Ours}]
		if !ok {
			w.violate("tables differ", "%s has call %06x in %s, %s does not", a, l.CallRef, l.State, b)
			return
		}
		w.compareCall(a, b, l, r)
	}
}

// compareCall compares one call at both ends.
func (w *World) compareCall(a, b *port, l, r uni.CallRow) {
	lb, rb := a.branches[l.ID], b.branches[r.ID]
	w.compareParties(a, b, &l, &r)
	switch {
	case l.State[1:] != "10" || r.State[1:] != "10":
		w.violate("tables differ", "call %06x is in %s at %s and in %s at %s at rest", l.CallRef, l.State, a, r.State, b)
	case l.ID.VPI != r.ID.VPI || l.ID.VCI != r.ID.VCI:
		w.violate("tables differ", "call %06x has %v at %s and %v at %s", l.CallRef, l.ID, a, r.ID, b)
	case l.Params.Contract != r.Params.Contract:
		w.violate("tables differ", "call %06x has contract %+v at %s and %+v at %s", l.CallRef, l.Params.Contract, a, r.Params.Contract, b)
	case lb == nil || rb == nil || !lb.transmit || !rb.transmit ||
		!l.Params.Multipoint && (lb.vc != l.VC || rb.vc != r.VC):
		w.violate("tables differ", "call %06x is active on branches %+v and %+v", l.CallRef, lb, rb)
	case !carries(lb, &l) || !carries(rb, &r):
		w.violate("INV-44", "call %06x has %+v, its branches %+v and %+v", l.CallRef, l.Params.Contract, lb.spec, rb.spec)
	}
}

// carries reports whether a branch has the rates of its call. Where the plane has
// refused to go back to old ones it may receive more than will come.
func carries(b *branch, r *uni.CallRow) bool {
	send, receive := r.Params.Contract.Directions(r.Ours)
	return b.spec.Send == send && (b.spec.Receive == receive || b.stale)
}

// compareClients compares what clients know with the daemon's table.
func (h *host) compareClients() {
	rows, _ := h.cm.VCs(0, 1<<20)
	calls, known := 0, 0
	for _, r := range rows {
		if (r.CallState == vc.Connected) != (r.State == vc.Active) || r.CallState == vc.Idle && r.State != vc.Created {
			h.w.violate("VC state", "%s: %s is %v with a call in %v (3.1)", h, r.Handle, r.State, r.CallState)
		}
		if r.CallState == vc.Connected {
			calls += len(r.Branches)
		}
		for _, c := range h.clients {
			if v := c.find(r.Handle); v != nil && c.alive {
				known++
				if v.state != r.CallState {
					h.w.violate("views differ", "%s: %s is %v for client %d and %v for the daemon", h, r.Handle, v.state, c.id, r.CallState)
				}
			}
		}
	}
	if known != len(rows) {
		h.w.violate("VC leak", "%s has %d VCs, its clients %d", h, len(rows), known)
	}
	ends := 0
	for _, p := range h.ports {
		for _, r := range p.uni.Calls() {
			ends += clientEnds(&r)
		}
	}
	if n := h.cm.Counts(); n.Calls != ends || ends != calls || n.InProgress != 0 {
		h.w.violate("call leak", "%s: %+v, %d connected and %d on its links", h, n, calls, ends)
	}
}

// wantNothing checks that nothing is left when clients have closed all.
func (w *World) wantNothing() {
	for _, h := range w.hosts {
		for _, p := range h.ports {
			p.wantEmpty()
			if w.weather.faultless() {
				p.wantClean()
			}
		}
		kept := 0
		for _, c := range h.clients {
			if c.alive && len(c.contract.owed) > 0 {
				w.violate("INV-22", "%s: client %d is owed %d answers at rest", h, c.id, len(c.contract.owed))
			}
			if c.alive {
				kept += len(c.contract.kept)
			}
		}
		n := h.cm.Counts()
		if n.VCs+n.Calls+n.InProgress+n.SAPs+n.Handles != 0 || n.RingBytes != 0 || len(h.rings) != kept {
			w.violate("leak", "%s: %+v, %d rings when all is closed and %d are kept", h, n, len(h.rings), kept)
		}
	}
}

// wantNoClients checks that nothing is left of clients that are gone.
func (w *World) wantNoClients() {
	for _, h := range w.hosts {
		if n := h.cm.Counts(); n != (cm.Counts{}) || len(h.rings) > 0 {
			w.violate("leak", "%s: %+v, %d rings without clients", h, n, len(h.rings))
		}
	}
}

// odd are the counters that stay zero when nothing is lost and nobody dies.
var odd = []string{
	"bad_messages", "wrong_lengths", "unknown_message_types", "reported_messages",
	"clearing_messages", "unusable_channels", "messages_not_sent", "restart_failures", "bad_requests",
	"sscop_retransmitted", "sscop_discarded", "sscop_overflow",
}

// idle are the timers that run out only if an answer is lost or overdue.
var idle = []uni.TimerName{uni.T303, uni.T308, uni.T313, uni.T316, uni.T322, uni.T360, uni.T361, uni.T398}

// wantClean checks that two ends without troubles have understood each other.
func (p *port) wantClean() {
	for _, n := range idle {
		if p.h.w.stats.Expired[n] > 0 {
			p.h.w.violate("overdue answer", "timer %v has run out, and nothing was lost", n)
		}
	}
	for _, c := range p.uni.Counters() {
		if c.Value > 0 && slices.Contains(odd, c.Name) {
			p.h.w.violate("odd message", "%s has counted %d %s, and nothing was lost", p, c.Value, c.Name)
		}
	}
}
