package uni_test

import (
	"testing"
	"time"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// roomFor is the capacity that carries the rates of a contract like [constant]
// in the larger direction, and not one cell more.
func roomFor(pcr vc.CellRate) vc.BitRate {
	r := rates(constant, pcr, pcr).Reservation(true)
	return max(r.Send, r.Receive)
}

func least(forward, backward vc.CellRate) vc.Fallback {
	return vc.Fallback{Minimum: vc.PeakRates{Forward: forward, Backward: backward}}
}

func instead(forward, backward vc.CellRate) vc.Fallback {
	return vc.Fallback{Alternative: rates(constant, forward, backward)}
}

// TestNegotiation: what comes of a call whose caller accepts less, when the
// caller's or the called side's link has less, and when the called client takes
// less. Both sides have the same then, and reserve it exactly.
func TestNegotiation(t *testing.T) {
	const enough = 1e9
	for _, row := range []struct {
		name         string
		here, there  vc.BitRate
		ask          vc.Contract
		fallback     vc.Fallback
		answer       func(vc.Contract) vc.Contract // of the called client
		want         vc.Contract
		cause        ie.CauseValue
		detail       string
		unsent       bool
		minTD, altTD bool // in the SETUP
	}{
		{name: "there is room", here: enough, there: enough, ask: constant, fallback: least(1, 1), want: constant, minTD: true},
		{name: "room for either", here: enough, there: enough, ask: constant, fallback: instead(1, 1), want: constant, altTD: true},
		{name: "less here", here: roomFor(500), there: enough, ask: constant, fallback: least(1, 1), want: rates(constant, 500, 500), minTD: true},
		{name: "less there", here: enough, there: roomFor(500), ask: constant, fallback: least(1, 1), want: rates(constant, 500, 500), minTD: true},
		{name: "less at both", here: roomFor(600), there: roomFor(500), ask: constant, fallback: least(500, 1), want: rates(constant, 500, 500), minTD: true},
		{name: "the least here", here: roomFor(500), there: enough, ask: constant, fallback: least(500, 500), want: rates(constant, 500, 500)},
		{name: "below the least here", here: roomFor(499), there: enough, ask: constant, fallback: least(500, 500), cause: ie.CauseCellRateUnavailable, unsent: true},
		{name: "below the least there", here: enough, there: roomFor(499), ask: constant, fallback: least(500, 500), cause: ie.CauseCellRateUnavailable, minTD: true},
		{name: "not negotiable there", here: enough, there: roomFor(1500), ask: constant, fallback: least(1, 0), cause: ie.CauseCellRateUnavailable, minTD: true},
		{name: "one direction", here: enough, there: roomFor(1500), ask: constant, fallback: least(0, 1500), want: rates(constant, 1000, 1500), minTD: true},
		{name: "the alternative here", here: roomFor(500), there: enough, ask: constant, fallback: instead(500, 20), want: rates(constant, 500, 20)},
		{name: "the alternative there", here: enough, there: roomFor(500), ask: constant, fallback: instead(500, 20), want: rates(constant, 500, 20), altTD: true},
		{name: "not even the alternative", here: enough, there: roomFor(499), ask: constant, fallback: instead(500, 20), cause: ie.CauseCellRateUnavailable, altTD: true},
		{name: "no room for both here", here: roomFor(2000), there: enough, ask: constant, fallback: instead(2500, 20), want: constant},
		{
			name: "the called client takes less", here: enough, there: enough, ask: constant, fallback: least(1, 1), minTD: true,
			answer: func(c vc.Contract) vc.Contract { return rates(c, 7, 8) }, want: rates(constant, 7, 8),
		},
		{
			name: "the called client takes too little", here: enough, there: enough, ask: constant, fallback: least(10, 10), minTD: true,
			answer: func(c vc.Contract) vc.Contract { return rates(c, 7, 8) }, want: constant,
		},
		{
			name: "the called client takes more", here: enough, there: roomFor(500), ask: constant, fallback: least(10, 10), minTD: true,
			answer: func(c vc.Contract) vc.Contract { return rates(c, 501, 500) }, want: rates(constant, 500, 500),
		},
		{
			name: "the called client takes the alternative", here: enough, there: enough, ask: constant, fallback: instead(3000, 20), altTD: true,
			answer: func(c vc.Contract) vc.Contract { return rates(c, 3000, 20) }, want: rates(constant, 3000, 20),
		},
		{
			name: "the called client takes what was not asked", here: enough, there: enough, ask: constant,
			answer: func(c vc.Contract) vc.Contract { return rates(c, 1, 1) }, want: constant,
		},
		{name: "best effort", here: 1000, there: 1000, ask: bestEffort, want: bestEffort},
	} {
		for caller := range 2 {
			t.Run(row.name, func(t *testing.T) {
				w := newWorld(t, 1)
				a, b := w.pair()
				from, to := []*host{a, b}[caller], []*host{b, a}[caller]
				from.cfg.Capacity, to.cfg.Capacity = row.here, row.there
				up(a, b)
				to.onInd = func(i primitive.Indication) {
					if s, ok := i.(primitive.SetupInd); ok {
						if row.answer != nil {
							s.Params.Contract = row.answer(s.Params.Contract)
						}
						to.ask(primitive.AcceptReq{Call: s.Call, VC: 5, Params: s.Params})
					}
				}
				setup := watchSetup(from)
				p := paramsTo(to.mac, row.ask)
				p.Fallback = row.fallback
				id := from.call(p)
				w.run(time.Second)
				if m := *setup; (m == nil) != row.unsent || m != nil && ((m.MinTD != nil) != row.minTD || (m.AltTD != nil) != row.altTD) {
					t.Errorf("SETUP %v", m)
				}
				if row.cause != 0 {
					if got := last[primitive.ReleaseConf](from); got.Cause.Value != row.cause {
						t.Errorf("told %+v", got)
					}
					from.wantEmpty()
					to.wantEmpty()
					return
				}
				got := last[primitive.ConnectInd](from)
				if got.Params.Contract != row.want || got.Changed != (row.want != row.ask) || got.Params.Fallback != (vc.Fallback{}) {
					t.Errorf("connected by %+v, changed %v", got.Params, got.Changed)
				}
				checkContract(t, from, to, row.want)
				from.ask(primitive.ReleaseReq{Call: id, Cause: cause(ie.CauseNormalClearing)})
				w.run(time.Minute)
				from.wantEmpty()
				to.wantEmpty()
			})
		}
	}
}

// watchSetup keeps the SETUP that a host sends.
func watchSetup(h *host) **msg.Message {
	setup := new(*msg.Message)
	to := h.peer
	h.onPDU = func(pdu []byte) {
		if len(pdu) > 8 && pdu[len(pdu)-4]&0x0f == 8 { // SD
			if m, _, err := msg.Decode(pdu[:len(pdu)-4-int(pdu[len(pdu)-4]>>6)], msg.Options{}); err == nil && m.Type == msg.Setup {
				*setup = m
			}
		}
		to.do(to.link.Receive(pdu))
	}
	return setup
}

// TestNegotiatedReservation: while the answer is out a caller has reserved for
// both its contract and the alternative, and a called side too.
func TestNegotiatedReservation(t *testing.T) {
	roles(t, func(p *saalPeer) {
		c := paramsTo(macB, constant)
		c.Fallback = instead(9000, 20)
		p.h.call(c)
		p.expect(msg.Setup)
		if got, want := p.h.link.Reserved(), rates(constant, 9000, 2000).Reservation(true); got != want {
			p.w.t.Errorf("reserved %+v, want %+v", got, want)
		}
	})
	roles(t, func(p *saalPeer) {
		p.offer(func(m *msg.Message) {
			m.TD = &ie.TD{Fwd: ie.Rates{PCR01: ie.Some[uint32](1000)}, Bwd: ie.Rates{PCR01: ie.Some[uint32](2000)}}
			m.AltTD = &ie.TD{Fwd: ie.Rates{PCR01: ie.Some[uint32](9000)}, Bwd: ie.Rates{PCR01: ie.Some[uint32](20)}}
			m.Bearer.ATC = ie.Some(ie.ATCCBR)
			m.AAL.BwdMaxSDU = ie.Some[uint16](500)
		})
		s := last[primitive.SetupInd](p.h)
		if got, want := p.h.link.Reserved(), rates(constant, 9000, 2000).Reservation(false); got != want {
			p.w.t.Errorf("reserved %+v, want %+v", got, want)
		}
		p.h.ask(primitive.AcceptReq{Call: s.Call, VC: 1, Params: s.Params})
		if got, want := p.h.link.Reserved(), constant.Reservation(false); got != want {
			p.w.t.Errorf("reserved %+v, want %+v", got, want)
		}
	})
}

// TestNegotiatedConnect: descriptors that a CONNECT may carry, with and without a
// negotiation.
func TestNegotiatedConnect(t *testing.T) {
	td := func(forward, backward uint32) *ie.TD {
		return &ie.TD{Fwd: ie.Rates{PCR01: ie.Some(forward)}, Bwd: ie.Rates{PCR01: ie.Some(backward)}}
	}
	bad := td(1, 1)
	bad.BestEffort = true
	for _, row := range []struct {
		name     string
		fallback vc.Fallback
		td       *ie.TD
		want     vc.Contract // zero: cleared
	}{
		{"none, not asked", vc.Fallback{}, nil, constant},
		{"none, asked", least(1, 1), nil, constant},
		{"the same, not asked", vc.Fallback{}, td(1000, 2000), constant},
		{"less, not asked", vc.Fallback{}, td(999, 2000), vc.Contract{}},
		{"less", least(10, 10), td(10, 1999), rates(constant, 10, 1999)},
		{"too little", least(10, 10), td(9, 1999), vc.Contract{}},
		{"more", least(10, 10), td(1001, 2000), vc.Contract{}},
		{"the alternative", instead(3, 4000), td(3, 4000), rates(constant, 3, 4000)},
		{"beside the alternative", instead(3, 4000), td(4, 4000), vc.Contract{}},
		{"best effort", least(1, 1), bad, vc.Contract{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			roles(t, func(p *saalPeer) {
				c := paramsTo(macB, constant)
				c.Fallback = row.fallback
				uni.SetNextRef(p.h.link, ref)
				p.h.call(c)
				p.expect(msg.Setup)
				p.reply(msg.Connect, func(m *msg.Message) {
					if p.h.link.Role() == uni.RoleUser {
						channel(m)
					}
					m.TD = row.td
				})
				if row.want == (vc.Contract{}) {
					p.expectCause(msg.Release, ie.CauseInvalidElementContents)
					p.reply(msg.ReleaseComplete, nil)
					if no := last[primitive.ReleaseConf](p.h); no.Detail != "the peer answers with rates that were not asked for" {
						t.Errorf("told %+v", no)
					}
					p.h.wantEmpty()
					return
				}
				p.expect(msg.ConnectAck)
				if got := last[primitive.ConnectInd](p.h); got.Params.Contract != row.want || got.Changed != (row.want != constant) {
					t.Errorf("told %+v", got)
				}
				if got := p.h.link.Reserved(); got != row.want.Reservation(true) {
					t.Errorf("reserved %+v", got)
				}
			})
		})
	}
}

// TestNegotiationAnswer: CONNECT names the rates where the SETUP asked, and only
// there.
func TestNegotiationAnswer(t *testing.T) {
	minimum := &ie.TD{Fwd: ie.Rates{PCR01: ie.Some[uint32](10)}}
	for _, row := range []struct {
		name  string
		asks  func(*msg.Message)
		names bool
	}{
		{"not asked", nil, false},
		{"minimum", func(m *msg.Message) { m.MinTD = minimum }, true},
		{"alternative", func(m *msg.Message) { m.AltTD = &ie.TD{Fwd: m.TD.Bwd, Bwd: m.TD.Fwd} }, true},
		{"minimum of best effort", func(m *msg.Message) { m.MinTD, m.TD.BestEffort, m.Bearer.ATC = minimum, true, ie.Opt[ie.ATC]{} }, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			roles(t, func(p *saalPeer) {
				p.offer(func(m *msg.Message) {
					m.TD = &ie.TD{Fwd: ie.Rates{PCR01: ie.Some[uint32](1000)}, Bwd: ie.Rates{PCR01: ie.Some[uint32](900)}}
					m.Bearer.ATC = ie.Some(ie.ATCCBR)
					if row.asks != nil {
						row.asks(m)
					}
				})
				s := last[primitive.SetupInd](p.h)
				p.h.ask(primitive.AcceptReq{Call: s.Call, VC: 1, Params: s.Params})
				if p.h.link.Role() == uni.RoleNetwork {
					p.expect(msg.CallProceeding)
				}
				m := p.expect(msg.Connect)
				if (m.TD != nil) != row.names || row.names && (m.TD.Fwd.PCR01.Value != 1000 || m.TD.Bwd.PCR01.Value != 900) {
					t.Errorf("%v with %+v", m, m.TD)
				}
			})
		})
	}
}

