package params_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni/params"
	"callmanager/vc"
)

// roomFor is the capacity that carries the rates of a contract like [constant] in
// the larger direction, and not one cell more.
func roomFor(pcr vc.CellRate) vc.BitRate {
	r := rates(constant, pcr, pcr).Reservation(true)
	return max(r.Send, r.Receive)
}

// TestNegotiate: what is reserved, and what is left to the other end.
func TestNegotiate(t *testing.T) {
	both := rates(constant, 1000, 2500).Reservation(true)
	for _, row := range []struct {
		name     string
		room     vc.BitRate
		fallback vc.Fallback
		keep     vc.Reservation
		want     vc.Contract // zero: refused
		open     vc.Fallback
		reserved vc.Reservation
	}{
		{"room", 1e9, vc.Fallback{}, vc.Reservation{}, constant, vc.Fallback{}, constant.Reservation(true)},
		{"room to keep", 1e9, vc.Fallback{}, vc.Reservation{Send: 1e8}, constant, vc.Fallback{}, vc.Reservation{Send: 1e8, Receive: constant.Reservation(true).Receive}},
		{"room for both", 1e9, instead(500, 2500), vc.Reservation{}, constant, instead(500, 2500), both},
		{"room for one", roomFor(2000), instead(500, 2500), vc.Reservation{}, constant, vc.Fallback{}, constant.Reservation(true)},
		{"room for the other", roomFor(1999), instead(500, 20), vc.Reservation{}, rates(constant, 500, 20), vc.Fallback{}, rates(constant, 500, 20).Reservation(true)},
		{"room for neither", roomFor(1999), instead(500, 2500), vc.Reservation{}, vc.Contract{}, vc.Fallback{}, vc.Reservation{}},
		{"room for less", roomFor(700), least(1, 1), vc.Reservation{}, rates(constant, 700, 700), least(1, 1), rates(constant, 700, 700).Reservation(true)},
		{"room for less than the least", roomFor(699), least(1, 700), vc.Reservation{}, vc.Contract{}, least(1, 700), vc.Reservation{}},
		{"no room", roomFor(1999), vc.Fallback{}, vc.Reservation{}, vc.Contract{}, vc.Fallback{}, vc.Reservation{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var total vc.Capacity
			var reserved vc.Reservation
			total.SetTotal(row.room)
			got, open, err := params.Room{Capacity: &total, Reserved: &reserved, Out: true}.Negotiate(constant, row.fallback, row.keep)
			if _, refused := errors.AsType[*vc.RefusedError](err); refused != (row.want == vc.Contract{}) {
				t.Fatalf("error %v", err)
			}
			if err == nil && got != row.want || open != row.open {
				t.Errorf("%+v and %+v are open", got, open)
			}
			if reserved != row.reserved || total.Reserved() != reserved {
				t.Errorf("reserved %+v, on the link %+v, want %+v", reserved, total.Reserved(), row.reserved)
			}
		})
	}
}

// TestNegotiateCalledSide: the side that is called sends backward.
func TestNegotiateCalledSide(t *testing.T) {
	var total vc.Capacity
	var reserved vc.Reservation
	total.SetTotal(1e9)
	if _, _, err := (params.Room{Capacity: &total, Reserved: &reserved}).Negotiate(constant, vc.Fallback{}, vc.Reservation{}); err != nil {
		t.Fatal(err)
	}
	if reserved != constant.Reservation(false) || reserved == constant.Reservation(true) {
		t.Errorf("reserved %+v", reserved)
	}
}

// TestCheckModification: rates and bursts may change, nothing else.
func TestCheckModification(t *testing.T) {
	vbr := vc.Contract{Category: vc.NRTVBR, Forward: vc.Flow{PCR: 100, SCR: 50, MBS: 5, MaxSDU: 100}}
	for _, row := range []struct {
		name   string
		old    vc.Contract
		change func(*vc.Contract)
		taken  bool
	}{
		{"nothing", constant, func(*vc.Contract) {}, true},
		{"peak rates", constant, func(c *vc.Contract) { c.Forward.PCR, c.Backward.PCR = 1, 9000 }, true},
		{"sustainable rate and burst", vbr, func(c *vc.Contract) { c.Forward.SCR, c.Forward.MBS = 60, 6 }, true},
		{"a sustainable rate above the peak rate", vbr, func(c *vc.Contract) { c.Forward.SCR = 101 }, false},
		{"a direction is shut", constant, func(c *vc.Contract) { c.Backward.PCR = 0 }, false},
		{"a direction is opened", vbr, func(c *vc.Contract) { c.Backward = c.Forward }, false},
		{"category", constant, func(c *vc.Contract) { c.Category = vc.UBR }, false},
		{"SDU size", constant, func(c *vc.Contract) { c.Forward.MaxSDU++ }, false},
		{"an option", constant, func(c *vc.Contract) { c.Forward.FrameDiscard = true }, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			next := row.old
			row.change(&next)
			var want ie.CauseValue
			if !row.taken {
				want = ie.CauseUnsupportedTraffic
			}
			wantCause(t, params.CheckModification(&row.old, &next), want)
		})
	}
}

