package uni_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
)

// TestCallBothWays sets a call up from either side and releases it from either
// side, and compares all that the client models are told.
func TestCallBothWays(t *testing.T) {
	for _, from := range []string{"network", "user"} {
		for _, by := range []string{"caller", "callee"} {
			t.Run(from+" calls, "+by+" releases", func(t *testing.T) {
				w := newWorld(t, 1)
				net, usr := w.pair()
				up(net, usr)
				caller, callee := net, usr
				if from == "user" {
					caller, callee = usr, net
				}
				id := caller.call(paramsTo(callee.mac, constant))
				w.run(10 * time.Millisecond)
				offer := last[primitive.SetupInd](callee)
				if offer.Params.Contract != constant || !offer.Params.Called.SameSystem(addrOf(callee.mac)) {
					t.Fatalf("offered %+v", offer)
				}
				answer := offer.Params
				answer.Contract.Forward.MaxSDU = 600
				callee.ask(primitive.AcceptReq{Call: offer.Call, VC: 77, Params: answer})
				w.run(10 * time.Millisecond)
				conn := last[primitive.ConnectInd](caller)
				want := primitive.ConnectInd{Call: id, ID: offer.ID, Params: paramsTo(callee.mac, constant), Changed: true}
				want.Params.Contract.Forward.MaxSDU = 600
				if d := cmp.Diff(want, conn, cmpopts.EquateComparable(addrOf(macA))); d != "" {
					t.Error(d)
				}
				last[primitive.CompleteInd](callee)
				for _, h := range []*host{caller, callee} {
					if b := h.plane[offer.ID]; b == nil || !b.transmit {
						t.Errorf("%v: branch %+v", h, b)
					}
				}
				if n, u := net.link.Reserved(), usr.link.Reserved(); n.Send != u.Receive || n.Receive != u.Send || n.Send == 0 {
					t.Errorf("reserved %+v and %+v", n, u)
				}
				releaser, other, rid, oid := caller, callee, id, offer.Call
				if by == "callee" {
					releaser, other, rid, oid = callee, caller, offer.Call, id
				}
				releaser.ask(primitive.ReleaseReq{Call: rid, Cause: cause(ie.CauseNormalClearing), Linger: time.Second})
				w.run(20 * time.Millisecond)
				if c := last[primitive.ReleaseConf](releaser); c.Call != rid || c.Drain.Sent != 2 || c.Cause.Value != ie.CauseNormalClearing {
					t.Errorf("confirmed %+v", c)
				}
				if i := last[primitive.ReleaseInd](other); i.Call != oid || !i.Remote || i.Cause.Value != ie.CauseNormalClearing {
					t.Errorf("indicated %+v", i)
				}
				net.wantEmpty()
				usr.wantEmpty()
			})
		}
	}
}

// An offer that its caller gives up is not one that the peer has refused.
func TestGivenUpOffer(t *testing.T) {
	for _, from := range []string{"network", "user"} {
		t.Run(from+" calls", func(t *testing.T) {
			w := newWorld(t, 1)
			caller, callee := w.pair()
			up(caller, callee)
			if from == "user" {
				caller, callee = callee, caller
			}
			id := caller.call(paramsTo(callee.mac, constant))
			w.run(10 * time.Millisecond)
			offer := last[primitive.SetupInd](callee)
			caller.ask(primitive.ReleaseReq{Call: id, Cause: cause(ie.CauseNormalClearing)})
			w.run(20 * time.Millisecond)
			if i := last[primitive.ReleaseInd](callee); i.Call != offer.Call || !i.Remote || i.Detail != "given up by the caller" {
				t.Errorf("indicated %+v", i)
			}
			caller.wantEmpty()
			callee.wantEmpty()
		})
	}
}
