package params_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni/params"
	"callmanager/vc"
)

var (
	called, _  = vc.ParseAddr("47000580ffe1000000f21a2eed0020ea000bbb00")
	number, _  = vc.AddrFromE164("4989")
	constant   = vc.Contract{Category: vc.CBR, Forward: vc.Flow{PCR: 1000, MaxSDU: 1000}, Backward: vc.Flow{PCR: 2000, MaxSDU: 500}}
	bestEffort = vc.Contract{Category: vc.UBR, Forward: vc.Flow{PCR: 3000, MaxSDU: 1400}, Backward: vc.Flow{PCR: 3000, MaxSDU: 1400}}
)

// rates returns a contract with other peak rates.
func rates(c vc.Contract, forward, backward vc.CellRate) vc.Contract {
	c.Forward.PCR, c.Backward.PCR = forward, backward
	return c
}

func least(forward, backward vc.CellRate) vc.Fallback {
	return vc.Fallback{Minimum: vc.PeakRates{Forward: forward, Backward: backward}}
}

func instead(forward, backward vc.CellRate) vc.Fallback {
	return vc.Fallback{Alternative: rates(constant, forward, backward)}
}

// wire writes a message and reads it as the peer does.
func wire(t rapid.TB, m *msg.Message) *msg.Message {
	t.Helper()
	m.CallRef.Value = 1
	b, err := m.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	got, v, err := msg.Decode(b, msg.Options{FirstResponse: true})
	if err != nil || v.Decision != msg.Accept {
		t.Fatalf("%v is read with %+v, %v", m, v, err)
	}
	return got
}

// wantCause checks that an error is an *Error of a cause; 0 wants none.
func wantCause(t *testing.T, err error, want ie.CauseValue) {
	t.Helper()
	e, ok := errors.AsType[*params.Error](err)
	switch {
	case want == 0 && err != nil:
		t.Errorf("refused: %v", err)
	case want != 0 && (!ok || e.Cause != want || e.Reason == "" || e.Error() == ""):
		t.Errorf("%v, want cause %d", err, want)
	}
}

// drawParams draws parameters that a client may ask for, in the form in which a
// SETUP gives them back.
func drawParams(rt *rapid.T) primitive.Params {
	p := primitive.Params{Called: called}
	p.Calling = rapid.SampledFrom([]vc.Addr{{}, number, called.WithSelector(9)}).Draw(rt, "calling")
	c := &p.Contract
	c.Category = rapid.SampledFrom([]vc.Category{vc.CBR, vc.RTVBR, vc.NRTVBR, vc.UBR}).Draw(rt, "category")
	c.Forward = drawFlow(rt, c.Category, "forward")
	if rapid.Bool().Draw(rt, "both ways") {
		c.Backward = drawFlow(rt, c.Category, "backward")
	} else {
		p.Multipoint = rapid.Bool().Draw(rt, "multipoint")
	}
	switch rapid.IntRange(0, 2).Draw(rt, "fallback") {
	case 1:
		if c.Category != vc.UBR {
			p.Fallback.Minimum.Forward = vc.CellRate(rapid.IntRange(int(max(1, c.Forward.SCR)), int(c.Forward.PCR)).Draw(rt, "minimum"))
			if p.Fallback.Minimum.Forward == c.Forward.PCR { // as good as none
				p.Fallback = vc.Fallback{}
			}
		}
	case 2:
		alt := *c
		alt.Forward.PCR = vc.CellRate(rapid.IntRange(int(max(1, c.Forward.SCR, c.Forward.MDCR)), int(vc.MaxCellRate)).Draw(rt, "alternative"))
		if alt != *c {
			p.Fallback.Alternative = alt
		}
	}
	if rapid.Bool().Draw(rt, "delay") {
		p.QoS.MaxDelay, p.QoS.Delay = uint16(rapid.IntRange(1, 65535).Draw(rt, "most")), uint16(rapid.IntRange(0, 65535).Draw(rt, "sum"))
	}
	if rapid.Bool().Draw(rt, "CDV") {
		p.QoS.Forward = vc.QoSFlow{MaxCDV: uint32(rapid.IntRange(1, int(vc.AnyCDV)).Draw(rt, "most CDV")), CDV: 7, MaxCLR: vc.AnyCLR}
	}
	if rapid.Bool().Draw(rt, "BHLI") {
		p.BHLI = append([]byte{0x81}, rapid.SliceOfN(rapid.Byte(), 0, 8).Draw(rt, "BHLI octets")...)
	}
	blli := [][]byte{{0xcc}, {0x6b, 0x40, 0x80, 0x80, 0x00, 0x80, 0xc2, 0x00, 0x07}, {0x50, 0x85}}
	p.BLLI = blli[:rapid.IntRange(0, 3).Draw(rt, "BLLIs")]
	p.UserUser = rapid.SliceOfN(rapid.Byte(), 0, 128).Draw(rt, "user-user")
	return p
}

