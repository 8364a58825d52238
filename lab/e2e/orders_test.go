package e2e_test

import (
	"encoding/binary"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"callmanager/api/cmdpb"
	"callmanager/lab"
)

// races is a world without chance: two clients, each at its host, do what the test says, and the model checks all that
// comes of it.
type races struct {
	*world
	a, b *modelClient
}

// newRaces makes the two clients. Client b has a SAP for each selector that a calls.
func newRaces(t *testing.T, alice, bob *lab.Host) *races {
	t.Helper()
	w := &world{t: t, test: t, hosts: [2]*lab.Host{alice, bob}, legs: make(map[string]*leg), seen: make(visits)}
	r := &races{world: w}
	t.Cleanup(r.leave)
	r.a, r.b = w.newClient(0), w.newClient(1)
	r.do(r.b, &cmdpb.RegisterSAP{AnySelector: true})
	return r
}

// leave ends the connections.
func (r *races) leave() {
	for _, c := range r.clients {
		c.close()
	}
}

// do has a client say something, and waits for all that comes of it.
func (r *races) do(c *modelClient, ops ...proto.Message) {
	r.t.Helper()
	r.together = len(ops) > 1
	r.send(c, ops...)
	r.settle()
	r.together = false
}

// meets has both clients say something at the same time.
func (r *races) meets(near, far proto.Message) {
	r.t.Helper()
	r.together = true
	r.send(r.a, near)
	r.send(r.b, far)
	r.settle()
	r.together = false
}

// parametersTo are those of a call of a's, which no other has.
func (r *races) parametersTo(selector uint32) *cmdpb.CallParameters {
	r.tags++
	p := rate(to(r.hosts[1], selector), 100)
	p.Bhli = binary.BigEndian.AppendUint64([]byte{0x81}, r.tags)
	return p
}

// call makes a call on a new VC, with more parties than one if there are leaves, and returns both ends.
func (r *races) call(parties int) (near *modelVC, far []*modelVC) {
	r.t.Helper()
	r.do(r.a, &cmdpb.CreateVC{})
	near = r.a.idleVC()
	p := r.parametersTo(1)
	if parties > 0 {
		p.Multipoint, p.Contract.Backward = true, nil
	}
	r.do(r.a, &cmdpb.MakeCall{Vc: near.handle, Parameters: p})
	far = append(far, r.answer(near))
	for range parties - 1 {
		r.do(r.a, &cmdpb.AddParty{Vc: near.handle, Parameters: r.parametersTo(1)})
		far = append(far, r.answer(near))
	}
	return near, far
}

// answer has b accept the last leg of a call.
func (r *races) answer(near *modelVC) (far *modelVC) {
	r.t.Helper()
	far = near.legs[len(near.legs)-1].far
	r.do(r.b, accept(far.handle))
	if far.phase != connected || near.phase != connected {
		r.fail("the call is %s at one end and %s at the other", near.phase, far.phase)
	}
	return far
}

// over ends what has been left of a call, and deletes its VC.
func (r *races) over(near *modelVC, far []*modelVC) {
	r.t.Helper()
	for _, p := range slices.Clone(near.parties) {
		if near.left() > 1 {
			r.do(r.a, &cmdpb.DropParty{Party: p.handle})
		}
	}
	if near.phase != idle {
		r.do(r.a, &cmdpb.CloseCall{Vc: near.handle})
	}
	for _, v := range far {
		if v.phase == remoteClosed {
			r.do(r.b, &cmdpb.CloseCall{Vc: v.handle})
		}
		if v.phase != idle {
			r.fail("a called end stays %s", v.phase)
		}
	}
	r.do(r.a, &cmdpb.DeleteVC{Vc: near.handle})
}

// rounds is how often each order is tried: which of the two comes first is the machine's choice.
const rounds = 40

