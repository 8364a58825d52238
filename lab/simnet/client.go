package simnet

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"time"

	"callmanager/signalling/cm"
	"callmanager/vc"
)

// client is a program that uses its daemon: mostly as it should. What it knows
// is what has reached it.
type client struct {
	h        *host
	id       cm.ClientID
	rng      *rand.Rand
	alive    bool
	admin    bool
	up, down lane
	number   uint64
	asked    map[uint64]cm.Request
	af       afView
	saps     []vc.Handle
	vcs      []*clientVC
	nameless map[uint64]*clientVC // calls on VCs of the daemon's own, by their MakeCall
	rings    []vc.Handle          // RingDone is due
	contract contract
}

// afView is the address family as the client sees it.
type afView uint8

const (
	afShut afView = iota
	afOpening
	afOpen
	afClosing
)

// clientVC is a VC as its client sees it. A request counts from when it is sent.
type clientVC struct {
	h        vc.Handle
	incoming bool
	// disposable tells that the daemon has made it for a call of the client's.
	disposable bool
	state      vc.CallState
	offer      cm.IncomingCall
	// call numbers the MakeCall under way or in force.
	call uint64
	// called is where the call goes, and parties are the parties of a
	// point-to-multipoint call whose handles the client holds.
	called  string
	parties []vc.Handle
	// doomed tells that its end is asked for, or is a matter of time; refused
	// that an offer has been refused, which CloseCall may still have to follow.
	doomed, refused bool
}

func newClient(h *host, id cm.ClientID) *client {
	c := &client{
		h: h, id: id, alive: true, asked: make(map[uint64]cm.Request), nameless: make(map[uint64]*clientVC),
		rng: newRand(h.w.cfg.Seed, uint64(h.index)<<40|uint64(h.life)<<20|uint64(id)<<8|4),
	}
	c.admin = c.rng.IntN(3) == 0
	c.contract = newContract(c)
	return c
}

// begin opens the address family and asks for calls.
func (c *client) begin() {
	c.openAF()
	if c.rng.IntN(4) > 0 {
		c.ask(cm.RegisterSAP{AnySelector: true})
	}
	if c.rng.IntN(3) == 0 {
		c.ask(cm.RegisterSAP{Selector: byte(c.rng.IntN(4))})
	}
}

func (c *client) openAF() {
	c.af = afOpening
	c.ask(cm.OpenAF{Major: cm.MajorVersion, Minor: cm.MinorVersion, Name: c.h.name})
}

// ask sends a request to the daemon.
func (c *client) ask(r cm.Request) {
	c.number++
	r = numbered(r, c.number)
	if done, ok := r.(cm.RingDone); !ok || !done.Keep { // that has no answer
		c.asked[c.number] = r
	}
	c.h.post(&c.up, func() {
		if c.alive {
			c.contract.request(r)
		}
	})
}

// numbered returns a request with its number, which all have in a field Request.
func numbered(r cm.Request, n uint64) cm.Request {
	v := reflect.New(reflect.TypeOf(r)).Elem()
	v.Set(reflect.ValueOf(r))
	v.FieldByName("Request").SetUint(n)
	out, ok := reflect.TypeAssert[cm.Request](v)
	if !ok || out.Number() != n {
		panic("simnet: a request without a number")
	}
	return out
}

// later lets the client do something after a while, at once when all is being
// settled.
func (c *client) later(d time.Duration, do func()) {
	if c.h.w.settling {
		d = 0
	}
	c.h.later(d, func() {
		if c.alive {
			do()
		}
	})
}

// while draws a time, mostly short.
func (c *client) while(most time.Duration) time.Duration {
	if c.rng.IntN(3) == 0 {
		return time.Duration(c.rng.Int64N(int64(most)))
	}
	return time.Duration(c.rng.Int64N(int64(most / 50)))
}

func (c *client) find(h vc.Handle) *clientVC {
	if i := slices.IndexFunc(c.vcs, func(v *clientVC) bool { return v.h == h }); i >= 0 {
		return c.vcs[i]
	}
	return nil
}

func (c *client) forget(h vc.Handle) {
	c.vcs = slices.DeleteFunc(c.vcs, func(v *clientVC) bool { return v.h == h })
}

// kill ends the client without a word.
func (c *client) kill() {
	c.alive = false
	c.h.w.stats.Kills++
	c.h.w.record.Note(c.h.w.now, "%s: client %d is gone", c.h.name, c.id)
	c.h.post(&c.up, func() {
		effects := c.h.cm.Detach(c.id)
		c.contract.gone = true
		c.h.perform(effects)
	})
}

