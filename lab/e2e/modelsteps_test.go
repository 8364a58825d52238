package e2e_test

import (
	"encoding/binary"
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"callmanager/api/cmdpb"
)

// most is what a client of the model holds of VCs at most, so that it comes back to those that it has.
const most = 5

// selectors are those of the SAPs of the model, any but the last of calls.
const selectors = 3

// menu are the operations, each as often as it is to be drawn.
var menu = func() (all []string) {
	for name, n := range map[string]int{
		"CreateVC": 4, "MakeCall": 6, "accept": 8, "refuse": 1, "CloseCall": 3, "DeleteVC": 2, "Alert": 1, "Notify": 1, "Modify": 2, "AddParty": 5,
		"DropParty": 3, "RingDone": 4, "RegisterSAP": 3, "DeregisterSAP": 1, "OpenAF": 1, "CloseAF": 1, "AdminClose": 1,
	} {
		all = append(all, slices.Repeat([]string{name}, n)...)
	}
	slices.Sort(all)
	return all
}()

// even draws numbers of so many bits, each as likely as the other: those of rapid itself are small more often.
const evenBits = 12

var even = rapid.Custom(func(t *rapid.T) (n int) {
	for range evenBits {
		n <<= 1
		if rapid.Bool().Draw(t, "bit") {
			n |= 1
		}
	}
	return n
})

// pick draws one of the numbers from 0 to n-1, and one draws one of several.
func pick(t *rapid.T, n int, label string) int      { return even.Draw(t, label) * n >> evenBits }
func one[T any](t *rapid.T, of []T, label string) T { return of[pick(t, len(of), label)] }

// step lets one client do one thing, or two in one datagram, or two clients one each at the same time, or a client
// die; and waits for all that comes of it.
func (w *world) step(t *rapid.T) {
	w.t = t
	for _, c := range w.clients {
		c.tb = t
	}
	for _, a := range w.watches {
		a.tb = t
	}
	c := w.anyone(t)
	switch kind := pick(t, 100, "kind"); {
	case kind < 55:
		c, op := w.anything(t, c)
		w.send(c, op)
	case kind < 68:
		c, first := w.anything(t, c)
		w.together = true
		w.send(c, first, w.beside(t, c, first))
	case kind < 76:
		w.burst(t, c)
	case kind < 82:
		w.seldom(t, c)
	case kind < 98:
		w.meet(t)
	default:
		w.die(t, c)
	}
	w.settle()
	w.together = false
}

// anyone draws a client.
func (w *world) anyone(t *rapid.T) *modelClient {
	there := w.there()
	return there[pick(t, len(there), "client")]
}

// there are the clients that live.
func (w *world) there() []*modelClient {
	return slices.DeleteFunc(slices.Clone(w.clients), func(c *modelClient) bool { return c.gone })
}

// beside draws an operation to go with another: on the same VC or party more often than not.
func (w *world) beside(t *rapid.T, c *modelClient, first proto.Message) proto.Message {
	_, drop := first.(*cmdpb.DropParty)
	_, done := first.(*cmdpb.RingDone)
	if (drop || done) && pick(t, 2, "again") == 0 {
		return proto.Clone(first)
	}
	_, vc := operationOf(first)
	if vc == 0 || pick(t, 4, "elsewhere") == 0 {
		return w.operation(t, c, one(t, menu, "second operation"))
	}
	return w.onVC(t, c, one(t, vcOperations, "second operation"), vc)
}

// meet lets the clients of the two ends of a call act at the same time, or two others if there is none.
func (w *world) meet(t *rapid.T) {
	tags := slices.Sorted(maps.Keys(w.legs))
	tags = slices.DeleteFunc(tags, func(tag string) bool {
		l := w.legs[tag]
		return l.far == nil || l.near.owner.gone || l.far.owner.gone || l.far.phase == idle || l.nearEnd() == goneEnd
	})
	if len(tags) == 0 {
		c := w.anyone(t)
		w.send(c, w.operation(t, c, "MakeCall"))
		return
	}
	l := w.legs[one(t, tags, "call")]
	w.together = true
	near := w.onVC(t, l.near.owner, one(t, vcOperations, "near operation"), l.near.handle)
	if l.party != nil && l.party.handle != 0 && pick(t, 2, "drop") == 0 {
		near = &cmdpb.DropParty{Party: l.party.handle}
	}
	far := w.onVC(t, l.far.owner, one(t, vcOperations, "far operation"), l.far.handle)
	w.send(l.near.owner, near)
	w.send(l.far.owner, far)
}

