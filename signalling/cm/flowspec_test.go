package cm_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/vc"
	"callmanager/vc/flowspec"
)

// rateOf is a FLOWSPEC of a service that specifies one rate, in octets a second.
func rateOf(s flowspec.Service, rate uint32) *flowspec.Spec {
	const none = flowspec.NotSpecified
	out := &flowspec.Spec{
		Service: s, TokenRate: none, PeakBandwidth: none, TokenBucketSize: none, Latency: none, DelayVariation: none,
		MaxSDUSize: none, MinimumPolicedSize: none,
	}
	if s == flowspec.Guaranteed {
		out.TokenRate = rate
	} else {
		out.PeakBandwidth = rate
	}
	return out
}

// TestModifyInFlowspecs (INV-29, INV-43): what is asked for in the model's units becomes whole cells/s of the
// contract in force, and is completed as changed if that is not quite what was asked for or what came of it.
func TestModifyInFlowspecs(t *testing.T) {
	for name, row := range map[string]struct {
		change      flowspec.Change
		admin, less bool
		backward    vc.CellRate
		changed     bool
	}{
		"whole": {flowspec.Change{Receive: rateOf(flowspec.Guaranteed, 60000)}, false, false, 1300, false}, // 600 octets are 13 cells
		"up":    {flowspec.Change{Receive: rateOf(flowspec.Guaranteed, 60001)}, false, false, 1301, true},
		"down":  {flowspec.Change{Receive: rateOf(flowspec.Guaranteed, 60001), Rounding: flowspec.RoundDown}, false, false, 1300, true},
		"less":  {flowspec.Change{Receive: rateOf(flowspec.Guaranteed, 60000)}, false, true, 1300, true},
		"by an administrator": {
			flowspec.Change{Receive: rateOf(flowspec.Guaranteed, 60001)}, true, false, 1301, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			r.connect(9, cm.Credentials{Admin: true})
			r.ask(9, cm.OpenAF{Major: cm.MajorVersion, Minor: cm.MinorVersion})
			next[cm.StatusIndication](r, 9)
			h, call := r.made()
			id, q := cm.ClientID(1), cm.Request(cm.ModifyCallQoS{VC: h, Flowspecs: &row.change})
			if row.admin {
				id, q = 9, cm.AdminModify{VC: h, Flowspecs: &row.change}
			}
			reply := r.ask(id, q)
			if reply.Status != cm.Pending {
				t.Fatalf("%+v", reply)
			}
			want := agreed()
			want.Contract.Backward.PCR = row.backward
			if got := asked[primitive.ModifyReq](r, labLink); got.Contract != want.Contract {
				t.Errorf("the link is asked for %+v", got)
			}
			if row.less {
				want.Contract.Backward.PCR--
			}
			r.indicate(labLink, primitive.ModifyConf{Call: call, Params: want, Changed: row.less})
			if row.admin {
				if d := cmp.Diff(cm.IncomingCallQoSChange{VC: h, Parameters: want}, next[cm.IncomingCallQoSChange](r, 1), addrs); d != "" {
					t.Error(d)
				}
			}
			done := cm.ModifyCallQoSComplete{Request: reply.Request, VC: h, Parameters: want, Changed: row.changed, Flowspec: true}
			if d := cmp.Diff(done, next[cm.ModifyCallQoSComplete](r, id), addrs); d != "" {
				t.Error(d)
			}
			// A later change by a contract has nothing of it.
			r.ask(1, cm.ModifyCallQoS{VC: h, Contract: vc.Contract{Forward: vc.Flow{PCR: 7}}})
			want.Contract.Forward.PCR = 7
			r.indicate(labLink, primitive.ModifyConf{Call: call, Params: want})
			if got := next[cm.ModifyCallQoSComplete](r, 1); got.Flowspec || got.Changed {
				t.Errorf("by a contract: %+v", got)
			}
		})
	}
}

// TestBadModifyInFlowspecs: what is none is INVALID_DATA, and the call goes on.
func TestBadModifyInFlowspecs(t *testing.T) {
	r := start(t)
	h, _ := r.made()
	for want, spec := range map[string]*flowspec.Spec{
		"FLOWSPEC: transmit: BESTEFFORT where": rateOf(flowspec.BestEffort, 1),
		"NOTRAFFIC where":                      {},
		"token_rate 0":                         rateOf(flowspec.Guaranteed, 0),
	} {
		got := r.ask(1, cm.ModifyCallQoS{VC: h, Flowspecs: &flowspec.Change{Transmit: spec}})
		if got.Status != cm.InvalidData || !strings.Contains(got.Detail, want) {
			t.Errorf("%+v, want %q", got, want)
		}
	}
	if row := r.row(); row.CallState != vc.Connected || row.Parameters.Contract != agreed().Contract {
		t.Errorf("row %+v", row)
	}
	r.quiet()
}