func drawFlow(rt *rapid.T, c vc.Category, name string) vc.Flow {
	f := vc.Flow{
		PCR:          vc.CellRate(rapid.IntRange(1, int(vc.MaxCellRate)).Draw(rt, name+" PCR")),
		MaxSDU:       uint16(rapid.IntRange(1, 65535).Draw(rt, name+" SDU")),
		FrameDiscard: rapid.Bool().Draw(rt, name+" discard"),
	}
	if c == vc.RTVBR || c == vc.NRTVBR {
		f.SCR = vc.CellRate(rapid.IntRange(1, int(f.PCR)).Draw(rt, name+" SCR"))
		f.MBS = uint32(rapid.IntRange(1, int(vc.MaxCellRate)).Draw(rt, name+" MBS"))
	}
	if c == vc.UBR && rapid.Bool().Draw(rt, name+" minimum") {
		f.MDCR = vc.CellRate(rapid.IntRange(1, int(f.PCR)).Draw(rt, name+" MDCR"))
	}
	return f
}

var asParams = cmp.Options{cmpopts.EquateComparable(vc.Addr{}), cmpopts.EquateEmpty()}

// TestSetupThroughTheWire: whatever a client asks for is what the other client is
// offered.
func TestSetupThroughTheWire(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := drawParams(rt)
		m, err := params.Setup(&p)
		if err != nil {
			rt.Fatal(err)
		}
		got, err := params.ReadSetup(wire(rt, m))
		if err != nil {
			rt.Fatal(err)
		}
		if d := cmp.Diff(p, got, asParams); d != "" {
			rt.Fatal(d)
		}
	})
}

// TestPartyThroughTheWire: the same for a party, whose contract is the call's.
func TestPartyThroughTheWire(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := drawParams(rt)
		p.BLLI = p.BLLI[:min(1, len(p.BLLI))]
		m, err := params.AddParty(msg.CallRef{Value: 1}, &p.Contract, &p)
		if err != nil {
			rt.Fatal(err)
		}
		got, err := params.ReadAddParty(wire(rt, m))
		if err != nil {
			rt.Fatal(err)
		}
		want := primitive.Params{Called: p.Called, Calling: p.Calling, BHLI: p.BHLI, BLLI: p.BLLI}
		if d := cmp.Diff(want, got, asParams); d != "" {
			rt.Fatal(d)
		}
	})
}

// TestSetupRefused: parameters that no message can carry.
func TestSetupRefused(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*primitive.Params)
		want   ie.CauseValue
	}{
		{"none", func(*primitive.Params) {}, 0},
		{"no contract", func(p *primitive.Params) { p.Contract = vc.Contract{} }, ie.CauseUnsupportedTraffic},
		{"no address", func(p *primitive.Params) { p.Called = vc.Addr{} }, ie.CauseInvalidNumberFormat},
		{"a bad low layer", func(p *primitive.Params) { p.BLLI = [][]byte{{0xcc}, {}} }, ie.CauseInvalidElementContents},
		{"a bad high layer", func(p *primitive.Params) { p.BHLI = bytes.Repeat([]byte{1}, 9) }, ie.CauseInvalidElementContents},
		{"a tree that carries something backward", func(p *primitive.Params) { p.Multipoint = true }, ie.CauseUnsupportedTraffic},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := primitive.Params{Called: called, Contract: constant}
			row.change(&p)
			_, err := params.Setup(&p)
			wantCause(t, err, row.want)
		})
	}
}

// offered is a SETUP as it is read from a peer.
func offered(t *testing.T, c vc.Contract, change func(*msg.Message)) *msg.Message {
	t.Helper()
	m, err := params.Setup(&primitive.Params{Called: called, Contract: c})
	if err != nil {
		t.Fatal(err)
	}
	change(m)
	return m
}

// TestReadSetupRefused: offers that this end cannot carry.
func TestReadSetupRefused(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*msg.Message)
		want   ie.CauseValue
	}{
		{"nothing", func(*msg.Message) {}, 0},
		{"no AAL parameters", func(m *msg.Message) { m.AAL = nil }, 0},
		{"AAL1", func(m *msg.Message) {
			m.AAL = &ie.AAL{Type: ie.AAL1, Subtype: ie.Some(ie.AAL1Circuit), CBRRate: ie.Some(ie.CBR64)}
		}, ie.CauseAALNotSupportedUNI30},
		{"streaming mode", func(m *msg.Message) { m.AAL.Mode = ie.Some(ie.AALModeStreaming) }, ie.CauseAALNotSupportedUNI30},
		{"transparent VP", func(m *msg.Message) { m.Bearer.Class = ie.TransparentVP }, ie.CauseBearerNotImplemented},
		{"ABR by its capability", func(m *msg.Message) { m.Bearer.ATC = ie.Some(ie.ATCABR) }, ie.CauseBearerNotImplemented},
		{"ABR by its minimum cell rate", func(m *msg.Message) { m.TD.Fwd.MCR01 = ie.Some[uint32](1) }, ie.CauseBearerNotImplemented},
		{"best effort of class A", func(m *msg.Message) {
			m.TD.BestEffort, m.Bearer = true, &ie.Bearer{Class: ie.BCOBA}
		}, ie.CauseUnsupportedTraffic},
		{"rates of CLP=0 cells", func(m *msg.Message) { m.TD.Fwd.PCR0 = ie.Some[uint32](1) }, ie.CauseUnsupportedTraffic},
		{"no cell either way", func(m *msg.Message) {
			m.TD.Fwd.PCR01, m.TD.Bwd.PCR01 = ie.Some[uint32](0), ie.Some[uint32](0)
		}, ie.CauseUnsupportedTraffic},
		{"a tree that carries something backward", func(m *msg.Message) {
			m.Bearer.Config, m.EndpointRef = ie.PointToMultipoint, &ie.EndpointRef{}
		}, ie.CauseUnsupportedTraffic},
		{"both kinds of fallback", func(m *msg.Message) {
			m.MinTD, m.AltTD = &ie.TD{Fwd: ie.Rates{PCR01: ie.Some[uint32](1)}}, m.TD
		}, ie.CauseUnsupportedTraffic},
		{"a number that is no address", func(m *msg.Message) {
			m.Called.Number, _ = ie.NewE164("1111111111111111")
		}, ie.CauseInvalidNumberFormat},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := params.ReadSetup(offered(t, constant, row.change))
			wantCause(t, err, row.want)
		})
	}
}

