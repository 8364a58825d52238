package uni_test

import (
	"slices"
	"testing"
	"time"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// rates returns a contract with other peak rates.
func rates(c vc.Contract, forward, backward vc.CellRate) vc.Contract {
	c.Forward.PCR, c.Backward.PCR = forward, backward
	return c
}

// activePair makes a call from one host of a pair to the other.
func activePair(t *testing.T, caller int, contract vc.Contract) (w *world, from, to *host, id primitive.CallID) {
	t.Helper()
	w = newWorld(t, 1)
	a, b := w.pair()
	up(a, b)
	from, to = []*host{a, b}[caller], []*host{b, a}[caller]
	to.onInd = func(i primitive.Indication) {
		if s, ok := i.(primitive.SetupInd); ok {
			to.ask(primitive.AcceptReq{Call: s.Call, VC: 5, Params: s.Params})
		}
	}
	id = from.call(paramsTo(to.mac, contract))
	w.run(100 * time.Millisecond)
	last[primitive.ConnectInd](from)
	last[primitive.CompleteInd](to)
	for _, h := range w.hosts {
		h.take()
		h.takeLog()
	}
	return w, from, to, id
}

// checkContract checks that a call of both hosts has a contract: in their
// tables, in their data planes and in what they have reserved.
func checkContract(t *testing.T, from, to *host, c vc.Contract) {
	t.Helper()
	for _, h := range []*host{from, to} {
		rows := h.link.Calls()
		if len(rows) != 1 || rows[0].Params.Contract != c || rows[0].Reserved != c.Reservation(h == from) {
			t.Fatalf("%s: calls %+v, want %+v", h.name, rows, c)
		}
		if h.link.Reserved() != rows[0].Reserved {
			t.Errorf("%s: reserved %+v, want %+v", h.name, h.link.Reserved(), rows[0].Reserved)
		}
		send, receive := c.Directions(h == from)
		if b := h.plane[rows[0].ID]; b == nil || b.spec != (vc.BranchSpec{Category: c.Category, Send: send, Receive: receive}) || !b.transmit {
			t.Errorf("%s: branch %+v, want %+v, %+v", h.name, b, send, receive)
		}
	}
}

// TestModify: the owner raises and lowers its rates, from either side of the
// UNI; every party has the new ones at the end.
func TestModify(t *testing.T) {
	vbr := vc.Contract{
		Category: vc.NRTVBR,
		Forward:  vc.Flow{PCR: 1000, SCR: 500, MBS: 20, MaxSDU: 1000}, Backward: vc.Flow{PCR: 2000, SCR: 100, MBS: 10, MaxSDU: 500},
	}
	vbr2 := vbr
	vbr2.Forward.SCR, vbr2.Forward.MBS, vbr2.Backward.PCR = 900, 200, 150
	for _, row := range []struct {
		name      string
		old, next vc.Contract
	}{
		{"up", constant, rates(constant, 5000, 9000)},
		{"down", constant, rates(constant, 10, 20)},
		{"up and down", constant, rates(constant, 5000, 1)},
		{"the same", constant, constant},
		{"VBR", vbr, vbr2},
		{"best effort", bestEffort, rates(bestEffort, 7, 353207)},
		{"one way", vc.Contract{Category: vc.CBR, Forward: flow(10, 100)}, vc.Contract{Category: vc.CBR, Forward: flow(20, 100)}},
	} {
		for caller := range 2 {
			t.Run(row.name, func(t *testing.T) {
				w, from, to, id := activePair(t, caller, row.old)
				checkContract(t, from, to, row.old)
				from.ask(primitive.ModifyReq{Call: id, Contract: row.next})
				state := "U13"
				if from.link.Role() == uni.RoleNetwork {
					state = "N14"
				}
				if rows := from.link.Calls(); rows[0].State != state || rows[0].Params.Contract != row.old {
					t.Errorf("while it asks: %+v", rows)
				}
				w.run(100 * time.Millisecond)
				if c := last[primitive.ModifyConf](from); c.Call != id || c.Cause.Value != 0 || c.Params.Contract != row.next {
					t.Errorf("told %+v", c)
				}
				if i := last[primitive.ModifyInd](to); i.Params.Contract != row.next {
					t.Errorf("told %+v", i)
				}
				checkContract(t, from, to, row.next)
				if got, want := from.takeLog(), []string{"activate", "MODIFY REQUEST", "activate", "CONNECTION AVAILABLE", "ModifyConf"}; !slices.Equal(got, want) {
					t.Errorf("the caller does %v, want %v", got, want)
				}
				if got, want := to.takeLog(), []string{"activate", "MODIFY ACKNOWLEDGE", "ModifyInd"}; row.next != row.old && !slices.Equal(got, want) {
					t.Errorf("the called side does %v, want %v", got, want)
				}
				if from.counter("modifications") != 1 || to.counter("modifications") != 1 {
					t.Error("not counted")
				}
				for _, h := range w.hosts {
					for timer := range h.timers {
						if timer.Call != 0 {
							t.Errorf("%s: %v runs", h.name, timer)
						}
					}
				}
				from.ask(primitive.ReleaseReq{Call: id, Cause: cause(ie.CauseNormalClearing)})
				w.run(time.Minute)
				from.wantEmpty()
				to.wantEmpty()
			})
		}
	}
}

// TestModifyRefused: what stands against a modification, at either end, leaves
// both with the old rates and reservations, and the call goes on.
func TestModifyRefused(t *testing.T) {
	opened := constant
	opened.Backward = vc.Flow{}
	sizes := constant
	sizes.Forward.MaxSDU++
	other := constant
	other.Category = vc.UBR
	bursty := constant
	bursty.Forward.SCR, bursty.Forward.MBS = 10, 10
	for _, row := range []struct {
		name     string
		prepare  func(from, to *host)
		contract vc.Contract
		cause    ie.CauseValue
		asked    bool // MODIFY REQUEST goes out
	}{
		{"a direction less", nil, opened, ie.CauseUnsupportedTraffic, false},
		{"another SDU size", nil, sizes, ie.CauseUnsupportedTraffic, false},
		{"another category", nil, other, ie.CauseUnsupportedTraffic, false},
		{"rates that the category has not", nil, bursty, ie.CauseUnsupportedTraffic, false},
		{"a rate that no descriptor holds", nil, rates(constant, 1<<24, 1), ie.CauseUnsupportedTraffic, false},
		{"no room here", nil, rates(constant, 1000, 16000000), ie.CauseCellRateUnavailable, false},
		{"the plane here refuses", func(from, _ *host) { from.refuse = errPlane }, rates(constant, 5, 6), ie.CauseTemporaryFailure, false},
		{"the plane there refuses", func(_, to *host) { to.refuse = errPlane }, rates(constant, 5, 6), ie.CauseTemporaryFailure, true},
	} {
		for caller := range 2 {
			t.Run(row.name, func(t *testing.T) {
				w, from, to, id := activePair(t, caller, constant)
				if row.prepare != nil {
					row.prepare(from, to)
				}
				from.ask(primitive.ModifyReq{Call: id, Contract: row.contract})
				w.run(time.Minute)
				if c := last[primitive.ModifyConf](from); c.Cause.Value != row.cause || c.Detail == "" || c.Params.Contract != constant {
					t.Errorf("told %+v", c)
				}
				if asked := slices.Contains(from.takeLog(), "MODIFY REQUEST"); asked != row.asked {
					t.Errorf("asked: %v", asked)
				}
				if n := len(to.take()); n != 0 {
					t.Errorf("%d indications there", n)
				}
				checkContract(t, from, to, constant)
			})
		}
	}
}

// TestModifyNoRoomThere: the called side admits no more than it has.
func TestModifyNoRoomThere(t *testing.T) {
	for caller := range 2 {
		w := newWorld(t, 1)
		a, b := w.pair()
		to := []*host{b, a}[caller]
		to.cfg.Capacity = 3 * constant.Reservation(true).Receive
		up(a, b)
		from := []*host{a, b}[caller]
		to.onInd = func(i primitive.Indication) {
			if s, ok := i.(primitive.SetupInd); ok {
				to.ask(primitive.AcceptReq{Call: s.Call, VC: 5, Params: s.Params})
			}
		}
		id := from.call(paramsTo(to.mac, constant))
		w.run(100 * time.Millisecond)
		from.ask(primitive.ModifyReq{Call: id, Contract: rates(constant, 1000, 20000)})
		w.run(100 * time.Millisecond)
		if c := last[primitive.ModifyConf](from); c.Cause.Value != ie.CauseCellRateUnavailable || c.Detail != "refused by the peer" {
			t.Errorf("told %+v", c)
		}
		checkContract(t, from, to, constant)
		// What it has it gives.
		from.ask(primitive.ModifyReq{Call: id, Contract: rates(constant, 1000, 4000)})
		w.run(100 * time.Millisecond)
		checkContract(t, from, to, rates(constant, 1000, 4000))
	}
}

// TestModifyByWhom: a request of the client that cannot be is answered at
// once, and one of a call that is gone not at all.
func TestModifyByWhom(t *testing.T) {
	w, from, to, id := activePair(t, 0, constant)
	there := to.link.Calls()[0].Call
	to.ask(primitive.ModifyReq{Call: there, Contract: rates(constant, 1, 1)})
	if c := last[primitive.ModifyConf](to); c.Cause.Value != ie.CauseFacilityRejected {
		t.Errorf("the called side is told %+v", c)
	}
	from.ask(primitive.ModifyReq{Call: id, Contract: rates(constant, 1, 1)})
	from.ask(primitive.ModifyReq{Call: id, Contract: rates(constant, 2, 2)})
	if c := last[primitive.ModifyConf](from); c.Cause.Value != ie.CauseTemporaryFailure || c.Detail != "the call is being modified already" {
		t.Errorf("the second one is told %+v", c)
	}
	w.run(time.Second)
	checkContract(t, from, to, rates(constant, 1, 1))
	from.take()
	from.ask(primitive.ModifyReq{Call: 99, Contract: constant})
	from.ask(primitive.ReleaseReq{Call: id, Cause: cause(ie.CauseNormalClearing)})
	from.ask(primitive.ModifyReq{Call: id, Contract: constant})
	if n := from.counter("late_answers"); n != 2 {
		t.Errorf("%d late requests", n)
	}
	w.run(time.Minute)
	from.wantEmpty()
	to.wantEmpty()
}

// asks lets a host's call ask for other rates.
func (p *saalPeer) asks() {
	p.w.t.Helper()
	p.h.ask(primitive.ModifyReq{Call: 1, Contract: rates(constant, 3000, 100)})
	m := p.expect(msg.ModifyRequest)
	if m.TD == nil || m.TD.Fwd.PCR01.Value != 3000 || m.TD.Bwd.PCR01.Value != 100 {
		p.w.t.Fatalf("%v with %+v", m, m.TD)
	}
	if got := p.h.link.Reserved(); got.Send != rates(constant, 3000, 100).Reservation(true).Send ||
		got.Receive != constant.Reservation(true).Receive {
		p.w.t.Errorf("reserved %+v while it asks", got)
	}
}

// TestModifyAnswers: every answer of a peer, and what the call has then.
func TestModifyAnswers(t *testing.T) {
	next := rates(constant, 3000, 100)
	status := func(v ie.CauseValue, diagnostic ...byte) func(*msg.Message) {
		return func(m *msg.Message) {
			m.CallState = &ie.CallState{State: ie.CallActive}
			m.Causes = []ie.Cause{{Value: v, Diagnostic: diagnostic}}
		}
	}
	because := func(v ie.CauseValue) func(*msg.Message) {
		return func(m *msg.Message) { m.Causes = []ie.Cause{{Value: v}} }
	}
	for _, row := range []struct {
		name   string
		typ    msg.Type
		change func(*msg.Message)
		want   vc.Contract
		cause  ie.CauseValue
		detail string
	}{
		{"acknowledged", msg.ModifyAck, nil, next, 0, ""},
		{"acknowledged with the rates", msg.ModifyAck, func(m *msg.Message) {
			m.TD = &ie.TD{Fwd: ie.Rates{PCR01: ie.Some[uint32](3000)}, Bwd: ie.Rates{PCR01: ie.Some[uint32](100)}}
		}, next, 0, ""},
		{"rejected", msg.ModifyReject, because(ie.CauseCellRateUnavailable), constant, ie.CauseCellRateUnavailable, "refused by the peer"},
		{"no MODIFY, cause 97", msg.Status, status(97, 0x88), constant, 97, "the peer cannot modify calls"},
		{"no MODIFY, cause 98", msg.Status, status(98, 0x88), constant, 98, "the peer cannot modify calls"},
		{"no MODIFY, without a diagnostic", msg.Status, status(97), constant, 97, "the peer cannot modify calls"},
		{"not now", msg.Status, status(101, 0x88), constant, 101, "the peer cannot use the request"},
		{"an element is missing", msg.Status, status(96, 0x59), constant, 96, "the peer cannot use the request"},
		{"bad contents", msg.Status, status(100, 0x59), constant, 100, "the peer cannot use the request"},
	} {
		t.Run(row.name, func(t *testing.T) {
			roles(t, func(p *saalPeer) {
				p = activePeer(p.w.t, p.h.link.Role())
				p.asks()
				p.reply(row.typ, row.change)
				c := last[primitive.ModifyConf](p.h)
				if c.Cause.Value != row.cause || c.Detail != row.detail || c.Params.Contract != row.want {
					t.Errorf("told %+v", c)
				}
				p.silence()
				p.w.run(time.Minute) // T360 does not run
				p.silence()
				rows := p.h.link.Calls()
				if len(rows) != 1 || rows[0].Params.Contract != row.want || rows[0].Reserved != row.want.Reservation(true) {
					t.Fatalf("calls %+v", rows)
				}
				if b := p.h.plane[rows[0].ID]; b.spec.Send != row.want.Forward || b.spec.Receive != row.want.Backward {
					t.Errorf("branch %+v", b)
				}
				p.asksAgain()
			})
		})
	}
}

// asksAgain checks that the call can be modified afterwards as before.
func (p *saalPeer) asksAgain() {
	p.w.t.Helper()
	p.h.ask(primitive.ModifyReq{Call: 1, Contract: rates(constant, 1, 2)})
	p.expect(msg.ModifyRequest)
	p.reply(msg.ModifyAck, func(m *msg.Message) { m.ReportType = &ie.ReportType{Type: ie.ReportModification} })
	p.expect(msg.ConnectionAvailable)
	if c := last[primitive.ModifyConf](p.h); c.Cause.Value != 0 || c.Params.Contract != rates(constant, 1, 2) {
		p.w.t.Errorf("told %+v", c)
	}
}

// TestModifyOtherAnswers: a STATUS that is about something else, and rates that
// nobody asked for.
func TestModifyOtherAnswers(t *testing.T) {
	roles(t, func(p *saalPeer) {
		role := p.h.link.Role()
		p = activePeer(p.w.t, role)
		p.asks()
		p.reply(msg.Status, func(m *msg.Message) {
			m.CallState, m.Causes = &ie.CallState{State: ie.CallActive}, []ie.Cause{{Value: 97, Diagnostic: []byte{0x6e}}}
		})
		other := &ie.TD{Fwd: ie.Rates{PCR01: ie.Some[uint32](1)}, Bwd: ie.Rates{PCR01: ie.Some[uint32](1)}}
		p.reply(msg.ModifyRequest, func(m *msg.Message) { m.TD = other })
		p.expectCause(msg.ModifyReject, ie.CauseFacilityRejected) // not by the called side
		p.reply(msg.StatusEnquiry, nil)
		if m := p.expect(msg.Status); m.CallState.State != ie.CallModifyRequest && m.CallState.State != ie.CallModifyReceived {
			p.w.t.Errorf("%v in state %v", m, m.CallState.State)
		}
		if n := len(p.h.take()); n != 0 {
			p.w.t.Fatalf("%d indications", n)
		}
		p.reply(msg.ModifyAck, func(m *msg.Message) { m.TD = other })
		p.expectCause(msg.Release, ie.CauseInvalidElementContents)
		p.reply(msg.ReleaseComplete, nil)
		if end := last[primitive.ReleaseInd](p.h); end.Detail != "the peer answers with rates that were not asked for" {
			p.w.t.Errorf("told %+v", end)
		}
		p.h.wantEmpty()
	})
}

// TestT360: no answer for 30 s, to the microsecond, and the call is cleared.
func TestT360(t *testing.T) {
	roles(t, func(p *saalPeer) {
		p = activePeer(p.w.t, p.h.link.Role())
		start := p.w.now
		p.asks()
		p.at(start, 30*time.Second, msg.Release, ie.CauseTimerExpiry)
		p.reply(msg.ReleaseComplete, nil)
		if end := last[primitive.ReleaseInd](p.h); end.Detail != "timer T360 expired: no answer to MODIFY REQUEST" {
			p.w.t.Errorf("told %+v", end)
		}
		p.h.wantEmpty()
	})
}

// modifies lets the peer, which has made the call, ask for other rates.
func (p *saalPeer) modifies(forward, backward uint32) {
	p.w.t.Helper()
	p.write(&msg.Message{CallRef: peerRef, Type: msg.ModifyRequest, TD: &ie.TD{
		Fwd: ie.Rates{PCR01: ie.Some(forward)}, Bwd: ie.Rates{PCR01: ie.Some(backward)},
	}})
}

// accepted lets the host accept a CBR call of the peer.
func (p *saalPeer) accepted() {
	p.w.t.Helper()
	p.offer(func(m *msg.Message) {
		m.TD = &ie.TD{Fwd: ie.Rates{PCR01: ie.Some[uint32](1000)}, Bwd: ie.Rates{PCR01: ie.Some[uint32](1000)}}
		m.Bearer.ATC = ie.Some(ie.ATCCBR)
	})
	s := last[primitive.SetupInd](p.h)
	p.h.ask(primitive.AcceptReq{Call: s.Call, VC: 3, Params: s.Params})
	if p.h.link.Role() == uni.RoleNetwork {
		p.expect(msg.CallProceeding)
	}
	p.expect(msg.Connect)
	p.write(&msg.Message{CallRef: peerRef, Type: msg.ConnectAck})
	last[primitive.CompleteInd](p.h)
	p.h.take()
}

// TestModifiedCall: a called side keeps the larger reservation until CONNECTION
// AVAILABLE, or for T361.
func TestModifiedCall(t *testing.T) {
	roles(t, func(p *saalPeer) {
		p.accepted()
		had := p.h.link.Reserved()
		p.modifies(10, 2000)
		if m := p.expect(msg.ModifyAck); m.ReportType == nil || m.ReportType.Type != ie.ReportModification {
			p.w.t.Fatalf("%v", m)
		}
		i := last[primitive.ModifyInd](p.h)
		want := i.Params.Contract.Reservation(false)
		if got := p.h.link.Reserved(); got.Send != want.Send || got.Receive != had.Receive || want.Receive >= had.Receive {
			p.w.t.Errorf("reserved %+v, had %+v, want %+v", got, had, want)
		}
		p.write(&msg.Message{CallRef: peerRef, Type: msg.ConnectionAvailable})
		if got := p.h.link.Reserved(); got != want {
			p.w.t.Errorf("reserved %+v, want %+v", got, want)
		}
		p.write(&msg.Message{CallRef: peerRef, Type: msg.ConnectionAvailable}) // once more
		p.expectCause(msg.Status, ie.CauseMessageNotCompatible)
		p.modifies(9, 9)
		p.expect(msg.ModifyAck)
		p.w.run(20*time.Second - 100*time.Millisecond)
		if got := p.h.link.Reserved(); got.Send != want.Send {
			p.w.t.Errorf("reserved %+v before T361", got)
		}
		p.w.run(100 * time.Millisecond)
		if got := p.h.link.Reserved(); got.Send >= want.Send {
			p.w.t.Errorf("reserved %+v after T361", got)
		}
		p.silence()
	})
}

// TestModifiedTwice: a repetition of what is in force, as after a loss of the SAAL,
// is acknowledged again, whatever the data plane has become.
func TestModifiedTwice(t *testing.T) {
	roles(t, func(p *saalPeer) {
		p.accepted()
		p.modifies(10, 2000)
		p.expect(msg.ModifyAck)
		p.h.refuse = errPlane
		p.modifies(10, 2000)
		p.expect(msg.ModifyAck)
		p.modifies(10, 2001)
		p.expectCause(msg.ModifyReject, ie.CauseTemporaryFailure)
		if c := last[primitive.ModifyInd](p.h).Params.Contract; p.h.link.Calls()[0].Params.Contract != c || c.Backward.PCR != 2000 {
			p.w.t.Errorf("the call has %+v", p.h.link.Calls()[0].Params.Contract)
		}
	})
}

// TestModifiedBadly: requests of the peer that are refused, and what was in
// force stays.
func TestModifiedBadly(t *testing.T) {
	roles(t, func(p *saalPeer) {
		p.accepted()
		before := p.h.link.Calls()[0]
		for _, row := range []struct {
			td    *ie.TD
			typ   msg.Type
			cause ie.CauseValue
		}{
			{nil, msg.Status, ie.CauseMandatoryMissing},
			{&ie.TD{Fwd: ie.Rates{PCR01: ie.Some[uint32](5)}, Bwd: ie.Rates{PCR01: ie.Some[uint32](5)}, BestEffort: true}, msg.ModifyReject, ie.CauseUnsupportedTraffic},
			{&ie.TD{Fwd: ie.Rates{PCR01: ie.Some[uint32](5)}, Bwd: ie.Rates{PCR01: ie.Some[uint32](0)}}, msg.ModifyReject, ie.CauseUnsupportedTraffic},
			{&ie.TD{Fwd: ie.Rates{PCR01: ie.Some[uint32](5), MCR01: ie.Some[uint32](1)}, Bwd: ie.Rates{PCR01: ie.Some[uint32](5)}}, msg.ModifyReject, ie.CauseUnsupportedTraffic},
			{&ie.TD{Fwd: ie.Rates{PCR01: ie.Some[uint32](5), PCR0: ie.Some[uint32](1)}, Bwd: ie.Rates{PCR01: ie.Some[uint32](5)}}, msg.ModifyReject, ie.CauseUnsupportedTraffic},
			{&ie.TD{Fwd: ie.Rates{PCR01: ie.Some[uint32](1 << 23)}, Bwd: ie.Rates{PCR01: ie.Some[uint32](5)}}, msg.ModifyReject, ie.CauseCellRateUnavailable},
		} {
			p.write(&msg.Message{CallRef: peerRef, Type: msg.ModifyRequest, TD: row.td})
			p.expectCause(row.typ, row.cause)
			if after := p.h.link.Calls()[0]; after.Params.Contract != before.Params.Contract || after.Reserved != before.Reserved || after.State != before.State {
				p.w.t.Errorf("before %+v, after %+v", before, after)
			}
		}
		if n := len(p.h.take()); n != 0 {
			p.w.t.Errorf("%d indications", n)
		}
		p.modifies(7, 7)
		p.expect(msg.ModifyAck)
	})
}

// TestModifyMeets: a modification meets the end of the call, the loss of the
// SAAL, its reset, and RESTART.
func TestModifyMeets(t *testing.T) {
	for _, row := range []struct {
		name  string
		meet  func(p *saalPeer)
		ends  bool
		twice bool // the request is repeated
	}{
		{"RELEASE", func(p *saalPeer) {
			p.reply(msg.Release, func(m *msg.Message) { m.Causes = []ie.Cause{{Value: 16}} })
			p.expect(msg.ReleaseComplete)
		}, true, false},
		{"the client's end", func(p *saalPeer) {
			p.h.ask(primitive.ReleaseReq{Call: 1, Cause: cause(16), Linger: time.Second})
			p.reply(msg.ModifyAck, nil) // while the branch drains
			p.expect(msg.Release)
			p.reply(msg.ReleaseComplete, nil)
		}, true, false},
		{"STATUS null", func(p *saalPeer) {
			p.reply(msg.Status, func(m *msg.Message) {
				m.CallState, m.Causes = &ie.CallState{}, []ie.Cause{{Value: 97, Diagnostic: []byte{0x88}}}
			})
		}, true, false},
		{"RESTART", func(p *saalPeer) {
			p.sendHex("0903 000000 4680 0005 7980000182")
			p.expect(msg.RestartAck)
		}, true, false},
		{"a reset of the SAAL", func(p *saalPeer) {
			p.resync()
			p.expect(msg.StatusEnquiry)
		}, false, true},
		{"a loss of the SAAL", func(p *saalPeer) {
			p.do(p.saal.Release())
			p.w.run(100 * time.Millisecond)
			p.expect(msg.StatusEnquiry)
		}, false, true},
		{"the loss of the SAAL for good", func(p *saalPeer) {
			p.deaf = true
			p.w.run(time.Minute)
		}, true, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			roles(t, func(p *saalPeer) {
				p = activePeer(p.w.t, p.h.link.Role())
				p.asks()
				row.meet(p)
				if row.ends {
					p.w.run(time.Minute)
					p.h.wantEmpty()
					for _, i := range p.h.take() {
						if c, ok := i.(primitive.ModifyConf); ok {
							p.w.t.Errorf("told %+v beside the end", c)
						}
					}
					return
				}
				if m := p.expect(msg.ModifyRequest); m.TD == nil || m.TD.Fwd.PCR01.Value != 3000 {
					p.w.t.Errorf("the repeated request is %v", m)
				}
				p.reply(msg.ModifyAck, nil)
				if c := last[primitive.ModifyConf](p.h); c.Cause.Value != 0 || c.Params.Contract != rates(constant, 3000, 100) {
					p.w.t.Errorf("told %+v", c)
				}
			})
		})
	}
}

