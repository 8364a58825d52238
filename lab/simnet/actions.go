package simnet

import (
	"math/rand/v2"
	"time"

	"callmanager/signalling/cm"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/uni"
	"callmanager/signalling/uni/channel"
	"callmanager/vc"
)

// action is something that a client does of its own accord. To add one is to
// add a line; what it leads to is served in client.go.
type action struct {
	name   string
	weight int
	// do does it if it can be done, and reports whether it did.
	do func(c *client, r *rand.Rand) bool
}

// actions are those of the clients. Weights are relative.
var actions = [...]action{
	{"call", 60, actCall},
	{"call again", 10, actCallAgain},
	{"close", 8, actClose},
	{"close from both sides", 4, actCloseBoth},
	{"close AF", 1, actCloseAF},
	{"register", 3, actRegister},
	{"deregister", 2, actDeregister},
	{"kill", 1, actKill},
	{"come", 2, actCome},
	{"admin close", 1, actAdminClose},
	{"admin modify", 3, actAdminModify},
	{"violation", 1, actViolation},
	{"wild", 4, actWild},
	{"modify", 24, actModify},
	{"add party", 30, actAddParty},
	{"drop party", 10, actDropParty},
	{"leaves go", 6, actLeaves},
	{"alert", 12, actAlert},
	{"notify", 16, actNotify},
	{"leaf asks", 3, actJoin},
}

// trouble is something that happens to a host or a wire.
type trouble struct {
	name   string
	weight func(*weather) int
	do     func(w *World, r *rand.Rand)
}

var troubles = [...]trouble{
	{"crash", func(y *weather) int { return y.crash }, (*World).doCrash},
	{"shutdown", func(y *weather) int { return y.shutdown }, (*World).doShutdown},
	{"partition", func(y *weather) int { return y.partition }, (*World).doPartition},
	{"port", func(y *weather) int { return y.flap }, (*World).doFlap},
	{"restart", func(y *weather) int { return y.operator }, (*World).doRestart},
	{"silence", func(y *weather) int { return y.silence }, (*World).doSilence},
	{"freeze", func(y *weather) int { return y.freeze }, (*World).doFreeze},
	{"hang", func(y *weather) int { return y.hang }, (*World).doHang},
}

// act takes one action.
func (w *World) act(r *rand.Rand) {
	w.stats.Actions++
	if w.trouble(r) {
		return
	}
	for range 8 { // until one can be done
		h := w.hosts[r.IntN(len(w.hosts))]
		if !h.alive || h.still.frozen || len(h.clients) == 0 {
			continue
		}
		c := h.clients[r.IntN(len(h.clients))]
		if i := drawAction(r); actions[i].do(c, r) {
			w.stats.Did[i]++
			return
		}
	}
}

func drawAction(r *rand.Rand) int {
	n := r.IntN(weights)
	for i := range actions {
		if n -= actions[i].weight; n < 0 {
			return i
		}
	}
	return 0
}

var weights = func() (n int) {
	for i := range actions {
		n += actions[i].weight
	}
	return n
}()

// trouble lets something happen now and then, and reports whether it did.
func (w *World) trouble(r *rand.Rand) bool {
	n := r.IntN(weights)
	for i := range troubles {
		if n -= troubles[i].weight(&w.weather); n < 0 {
			troubles[i].do(w, r)
			return true
		}
	}
	return false
}

// open reports whether the client can ask for what is new.
func (c *client) open() bool { return c.alive && c.af == afOpen }

// pick returns a VC in one of the states, or nil.
func (c *client) pick(r *rand.Rand, states ...vc.CallState) *clientVC {
	var fit []*clientVC
	for _, v := range c.vcs {
		for _, s := range states {
			if v.state == s {
				fit = append(fit, v)
			}
		}
	}
	if len(fit) == 0 {
		return nil
	}
	return fit[r.IntN(len(fit))]
}