// TestModifyThroughTheWire: a request is read as it was made, and its answer names
// the rates if they were left open.
func TestModifyThroughTheWire(t *testing.T) {
	asked := rates(constant, 3000, 4000)
	for _, row := range []struct {
		name string
		open vc.Fallback
		got  vc.Contract
	}{
		{"fixed", vc.Fallback{}, asked},
		{"at least", least(10, 10), rates(constant, 20, 30)},
		{"or else", instead(5, 6), rates(constant, 5, 6)},
	} {
		t.Run(row.name, func(t *testing.T) {
			q := wire(t, params.ModifyRequest(&asked, &row.open))
			next, open, err := params.ReadModifyRequest(q, &constant)
			if err != nil || next != asked || open != row.open {
				t.Fatalf("read %+v, %+v: %v", next, open, err)
			}
			ack := params.AskedBy(q).AnswerModifyRequest(&row.got)
			if named := ack.TD != nil; named != (row.open != vc.Fallback{}) || ack.ReportType.Type != ie.ReportModification {
				t.Errorf("answered %+v", ack)
			}
			if got, err := params.ReadModifyAck(ack, &asked, &row.open); err != nil || got != row.got {
				t.Errorf("in force %+v: %v", got, err)
			}
			ack.TD = &ie.TD{Fwd: ie.Rates{PCR01: ie.Some[uint32](1)}, Bwd: ie.Rates{PCR01: ie.Some[uint32](1)}}
			_, err = params.ReadModifyAck(ack, &asked, &row.open)
			wantCause(t, err, ie.CauseInvalidElementContents)
		})
	}
}

// TestReadModifyRequestRefused: what a peer may not change.
func TestReadModifyRequestRefused(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*msg.Message)
	}{
		{"another category", func(m *msg.Message) { m.TD.BestEffort = true }},
		{"a minimum cell rate", func(m *msg.Message) { m.TD.Bwd.MCR01 = ie.Some[uint32](1) }},
		{"rates of CLP=0 cells", func(m *msg.Message) { m.TD.Bwd.PCR0 = ie.Some[uint32](1) }},
		{"a direction is shut", func(m *msg.Message) { m.TD.Fwd.PCR01 = ie.Some[uint32](0) }},
		{"an option", func(m *msg.Message) { m.TD.Fwd.Tagging = true }},
		{"both kinds of fallback", func(m *msg.Message) { m.MinTD, m.AltTD = m.TD, m.TD }},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := params.ModifyRequest(&constant, &vc.Fallback{})
			row.change(m)
			_, _, err := params.ReadModifyRequest(m, &constant)
			wantCause(t, err, ie.CauseUnsupportedTraffic)
		})
	}
}

// TestAnswerSetup: a CONNECT has what the SETUP asked for, and only that; the
// caller adopts it.
func TestAnswerSetup(t *testing.T) {
	asked := primitive.Params{
		Called: called, Contract: constant, Fallback: least(1, 1), BLLI: [][]byte{{0xcc}, {0x50, 0x85}},
		QoS: vc.QoS{MaxDelay: 100, Forward: vc.QoSFlow{MaxCDV: 9}},
	}
	setup, err := params.Setup(&asked)
	if err != nil {
		t.Fatal(err)
	}
	offer, err := params.ReadSetup(setup)
	if err != nil {
		t.Fatal(err)
	}
	offer.QoS.Add(vc.Way{Delay: 7, CDV: 3})
	answer := offer
	answer.Contract = rates(constant, 30, 40)
	answer.Contract.Forward.MaxSDU = 99
	answer.BLLI = offer.BLLI[1:]
	params.AdoptAnswer(&offer, &answer)

	var full msg.Message
	params.AskedBy(setup).AnswerSetup(&full, &offer, true)
	got := asked
	if err := params.AdoptConnect(&got, &full); err != nil {
		t.Fatal(err)
	}
	want := asked
	want.Contract, want.Fallback, want.BLLI = answer.Contract, vc.Fallback{}, answer.BLLI
	want.QoS.Delay, want.QoS.Forward.CDV = 7, 3
	if d := cmp.Diff(want, got, asParams); d != "" {
		t.Error(d)
	}

	var added msg.Message
	params.AskedBy(setup).AnswerSetup(&added, &offer, false)
	if added.BLLI != nil {
		t.Errorf("an added party chooses %v", added.BLLI)
	}
	var only msg.Message
	setup.BLLI = setup.BLLI[:1]
	params.AskedBy(setup).AnswerSetup(&only, &offer, true)
	if only.BLLI != nil {
		t.Errorf("a choice of one is answered %v", only.BLLI)
	}
	var none msg.Message
	(params.Asked{}).AnswerSetup(&none, &primitive.Params{Contract: constant, BLLI: asked.BLLI}, true)
	if none.AAL != nil || none.TD != nil || none.BLLI != nil || none.ExtQoS != nil || none.TransitDelay != nil {
		t.Errorf("answered without being asked: %+v", none)
	}
	if m := (params.Asked{}).AnswerAddParty(&constant); m.AAL != nil {
		t.Errorf("a party is answered %+v", m.AAL)
	}
	if m := params.AskedBy(setup).AnswerAddParty(&constant); m.AAL == nil || m.AAL.FwdMaxSDU.Value != constant.Forward.MaxSDU {
		t.Errorf("a party is answered %+v", m.AAL)
	}
}