// on serves an event.
func (c *client) on(ev cm.Event) {
	switch ev := ev.(type) {
	case cm.Reply:
		r := c.asked[ev.Request]
		if ev.Status != cm.Pending {
			delete(c.asked, ev.Request)
		}
		c.replied(r, ev)
	case cm.MakeCallComplete:
		delete(c.asked, ev.Request)
		c.madeCall(ev)
	case cm.ModifyCallQoSComplete:
		delete(c.asked, ev.Request)
	case cm.IncomingCallQoSChange:
		c.pondersChange(ev.VC)
	case cm.CloseCallComplete:
		delete(c.asked, ev.Request)
		if v := c.find(ev.VC); v != nil && !v.incoming {
			c.idle(v)
		}
	case cm.CloseAFComplete:
		delete(c.asked, ev.Request)
		c.af, c.vcs, c.saps = afShut, nil, nil
		for _, h := range slices.Clone(c.rings) {
			c.ringDone(h)
		}
	case cm.IncomingCall:
		v := &clientVC{h: ev.VC, incoming: true, state: vc.Offered, offer: ev}
		c.vcs = append(c.vcs, v)
		c.rings = append(c.rings, ev.VC)
		c.ponder(v)
	case cm.CallConnected:
		if v := c.find(ev.VC); v != nil && v.state == vc.Accepted {
			v.state = vc.Connected
			c.use(v)
		}
	case cm.IncomingCloseCall:
		if v := c.find(ev.VC); v != nil && (v.state != vc.Closing || v.refused) {
			v.state, v.refused = vc.RemoteClosed, false
			c.later(c.while(500*time.Millisecond), func() { c.closeRemote(v) })
		}
	case cm.DeleteVCIndication:
		c.forget(ev.VC)
		c.ringDone(ev.VC)
	case cm.AddPartyComplete, cm.DropPartyComplete, cm.IncomingDropParty:
		c.onParty(ev)
	case cm.Goodbye:
	}
}

// pondersChange closes a call now and then whose new parameters it does not agree
// with (INV-53).
func (c *client) pondersChange(h vc.Handle) {
	if v := c.find(h); v != nil && v.state == vc.Connected && c.rng.IntN(8) == 0 {
		c.later(c.while(50*time.Millisecond), func() {
			if v.state == vc.Connected && !v.doomed {
				c.closeCall(v)
			}
		})
	}
}

// closeRemote serves the CloseCall that is owed after IncomingCloseCall.
func (c *client) closeRemote(v *clientVC) {
	if v.state == vc.RemoteClosed {
		c.closeCall(v)
	}
}

// replied serves the answer to a request.
func (c *client) replied(r cm.Request, ev cm.Reply) {
	ok := ev.Status == cm.Success || ev.Status == cm.Pending
	switch r := r.(type) {
	case cm.OpenAF, cm.CloseAF, cm.RegisterSAP:
		c.afReplied(r, ev, ok)
	case cm.CreateVC:
		if ok {
			c.created(ev.Handle)
		}
	case cm.MakeCall:
		c.callReplied(r, ev)
	case cm.IncomingCallComplete:
		v := c.find(r.VC)
		switch {
		case v == nil || ok:
		case v.state == vc.Accepted: // the offer waits
			v.state = vc.Offered
			c.answer(v, cm.Success, false)
		case v.refused && !v.doomed && ev.Status == cm.InvalidData: // of what was said with the refusal
			v.state, v.refused = vc.Offered, false
			c.answer(v, r.Status, false)
		}
	case cm.CloseCall:
		// A call that is over has crossed the request.
		switch v := c.find(r.VC); {
		case v != nil && ev.Status == cm.InvalidData: // what was said with it
			c.closeAgain(v)
		case v == nil || ok || v.incoming || ev.Status == cm.Closing:
		case ev.Status == cm.NotAccepted:
			c.closeAgain(v)
		default:
			c.idle(v)
		}
	case cm.DropParty:
		if !ok {
			c.keepParty(r.Party)
		}
	case cm.DeleteVC:
		if ok {
			c.forget(r.VC)
		}
	}
}

func (c *client) afReplied(r cm.Request, ev cm.Reply, ok bool) {
	switch r.(type) {
	case cm.OpenAF:
		if c.af == afOpening {
			c.af = afOpen
		}
		if !ok && ev.Status != cm.Failure {
			c.af = afShut
		}
	case cm.CloseAF:
		if !ok && c.af == afClosing {
			c.af = afOpen
		}
	case cm.RegisterSAP:
		if ok && c.af == afOpen {
			c.saps = append(c.saps, ev.Handle)
		}
	}
}