func actCall(c *client, r *rand.Rand) bool {
	if !c.open() || len(c.vcs) > 40 {
		return false
	}
	if r.IntN(2) == 0 { // with the call
		c.makeCall(&clientVC{disposable: true})
		return true
	}
	c.ask(cm.CreateVC{})
	return true
}

func actCallAgain(c *client, r *rand.Rand) bool {
	v := c.pick(r, vc.Idle)
	if v == nil || v.incoming || !c.open() {
		return false
	}
	c.makeCall(v)
	return true
}

func actClose(c *client, r *rand.Rand) bool {
	states := []vc.CallState{vc.Connected}
	if r.IntN(4) == 0 {
		states = []vc.CallState{vc.Proceeding, vc.Accepted, vc.RemoteClosed, vc.Offered}
	}
	v := c.pick(r, states...)
	if v == nil || !c.alive {
		return false
	}
	c.closeCall(v)
	return true
}

// actCloseBoth closes a call from both its ends.
func actCloseBoth(c *client, r *rand.Rand) bool {
	v := c.pick(r, vc.Connected)
	if v == nil || !c.alive {
		return false
	}
	for _, p := range c.h.ports {
		far := p.farBranch(v.h)
		if far == nil {
			continue
		}
		for _, other := range p.peer.h.clients {
			if u := other.find(far.vc); u != nil && other.alive && u.state == vc.Connected {
				other.closeCall(u)
			}
		}
	}
	c.closeCall(v)
	return true
}

// farBranch returns what stands at the far end of this link for the branch of a VC, nil if there is no such branch or
// that host is down.
func (p *port) farBranch(h vc.Handle) *branch {
	for id, b := range p.branches { // at most one matches
		if b.vc == h && !b.ending && p.peer.h.alive {
			return p.peer.branches[vc.ID{Link: p.peer.id, VPI: id.VPI, VCI: id.VCI}]
		}
	}
	return nil
}

func actCloseAF(c *client, _ *rand.Rand) bool {
	switch {
	case c.alive && c.af == afShut:
		c.openAF()
		c.ask(cm.RegisterSAP{AnySelector: true})
	case c.open():
		c.af, c.saps = afClosing, nil
		c.ask(cm.CloseAF{})
		c.later(c.while(time.Second), func() { c.settle() })
	default:
		return false
	}
	return true
}

func actRegister(c *client, r *rand.Rand) bool {
	if !c.open() || len(c.saps) > 4 {
		return false
	}
	s := cm.RegisterSAP{Selector: byte(r.IntN(4))}
	if r.IntN(3) == 0 {
		s.BLLI = blliChoices[r.IntN(len(blliChoices))]
	}
	if r.IntN(3) == 0 {
		s.Address = vc.AddrFromMAC(c.h.ports[0].mac)
	}
	c.ask(s)
	return true
}

func actDeregister(c *client, r *rand.Rand) bool {
	if !c.open() || len(c.saps) == 0 {
		return false
	}
	i := r.IntN(len(c.saps))
	c.ask(cm.DeregisterSAP{SAP: c.saps[i]})
	c.saps = append(c.saps[:i:i], c.saps[i+1:]...)
	return true
}

func actKill(c *client, _ *rand.Rand) bool {
	if !c.alive {
		return false
	}
	c.kill()
	return true
}

// actCome lets another client come, up to four.
func actCome(c *client, _ *rand.Rand) bool {
	n := 0
	for _, o := range c.h.clients {
		if o.alive {
			n++
		}
	}
	if n >= 4 || c.h.stop != notStopping {
		return false
	}
	c.h.attach()
	return true
}

// actAdminClose closes any call of the host.
func actAdminClose(c *client, r *rand.Rand) bool {
	rows, _ := c.h.cm.VCs(0, 1000)
	if !c.open() || len(rows) == 0 {
		return false
	}
	c.ask(cm.AdminClose{VC: rows[r.IntN(len(rows))].Handle})
	return true
}