// TestModifyNegotiated: a modification that accepts less gets what there is.
func TestModifyNegotiated(t *testing.T) {
	for _, row := range []struct {
		name     string
		here     vc.BitRate
		there    vc.BitRate
		fallback vc.Fallback
		want     vc.Contract
		cause    ie.CauseValue
	}{
		{"room", 1e9, 1e9, least(1, 1), rates(constant, 5000, 5000), 0},
		{"less here", roomFor(3000), 1e9, least(1, 1), rates(constant, 3000, 3000), 0},
		{"less there", 1e9, roomFor(3000), least(2500, 3000), rates(constant, 3000, 3000), 0},
		{"too little there", 1e9, roomFor(3000), least(2500, 3001), constant, ie.CauseCellRateUnavailable},
		{"the alternative there", 1e9, roomFor(3000), instead(9, 3000), rates(constant, 9, 3000), 0},
		{"the alternative here", roomFor(3000), 1e9, instead(9, 3000), rates(constant, 9, 3000), 0},
		{"no alternative", 1e9, roomFor(3000), instead(9, 3001), constant, ie.CauseCellRateUnavailable},
	} {
		for caller := range 2 {
			t.Run(row.name, func(t *testing.T) {
				w := newWorld(t, 1)
				a, b := w.pair()
				from, to := []*host{a, b}[caller], []*host{b, a}[caller]
				from.cfg.Capacity, to.cfg.Capacity = row.here, row.there
				up(a, b)
				to.onInd = func(i primitive.Indication) {
					if s, ok := i.(primitive.SetupInd); ok {
						to.ask(primitive.AcceptReq{Call: s.Call, VC: 5, Params: s.Params})
					}
				}
				id := from.call(paramsTo(to.mac, constant))
				w.run(100 * time.Millisecond)
				from.ask(primitive.ModifyReq{Call: id, Contract: rates(constant, 5000, 5000), Fallback: row.fallback})
				w.run(100 * time.Millisecond)
				got := last[primitive.ModifyConf](from)
				if got.Cause.Value != row.cause || got.Params.Contract != row.want ||
					got.Changed != (row.cause == 0 && row.want != rates(constant, 5000, 5000)) {
					t.Errorf("told %+v", got)
				}
				checkContract(t, from, to, row.want)
			})
		}
	}
}