// TestAnswerInFlowspecs (INV-51): an answer in the model's units is held to what the offer allows, like one by a
// contract, and what it may not be leaves the offer waiting.
func TestAnswerInFlowspecs(t *testing.T) {
	smaller := rateOf(flowspec.Guaranteed, flowspec.NotSpecified)
	smaller.MaxSDUSize = 60
	for name, row := range map[string]struct {
		change flowspec.Change
		want   vc.Contract // zero: refused
	}{
		"as it is":       {flowspec.Change{Receive: rateOf(flowspec.Guaranteed, flowspec.NotSpecified)}, cbr(100, 200)},
		"as it is told":  {flowspec.Change{Receive: rateOf(flowspec.Guaranteed, 3333)}, cbr(100, 200)}, // 100 octets are 3 cells
		"less":           {flowspec.Change{Receive: rateOf(flowspec.Guaranteed, 1000)}, cbr(30, 200)},
		"rounded up":     {flowspec.Change{Receive: rateOf(flowspec.Guaranteed, 301)}, cbr(10, 200)},
		"rounded down":   {flowspec.Change{Receive: rateOf(flowspec.Guaranteed, 301), Rounding: flowspec.RoundDown}, vc.Contract{}},
		"too little":     {flowspec.Change{Receive: rateOf(flowspec.Guaranteed, 300)}, vc.Contract{}},
		"too much":       {flowspec.Change{Receive: rateOf(flowspec.Guaranteed, 3334)}, vc.Contract{}},
		"not negotiable": {flowspec.Change{Transmit: rateOf(flowspec.Guaranteed, 1000)}, vc.Contract{}},
		"a service":      {flowspec.Change{Receive: rateOf(flowspec.BestEffort, 1000)}, vc.Contract{}},
		"smaller SDUs": {flowspec.Change{Receive: smaller}, func() vc.Contract {
			c := cbr(100, 200)
			c.Forward.MaxSDU = 60
			return c
		}()},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			r.connect(5, cm.Credentials{})
			r.ask(5, cm.OpenAF{Major: cm.MajorVersion, Minor: cm.MinorVersion})
			next[cm.StatusIndication](r, 5)
			r.register(5, 8)
			p := incomingParams(8)
			p.Contract, p.Fallback = cbr(100, 200), vc.Fallback{Minimum: vc.PeakRates{Forward: 10}}
			call := primitive.IncomingCall | 1
			r.indicate(labLink, primitive.SetupInd{Call: call, ID: vc.ID{Link: labLink, VCI: 32}, Params: p})
			offer := next[cm.IncomingCall](r, 5)
			if !offer.Flowspec {
				t.Errorf("a client of 1.%d is offered %+v", cm.MinorVersion, offer)
			}
			got := r.ask(5, cm.IncomingCallComplete{VC: offer.VC, Changed: true, Flowspecs: &row.change})
			if row.want == (vc.Contract{}) {
				if got.Status != cm.InvalidData || got.Detail == "" {
					t.Errorf("%+v", got)
				}
				got = r.ask(5, cm.IncomingCallComplete{VC: offer.VC}) // it waits
				row.want = cbr(100, 200)
			}
			if got.Status != cm.Success {
				t.Fatalf("%+v", got)
			}
			if q := asked[primitive.AcceptReq](r, labLink); q.Params.Contract != row.want {
				t.Errorf("the link is told %+v", q)
			}
			r.indicate(labLink, primitive.CompleteInd{Call: call})
			next[cm.CallConnected](r, 5)
			p.Contract, p.Fallback = row.want, vc.Fallback{}
			r.indicate(labLink, primitive.ModifyInd{Call: call, Params: p})
			change := cm.IncomingCallQoSChange{VC: offer.VC, Parameters: p, Flowspec: true, Incoming: true}
			if d := cmp.Diff(change, next[cm.IncomingCallQoSChange](r, 5), addrs); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestFlowspecsBefore: a client of an earlier version is not told in units that it does not know.
func TestFlowspecsBefore(t *testing.T) {
	r := start(t)
	r.indicate(labLink, primitive.SetupInd{Call: primitive.IncomingCall | 1, ID: vc.ID{Link: labLink, VCI: 32}, Params: incomingParams(7)})
	if offer := next[cm.IncomingCall](r, 1); offer.Flowspec {
		t.Errorf("%+v", offer)
	}
}
