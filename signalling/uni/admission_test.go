package uni_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// TestRefusedOffers: why a SETUP is refused, with RELEASE COMPLETE and without
// troubling the client model.
func TestRefusedOffers(t *testing.T) {
	stranger := ie.NewAESA([20]byte{0x49, 1})
	number, _ := ie.NewE164("4989")
	cbr := func(m *msg.Message, pcr uint32) {
		m.TD.BestEffort = false
		m.TD.Fwd.PCR01, m.TD.Bwd.PCR01 = ie.Some(pcr), ie.Some(pcr)
		m.Bearer.ATC = ie.Some(ie.ATCCBR)
	}
	for _, row := range []struct {
		name    string
		cause   ie.CauseValue
		counter string
		change  func(*msg.Message)
	}{
		{"an address that is not ours", 3, "refused_address", func(m *msg.Message) { m.Called.Number = stranger }},
		{"a number that is not ours", 3, "refused_address", func(m *msg.Message) { m.Called.Number = number }},
		{"more than the capacity", 37, "refused_capacity", func(m *msg.Message) { cbr(m, 1453489) }},
		{"ABR", 65, "refused_traffic", func(m *msg.Message) {
			cbr(m, 100)
			m.Bearer.ATC = ie.Some(ie.ATCABR)
			m.TD.Fwd.MCR01, m.TD.Bwd.MCR01 = ie.Some[uint32](1), ie.Some[uint32](1)
		}},
		{"transparent VP", 65, "refused_traffic", func(m *msg.Message) { m.Bearer.Class = ie.TransparentVP }},
		{"point-to-multipoint with something backward", 73, "refused_traffic", func(m *msg.Message) {
			m.Bearer.Config = ie.PointToMultipoint
			m.EndpointRef = &ie.EndpointRef{}
		}},
		{"CLP=0 rates", 73, "refused_traffic", func(m *msg.Message) {
			cbr(m, 100)
			m.TD.Fwd.PCR0 = ie.Some[uint32](50)
		}},
		{"nothing to carry", 73, "refused_traffic", func(m *msg.Message) { cbr(m, 0) }},
		{"AAL1", 93, "refused_aal", func(m *msg.Message) {
			m.AAL = &ie.AAL{Type: ie.AAL1, Subtype: ie.Some(ie.AAL1Circuit), CBRRate: ie.Some(ie.CBR2048)}
		}},
		{"SSCOP above AAL5", 93, "refused_aal", func(m *msg.Message) { m.AAL.SSCS = ie.Some(ie.SSCSAssured) }},
		{"VPI 15", 35, "refused_channel", func(m *msg.Message) { m.ConnID = &ie.ConnID{VPCI: 15, VCI: 50} }},
		{"VCI 5", 35, "refused_channel", func(m *msg.Message) { m.ConnID = &ie.ConnID{VCI: 5} }},
		{"a whole path", 66, "refused_channel", func(m *msg.Message) { m.ConnID = &ie.ConnID{Exclusive: ie.NoVCI} }},
	} {
		t.Run(row.name, func(t *testing.T) {
			roles(t, func(p *saalPeer) {
				p.offer(row.change)
				p.expectCause(msg.ReleaseComplete, row.cause)
				p.silence()
				if len(p.h.take()) != 0 {
					p.w.t.Errorf("the call was offered")
				}
				if p.h.counter(row.counter) != 1 {
					p.w.t.Errorf("%s is %d", row.counter, p.h.counter(row.counter))
				}
				p.h.wantEmpty()
			})
		})
	}
}

// TestChannelInUse: a SETUP with the channel of another call.
func TestChannelInUse(t *testing.T) {
	p := ready(newWorld(t, 1), uni.RoleUser)
	p.offer(nil)
	p.offer(func(m *msg.Message) { m.CallRef.Value++ })
	p.expectCause(msg.ReleaseComplete, ie.CauseVPCIVCIUnavailable)
}