// TestModifiedByBoth: a MODIFY REQUEST with both kinds of fallback is refused, and
// one with a minimum is answered with the rates.
func TestModifiedByBoth(t *testing.T) {
	roles(t, func(p *saalPeer) {
		p.accepted()
		td := func(n uint32) *ie.TD {
			return &ie.TD{Fwd: ie.Rates{PCR01: ie.Some(n)}, Bwd: ie.Rates{PCR01: ie.Some(n)}}
		}
		p.write(&msg.Message{CallRef: peerRef, Type: msg.ModifyRequest, TD: td(50), MinTD: td(1), AltTD: td(2)})
		p.expectCause(msg.ModifyReject, ie.CauseUnsupportedTraffic)
		p.write(&msg.Message{CallRef: peerRef, Type: msg.ModifyRequest, TD: td(1 << 23), MinTD: td(1)})
		m := p.expect(msg.ModifyAck)
		got := last[primitive.ModifyInd](p.h).Params.Contract
		if m.TD == nil || vc.CellRate(m.TD.Fwd.PCR01.Value) != got.Forward.PCR || got.Forward.PCR >= 1<<23 || got.Forward.PCR < 1000 {
			p.w.t.Errorf("%v with %+v, told %+v", m, m.TD, got)
		}
	})
}