// die ends a client, whose place another takes.
func (w *world) die(t *rapid.T, c *modelClient) {
	for _, v := range c.vcs {
		for _, l := range v.legs {
			l.why = append(l.why, 31)
		}
	}
	c.close()
	c.gone, c.sent = true, nil
	w.steps++
	w.seen.visit("a client", "death")
	w.forget()
	side := pick(t, 2, "host of the next client")
	w.awaitClients(c.side)
	w.newClient(side)
}

// anything draws an operation: one of those that lead on, if there are such, more often than not; else any of client c.
func (w *world) anything(t *rapid.T, c *modelClient) (*modelClient, proto.Message) {
	on := w.fitting(leadOn)
	if len(on) == 0 || pick(t, 10, "anything") < 5 {
		return c, w.operation(t, c, one(t, menu, "operation"))
	}
	draw := on[pick(t, len(on), "what leads on")]
	return draw.c, w.onVC(t, draw.c, draw.name, draw.vc)
}

// leadOn are the operations by which a call comes about and goes on.
var leadOn = []string{"MakeCall", "accept", "accept", "accept", "Modify", "AddParty", "AddParty", "AddParty"}

// burst has a client do something that takes a while, and something else on the same VC or party at once.
func (w *world) burst(t *rapid.T, c *modelClient) {
	w.together = true
	for _, p := range partiesOf(c) {
		if pick(t, 2, "drop") == 0 {
			w.send(c, &cmdpb.DropParty{Party: p}, &cmdpb.DropParty{Party: p})
			return
		}
	}
	long := w.fitting([]string{"accept", "CloseCall", "Modify"})
	if len(long) == 0 {
		c, op := w.anything(t, c)
		w.send(c, op)
		return
	}
	draw := long[pick(t, len(long), "what takes long")]
	w.send(draw.c, w.onVC(t, draw.c, draw.name, draw.vc), w.onVC(t, draw.c, one(t, vcOperations, "second operation"), draw.vc))
}

// seldom has a client do what it comes to seldom: while its address family closes, its call has been ended by the other
// side, or its rings are in use.
func (w *world) seldom(t *rapid.T, c *modelClient) {
	for _, o := range w.there() {
		if o.af == afClosing {
			w.send(o, one(t, []proto.Message{openAF(), &cmdpb.CloseAF{}, &cmdpb.CreateVC{}, &cmdpb.RegisterSAP{Selector: 1}}, "while it closes"))
			return
		}
	}
	for _, o := range w.there() {
		for _, vc := range vcsOf(o) {
			if v := o.vcs[vc]; v.phase == remoteClosed && pick(t, 2, "ended") == 0 {
				w.send(o, w.onVC(t, o, one(t, vcOperations, "behind the end"), vc))
				return
			}
			if hasRings(o, vc) && pick(t, 8, "rings") == 0 {
				w.send(o, &cmdpb.RingDone{Vc: vc}, &cmdpb.RingDone{Vc: vc})
				return
			}
		}
	}
	c, op := w.anything(t, c)
	w.send(c, op)
}

// choice is an operation that would be served.
type choice struct {
	c    *modelClient
	name string
	vc   uint64
}

// fitting returns the operations of those of some names that would be served.
func (w *world) fitting(names []string) (all []choice) {
	for _, c := range w.there() {
		if c.af == afClosed {
			continue
		}
		for _, vc := range vcsOf(c) {
			for _, name := range names {
				if c.vcs[vc].fits(name) {
					all = append(all, choice{c, name, vc})
				}
			}
		}
	}
	return all
}

// operation draws an operation of a client.
func (w *world) operation(t *rapid.T, c *modelClient, name string) proto.Message {
	switch name {
	case "CreateVC":
		if len(c.vcs) < most {
			return &cmdpb.CreateVC{}
		}
		name = "DeleteVC"
	case "RegisterSAP":
		return &cmdpb.RegisterSAP{Selector: 1 + uint32(pick(t, selectors, "selector")), AnySelector: pick(t, 6, "any") == 0}
	case "DeregisterSAP":
		return &cmdpb.DeregisterSAP{Sap: w.handle(t, c, nil, keysOf(c.saps), c.deadSAPs, func(o *modelClient) []uint64 { return keysOf(o.saps) })}
	case "OpenAF":
		return openAF()
	case "CloseAF":
		if c.af == afOpen && pick(t, 4, "stay") > 0 && !slices.ContainsFunc(vcsOf(c), func(h uint64) bool { return c.vcs[h].phase == connected }) {
			return &cmdpb.RegisterSAP{Selector: 1 + uint32(pick(t, selectors, "selector"))}
		}
		return &cmdpb.CloseAF{}
	case "DropParty":
		return &cmdpb.DropParty{Party: w.handle(t, c, nil, partiesOf(c), c.deadParties, partiesOf)}
	case "RingDone":
		held := slices.DeleteFunc(keysOf(c.rings), func(h uint64) bool { return c.vcs[h] != nil && c.vcs[h].phase != idle })
		return &cmdpb.RingDone{Vc: w.handle(t, c, held, keysOf(c.rings), c.deadVCs, vcsOf)}
	case "MakeCall":
		if len(c.vcs) < most && pick(t, 5, "disposable") == 0 {
			return w.onVC(t, c, name, 0)
		}
	}
	if len(c.vcs) == 0 && pick(t, 3, "no VC") > 0 {
		return &cmdpb.CreateVC{}
	}
	fit := slices.DeleteFunc(vcsOf(c), func(h uint64) bool { return !c.vcs[h].fits(name) })
	vc := w.handle(t, c, fit, vcsOf(c), c.deadVCs, vcsOf)
	if name == "AdminClose" {
		return &cmdpb.AdminClose{Vc: vc}
	}
	return w.onVC(t, c, name, vc)
}

