package signalling_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"callmanager/signalling/cm"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/sim"
	"callmanager/vc"
)

// An ender ends the call of a VC for a reason of its daemon's. It does not wait.
type ender struct {
	name string
	end  func(n *net, h *sim.Host, of vc.Handle)
	want ie.CauseValue
}

var enders = []ender{
	{"AdminClose", func(_ *net, h *sim.Host, of vc.Handle) {
		admin := h.NewClient("admin", nil)
		admin.Do(cm.AdminClose{Request: admin.Number(), VC: of})
	}, ie.CauseNormalUnspecified},
	{"Violation", func(_ *net, h *sim.Host, of vc.Handle) {
		h.Violation(of, errors.New("a bad tail"))
	}, ie.CauseNormalUnspecified},
	{"Shutdown", func(n *net, h *sim.Host, _ vc.Handle) {
		go func() {
			ctx, cancel := context.WithTimeout(n.t.Context(), time.Minute)
			defer cancel()
			if err := h.Shutdown(ctx, ie.Cause{Value: ie.CauseDestinationOutOfOrder}); err != nil {
				n.t.Errorf("Shutdown: %v", err)
			}
		}()
	}, ie.CauseDestinationOutOfOrder},
}

// endAt ends the call of the VC that the nth activation from now on is for, while that is under way.
func (n *net) endAt(h *sim.Host, nth int, by ender) {
	seen := 0
	h.Plane.OnActivate(func(of vc.Handle) {
		if seen++; seen == nth {
			by.end(n, h, of)
			time.Sleep(time.Millisecond) // until the client model has done so
		}
	})
}

// farEnd returns the cause by which a client is told that its call or party has ended, or that it has not
// come about, or that its call stays as it was.
func (n *net) farEnd(c *sim.Client) (told ie.Cause) {
	n.t.Helper()
	n.await("the end of the call", func() bool {
		for _, ev := range c.Events() {
			switch ev := ev.(type) {
			case cm.MakeCallComplete:
				told = ev.Cause
			case cm.AddPartyComplete:
				told = ev.Cause
			case cm.ModifyCallQoSComplete:
				told = ev.Cause
			case cm.IncomingDropParty:
				told = ev.Cause
			case cm.IncomingCloseCall:
				told = ev.Cause
			}
			if told.Value != 0 {
				return true
			}
		}
		return false
	})
	return told
}

// TestEndWhileActivating ends calls for a reason of the daemon's while their link activates the branch, or
// does so again. The plane has ended the VC by then, which is no reason for it to refuse: what the link has
// begun comes about, and the far end is told the cause of the end.
func TestEndWhileActivating(t *testing.T) {
	double := vc.Contract{Forward: vc.Flow{PCR: 5000}, Backward: vc.Flow{PCR: 5000}}
	for _, row := range []struct {
		name string
		// begin leads to an activation that by meets, and returns the client at the far end.
		begin func(n *net, by ender) *sim.Client
	}{
		{"accepted", func(n *net, by ender) *sim.Client {
			caller, _, _ := n.up()
			h := newVC(n, caller)
			n.endAt(n.b, 1, by)
			caller.Do(cm.MakeCall{Request: caller.Number(), VC: h, Called: "peer"})
			return caller
		}},
		{"modified", func(n *net, by ender) *sim.Client {
			caller, callee, h := n.up()
			n.endAt(n.a, 2, by) // the first comes before MODIFY REQUEST
			caller.Do(cm.ModifyCallQoS{Request: caller.Number(), VC: h, Contract: double})
			return callee
		}},
		{"modified by the far end", func(n *net, by ender) *sim.Client {
			caller, _, h := n.up()
			n.endAt(n.b, 1, by)
			caller.Do(cm.ModifyCallQoS{Request: caller.Number(), VC: h, Contract: double})
			return caller
		}},
		{"joined", func(n *net, by ender) *sim.Client {
			root, _, _ := n.up()
			h := newVC(n, root)
			root.Do(cm.MakeCall{Request: root.Number(), VC: h, Called: "peer", Multipoint: true})
			want[cm.MakeCallComplete](n, root)
			n.endAt(n.b, 1, by)
			root.Do(cm.AddParty{Request: root.Number(), VC: h, Called: "peer"})
			return root
		}},
	} {
		for _, by := range enders {
			t.Run(row.name+"/"+by.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					n := newNet(t, 10*time.Millisecond, 0, sim.Options{})
					defer n.close()
					far := row.begin(n, by)
					if told := n.farEnd(far); told.Value != by.want {
						t.Errorf("the far end is told cause %d (%s), want %d", told.Value, told.Value, by.want)
					}
					time.Sleep(time.Minute) // a Shutdown ends by then
					for name, h := range map[string]*sim.Host{"a": n.a, "b": n.b} {
						if err := h.Plane.Err(); err != nil {
							t.Errorf("%s: %v", name, err)
						}
					}
				})
			})
		}
	}
}