// TestQoS: the network side counts the link, in calls of either side; what the
// caller does not accept is refused with cause 49 before it is sent, by the
// called side, or when CONNECT tells.
func TestQoS(t *testing.T) {
	way := vc.Way{Delay: 4, CDV: 30, CLR: 8}
	ask := vc.QoS{MaxDelay: 9, Forward: vc.QoSFlow{MaxCDV: 100, MaxCLR: 8}, Backward: vc.QoSFlow{MaxCDV: 30}}
	sum := ask
	sum.Delay, sum.Forward.CDV, sum.Backward.CDV = 4, 30, 30
	little, strict, lossless := ask, ask, ask
	little.MaxDelay, strict.Backward.MaxCDV, lossless.Forward.MaxCLR = 3, 29, 9
	for name, row := range map[string]struct {
		ask, want vc.QoS
		cause     ie.CauseValue
	}{
		"nothing":   {},
		"met":       {ask: ask, want: sum},
		"delay":     {ask: little, cause: ie.CauseQoSUnavailable},
		"variation": {ask: strict, cause: ie.CauseQoSUnavailable},
		"loss":      {ask: lossless, cause: ie.CauseQoSUnavailable},
	} {
		for caller := range 2 {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, 1)
				a, b := w.pair()
				from, to := []*host{a, b}[caller], []*host{b, a}[caller]
				a.cfg.Way, b.cfg.Way = way, way
				up(a, b)
				to.onInd = func(i primitive.Indication) {
					if s, ok := i.(primitive.SetupInd); ok {
						to.ask(primitive.AcceptReq{Call: s.Call, VC: 5, Params: s.Params})
					}
				}
				p := paramsTo(to.mac, constant)
				p.QoS = row.ask
				from.call(p)
				w.run(time.Second)
				if row.cause != 0 {
					if no := last[primitive.ReleaseConf](from); no.Cause.Value != row.cause {
						t.Errorf("told %+v", no)
					}
					from.wantEmpty()
					to.wantEmpty()
					return
				}
				got := last[primitive.ConnectInd](from)
				if got.Params.QoS != row.want || got.Changed != (row.want != row.ask) {
					t.Errorf("told %+v", got)
				}
				if offered := last[primitive.SetupInd](to); offered.Params.QoS != row.want {
					t.Errorf("offered %+v", offered.Params.QoS)
				}
			})
		}
	}
}

