package e2e_test

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	"callmanager/api/cmdpb"
	"callmanager/lab"
)

// crowd is a client with calls of every kind, and the one at their other ends.
type crowd struct {
	t        *testing.T
	out, in  *duo // calls that it makes, and that it is offered
	own, far *agent
	pvcs     []uint32
	// farPVCs are the VCs of the other client's ends of them: nothing tells one end of a PVC of the other.
	farPVCs []uint64
	// Of its own: calls, offers, parties to be dropped, and VCs of the daemon's.
	calls, parties []uint64
	offered        map[uint64]bool
	deleted        map[uint64]bool
	closed         map[uint64]bool
}

// newCrowd connects the two clients and makes the calls, a hundred and more.
func newCrowd(t *testing.T, alice, bob *lab.Host) *crowd {
	t.Helper()
	d := newDuo(t, alice, bob)
	c := &crowd{
		t: t, out: d, own: d.a, far: d.b, in: &duo{t: t, alice: bob, bob: alice, a: d.b, b: d.a, saps: make(map[uint32]uint64)},
		offered: make(map[uint64]bool), deleted: make(map[uint64]bool), closed: make(map[uint64]bool),
	}
	for i, kind := range []struct {
		n    int
		make func(i int)
	}{
		{20, c.outgoing},
		{20, c.incoming},
		{15, c.settingUp},
		{15, c.offer},
		{10, c.remoteClosed},
		{5, c.root},
		{3, c.leaves},
		{5, c.adding},
		{5, c.pvcOut},
		{5, c.pvcIn},
	} {
		for n := range kind.n {
			kind.make(100*i + n)
		}
	}
	if n := len(c.calls); n < 100 {
		t.Fatalf("%d calls, want a hundred", n)
	}
	return c
}

func (c *crowd) add(vc uint64, offered bool) {
	c.calls = append(c.calls, vc)
	c.offered[vc] = offered
}

func (c *crowd) outgoing(int) {
	vc, _ := c.out.connect(rate(to(c.out.bob, plainSAP), 10))
	c.add(vc, false)
}

func (c *crowd) incoming(int) {
	_, vc := c.in.connect(rate(to(c.in.bob, plainSAP), 10))
	c.add(vc, true)
}

func (c *crowd) settingUp(int) {
	vc, _ := c.out.offer(rate(to(c.out.bob, plainSAP), 10))
	c.add(vc, false)
}

func (c *crowd) offer(int) {
	_, o := c.in.offer(rate(to(c.in.bob, plainSAP), 10))
	c.add(o.GetVc(), true)
}

// remoteClosed is a call that the other side has ended, and whose client owes CloseCall.
func (c *crowd) remoteClosed(int) {
	vc, far := c.out.connect(nil)
	closeCall(c.far, far)
	c.out.deleted(far)
	event[*cmdpb.IncomingCloseCall](c.own)
	c.add(vc, false)
}

func (c *crowd) root(int) {
	vc, parties, _ := c.out.root(3)
	c.parties = append(c.parties, parties[1:]...)
	c.add(vc, false)
}

func (c *crowd) leaves(int) {
	_, _, leaves := c.in.root(2)
	for _, vc := range leaves {
		c.add(vc, true)
	}
}

// adding is a call to which a party is being added.
func (c *crowd) adding(int) {
	vc, _, _ := c.out.root(1)
	c.out.adding(vc, leafSAP+1)
	c.add(vc, false)
}

// pvc adds a PVC at both ends: near uses it, and the other client is offered it.
func (c *crowd) pvc(i int, near *duo) (calling uint64, called *cmdpb.IncomingCall) {
	c.t.Helper()
	vci := uint32(1000 + i)
	c.pvcs = append(c.pvcs, vci)
	for a, spec := range map[*agent]*cmdpb.PVCConfig{near.a: {Link: near.bob.Name}, near.b: {Link: near.alice.Name, Selector: new(uint32(plainSAP))}} {
		spec.Vci, spec.Contract = vci, constant(10)
		a.must(cmdpb.Status_PENDING, &cmdpb.AddPVC{Pvc: spec})
	}
	event[*cmdpb.PVCComplete](near.a)
	event[*cmdpb.PVCComplete](near.b)
	o := event[*cmdpb.IncomingCall](near.b)
	calling = near.a.create()
	near.a.must(cmdpb.Status_PENDING, &cmdpb.MakeCall{
		Vc: calling, Parameters: &cmdpb.CallParameters{Permanent: true}, Channel: &cmdpb.ChannelID{Vci: vci},
	})
	event[*cmdpb.MakeCallComplete](near.a)
	near.b.must(cmdpb.Status_SUCCESS, accept(o.GetVc()))
	event[*cmdpb.CallConnected](near.b)
	return calling, o
}

func (c *crowd) pvcOut(i int) {
	vc, o := c.pvc(i, c.out)
	c.add(vc, false)
	c.farPVCs = append(c.farPVCs, o.GetVc())
}