// actViolation lets a client break its ring.
func actViolation(c *client, r *rand.Rand) bool {
	v := c.pick(r, vc.Connected)
	if v == nil || !c.alive {
		return false
	}
	c.h.post(&c.up, func() { c.h.perform(c.h.cm.Violation(v.h, errPlane)) })
	return true
}

// actWild asks for something that makes no sense, or not now.
func actWild(c *client, r *rand.Rand) bool {
	if !c.alive {
		return false
	}
	h := vc.Handle(r.Uint64N(3)<<32 | r.Uint64N(20))
	rows, _ := c.h.cm.VCs(0, 1000)
	if len(rows) > 0 && r.IntN(2) == 0 {
		h = rows[r.IntN(len(rows))].Handle // perhaps another's
	}
	if c.find(h) != nil {
		h |= 1 << 40
	}
	asks := []cm.Request{
		cm.CreateVC{},
		cm.DeleteVC{VC: h},
		cm.MakeCall{VC: h, Called: "nobody"},
		cm.CloseCall{VC: h},
		cm.RingDone{VC: h},
		cm.IncomingCallComplete{VC: h},
		cm.IncomingCallComplete{VC: h, Status: cm.Pending},
		cm.DeregisterSAP{SAP: h},
		cm.OpenAF{Major: 99},
		cm.OpenAF{Major: cm.MajorVersion, Minor: cm.MinorVersion},
		cm.RegisterSAP{Address: vc.AddrFromMAC(vc.MAC{1})},
	}
	n := r.IntN(len(asks))
	if n == 0 && !c.open() || n >= 8 && n <= 9 && c.af != afOpen {
		return false
	}
	c.ask(asks[n])
	return true
}

// actModify modifies a call that a client of this host has made.
func actModify(c *client, r *rand.Rand) bool {
	v := c.pick(r, vc.Connected)
	if v == nil || v.incoming || !c.alive {
		return false
	}
	for _, p := range c.h.ports {
		for _, row := range p.uni.Calls() {
			if row.VC != v.h {
				continue
			}
			next := drawRates(r, row.Params.Contract)
			c.h.w.record.Note(c.h.w.now, "%s: call %06x is to be modified to %d/%d cells/s", p, row.CallRef, next.Forward.PCR, next.Backward.PCR)
			c.ask(cm.ModifyCallQoS{VC: v.h, Contract: next, Fallback: fallbackOf(r, &next)})
			c.h.w.provoke(p.wire, 2, r)
			return true
		}
	}
	return false
}

// drawRates returns a contract with other rates.
func drawRates(r *rand.Rand, next vc.Contract) vc.Contract {
	for _, f := range []*vc.Flow{&next.Forward, &next.Backward} {
		if f.PCR > 0 {
			f.PCR = vc.CellRate(1 + r.IntN(6000))
		}
		if f.SCR > 0 {
			f.SCR, f.MBS = 1+f.PCR/3, uint32(1+r.IntN(50))
		}
	}
	return next
}

// actAlert tells the caller of an offer that its answer takes time, now and then
// of something that is none.
func actAlert(c *client, r *rand.Rand) bool {
	states := []vc.CallState{vc.Offered}
	if r.IntN(16) == 0 {
		states = []vc.CallState{vc.Accepted, vc.Connected, vc.RemoteClosed, vc.Proceeding}
	}
	v := c.pick(r, states...)
	if v == nil || !c.alive {
		return false
	}
	c.ask(cm.Alert{VC: v.h, UserUser: c.mayWrite(inAlerting, v.h, 2)})
	return true
}

// actNotify tells the other end of a call something, or several things.
func actNotify(c *client, r *rand.Rand) bool {
	states := []vc.CallState{vc.Connected}
	if r.IntN(4) == 0 {
		states = []vc.CallState{vc.Proceeding, vc.Offered, vc.Accepted, vc.Closing, vc.RemoteClosed, vc.Idle}
	}
	v := c.pick(r, states...)
	if v == nil || !c.alive || c.h.w.healed {
		return false
	}
	for range 1 + r.IntN(2)*r.IntN(4) {
		c.ask(cm.Notify{VC: v.h, Info: c.write(inNotify, v.h)})
	}
	return true
}