// TestModifiedWhileEnding: a request of the peer that crosses the end of the
// call changes nothing.
func TestModifiedWhileEnding(t *testing.T) {
	roles(t, func(p *saalPeer) {
		p.accepted()
		p.h.drainTime = time.Second
		call := p.h.link.Calls()[0]
		p.h.ask(primitive.ReleaseReq{Call: call.Call, Cause: cause(16), Linger: time.Minute})
		p.modifies(7, 7)
		p.expectCause(msg.ModifyReject, ie.CauseTemporaryFailure)
		p.w.run(time.Second)
		p.expect(msg.Release)
		p.modifies(7, 7) // ignored
		p.write(&msg.Message{CallRef: peerRef, Type: msg.ReleaseComplete})
		p.silence()
		p.h.wantEmpty()
	})
}

// TestModifyMultipoint: Q.2963.1 is for point-to-point calls. Neither the client of
// a root nor the peer of a leaf modifies another, and its parties are as before.
func TestModifyMultipoint(t *testing.T) {
	for _, role := range []uni.Role{uni.RoleUser, uni.RoleNetwork} {
		t.Run(role.String(), func(t *testing.T) {
			p := leafPeer(t, role)
			before := states(p.h)
			p.write(&msg.Message{CallRef: peerRef, Type: msg.ModifyRequest, TD: &ie.TD{
				Fwd: ie.Rates{PCR01: ie.Some[uint32](5)}, Bwd: ie.Rates{PCR01: ie.Some[uint32](0)}, BestEffort: true,
			}})
			p.expectCause(msg.ModifyReject, ie.CauseFacilityRejected)
			p.wantStates(before)

			p = rootPeer(t, role)
			before = states(p.h)
			p.h.ask(primitive.ModifyReq{Call: 1, Contract: p.h.link.Calls()[0].Params.Contract})
			if c := last[primitive.ModifyConf](p.h); c.Cause.Value != ie.CauseFacilityRejected || c.Detail == "" {
				t.Errorf("told %+v", c)
			}
			p.silence()
			p.wantStates(before)
		})
	}
}