// TestOrders lets what may cross on the way do so, again and again. Whoever comes first, each request is answered and
// completed once, both ends learn of the end, and the daemons hold nothing afterwards.
func TestOrders(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	for _, row := range []struct {
		name string
		race func(r *races, round int)
	}{
		{"completions and the answers of their requests", raceAnswers},
		{"close against incoming close", func(r *races, _ int) {
			near, far := r.call(0)
			r.meets(&cmdpb.CloseCall{Vc: near.handle}, &cmdpb.CloseCall{Vc: far[0].handle})
			r.over(near, far)
		}},
		{"the close of a call that is being made against its acceptance", func(r *races, round int) {
			near, far := r.unanswered()
			end := []proto.Message{&cmdpb.CloseCall{Vc: near.handle}, &cmdpb.AdminClose{Vc: near.handle}}[round%2]
			r.meets(end, accept(far.handle))
			r.over(near, []*modelVC{far})
		}},
		{"the close of a call that is being made against its refusal", func(r *races, _ int) {
			near, far := r.unanswered()
			r.meets(&cmdpb.CloseCall{Vc: near.handle}, refuse(far.handle))
			r.over(near, []*modelVC{far})
		}},
		{"modify against the close by the other side", func(r *races, _ int) {
			near, far := r.call(0)
			r.meets(modifyTo(near), &cmdpb.CloseCall{Vc: far[0].handle})
			r.over(near, far)
		}},
		{"modify against one's own close", func(r *races, round int) {
			near, far := r.call(0)
			ops := []proto.Message{modifyTo(near), &cmdpb.CloseCall{Vc: near.handle}}
			if round%2 == 1 {
				ops[0], ops[1] = ops[1], ops[0]
			}
			r.do(r.a, ops...)
			r.over(near, far)
		}},
		{"modify against an administrator's close", func(r *races, round int) {
			near, far := r.call(0)
			if round%2 == 0 {
				r.do(r.a, modifyTo(near), &cmdpb.AdminClose{Vc: near.handle})
			} else {
				r.meets(modifyTo(near), &cmdpb.AdminClose{Vc: far[0].handle})
			}
			r.over(near, far)
		}},
		{"the drop of a party from both ends", func(r *races, round int) {
			near, far := r.call(3)
			r.meets(&cmdpb.DropParty{Party: near.parties[round%3].handle}, &cmdpb.CloseCall{Vc: far[round%3].handle})
			r.over(near, far)
		}},
		{"the drop of the last party but one against the close by the last", func(r *races, round int) {
			near, far := r.call(2)
			r.meets(&cmdpb.DropParty{Party: near.parties[round%2].handle}, &cmdpb.CloseCall{Vc: far[1-round%2].handle})
			r.over(near, far)
		}},
		{"the drop of the last party from both ends", func(r *races, _ int) {
			near, far := r.call(1)
			r.meets(&cmdpb.CloseCall{Vc: near.handle}, &cmdpb.CloseCall{Vc: far[0].handle})
			r.over(near, far)
		}},
		{"all leaves leave at once", func(r *races, _ int) {
			near, far := r.call(3)
			r.do(r.b, &cmdpb.CloseCall{Vc: far[0].handle}, &cmdpb.CloseCall{Vc: far[1].handle}, &cmdpb.CloseCall{Vc: far[2].handle})
			r.over(near, far)
		}},
		{"a party is added while the last one leaves", func(r *races, _ int) {
			near, far := r.call(1)
			r.meets(&cmdpb.AddParty{Vc: near.handle, Parameters: r.parametersTo(2)}, &cmdpb.CloseCall{Vc: far[0].handle})
			if len(near.parties) > 1 && near.parties[1].leg.far != nil && near.parties[1].leg.far.phase == offered {
				late := near.parties[1].leg.far
				r.do(r.b, refuse(late.handle))
			}
			r.over(near, far)
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			check := residue(t, alice, bob)
			r := newRaces(t, alice, bob)
			for i := range rounds {
				row.race(r, i)
			}
			r.leave()
			check()
		})
	}
}

// raceAnswers makes many calls in one datagram, which fail at once: each is answered before it is completed.
func raceAnswers(r *races, _ int) {
	var ops []proto.Message
	for range 8 {
		p := r.parametersTo(1)
		p.Contract = constant(tooFast) // the link refuses it
		ops = append(ops, &cmdpb.MakeCall{Parameters: p})
	}
	first := r.a.send(ops...)
	answered := make(map[uint64]bool)
	for completed := 0; completed < len(ops); {
		m, err := r.a.take()
		switch m := m.(type) {
		case *cmdpb.Reply:
			answered[m.GetRequest()] = m.GetStatus() == cmdpb.Status_PENDING
		case *cmdpb.MakeCallComplete:
			if n := m.GetRequest(); !answered[n] || n < first || m.GetStatus() != cmdpb.Status_CELLRATE_NOT_AVAILABLE {
				r.fail("%v comes before the answer", m)
			}
			answered[m.GetRequest()] = false // and no second one
			completed++
		default:
			r.fail("%T{%v}, %v", m, m, err)
		}
	}
}

// unanswered makes a call that is offered and no more.
func (r *races) unanswered() (near, far *modelVC) {
	r.t.Helper()
	r.do(r.a, &cmdpb.CreateVC{})
	near = r.a.idleVC()
	r.do(r.a, &cmdpb.MakeCall{Vc: near.handle, Parameters: r.parametersTo(1)})
	return near, near.legs[0].far
}

// idleVC returns the VC of a client that has no call.
func (c *modelClient) idleVC() *modelVC {
	for _, v := range c.vcs {
		if v.phase == idle {
			return v
		}
	}
	c.w.fail("client %d has no idle VC", c.number)
	return nil
}

// modifyTo asks for another rate of a call.
func modifyTo(v *modelVC) *cmdpb.ModifyCallQoS {
	return &cmdpb.ModifyCallQoS{Vc: v.handle, Parameters: rate(&cmdpb.CallParameters{}, v.pcr+1)}
}

// TestOffersAtRegistration: a PVC that waits for a SAP is offered with its registration, behind the answer.
func TestOffersAtRegistration(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	check := residue(t, alice, bob)
	d := newDuo(t, alice, bob)
	channel := &cmdpb.ChannelID{Vci: 100}
	d.b.must(cmdpb.Status_PENDING, &cmdpb.AddPVC{Pvc: &cmdpb.PVCConfig{
		Link: alice.Name, Vci: 100, Selector: new(uint32(plainSAP)), Contract: constant(100),
	}})
	event[*cmdpb.PVCComplete](d.b)
	for range rounds {
		n := d.b.send(&cmdpb.RegisterSAP{Selector: plainSAP})
		sap := d.b.reply(n).GetHandle().GetHandle()
		o := event[*cmdpb.IncomingCall](d.b)
		if o.GetSap() != sap || !o.GetParameters().GetPermanent() {
			t.Fatalf("offered %v, want a PVC to SAP %#x", o, sap)
		}
		d.b.must(cmdpb.Status_SUCCESS, refuse(o.GetVc()))
		d.deleted(o.GetVc())
		d.b.must(cmdpb.Status_SUCCESS, &cmdpb.DeregisterSAP{Sap: sap})
	}
	d.b.must(cmdpb.Status_PENDING, &cmdpb.DeletePVC{Channel: channel})
	event[*cmdpb.PVCComplete](d.b)
	d.leave()
	check()
}
