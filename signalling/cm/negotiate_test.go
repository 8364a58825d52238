package cm_test

import (
	"testing"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// cbr is a constant contract.
func cbr(forward, backward vc.CellRate) vc.Contract {
	return vc.Contract{Category: vc.CBR, Forward: vc.Flow{PCR: forward, MaxSDU: 100}, Backward: vc.Flow{PCR: backward, MaxSDU: 200}}
}

// TestNegotiatedMakeCall: what the client accepts and asks of the way goes to the
// link, and what came of it to the client (INV-29, INV-30).
func TestNegotiatedMakeCall(t *testing.T) {
	for name, f := range map[string]vc.Fallback{
		"minimum":     {Minimum: vc.PeakRates{Forward: 10}},
		"alternative": {Alternative: vc.Contract{Forward: vc.Flow{PCR: 5}, Backward: vc.Flow{PCR: 6}}},
	} {
		r := start(t)
		h := r.create(1)
		r.ask(1, cm.MakeCall{VC: h, Called: peerAddr.String(), Contract: cbr(100, 200), Fallback: f, QoS: vc.QoS{MaxDelay: 9, Delay: 7}})
		q := asked[primitive.SetupReq](r, labLink)
		if f.HasAlternative() {
			f.Alternative.Category = vc.CBR
		}
		if q.Params.Fallback != f || q.Params.QoS != (vc.QoS{MaxDelay: 9}) {
			t.Errorf("%s: the link is asked for %+v", name, q.Params)
		}
		p := q.Params
		p.Contract, p.Fallback, p.QoS.Delay = cbr(10, 200), vc.Fallback{}, 3
		r.indicate(labLink, primitive.ConnectInd{Call: q.Call, ID: vc.ID{Link: labLink, VCI: 32}, Params: p, Changed: true})
		done := next[cm.MakeCallComplete](r, 1)
		if !done.Changed || done.Parameters.Contract != p.Contract || done.Parameters.QoS != p.QoS || done.Parameters.Fallback != (vc.Fallback{}) {
			t.Errorf("%s: %+v", name, done)
		}
	}
}

// TestUnacceptableFallback: what cannot be asked for is INVALID_DATA, for a call
// and for a modification.
func TestUnacceptableFallback(t *testing.T) {
	both := vc.Fallback{Minimum: vc.PeakRates{Forward: 1}, Alternative: cbr(1, 1)}
	more := vc.Fallback{Minimum: vc.PeakRates{Forward: 7001}}
	for _, f := range []vc.Fallback{both, more} {
		r := start(t)
		h := r.create(1)
		got := r.ask(1, cm.MakeCall{VC: h, Called: peerAddr.String(), Contract: cbr(7000, 200), Fallback: f})
		if got.Status != cm.InvalidData || got.Cause.Value != ie.CauseInvalidElementContents {
			t.Errorf("MakeCall: %+v", got)
		}
		h, _ = r.made()
		if got := r.ask(1, cm.ModifyCallQoS{VC: h, Contract: cbr(7000, 2000), Fallback: f}); got.Status != cm.InvalidData || got.Detail == "" {
			t.Errorf("ModifyCallQoS: %+v", got)
		}
	}
	r := start(t)
	h := r.create(1)
	loss := vc.QoS{Forward: vc.QoSFlow{MaxCLR: 16}}
	if got := r.ask(1, cm.MakeCall{VC: h, Called: peerAddr.String(), Contract: cbr(1, 1), QoS: loss}); got.Status != cm.InvalidData {
		t.Errorf("MakeCall: %+v", got)
	}
}

// TestNegotiatedModify: the fallback of a modification goes to the link, and the
// result to the client.
func TestNegotiatedModify(t *testing.T) {
	r := start(t)
	h, call := r.made()
	f := vc.Fallback{Minimum: vc.PeakRates{Forward: 6000}}
	r.ask(1, cm.ModifyCallQoS{VC: h, Contract: vc.Contract{Forward: vc.Flow{PCR: 7000}}, Fallback: f})
	if q := asked[primitive.ModifyReq](r, labLink); q.Fallback != f || q.Contract.Forward.PCR != 7000 {
		t.Errorf("the link is asked for %+v", q)
	}
	p := agreed()
	p.Contract.Forward.PCR = 6500
	r.indicate(labLink, primitive.ModifyConf{Call: call, Params: p, Changed: true})
	if got := next[cm.ModifyCallQoSComplete](r, 1); !got.Changed || got.Parameters.Contract != p.Contract || got.Status != cm.Success {
		t.Errorf("completed by %+v", got)
	}
}

// TestNegotiatedOffer: the offer shows what the caller accepts, and the client may
// choose within that (INV-51); what it may not choose leaves the offer waiting.
func TestNegotiatedOffer(t *testing.T) {
	minimum := vc.Fallback{Minimum: vc.PeakRates{Forward: 10}}
	other := cbr(300, 1)
	alternative := vc.Fallback{Alternative: other}
	rate := func(forward, backward vc.CellRate) vc.Contract {
		return vc.Contract{Forward: vc.Flow{PCR: forward}, Backward: vc.Flow{PCR: backward}}
	}
	sized := rate(50, 0)
	sized.Forward.MaxSDU = 60
	smaller := cbr(50, 200)
	smaller.Forward.MaxSDU = 60
	for name, row := range map[string]struct {
		f      vc.Fallback
		answer vc.Contract
		want   vc.Contract // zero: refused
	}{
		"as it is":              {minimum, vc.Contract{}, cbr(100, 200)},
		"less":                  {minimum, rate(10, 0), cbr(10, 200)},
		"less in all":           {minimum, cbr(10, 200), cbr(10, 200)},
		"less, and smaller":     {minimum, sized, smaller},
		"too little":            {minimum, rate(9, 0), vc.Contract{}},
		"not negotiable":        {minimum, rate(0, 199), vc.Contract{}},
		"more":                  {minimum, rate(101, 0), vc.Contract{}},
		"the alternative":       {alternative, rate(300, 1), cbr(300, 1)},
		"half of it":            {alternative, rate(300, 0), vc.Contract{}},
		"nothing is negotiable": {vc.Fallback{}, rate(99, 0), vc.Contract{}},
		"another category":      {minimum, vc.Contract{Category: vc.UBR}, vc.Contract{}},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			p := incomingParams(7)
			p.Contract, p.Fallback, p.QoS = cbr(100, 200), row.f, vc.QoS{MaxDelay: 5, Delay: 2}
			r.indicate(labLink, primitive.SetupInd{Call: primitive.IncomingCall | 1, ID: vc.ID{Link: labLink, VCI: 32}, Params: p})
			offer := next[cm.IncomingCall](r, 1)
			if offer.Parameters.Fallback != row.f || offer.Parameters.QoS != p.QoS || offer.Parameters.Contract != p.Contract {
				t.Errorf("offered %+v", offer.Parameters)
			}
			got := r.ask(1, cm.IncomingCallComplete{VC: offer.VC, Changed: true, Parameters: primitive.Params{Contract: row.answer}})
			if row.want == (vc.Contract{}) {
				if got.Status != cm.InvalidData || r.row().CallState != vc.Offered {
					t.Errorf("answered %+v", got)
				}
				return
			}
			q := asked[primitive.AcceptReq](r, labLink)
			if got.Status != cm.Success || q.Params.Contract != row.want {
				t.Errorf("answered %+v, the link is told %+v", got, q.Params.Contract)
			}
			if in := r.row().Parameters; in.Contract != row.want || in.Fallback != (vc.Fallback{}) {
				t.Errorf("in force %+v", in)
			}
		})
	}
}