func (w *World) doCrash(r *rand.Rand) {
	h := w.hosts[r.IntN(len(w.hosts))]
	if !h.alive {
		return
	}
	w.stats.Crashes++
	h.crash("crashes")
	h.bootLater(drawTime(r, time.Millisecond, 20*time.Second))
}

func (w *World) doShutdown(r *rand.Rand) {
	h := w.hosts[r.IntN(len(w.hosts))]
	if !h.alive || h.still.frozen || h.stop != notStopping {
		return
	}
	w.stats.Shutdowns++
	h.shutdown(time.Duration(r.IntN(2000)) * time.Millisecond)
}

func (w *World) doPartition(r *rand.Rand) {
	y := w.wires[r.IntN(len(w.wires))]
	d := drawTime(r, 10*time.Millisecond, 40*time.Second)
	w.cut(y, d)
	if d > 5*time.Second && w.weather.operator > 0 { // an operator tries to help
		q, p := newRand(r.Uint64(), 5), y.ends[r.IntN(2)]
		w.at(w.now+time.Duration(4000+r.IntN(4000))*time.Millisecond, func() { p.operate(q) })
	}
	if r.IntN(3) == 0 { // and again, when the link is about to recover
		again := drawTime(r, time.Second, 8*time.Second)
		w.at(w.now+d+drawTime(r, 10*time.Millisecond, 10*time.Second), func() { w.cut(y, again) })
	}
}

// cut parts a wire for a time.
func (w *World) cut(y *wire, d time.Duration) {
	w.stats.Partitions++
	y.cuts++
	w.record.Note(w.now, "wire %s is cut", y.ends[0])
	w.at(w.now+d, func() {
		y.cuts--
		w.record.Note(w.now, "wire %s is whole", y.ends[0])
	})
}

func (w *World) doFlap(r *rand.Rand) {
	p := w.wires[r.IntN(len(w.wires))].ends[r.IntN(2)]
	if !p.up {
		return
	}
	w.stats.Flaps++
	w.record.Note(w.now, "port %s goes down", p)
	p.setPort(false)
	w.at(w.now+drawTime(r, 10*time.Millisecond, 30*time.Second), func() {
		w.record.Note(w.now, "port %s comes up", p)
		p.setPort(true)
	})
}

// doRestart lets an operator restart a channel, mostly one in use, a path or a
// link.
func (w *World) doRestart(r *rand.Rand) {
	w.wires[r.IntN(len(w.wires))].ends[r.IntN(2)].operate(r)
}

// operate restarts something of a link.
func (p *port) operate(r *rand.Rand) {
	w := p.h.w
	if !p.h.alive || p.h.still.frozen || p.h.stop != notStopping {
		return
	}
	w.stats.Restarts++
	p.lastRestart++
	q := uni.RestartReq{ID: p.lastRestart, Range: channel.Range{Class: ie.RestartVC, VCI: vc.VCI(30 + r.IntN(20))}}
	rows := p.uni.Calls()
	switch n := r.IntN(8); {
	case n == 0:
		q.Class = ie.RestartAll
	case n == 1:
		q.Class, q.VPI = ie.RestartVP, vc.VPI(r.IntN(2))
	case n < 7 && len(rows) > 0:
		id := rows[r.IntN(len(rows))].ID
		q.VPI, q.VCI = id.VPI, id.VCI
	}
	p.restarts[q.ID] = true
	if w.weather.hang > 0 && r.IntN(4) == 0 { // why he does so
		w.hang(p.peer.h, r)
	}
	w.record.Note(w.now, "%s: an operator restarts %s", p, q.Range)
	p.h.post(&p.down, func() { p.perform(p.uni.Restart(q)) })
}