// created mostly makes a call on a new VC.
func (c *client) created(h vc.Handle) {
	v := &clientVC{h: h}
	c.vcs = append(c.vcs, v)
	if c.rng.IntN(8) > 0 && !c.h.w.healed {
		c.makeCall(v)
	}
}

func (c *client) callReplied(r cm.MakeCall, ev cm.Reply) {
	if v := c.nameless[r.Request]; v != nil {
		delete(c.nameless, r.Request)
		if ev.Status == cm.Pending {
			v.h = ev.Handle
			c.vcs = append(c.vcs, v)
			c.rings = append(c.rings, v.h)
		}
		return
	}
	v := c.find(r.VC)
	if ev.Status == cm.Pending {
		c.rings = append(c.rings, r.VC)
		return
	}
	if v != nil && v.state == vc.Proceeding && v.call == r.Request {
		c.idle(v)
	}
}

// madeCall serves the completion of MakeCall.
func (c *client) madeCall(ev cm.MakeCallComplete) {
	v := c.find(ev.VC)
	switch {
	case v == nil || v.state != vc.Proceeding: // CloseCall is under way
	case ev.Status == cm.Success:
		v.state = vc.Connected
		if ev.Party != 0 {
			v.parties = []vc.Handle{ev.Party}
		}
		c.use(v)
	default:
		c.idle(v)
	}
}

// idle serves the end of a call on a VC of the client's own.
func (c *client) idle(v *clientVC) {
	v.state, v.doomed, v.parties = vc.Idle, false, nil
	if v.disposable {
		c.forget(v.h)
	}
	c.later(c.while(50*time.Millisecond), func() {
		if v.state != vc.Idle {
			return
		}
		c.ringDone(v.h)
		switch {
		case v.disposable:
		case c.h.w.settling || c.rng.IntN(2) == 0:
			c.ask(cm.DeleteVC{VC: v.h})
		case !c.h.w.healed && c.rng.IntN(3) == 0:
			c.makeCall(v)
		}
	})
}

// ringDone gives the rings of a VC back.
func (c *client) ringDone(h vc.Handle) {
	if i := slices.Index(c.rings, h); i >= 0 {
		c.rings = slices.Delete(c.rings, i, i+1)
		c.ask(cm.RingDone{VC: h, Keep: c.rng.IntN(2) == 0})
	}
}

// use keeps a call for a while, or until the end.
func (c *client) use(v *clientVC) {
	if c.rng.IntN(3) == 0 {
		return
	}
	c.later(c.while(5*time.Second), func() {
		if v.state == vc.Connected && !v.doomed {
			c.closeCall(v)
		}
	})
}

// closeCall asks for the end of a call.
func (c *client) closeCall(v *clientVC) {
	for len(v.parties) > 1 { // parties to one, then the call (INV-14)
		c.dropParty(v, v.parties[0])
	}
	v.state, v.doomed = vc.Closing, true
	r := cm.CloseCall{VC: v.h}
	if c.rng.IntN(2) == 0 {
		d := time.Duration(c.rng.IntN(3)) * 50 * time.Millisecond
		r.Linger = &d
	}
	if c.rng.IntN(4) == 0 {
		r.Cause.Value = []causeValue{16, 17, 31}[c.rng.IntN(3)]
	}
	r.CloseData = c.mayWrite(inRelease, v.h, 8)
	c.ask(r)
}

// settle closes what the client has, as far as it may at the moment. It is
// called until nothing is left.
func (c *client) settle() {
	for _, v := range slices.Clone(c.vcs) {
		switch v.state {
		case vc.Idle:
			if !v.incoming && !c.asking(v.h) {
				c.idle(v)
			}
		case vc.Offered:
			c.answer(v, cm.NotAccepted, false)
		case vc.Proceeding, vc.Accepted, vc.Connected, vc.QoSPending, vc.RemoteClosed:
			c.closeCall(v)
		case vc.Closing:
		}
	}
	for _, s := range c.saps {
		c.ask(cm.DeregisterSAP{SAP: s})
	}
	c.saps = nil
}

// asking reports whether a request about a VC is not answered.
func (c *client) asking(h vc.Handle) bool {
	for _, r := range c.asked {
		switch r := r.(type) {
		case cm.DeleteVC:
			if r.VC == h {
				return true
			}
		case cm.MakeCall:
			if r.VC == h {
				return true
			}
		}
	}
	return false
}
