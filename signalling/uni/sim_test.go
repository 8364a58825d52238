package uni_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// A client is the client model of one host in a simulation: it makes calls,
// answers offers at random and checks that every call ends exactly once.
type client struct {
	h     *host
	calls map[primitive.CallID]*clientCall
	made  int
	life  int
	vc    int
}

type clientCall struct {
	incoming bool
	active   bool
	asked    bool // ReleaseReq or RejectReq has been sent
	ended    int
	out      bool
	contract vc.Contract
	asks     int // modifications under way
	confs    int

	parties   map[primitive.PartyID]*clientParty // of a point-to-multipoint call
	made      primitive.PartyID
	connected primitive.PartyID
}

func newClient(h *host) *client {
	c := &client{h: h, calls: make(map[primitive.CallID]*clientCall), life: h.life}
	h.onInd = c.on
	return c
}

func (c *client) fail(format string, args ...any) {
	c.h.w.t.Errorf("%s at %v: %s", c.h.name, c.h.w.now, fmt.Sprintf(format, args...))
}

// on takes an indication.
func (c *client) on(i primitive.Indication) {
	switch i := i.(type) {
	case primitive.SetupInd:
		c.calls[i.Call] = &clientCall{incoming: true}
		if i.Params.Multipoint {
			c.begin(i.Call, primitive.FirstParty)
		}
		c.answer(i)
	case primitive.ProceedingInd:
		if k := c.calls[i.Call]; k == nil || k.ended > 0 || k.active {
			c.fail("%+v for %+v", i, k)
		}
	case primitive.ConnectInd:
		c.calls[i.Call].connected = i.Party
		c.calls[i.Call].contract = i.Params.Contract
		c.activated(i.Call)
		if i.Params.Multipoint {
			c.live(i.Call, i.Party, i).active = true
			c.grow(i.Call)
		}
	case primitive.CompleteInd:
		if k := c.calls[i.Call]; k.parties == nil || !k.active {
			c.activated(i.Call)
		}
		if p := c.calls[i.Call].parties[i.Party]; p != nil {
			p.active = true
		}
	case primitive.ModifyConf:
		k := c.calls[i.Call]
		if k.asks--; k.asks < 0 || k.ended > 0 || !k.out {
			c.fail("%+v for %+v", i, k)
		}
	case primitive.ModifyInd:
		if k := c.calls[i.Call]; k.ended > 0 || k.out || !k.active {
			c.fail("%+v for %+v", i, k)
		}
	case primitive.AddPartyInd, primitive.PartyProceedingInd, primitive.AddPartyConf, primitive.DropPartyInd, primitive.DropPartyConf:
		c.onParty(i)
	case primitive.ReleaseInd:
		k := c.calls[i.Call]
		if k == nil || k.ended > 0 {
			c.fail("%+v for %+v", i, k)
			return
		}
		k.ended++
	case primitive.ReleaseConf:
		k := c.calls[i.Call]
		k.confs++
		if k.confs > 1 || !k.asked && (k.incoming || k.active) {
			c.fail("%+v for %+v", i, k)
		}
		k.ended++
	}
}

func (c *client) activated(id primitive.CallID) {
	k := c.calls[id]
	if k == nil || k.active || k.ended > 0 {
		c.fail("call %x active: %+v", id, k)
		return
	}
	k.active = true
	for range c.h.w.rng.IntN(3) {
		c.h.later(c.time(20*time.Second), func() { c.modify(id) })
	}
	if c.h.w.rng.IntN(4) == 0 {
		return // kept until the end
	}
	c.h.later(c.time(20*time.Second), func() {
		if k.parties != nil && c.h.w.rng.IntN(2) == 0 {
			c.drop(id, primitive.FirstParty)
			return
		}
		c.release(id)
	})
}

// modify asks for other rates of a call that this side has made, one change
// at a time.
func (c *client) modify(id primitive.CallID) {
	k := c.calls[id]
	if !k.out || k.asked || k.ended > 0 || k.asks > 0 {
		return
	}
	contract := k.contract
	contract.Forward.PCR *= vc.CellRate(1 + c.h.w.rng.IntN(20))
	contract.Backward.PCR *= vc.CellRate(1 + c.h.w.rng.IntN(20))
	k.asks++
	c.h.ask(primitive.ModifyReq{Call: id, Contract: contract, Fallback: c.fallback(contract)})
}

// fallback draws what is acceptable in place of a contract.
func (c *client) fallback(contract vc.Contract) vc.Fallback {
	if contract.Backward.PCR == 0 { // point-to-multipoint
		return vc.Fallback{}
	}
	lower := func(r vc.CellRate) vc.CellRate { return 1 + vc.CellRate(c.h.w.rng.Uint32N(uint32(r))) }
	forward, backward := lower(contract.Forward.PCR), lower(contract.Backward.PCR)
	switch n := c.h.w.rng.IntN(4); {
	case n == 0 && contract.Category != vc.UBR:
		return vc.Fallback{Minimum: vc.PeakRates{Forward: forward, Backward: backward}}
	case n == 1:
		return vc.Fallback{Alternative: rates(contract, backward, forward)}
	}
	return vc.Fallback{}
}