// fits tells whether an operation would be served.
func (v *modelVC) fits(name string) bool {
	switch name {
	case "MakeCall":
		return v.phase == idle && !hasRings(v.owner, v.handle)
	case "Modify":
		return v.phase == connected && !v.incoming && !v.multipoint
	case "AddParty":
		return v.phase == connected && !v.incoming && v.multipoint
	}
	table := ownCalls
	if v.incoming {
		table = offeredCalls
	}
	s := table[v.phase][name]
	return s == cmdpb.Status_SUCCESS || s == cmdpb.Status_PENDING
}

// handle draws a handle: one that fits, if there are such, or any of the client's own more often than not; else one of
// the past, another client's, or none at all.
func (w *world) handle(t *rapid.T, c *modelClient, fit, own, dead []uint64, of func(*modelClient) []uint64) uint64 {
	if len(fit) > 0 && pick(t, 10, "any") < 7 {
		return one(t, fit, "fitting handle")
	}
	var others []uint64
	for _, o := range w.clients {
		if o != c && o.side == c.side && !o.gone {
			others = append(others, of(o)...)
		}
	}
	kind := pick(t, 10, "whose")
	switch {
	case kind < 7 && len(own) > 0:
		return one(t, own, "own handle")
	case kind < 8 && len(others) > 0:
		return one(t, others, "other handle")
	case kind < 9 && len(dead) > 0:
		return one(t, dead[max(0, len(dead)-4):], "dead handle")
	}
	return 99<<32 | 99
}

// keysOf returns the handles of a table in order.
func keysOf[V any](table map[uint64]V) []uint64 { return slices.Sorted(maps.Keys(table)) }

// vcsOf returns the VCs of a client.
func vcsOf(c *modelClient) []uint64 { return keysOf(c.vcs) }

// partiesOf returns the party handles of a client.
func partiesOf(c *modelClient) (all []uint64) {
	for _, h := range keysOf(c.vcs) {
		for _, p := range c.vcs[h].parties {
			if p.handle != 0 {
				all = append(all, p.handle)
			}
		}
	}
	return all
}

// onVC makes an operation on a VC.
func (w *world) onVC(t *rapid.T, c *modelClient, name string, vc uint64) proto.Message {
	switch name {
	case "MakeCall":
		p := w.parameters(t, c)
		p.Multipoint = pick(t, 3, "multipoint") == 0
		p.Contract = constant(100 + uint32(w.tags%50))
		if p.GetMultipoint() {
			p.Contract.Backward = nil
		}
		return &cmdpb.MakeCall{Vc: vc, Parameters: p}
	case "accept":
		return accept(vc)
	case "refuse":
		m := refuse(vc)
		if pick(t, 2, "busy") == 0 {
			m.Cause = &cmdpb.Cause{Value: 17}
		}
		return m
	case "CloseCall":
		return &cmdpb.CloseCall{Vc: vc}
	case "DeleteVC":
		return &cmdpb.DeleteVC{Vc: vc}
	case "Alert":
		return &cmdpb.Alert{Vc: vc}
	case "Notify":
		return &cmdpb.Notify{Vc: vc, Indicator: []byte{0x80}}
	case "Modify":
		pcr := one(t, []uint32{10, 20, 30, tooFast}, "rate")
		return &cmdpb.ModifyCallQoS{Vc: vc, Parameters: rate(&cmdpb.CallParameters{}, pcr)}
	}
	return &cmdpb.AddParty{Vc: vc, Parameters: w.parameters(t, c)}
}

// parameters are those of a call or a party that no other has.
func (w *world) parameters(t *rapid.T, c *modelClient) *cmdpb.CallParameters {
	w.tags++
	p := to(w.hosts[1-c.side], 1+uint32(pick(t, selectors+1, "called selector")))
	p.Bhli = binary.BigEndian.AppendUint64([]byte{0x81}, w.tags) // user-specific
	return p
}