// TestCategories: bearer capability and descriptor give the category (UNI 4.0
// annex 9, UNI 3.1 5.4.5.7).
func TestCategories(t *testing.T) {
	for _, row := range []struct {
		name  string
		class ie.BearerClass
		atc   ie.Opt[ie.ATC]
		scr   bool
		want  vc.Category
	}{
		{"A", ie.BCOBA, ie.Opt[ie.ATC]{}, false, vc.CBR},
		{"X without ATC, peak rate", ie.BCOBX, ie.Opt[ie.ATC]{}, false, vc.CBR},
		{"C without ATC, sustainable rate", ie.BCOBC, ie.Opt[ie.ATC]{}, true, vc.NRTVBR},
		{"X CBR", ie.BCOBX, ie.Some(ie.ATCCBR), false, vc.CBR},
		{"A CBR.CLR01", ie.BCOBA, ie.Some(ie.ATCCBRCLR01), false, vc.CBR},
		{"UNI 3.1 CBR", ie.BCOBX, ie.Some(ie.ATC(4)), false, vc.CBR},
		{"UNI 3.1 VBR", ie.BCOBX, ie.Some(ie.ATC(8)), true, vc.NRTVBR},
		{"UNI 3.1 timing only", ie.BCOBX, ie.Some(ie.ATC(1)), true, vc.RTVBR},
		{"UNI 3.1 nothing", ie.BCOBX, ie.Some(ie.ATC(0)), true, vc.NRTVBR},
		{"rt-VBR", ie.BCOBX, ie.Some(ie.ATCRTVBR), true, vc.RTVBR},
		{"nrt-VBR, peak rate only", ie.BCOBX, ie.Some(ie.ATCNRTVBR), false, vc.NRTVBR},
	} {
		t.Run(row.name, func(t *testing.T) {
			p, err := params.ReadSetup(offered(t, constant, func(m *msg.Message) {
				m.Bearer = &ie.Bearer{Class: row.class, ATC: row.atc}
				if row.scr {
					for _, r := range []*ie.Rates{&m.TD.Fwd, &m.TD.Bwd} {
						r.SCR01, r.MBS01 = ie.Some[uint32](10), ie.Some[uint32](5)
					}
				}
			}))
			if err != nil {
				t.Fatal(err)
			}
			if c := p.Contract; c.Category != row.want || c.Validate() != nil {
				t.Errorf("%v, want %v: %v", c.Category, row.want, c.Validate())
			}
		})
	}
}

// FuzzReadSetup reads SETUPs of a peer. What is taken is a contract that holds, and
// what it is written as reads as the same again.
func FuzzReadSetup(f *testing.F) {
	for _, c := range []vc.Contract{constant, bestEffort} {
		for _, fb := range []vc.Fallback{{}, least(10, 20), instead(30, 40)} {
			m, err := params.Setup(&primitive.Params{Called: called, Calling: number, Contract: c, Fallback: fb, BLLI: [][]byte{{0xcc}}})
			if err != nil {
				f.Fatal(err)
			}
			m.CallRef.Value = 1
			b, err := m.Append(nil)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, v, err := msg.Decode(b, msg.Options{})
		if err != nil || m.Type != msg.Setup || v.Decision != msg.Accept && v.Decision != msg.AcceptAndReport {
			return
		}
		p, err := params.ReadSetup(m)
		if err != nil {
			if _, ok := errors.AsType[*params.Error](err); !ok {
				t.Fatal(err)
			}
			return
		}
		if err := p.Contract.Validate(); err != nil {
			t.Fatal(err)
		}
		again, err := params.Setup(&p)
		if err != nil {
			t.Fatalf("%+v: %v", p, err)
		}
		got, err := params.ReadSetup(again)
		if err != nil {
			t.Fatalf("%+v: %v", p, err)
		}
		if d := cmp.Diff(p, got, asParams); d != "" {
			t.Fatal(d)
		}
	})
}