func (c *crowd) pvcIn(i int) {
	vc, o := c.pvc(i, c.in)
	c.add(o.GetVc(), true)
	c.farPVCs = append(c.farPVCs, vc)
}

// mind takes what comes to both clients until done: the other one gives back what ends.
func (c *crowd) mind(what string, done func() error) {
	c.t.Helper()
	eventually(c.t, what, func() error {
		for {
			var there []*agent
			for _, a := range []*agent{c.own, c.far} {
				if a.fd >= 0 {
					there = append(there, a)
				}
			}
			ready, err := await(0, there...)
			if err != nil {
				return err
			}
			if len(ready) == 0 {
				return done()
			}
			for _, a := range ready {
				c.takeAll(a)
			}
		}
	})
}

// takeAll takes the messages of one datagram.
func (c *crowd) takeAll(a *agent) {
	c.t.Helper()
	if err := a.receive(); err != nil {
		c.t.Fatal(err)
	}
	for len(a.came) > 0 {
		m, err := a.take()
		if err != nil {
			c.t.Fatal(err)
		}
		if a == c.far {
			c.learnFar(m)
		} else {
			c.learnOwn(m)
		}
	}
}

// learnFar has the client at the other ends do what it owes.
func (c *crowd) learnFar(m proto.Message) {
	switch m := m.(type) {
	case *cmdpb.IncomingCloseCall:
		c.far.send(&cmdpb.CloseCall{Vc: m.GetVc()})
	case *cmdpb.IncomingDropParty:
		c.far.send(&cmdpb.DropParty{Party: m.GetParty()})
	case *cmdpb.IncomingCall: // of a PVC that is free again
		c.far.send(refuse(m.GetVc()))
	}
}

// learnOwn notes what has been completed.
func (c *crowd) learnOwn(m proto.Message) {
	c.t.Helper()
	switch m := m.(type) {
	case *cmdpb.CloseCallComplete:
		if c.closed[m.GetVc()] {
			c.t.Errorf("%v for the second time", m)
		}
		c.closed[m.GetVc()] = true
	case *cmdpb.DeleteVCIndication:
		c.deleted[m.GetVc()] = true
	case *cmdpb.CloseAFComplete:
		for _, vc := range c.calls {
			if !c.closed[vc] || c.offered[vc] && !c.deleted[vc] {
				c.t.Errorf("CloseAF is completed before the call on VC %#x", vc)
			}
		}
		c.closed[0] = true // stands for the address family
	case *cmdpb.IncomingCall, *cmdpb.Goodbye:
		c.t.Errorf("%T{%v} to an address family that closes", m, m)
	}
}

// free takes the PVCs out of the configurations, and ends the connections that it does so by.
func (c *crowd) free(watches []*agent) {
	c.t.Helper()
	for _, a := range watches {
		for _, vci := range c.pvcs {
			a.must(cmdpb.Status_PENDING, &cmdpb.DeletePVC{Channel: &cmdpb.ChannelID{Vci: vci}})
			event[*cmdpb.PVCComplete](a)
		}
		a.close()
	}
}

// TestCloseAFWithCalls closes an address family with a hundred calls of every kind, in the model's order (INV-14):
// CloseAF is completed when the last of them is. Then a client with as many dies.
func TestCloseAFWithCalls(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	t.Run("closed", func(t *testing.T) {
		check := residue(t, alice, bob)
		c := newCrowd(t, alice, bob)
		c.own.must(cmdpb.Status_PENDING, &cmdpb.CloseAF{})
		if h := holdingsOf(c.far); h["calls"] < uint64(len(c.calls)-20) {
			t.Errorf("the calls end with CloseAF: %v", h)
		}
		for _, p := range c.parties {
			c.own.send(&cmdpb.DropParty{Party: p})
		}
		for _, vc := range c.calls {
			c.own.send(&cmdpb.CloseCall{Vc: vc})
		}
		c.mind("CloseAF is completed", func() error {
			if !c.closed[0] {
				return fmt.Errorf("%d of %d calls are closed", len(c.closed), len(c.calls))
			}
			return nil
		})
		quiet(c.own) // there is nothing behind it
		c.over()
		check()
	})
	t.Run("died", func(t *testing.T) {
		check := residue(t, alice, bob)
		c := newCrowd(t, alice, bob)
		c.over()
		check()
	})
}

// over ends the connection of the client and waits until both daemons have ended all calls.
func (c *crowd) over() {
	c.t.Helper()
	c.own.close()
	for _, vc := range c.farPVCs {
		c.far.send(&cmdpb.CloseCall{Vc: vc})
	}
	var watches []*agent
	for _, h := range []*lab.Host{c.out.alice, c.out.bob} {
		watches = append(watches, enter(c.t, h))
	}
	c.mind("all calls have ended", func() error {
		for _, w := range watches {
			if n := w.must(cmdpb.Status_SUCCESS, &cmdpb.GetStatus{}).GetDaemonStatus().GetCalls(); n != 0 {
				return fmt.Errorf("%s has %d calls", w.host.Name, n)
			}
		}
		return nil
	})
	c.far.close()
	c.free(watches)
}