// TestAdoptConnectRefused: answers that were not asked for.
func TestAdoptConnectRefused(t *testing.T) {
	td := func(forward, backward uint32) *ie.TD {
		return &ie.TD{Fwd: ie.Rates{PCR01: ie.Some(forward)}, Bwd: ie.Rates{PCR01: ie.Some(backward)}}
	}
	for _, row := range []struct {
		name string
		m    msg.Message
		want ie.CauseValue
	}{
		{"nothing", msg.Message{}, 0},
		{"what is in force", msg.Message{TD: td(1000, 2000)}, 0},
		{"the least", msg.Message{TD: td(10, 2000)}, 0},
		{"less than the least", msg.Message{TD: td(9, 2000)}, ie.CauseInvalidElementContents},
		{"more", msg.Message{TD: td(1000, 2001)}, ie.CauseInvalidElementContents},
		{"too slow a way", msg.Message{TransitDelay: &ie.TransitDelay{Cumulative: ie.Some[uint16](101)}}, ie.CauseQoSUnavailable},
		{"another AAL", msg.Message{AAL: &ie.AAL{Type: ie.AAL34}}, ie.CauseAALNotSupportedUNI30},
		{"no SDU", msg.Message{AAL: &ie.AAL{Type: ie.AAL5, FwdMaxSDU: ie.Some[uint16](0)}}, ie.CauseAALNotSupportedUNI30},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := primitive.Params{Called: called, Contract: constant, Fallback: least(10, 2000), QoS: vc.QoS{MaxDelay: 100}}
			wantCause(t, params.AdoptConnect(&p, &row.m), row.want)
		})
	}
}

// TestAdoptAnswer: rates of the client's that the caller does not accept change
// nothing, and sizes never grow.
func TestAdoptAnswer(t *testing.T) {
	p := primitive.Params{Contract: constant, Fallback: least(10, 10)}
	answer := primitive.Params{Contract: rates(constant, 5, 2000)}
	answer.Contract.Forward.MaxSDU, answer.Contract.Backward.MaxSDU = 5000, 100
	answer.Contract.Forward.MinPoliced, answer.Contract.Backward.MinPoliced = 6000, 50
	params.AdoptAnswer(&p, &answer)
	want := constant
	want.Forward.MinPoliced = 1000
	want.Backward.MaxSDU, want.Backward.MinPoliced = 100, 50
	if p.Contract != want || p.Fallback != (vc.Fallback{}) {
		t.Errorf("%+v, want %+v", p.Contract, want)
	}
}

// TestSized: a SETUP names the sizes of both directions, or is not known to have thought of any.
func TestSized(t *testing.T) {
	one := ie.Some[uint16](1)
	for want, rows := range map[bool][]*ie.AAL{
		true:  {{Type: ie.AAL5, FwdMaxSDU: one, BwdMaxSDU: one}},
		false: {nil, {Type: ie.AAL5}, {Type: ie.AAL5, FwdMaxSDU: one}, {Type: ie.AAL5, BwdMaxSDU: one}},
	} {
		for _, aal := range rows {
			if got := params.Sized(&msg.Message{AAL: aal}); got != want {
				t.Errorf("%+v: %t", aal, got)
			}
		}
	}
}

// TestClampAndLimit: what link and profile do not carry.
func TestClampAndLimit(t *testing.T) {
	p := primitive.Params{Contract: constant}
	p.Contract.Forward.FrameDiscard, p.Contract.Forward.MinPoliced = true, 900
	before := p.Contract
	params.Clamp(&p.Contract, 0)
	params.Limit(msg.UNI40, &p)
	if p.Contract != before {
		t.Errorf("changed to %+v", p.Contract)
	}
	params.Clamp(&p.Contract, 600)
	params.Limit(msg.UNI31, &p)
	want := constant
	want.Forward.MaxSDU, want.Forward.MinPoliced = 600, 600
	if p.Contract != want {
		t.Errorf("%+v, want %+v", p.Contract, want)
	}
}

// TestUserUser: 1 to 128 octets.
func TestUserUser(t *testing.T) {
	for _, n := range []int{0, 1, 128, 129} {
		data := bytes.Repeat([]byte{4}, n)
		switch got := params.UserUser(data); {
		case n == 0 || n > 128:
			if got != nil {
				t.Errorf("%d octets: %v", n, got)
			}
		case got == nil || !slices.Equal(got.Data, data):
			t.Errorf("%d octets: %v", n, got)
		}
	}
}