// TestModifyBeforeAcknowledge: a called network side is in N10 before CONNECT
// ACKNOWLEDGE; a MODIFY REQUEST in its place tells that the caller is active.
func TestModifyBeforeAcknowledge(t *testing.T) {
	p := ready(newWorld(t, 1), uni.RoleNetwork)
	p.offer(nil)
	s := last[primitive.SetupInd](p.h)
	p.h.ask(primitive.AcceptReq{Call: s.Call, VC: 3, Params: s.Params})
	p.expect(msg.CallProceeding)
	p.expect(msg.Connect)
	p.h.take()
	p.write(&msg.Message{CallRef: peerRef, Type: msg.ModifyRequest, TD: &ie.TD{
		Fwd: ie.Rates{PCR01: ie.Some[uint32](5)}, Bwd: ie.Rates{PCR01: ie.Some[uint32](6)}, BestEffort: true,
	}})
	p.expect(msg.ModifyAck)
	inds := p.h.take()
	if len(inds) != 2 {
		t.Fatalf("told %+v", inds)
	}
	if _, ok := inds[0].(primitive.CompleteInd); !ok {
		t.Errorf("told %+v first", inds[0])
	}
	if i, ok := inds[1].(primitive.ModifyInd); !ok || i.Params.Contract.Forward.PCR != 5 {
		t.Errorf("told %+v then", inds[1])
	}
}