// TestQoSOfConnect: the way behind the peer counts too.
func TestQoSOfConnect(t *testing.T) {
	roles(t, func(p *saalPeer) {
		role := p.h.link.Role()
		for _, row := range []struct {
			delay uint16
			cdv   uint32
			ok    bool
		}{{9, 100, true}, {10, 100, false}, {9, 101, false}} {
			p = ready(newWorld(p.w.t, 1), role)
			c := paramsTo(macB, constant)
			c.QoS = vc.QoS{MaxDelay: 9, Forward: vc.QoSFlow{MaxCDV: 100}}
			uni.SetNextRef(p.h.link, ref)
			p.h.call(c)
			m := p.expect(msg.Setup)
			if m.TransitDelay == nil || m.TransitDelay.Max.Value != 9 || m.ExtQoS == nil || m.ExtQoS.FwdCDV.Value != 100 || m.ExtQoS.BwdCDV.Present {
				p.w.t.Errorf("%v with %+v and %+v", m, m.TransitDelay, m.ExtQoS)
			}
			p.reply(msg.Connect, func(m *msg.Message) {
				if role == uni.RoleUser {
					channel(m)
				}
				m.TransitDelay = &ie.TransitDelay{Cumulative: ie.Some(row.delay)}
				m.ExtQoS = &ie.ExtQoS{FwdCumCDV: ie.Some(row.cdv), BwdCumCDV: ie.Some[uint32](5)}
			})
			if !row.ok {
				p.expectCause(msg.Release, ie.CauseQoSUnavailable)
				continue
			}
			p.expect(msg.ConnectAck)
			want := vc.QoS{MaxDelay: 9, Delay: row.delay, Forward: vc.QoSFlow{MaxCDV: 100, CDV: row.cdv}}
			if got := last[primitive.ConnectInd](p.h); got.Params.QoS != want || !got.Changed {
				p.w.t.Errorf("told %+v", got)
			}
		}
	})
}