// TestOfferedChannels: a SETUP may leave the VCI to this side, which names it
// in its first response (Q.2931 5.1.2.2, 5.2.3).
func TestOfferedChannels(t *testing.T) {
	for _, row := range []struct {
		name string
		role uni.Role
		id   *ie.ConnID
		want vc.ID
		in   *ie.ConnID // in the first response
	}{
		{"network, any", uni.RoleNetwork, nil, vc.ID{Link: 1, VCI: 32}, &ie.ConnID{VCI: 32}},
		{"network, any VCI of VPI 3", uni.RoleNetwork, &ie.ConnID{VPCI: 3, Exclusive: ie.AnyVCI}, vc.ID{Link: 1, VPI: 3, VCI: 32}, &ie.ConnID{VPCI: 3, VCI: 32}},
		{"network, a certain one", uni.RoleNetwork, &ie.ConnID{VPCI: 3, VCI: 99}, vc.ID{Link: 1, VPI: 3, VCI: 99}, &ie.ConnID{VPCI: 3, VCI: 99}},
		{"user, a certain one", uni.RoleUser, &ie.ConnID{VCI: 99}, vc.ID{Link: 1, VCI: 99}, nil},
		{"user, any VCI of VPI 2", uni.RoleUser, &ie.ConnID{VPCI: 2, Exclusive: ie.AnyVCI}, vc.ID{Link: 1, VPI: 2, VCI: 32}, &ie.ConnID{VPCI: 2, VCI: 32}},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := ready(newWorld(t, 1), row.role)
			p.offer(func(m *msg.Message) { m.ConnID = row.id })
			offer := last[primitive.SetupInd](p.h)
			if offer.ID != row.want {
				t.Errorf("offered %v, want %v", offer.ID, row.want)
			}
			p.h.ask(primitive.AcceptReq{Call: offer.Call, VC: 1, Params: offer.Params})
			first := msg.CallProceeding
			if row.role == uni.RoleUser {
				first = msg.Connect
			}
			if d := cmp.Diff(row.in, p.expect(first).ConnID); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestRefusedRequests: why a SetupReq fails at once.
func TestRefusedRequests(t *testing.T) {
	for _, row := range []struct {
		name   string
		cause  ie.CauseValue
		change func(*primitive.Params)
	}{
		{"no address", 28, func(p *primitive.Params) { p.Called = vc.Addr{} }},
		{"bad contract", 73, func(p *primitive.Params) { p.Contract.Category = 0 }},
		{"more than the capacity", 37, func(p *primitive.Params) { p.Contract.Forward.PCR = 1453489 }},
		{"bad high layer", 100, func(p *primitive.Params) { p.BHLI = []byte{0xff} }},
		{"short high layer", 100, func(p *primitive.Params) { p.BHLI = []byte{0x83, 1} }},
		{"bad low layer", 100, func(p *primitive.Params) { p.BLLI = [][]byte{{0}} }},
		{"four low layers", 100, func(p *primitive.Params) { p.BLLI = [][]byte{{0xcc}, {0xcc}, {0xcc}, {0xcc}} }},
		{"tagging of all cells", 73, func(p *primitive.Params) { p.Contract.Forward.Tagging = true }},
	} {
		t.Run(row.name, func(t *testing.T) {
			roles(t, func(p *saalPeer) {
				params := paramsTo(macB, constant)
				row.change(&params)
				id := p.h.call(params)
				if c := last[primitive.ReleaseConf](p.h); c.Cause.Value != row.cause || c.Call != id {
					p.w.t.Errorf("confirmed %+v, want cause %d", c, row.cause)
				}
				p.silence()
				p.h.wantEmpty()
			})
		})
	}
}

// TestAdmission: one-cell SDUs are charged 86 octets of wire a cell, at both
// ends, and what is refused leaves nothing reserved.
func TestAdmission(t *testing.T) {
	w := newWorld(t, 1)
	a, b := w.pair()
	up(a, b)
	most := vc.Contract{Category: vc.CBR, Forward: flow(1453488, 1400)} // 1e9/8/86
	a.call(paramsTo(macB, most))
	w.run(50 * time.Millisecond)
	if got := b.link.Reserved(); got.Receive != 1453488*86*8 || got.Send != 0 {
		t.Errorf("reserved %+v", got)
	}
	b.call(paramsTo(macA, vc.Contract{Category: vc.CBR, Forward: flow(1453488, 1400)}))
	w.run(50 * time.Millisecond)
	last[primitive.SetupInd](a) // the other direction is free
	one := vc.Contract{Category: vc.CBR, Forward: flow(1, 100)}
	a.call(paramsTo(macB, one))
	w.run(50 * time.Millisecond)
	if c := last[primitive.ReleaseConf](a); c.Cause.Value != ie.CauseCellRateUnavailable {
		t.Errorf("confirmed %+v", c)
	}
	a.call(paramsTo(macB, bestEffort))
	w.run(50 * time.Millisecond)
	if n := a.link.CallCount(); n != 3 {
		t.Errorf("%d calls: best effort needs no capacity", n)
	}
}

// TestMinPoliced: the client's minimum policed size lowers what its call takes
// when it accepts.
func TestMinPoliced(t *testing.T) {
	p := ready(newWorld(t, 1), uni.RoleUser)
	p.offer(func(m *msg.Message) { m.TD.BestEffort, m.Bearer.ATC = false, ie.Some(ie.ATCCBR) })
	offer := last[primitive.SetupInd](p.h)
	if got := p.h.link.Reserved().Send; got != 1000*86*8 {
		t.Errorf("reserved %v", got)
	}
	offer.Params.Contract.Backward.MinPoliced = 41
	p.h.ask(primitive.AcceptReq{Call: offer.Call, VC: 1, Params: offer.Params})
	if got := p.h.link.Reserved(); got.Send != 1000*67*8 || got.Receive != 1000*86*8 {
		t.Errorf("reserved %+v", got)
	}
}

// TestReserveAfterConnect: a CONNECT that lowers the SDU sizes below the minimum
// policed one makes a call cost more, and what is reserved follows. Where that
// is not to be had the call is cleared.
func TestReserveAfterConnect(t *testing.T) {
	for _, row := range []struct {
		capacity vc.BitRate
		want     ie.CauseValue
	}{{1000 * 86 * 8, 0}, {1000*86*8 - 1, ie.CauseCellRateUnavailable}} {
		p := ready(newWorld(t, 1), uni.RoleNetwork)
		p.h.cfg.Capacity = row.capacity
		p.h.boot()
		p.rise()
		p.w.run(uni.RestartWait)
		uni.SetNextRef(p.h.link, ref)
		f := vc.Flow{PCR: 1000, MaxSDU: 1000, MinPoliced: 1000}
		p.h.call(paramsTo(macB, vc.Contract{Category: vc.CBR, Forward: f, Backward: f}))
		p.expect(msg.Setup)
		p.reply(msg.Connect, func(m *msg.Message) {
			m.AAL = &ie.AAL{Type: ie.AAL5, FwdMaxSDU: ie.Some[uint16](40), BwdMaxSDU: ie.Some[uint16](30)}
		})
		if row.want != 0 {
			p.expectCause(msg.Release, row.want)
			continue
		}
		p.expect(msg.ConnectAck)
		if got, want := p.h.link.Reserved(), (vc.Reservation{Send: 1000 * 86 * 8, Receive: 1000 * 84 * 8}); got != want {
			t.Errorf("reserved %+v, want %+v", got, want)
		}
	}
}

// TestUnknownCapacity: without a capacity only best effort is taken.
func TestUnknownCapacity(t *testing.T) {
	w := newWorld(t, 1)
	a, b := w.pair()
	for _, h := range w.hosts {
		h.cfg.Capacity, h.speed = 0, 0
	}
	up(a, b)
	if a.link.Capacity() != 0 || !strings.Contains(a.link.LastError(), "capacity is unknown") {
		t.Fatalf("capacity %v, last error %q", a.link.Capacity(), a.link.LastError())
	}
	a.call(paramsTo(macB, constant))
	if c := last[primitive.ReleaseConf](a); c.Cause.Value != ie.CauseResourceUnavailable {
		t.Errorf("confirmed %+v", c)
	}
	a.call(paramsTo(macB, bestEffort))
	w.run(20 * time.Millisecond)
	last[primitive.SetupInd](b)
	a.speed = 1e6
	a.do(a.link.Status(a.status(true)))
	a.speed = 0 // a port that goes down may not tell its speed
	a.do(a.link.Status(a.status(true)))
	if a.link.Capacity() != 1e6 || a.link.LastError() != "" {
		t.Errorf("capacity %v, last error %q", a.link.Capacity(), a.link.LastError())
	}
}

// TestOverload: beyond the rate, and beyond the backlog, calls are refused
// with cause 42; the bucket fills again, and its timer stops when it is full.
func TestOverload(t *testing.T) {
	p := newPeer(newWorld(t, 1), uni.RoleNetwork, func(c *uni.Config) {
		c.SetupBurst, c.SetupRate, c.MaxPending = 3, 20, 2
	})
	p.expect(msg.Restart)
	p.w.run(3 * time.Second)
	offers := 0
	offer := func() msg.CallRef {
		offers++
		p.offer(func(m *msg.Message) { m.CallRef.Value = uint32(offers) })
		return msg.CallRef{Value: uint32(offers)}
	}
	first := offer()
	offer()
	offer() // the backlog is full
	p.expect(msg.CallProceeding)
	p.expectCause(msg.ReleaseComplete, ie.CauseCongestion)
	p.expect(msg.CallProceeding)
	p.write(&msg.Message{CallRef: first, Type: msg.Release, Causes: []ie.Cause{{Value: ie.CauseNormalClearing}}})
	p.expect(msg.ReleaseComplete)
	p.w.run(time.Second)
	p.in = nil
	second := offer()
	p.write(&msg.Message{CallRef: second, Type: msg.Release, Causes: []ie.Cause{{Value: ie.CauseNormalClearing}}})
	p.in = nil
	refused := 0
	for range 10 { // 10 ms each: the bucket gives 3 and gets 2 every 100 ms
		r := offer()
		p.write(&msg.Message{CallRef: r, Type: msg.Release, Causes: []ie.Cause{{Value: ie.CauseNormalClearing}}})
	}
	for _, b := range p.in {
		m, _, err := msg.Decode(b, msg.Options{})
		if err == nil && len(m.Causes) == 1 && m.Causes[0].Value == ie.CauseCongestion {
			refused++
		}
	}
	p.in = nil
	if refused < 4 || uint64(refused+1) != p.h.counter("refused_overload") {
		t.Errorf("%d of ten refused, counted %d", refused, p.h.counter("refused_overload"))
	}
	p.w.run(3 * time.Second)
	if _, runs := p.h.timers[uni.TimerID{Name: uni.TimerRefill}]; runs {
		t.Error("the refill timer runs over full buckets")
	}
	// Calls of this side have a bucket and a backlog of their own.
	for range 2 {
		p.h.call(paramsTo(macB, bestEffort))
		p.expect(msg.Setup)
	}
	p.h.call(paramsTo(macB, bestEffort))
	if c := last[primitive.ReleaseConf](p.h); c.Cause.Value != ie.CauseCongestion {
		t.Errorf("confirmed %+v", c)
	}
}

// TestConnectParams: what a CONNECT answers. It may lower the SDU sizes and
// choose a low layer; what it enlarges stays.
func TestConnectParams(t *testing.T) {
	sizes := func(f, b uint16) *ie.AAL {
		return &ie.AAL{Type: ie.AAL5, FwdMaxSDU: ie.Some(f), BwdMaxSDU: ie.Some(b)}
	}
	for _, row := range []struct {
		name     string
		aal      *ie.AAL
		fwd, bwd uint16
		changed  bool
		refused  bool
	}{
		{"nothing", nil, 1000, 500, false, false},
		{"the same", sizes(1000, 500), 1000, 500, false, false},
		{"smaller", sizes(999, 100), 999, 100, true, false},
		{"larger", sizes(2000, 9000), 1000, 500, false, false},
		{"one of each", sizes(2000, 1), 1000, 1, true, false},
		{"no sizes", &ie.AAL{Type: ie.AAL5}, 1000, 500, false, false},
		{"zero", sizes(0, 500), 0, 0, false, true},
		{"message mode", &ie.AAL{Type: ie.AAL5, Mode: ie.Some(ie.AALModeMessage)}, 1000, 500, false, false},
		{"streaming mode", &ie.AAL{Type: ie.AAL5, Mode: ie.Some(ie.AALModeStreaming)}, 0, 0, false, true},
		{"assured", &ie.AAL{Type: ie.AAL5, SSCS: ie.Some(ie.SSCSAssured)}, 0, 0, false, true},
		{"another AAL", &ie.AAL{Type: ie.AAL1, Subtype: ie.Some(ie.AAL1Circuit), CBRRate: ie.Some(ie.CBR64)}, 0, 0, false, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := ready(newWorld(t, 1), uni.RoleNetwork)
			uni.SetNextRef(p.h.link, ref)
			params := paramsTo(macB, constant)
			params.Contract.Backward.MinPoliced = 200
			p.h.call(params)
			p.expect(msg.Setup)
			p.reply(msg.Connect, func(m *msg.Message) { m.AAL = row.aal })
			if row.refused {
				p.expectCause(msg.Release, ie.CauseAALNotSupportedUNI30)
				return
			}
			p.expect(msg.ConnectAck)
			i := last[primitive.ConnectInd](p.h)
			if err := i.Params.Contract.Validate(); err != nil {
				p.w.t.Errorf("%v", err)
			}
			f, b := i.Params.Contract.Forward.MaxSDU, i.Params.Contract.Backward.MaxSDU
			if f != row.fwd || b != row.bwd || i.Changed != row.changed {
				t.Errorf("forward %d, backward %d, changed %v", f, b, i.Changed)
			}
			if s := p.h.plane[i.ID].spec; s.Send.MaxSDU != f || s.Receive.MaxSDU != b {
				t.Errorf("the branch carries %+v", s)
			}
		})
	}
}

// TestLowLayerChoice: of several B-LLIs the chosen one goes into the CONNECT
// and to the caller.
func TestLowLayerChoice(t *testing.T) {
	w := newWorld(t, 1)
	a, b := w.pair()
	up(a, b)
	p := paramsTo(macB, bestEffort)
	p.BLLI = [][]byte{{0xcc}, {0xcd}}
	a.call(p)
	w.run(20 * time.Millisecond)
	offer := last[primitive.SetupInd](b)
	if d := cmp.Diff(p.BLLI, offer.Params.BLLI); d != "" {
		t.Fatal(d)
	}
	offer.Params.BLLI = offer.Params.BLLI[1:]
	b.ask(primitive.AcceptReq{Call: offer.Call, VC: 1, Params: offer.Params})
	w.run(20 * time.Millisecond)
	i := last[primitive.ConnectInd](a)
	if d := cmp.Diff([][]byte{{0xcd}}, i.Params.BLLI); d != "" || !i.Changed {
		t.Errorf("changed %v: %s", i.Changed, d)
	}
}

// TestAddresses: the link answers to its addresses whatever the selector, and
// to its E.164 number.
func TestAddresses(t *testing.T) {
	aesa, _ := vc.ParseAddr("47000580ffe1000000f21a2eed0020ea000bbb00")
	number, _ := vc.AddrFromE164("4989")
	for _, row := range []struct {
		called vc.Addr
		taken  bool
	}{
		{aesa, true}, {aesa.WithSelector(9), true}, {number, true}, {addrOf(macB), false}, {addrOf(macA), false},
	} {
		w := newWorld(t, 1)
		a, b := w.pair()
		b.cfg.Addresses = []vc.Addr{aesa, number}
		up(a, b)
		a.call(primitive.Params{Called: row.called, Contract: bestEffort})
		w.run(20 * time.Millisecond)
		if got := b.link.CallCount() == 1; got != row.taken {
			t.Errorf("%v taken: %v", row.called, got)
		}
	}
}

// TestBandwidthOfReleasedCall: the called side releases a call that has the
// whole link. When its caller has been told, the next such call is taken, though
// the data plane of the called side still takes in what has arrived.
func TestBandwidthOfReleasedCall(t *testing.T) {
	whole := constant
	whole.Forward.PCR = 1400000
	w := newWorld(t, 1)
	a, b := w.pair()
	up(a, b)
	a.call(paramsTo(b.mac, whole))
	w.run(20 * time.Millisecond)
	offer := last[primitive.SetupInd](b)
	b.ask(primitive.AcceptReq{Call: offer.Call, VC: 77, Params: offer.Params})
	w.run(20 * time.Millisecond)
	b.stuck = true
	b.ask(primitive.ReleaseReq{Call: offer.Call, Cause: cause(ie.CauseNormalClearing), Linger: time.Second})
	w.run(20 * time.Millisecond)
	last[primitive.ReleaseInd](a)
	if r := b.link.Reserved(); r != (vc.Reservation{}) {
		t.Errorf("reserved %+v", r)
	}
	a.call(paramsTo(b.mac, whole))
	w.run(20 * time.Millisecond)
	if next := last[primitive.SetupInd](b); next.Call == offer.Call || next.ID == offer.ID {
		t.Errorf("offered %+v after %+v", next, offer)
	}
}