// answer accepts, refuses or forgets an offer.
func (c *client) answer(i primitive.SetupInd) {
	wait := time.Duration(0)
	switch c.h.w.rng.IntN(4) {
	case 0:
		wait = c.time(10 * time.Millisecond)
	case 1:
		wait = c.time(5 * time.Second)
	}
	verdict := c.h.w.rng.IntN(10)
	c.h.later(wait, func() {
		k := c.calls[i.Call]
		switch {
		case k.ended > 0:
		case verdict == 0:
			k.asked = true
			c.h.ask(primitive.RejectReq{Call: i.Call, Cause: cause(ie.CauseUserBusy)})
		case verdict == 1:
			c.h.later(c.time(300*time.Second), func() { c.release(i.Call) })
		default:
			p := i.Params
			p.Contract.Forward.MaxSDU = max(1, p.Contract.Forward.MaxSDU/uint16(1+c.h.w.rng.IntN(2)))
			c.h.ask(primitive.AcceptReq{Call: i.Call, VC: vc.Handle(i.Call), Params: p})
			if verdict == 2 {
				c.h.later(c.time(10*time.Millisecond), func() { c.release(i.Call) })
			}
		}
	})
}

// release asks for the end of a call unless that has been done or the call has
// been seen to end. The indication of its end may be on the way.
func (c *client) release(id primitive.CallID) {
	k := c.calls[id]
	if k == nil || k.asked || k.ended > 0 {
		return
	}
	k.asked = true
	lingers := []time.Duration{0, time.Millisecond, time.Minute}
	c.h.ask(primitive.ReleaseReq{Call: id, Cause: cause(ie.CauseNormalClearing), Linger: lingers[c.h.w.rng.IntN(3)]})
}

func (c *client) time(most time.Duration) time.Duration {
	return time.Duration(c.h.w.rng.Int64N(int64(most)))
}

// call makes a call.
func (c *client) call() {
	contracts := []vc.Contract{bestEffort, constant, rates(constant, 300000, 900000), broadcast}
	p := paramsTo(c.h.peer.mac, contracts[c.h.w.rng.IntN(4)])
	if p.Multipoint = p.Contract == broadcast; !p.Multipoint {
		p.Fallback = c.fallback(p.Contract)
	}
	if c.h.w.rng.IntN(20) == 0 {
		p.Called = addrOf(vc.MAC{2, 9, 9, 9, 9, 9})
	}
	id := c.h.nextOut
	c.calls[id] = &clientCall{out: true}
	if p.Multipoint {
		c.begin(id, primitive.FirstParty)
	}
	c.made++
	c.h.call(p)
	if c.h.w.rng.IntN(6) == 0 {
		c.h.later(c.time(30*time.Millisecond), func() { c.release(id) })
	}
}

// settle releases all that is left.
func (c *client) settle() {
	ids := make([]primitive.CallID, 0, len(c.calls))
	for id := range c.calls {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		c.release(id)
	}
}

func (c *client) check() {
	for id, k := range c.calls {
		if k.ended == 0 {
			c.fail("call %x has never ended: %+v", id, k)
		}
		c.checkParties(id)
	}
}

// trouble is what a simulation does to its hosts besides calling.
type trouble struct {
	loss    float64
	resets  bool // one side's SAAL is ended by a forged END
	deaths  bool // a daemon dies and starts anew
	flaps   bool // a port goes down and comes up
	refuses bool // a data plane refuses branches now and then
	// restarts: an operator restarts a channel, a path or all.
	restarts bool
}

