package simnet

import (
	"fmt"
	"slices"
	"time"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/signalling/sscop"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// port is one end of a link: its machine, its timers, its branches.
type port struct {
	h    *host
	id   vc.LinkID
	name string
	mac  vc.MAC
	peer *port
	wire *wire
	side int // its end of the wire
	up   bool
	// sink takes what passes the filter in place of the machine, in tests.
	sink func(pdu []byte)

	// upward and down are the lanes to the client model and from it.
	upward, down lane
	uni          *uni.Link
	state        uni.LinkState
	address      vc.Addr
	status       vc.LinkStatus
	sq           uint8 // VT(SQ), kept over lives
	life         int
	timers       map[uni.TimerID]uint64 // the generations of those that run
	callTimers   int
	branches     map[vc.ID]*branch
	wasUp        bool // the SAAL has been up in this life
	// restarts are the restarts of operators that have not been answered,
	// modifies the calls whose modification has not.
	restarts    map[uint64]bool
	lastRestart uint64
	modifies    map[primitive.CallID]bool
}

// String names the port as "host-peer".
func (p *port) String() string { return p.name }

// boot makes the machine of a new life.
func (p *port) boot() {
	w := p.h.w
	p.life++
	p.wire.calls.died(p.side)
	p.wire.ways[p.side].afresh()
	p.wire.ways[1-p.side].receiverAfresh()
	p.timers, p.callTimers, p.branches = make(map[uni.TimerID]uint64), 0, make(map[vc.ID]*branch)
	p.restarts, p.modifies = make(map[uint64]bool), make(map[primitive.CallID]bool)
	p.status, p.address, p.wasUp, p.state = vc.LinkStatus{}, vc.Addr{}, false, uni.LinkDown
	p.uni = uni.New(uni.Config{
		ID: p.id, Peer: p.peer.mac, Capacity: w.weather.capacity * vc.BitRate(1+p.side), Seed: w.rng.Uint64(),
		SSCOP: sscop.Config{InitialSQ: p.sq}, SetupRate: w.weather.setupRate, SetupBurst: w.weather.setupRate,
		Profile: w.weather.profile, Timers: w.weather.timers,
	})
}

// crash forgets everything.
func (p *port) crash() {
	p.wire.calls.died(p.side)
	p.timers, p.callTimers, p.branches = nil, 0, nil
}

// info is what the client model is told of the link.
func (p *port) info(reason string) cm.LinkInfo {
	prefix, err := vc.ParsePrefix(fmt.Sprintf("49000000000000000000000000%02x%02x", 2, p.peer.h.tag))
	if err != nil {
		panic(err)
	}
	return cm.LinkInfo{
		ID: p.id, Name: p.name, Peer: p.peer.mac, Address: p.address, Prefixes: []vc.Prefix{prefix},
		Capacity: p.uni.Capacity(), MaxSDU: p.status.MaxSDU, Up: p.uni.State() == uni.LinkUp, Reason: reason,
		Plain: p.h.w.weather.plain(),
	}
}

// setPort takes the port up or down.
func (p *port) setPort(up bool) {
	p.up = up
	if !p.h.alive {
		return
	}
	s := vc.LinkStatus{Up: up, MAC: p.mac, MaxSDU: 1492, Speed: 1e9}
	if !up {
		s.Reason = "no carrier"
	}
	p.h.post(&p.down, func() {
		p.status, p.address = s, vc.AddrFromMAC(s.MAC)
		effects := p.uni.Status(s)
		p.report()
		p.perform(effects)
	})
}

// report tells the client model what is known of the link.
func (p *port) report() {
	info := p.info(p.uni.LastError())
	p.h.post(&p.upward, func() { p.h.learn(info) })
}

// receive takes a PDU that has passed the filter.
func (p *port) receive(pdu []byte) {
	switch {
	case p.sink != nil:
		p.sink(pdu)
	case p.h.alive:
		if !p.wire.muddled && p.h.still.frozen && begins(pdu) {
			p.wire.muddled = true
			p.h.w.stats.Muddled++
		}
		p.h.now(aFrame, func() { p.perform(p.uni.Receive(pdu)) })
	}
}

// request hands a request of the client model to the machine.
func (p *port) request(r primitive.Request) {
	if m, ok := r.(primitive.ModifyReq); ok && slices.ContainsFunc(p.uni.Calls(), func(row uni.CallRow) bool { return row.Call == m.Call }) {
		p.modifies[m.Call] = true // one that has ended needs no answer
	}
	if _, ok := r.(primitive.SetupReq); ok {
		p.h.w.stats.Calls++
	}
	a, alert := r.(primitive.AlertReq)
	before := null
	if alert {
		before = p.stageOf(a.Call)
	}
	p.perform(p.uni.Request(r))
	if alert && p.state == uni.LinkUp && !p.h.w.weather.plain() {
		p.wantAlerted(a, before)
	}
}

// stageOf returns how far a call is; null if there is none.
func (p *port) stageOf(call primitive.CallID) stage {
	for _, row := range p.uni.Calls() {
		if row.Call == call {
			return stageOf(row.State)
		}
	}
	return null
}

// wantAlerted checks that the caller of an offer has been told of it (Q.2931
// 5.1.5, 5.2.5.2).
func (p *port) wantAlerted(a primitive.AlertReq, before stage) {
	after := p.stageOf(a.Call)
	if after == initiated || after == proceeds {
		p.h.w.violate("alert", "%s: call %x is at stage %d after AlertReq", p, uint64(a.Call), after)
	}
	if l := p.h.w.letters[string(a.UserUser)]; l != nil && l.v != nil && after == alerts && before < after {
		l.v.alert = l
	}
}

// perform does what the machine asks for, and looks at what has become of it.
func (p *port) perform(effects []uni.Effect) {
	p.sq = p.uni.VTSQ()
	var answers []func() []uni.Effect
	for _, e := range effects {
		if e.Kind != uni.Activate && e.Kind != uni.Join {
			p.do(e)
			continue
		}
		answers = append(answers, func() []uni.Effect {
			if e.Kind == uni.Join {
				return p.uni.Joined(e.Call, e.Party, p.join(e))
			}
			return p.uni.Activated(e.Call, p.activate(e))
		})
	}
	for _, answer := range answers {
		p.perform(answer())
	}
	p.check()
	if p.h.stop == stopLinks && p.uni.Stopped() {
		p.h.stopped()
	}
}

// do performs one effect.
func (p *port) do(e uni.Effect) {
	switch e.Kind {
	case uni.SendPDU:
		p.wire.ways[p.side].send(e.Octets)
	case uni.StartTimer:
		p.startTimer(e)
	case uni.StopTimer:
		p.stopTimer(e.Timer)
	case uni.OpenTransmit:
		p.openTransmit(e.ID)
	case uni.Drain:
		p.drain(e)
	case uni.Deactivate:
		p.deactivate(e)
	case uni.Leave:
		p.leave(e)
	case uni.Indicate:
		p.indicated(e.Indication)
		p.h.indicate(p, e.Indication)
	case uni.LinkChanged:
		p.h.w.record.Note(p.h.w.now, "%s: link %v %s", p, e.State, e.LastError)
		p.state = e.State
		p.report()
	case uni.RestartAnswered:
		if !p.restarts[e.Restart.ID] {
			p.h.w.violate("restart answered twice", "%s: %+v", p, *e.Restart)
		}
		delete(p.restarts, e.Restart.ID)
	case uni.Moved:
		p.transition(*e.Transition)
	case uni.Activate, uni.Join, uni.Trace: // perform's, and what was not asked for
	}
}

// startTimer runs a timer in place of one that runs.
func (p *port) startTimer(e uni.Effect) {
	if _, runs := p.timers[e.Timer]; !runs && e.Timer.Call != 0 {
		p.callTimers++
	}
	p.timers[e.Timer] = e.Gen
	p.h.wait(e.After, aTimer, func() {
		runs := p.timers[e.Timer] == e.Gen
		if !runs && !p.h.w.weather.stale {
			return
		}
		if runs {
			p.stopTimer(e.Timer)
			p.h.w.stats.Expired[e.Timer.Name]++
			if e.Timer.Name == uni.T303 {
				p.wire.calls.repeats(p, e.Timer.Call)
			}
			if e.Timer.Name > uni.TimerIdle {
				p.h.w.record.Note(p.h.w.now, "%s: timer %v of call %x expires", p, e.Timer.Name, uint64(e.Timer.Call))
			}
		}
		p.perform(p.uni.Expire(e.Timer, e.Gen))
	})
}

func (p *port) stopTimer(id uni.TimerID) {
	if _, runs := p.timers[id]; runs && id.Call != 0 {
		p.callTimers--
	}
	delete(p.timers, id)
}

// transition follows the states of calls and of the SAAL.
func (p *port) transition(t uni.Transition) {
	w := p.h.w
	if p.h.w.record != nil {
		w.record.Note(w.now, "%s: %s %06x%s %s -> %s on %s", p, t.Side, t.CallRef.Value, t.Party, t.From, t.To, t.Event)
	}
	switch {
	case t.Party != "":
		p.wire.calls.party(p, t)
	case t.Side != "" && t.CallRef.Value != 0:
		p.wire.calls.step(p, t)
	case t.Side != "":
		p.wire.calls.disturb() // RESTART
	case t.To == "CU3":
		if p.wasUp {
			w.stats.Resets++
			p.wire.calls.disturb()
			w.provoke(p.wire, 4, w.rng) // the audit goes on
		}
		p.wasUp = true
	case t.From == "CU3":
		p.wire.calls.disturb()
	}
}

// check looks for what no input may leave behind.
func (p *port) check() {
	w := p.h.w
	h := p.uni.Holdings()
	switch {
	case h.Defects > 0:
		w.violate("impossible event", "%s: %d events that cannot be", p, h.Defects)
	case h.SequenceErrors > 0 && !p.wire.muddled:
		w.violate("sequence error", "%s: SSCOP has met a sequence number that cannot be (MAA-ERROR Q, R, S or T)", p)
	case h.Timers != p.callTimers:
		w.violate("timer leak", "%s: the link knows of %d timers of calls, its runner of %d", p, h.Timers, p.callTimers)
	case h.Calls == 0 && (h.Timers > 0 || h.Channels > 0 || h.Pending > 0):
		w.violate("leak", "%s: no calls, but %+v", p, h)
	case h.References > h.Calls || h.Channels > h.Calls || h.Pending > h.Calls:
		w.violate("leak", "%s: more than there are calls: %+v", p, h)
	case h.Calls == 0 && p.uni.Reserved() != (vc.Reservation{}):
		w.violate("bandwidth leak", "%s: no calls, but %+v is reserved", p, p.uni.Reserved())
	}
}

// wantEmpty checks that nothing is left of any call.
func (p *port) wantEmpty() {
	w := p.h.w
	h := p.uni.Holdings()
	switch {
	case !h.Empty():
		w.violate("leak", "%s holds %+v at rest without calls; %+v", p, h, p.uni.Calls())
	case len(p.branches) > 0:
		w.violate("branch leak", "%s: %d branches are left", p, len(p.branches))
	case p.uni.Reserved() != (vc.Reservation{}):
		w.violate("bandwidth leak", "%s: %+v is reserved", p, p.uni.Reserved())
	}
}

// checkCalls compares the lists of a link with its accounts.
func (p *port) checkCalls() []uni.CallRow {
	w := p.h.w
	rows := p.uni.Calls()
	var sum vc.Reservation
	channels := make(map[vc.ID]bool, len(rows))
	known := make(map[primitive.CallID]bool, len(rows))
	for _, r := range rows {
		sum.Send += r.Reserved.Send
		sum.Receive += r.Reserved.Receive
		known[r.Call] = true
		if r.ID != (vc.ID{}) && channels[r.ID] {
			w.violate("channel used twice", "%s: two calls have %v", p, r.ID)
		}
		channels[r.ID] = true
	}
	if got := p.uni.Reserved(); got != sum {
		w.violate("bandwidth leak", "%s: %+v is reserved, the calls have %+v", p, got, sum)
	}
	for _, id := range p.sortedTimers() {
		if id.Call != 0 && !known[id.Call] {
			w.violate("timer leak", "%s: timer %v runs for call %x, which is gone", p, id.Name, uint64(id.Call))
		}
	}
	return rows
}

func (p *port) sortedTimers() []uni.TimerID {
	ids := make([]uni.TimerID, 0, len(p.timers))
	for id := range p.timers {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b uni.TimerID) int {
		if a.Call != b.Call {
			return int(int64(a.Call) - int64(b.Call))
		}
		return int(a.Name) - int(b.Name)
	})
	return ids
}

// quietTimers are those that may run on a link at rest: SSCOP watches the peer.
func quietTimer(id uni.TimerID) bool { return id.Name <= uni.TimerIdle }

// answerTime draws how long the data plane takes for an answer, which is longer
// than that while it hangs.
func (p *port) answerTime(most time.Duration) time.Duration {
	d := p.h.w.stall() + time.Duration(p.h.w.rng.Int64N(int64(most)+1))
	return d + max(0, p.h.hangs-p.h.w.now)
}