// simulate runs some hundred calls and checks that nothing is left of them.
func simulate(t tester, seed uint64, calls int, tr trouble) {
	w := newWorld(t, seed)
	a, b := w.pair()
	up(a, b)
	clients := []*client{newClient(a), newClient(b)}
	for _, h := range w.hosts {
		h.loss = tr.loss
		h.edges = tr == trouble{}
		h.drainTime = time.Duration(w.rng.Int64N(int64(2 * time.Second)))
		h.quiesceTime = time.Duration(w.rng.Int64N(int64(100 * time.Millisecond)))
		h.delay = time.Duration(1+w.rng.Int64N(50)) * time.Millisecond
	}
	made := 0
	for made < calls {
		w.run(time.Duration(w.rng.Int64N(int64(400 * time.Millisecond))))
		i := w.rng.IntN(2)
		h := w.hosts[i]
		h.refuse = nil
		if tr.refuses && w.rng.IntN(10) == 0 {
			h.refuse = errPlane
		}
		h.refuseJoin = h.refuse
		switch w.rng.IntN(40) {
		case 0:
			if tr.resets {
				h.do(h.link.Receive([]byte{0, 0, 0, 0, 0x03, 0, 0, 0}))
			}
		case 1:
			if tr.deaths && w.rng.IntN(2) == 0 {
				h.die()
				w.run(time.Duration(w.rng.Int64N(int64(20 * time.Second))))
				h.boot()
				clients[i] = newClient(h)
			}
		case 2:
			if tr.flaps {
				h.do(h.link.Status(h.status(false)))
				h.loss = 1
				w.run(time.Duration(w.rng.Int64N(int64(30 * time.Second))))
				h.loss = tr.loss
				h.do(h.link.Status(h.status(true)))
			}
		case 3:
			if tr.restarts {
				classes := []ie.RestartClass{ie.RestartVC, ie.RestartVC, ie.RestartVP, ie.RestartAll}
				vci := vc.VCI(40)
				if rows := h.link.Calls(); len(rows) > 0 {
					vci = max(32, rows[w.rng.IntN(len(rows))].ID.VCI)
				}
				h.restart(1, classes[w.rng.IntN(4)], 0, vci)
			}
		default:
			clients[i].call()
			made++
		}
	}
	end(w, clients)
}

// end lets the hosts come to rest: with the wire whole their tables agree, and
// when all calls are released nothing is left.
func end(w *world, clients []*client) {
	for _, h := range w.hosts {
		h.loss, h.refuse, h.refuseJoin = 0, nil, nil
	}
	for _, c := range clients {
		for id, k := range c.calls {
			if k.incoming && !k.active {
				defer delete(c.calls, id) // forgotten offers may end either way
			}
		}
	}
	w.run(10 * time.Minute)
	agree(w)
	if testing.Verbose() {
		w.t.Logf("%d and %d calls at rest, made %d and %d, modified %d, refused %d", w.hosts[0].link.CallCount(), w.hosts[1].link.CallCount(),
			clients[0].made, clients[1].made, w.hosts[0].counter("modifications"), w.hosts[0].counter("modifications_refused"))
	}
	for _, c := range clients {
		c.settle()
	}
	w.run(10 * time.Minute)
	for i, h := range w.hosts {
		h.wantEmpty()
		if h.link.State() != uni.LinkUp {
			w.t.Errorf("%s is %v: %s", h.name, h.link.State(), h.link.LastError())
		}
		clients[i].check()
		for id := range h.timers {
			if id.Name > uni.TimerIdle {
				w.t.Errorf("%s: timer %v is left", h.name, id.Name)
			}
		}
	}
}

// agree checks that both sides have the same calls with the same channels and
// contracts.
func agree(w *world) {
	channels := func(h *host) []string {
		var rows []string
		for _, r := range h.link.Calls() {
			rows = append(rows, fmt.Sprintf("%d/%d ref %d %v %s", r.ID.VPI, r.ID.VCI, r.CallRef, r.Params.Contract, partyRefs(r)))
		}
		slices.Sort(rows)
		return rows
	}
	if x, y := channels(w.hosts[0]), channels(w.hosts[1]); !slices.Equal(x, y) {
		w.t.Errorf("the tables differ: %v and %v", x, y)
	}
	x, y := w.hosts[0].link.Reserved(), w.hosts[1].link.Reserved()
	if x.Send != y.Receive || x.Receive != y.Send {
		w.t.Errorf("reserved %+v and %+v", x, y)
	}
}

// TestSimulation makes calls from both sides under every kind of trouble: the
// tables agree and return to zero.
func TestSimulation(t *testing.T) {
	troubles := map[string]trouble{
		"perfect":           {},
		"lossy":             {loss: 0.1},
		"plane refuses":     {refuses: true},
		"SAAL resets":       {resets: true},
		"ports flap":        {flaps: true},
		"daemons die":       {deaths: true},
		"restarts":          {restarts: true},
		"restarts and loss": {restarts: true, loss: 0.1, resets: true, flaps: true},
		"all of it at once": {loss: 0.05, resets: true, deaths: true, flaps: true, refuses: true, restarts: true},
	}
	for name, tr := range troubles {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(10) {
				simulate(t, seed, 100, tr)
				if t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
		})
	}
}

// TestSimulationRapid draws seed and trouble.
func TestSimulationRapid(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tr := trouble{
			loss:   rapid.SampledFrom([]float64{0, 0.02, 0.2}).Draw(rt, "loss"),
			resets: rapid.Bool().Draw(rt, "resets"), deaths: rapid.Bool().Draw(rt, "deaths"),
			flaps: rapid.Bool().Draw(rt, "flaps"), restarts: rapid.Bool().Draw(rt, "restarts"), refuses: rapid.Bool().Draw(rt, "refuses"),
		}
		simulate(rt, rapid.Uint64().Draw(rt, "seed"), 10, tr)
	})
}
