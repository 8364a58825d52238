package e2e_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"callmanager/api/cmdpb"
	"callmanager/lab"
)

// world is what the model knows of two daemons and their clients. It learns from the messages alone: each must be one
// that may come in the state that the ones before have led to.
type world struct {
	t       rapid.TB
	test    *testing.T
	hosts   [2]*lab.Host
	watches [2]*agent
	clients []*modelClient
	legs    map[string]*leg // by the B-HLI, which no other call has
	tags    uint64
	seen    visits
	steps   int
	// together tells that several clients act at this moment, or one does several things: what is known of the others
	// may be out of date.
	together bool
	history  []entry
}

// entry is what was said by or to a client.
type entry struct {
	who  *modelClient
	said proto.Message
	sent bool
}

// modelClient is a client, and what it has.
type modelClient struct {
	*agent
	w      *world
	number int
	side   int // of its host
	af     family
	// sent are the requests that wait for their answers, and owed those that wait for their completions.
	sent []*asked
	owed map[uint64]*asked
	saps map[uint64]*cmdpb.RegisterSAP
	vcs  map[uint64]*modelVC
	// rings are those that the client has got; true says that it has done with them.
	rings map[uint64]bool
	// Handles of the past.
	deadVCs, deadSAPs, deadParties []uint64
	gone                           bool
}

// asked is a request.
type asked struct {
	number uint64
	op     proto.Message
	vc     *modelVC
	party  *party
	leg    *leg
	// Of the leg that is not there yet.
	why     []uint32
	notices int
}

// modelVC is a VC.
type modelVC struct {
	handle     uint64
	owner      *modelClient
	incoming   bool
	disposable bool
	phase      phase
	multipoint bool
	doomed     bool   // closed by an administrator
	legs       []*leg // of its call: one, or one a party; of an offer its own
	parties    []*party
	why        []uint32 // of the legs that there were
	pcr        uint32
	notices    notices // that come to who has called
}

// notices bounds how many notifications come to one end of a call.
type notices struct{ least, most, came int }

// leg is what is between the two ends of a call, or of a party of one.
type leg struct {
	tag       string
	near, far *modelVC
	party     *party // of a call with parties
	// sap is the one that the offer is to come to; zero for none.
	sap uint64
	pcr uint32
	// accepting tells that the far end has said that it accepts.
	accepting bool
	// further tells that it is a party behind the first.
	further bool
	// why are the causes by which it may end.
	why     []uint32
	notices notices // that come to who was called
}

// party is one of a call's parties.
type party struct {
	handle uint64
	vc     *modelVC
	leg    *leg
	state  partyState
}

// newClient connects a client and opens its address family.
func (w *world) newClient(side int) *modelClient {
	c := &modelClient{
		agent: newAgent(w.t, w.hosts[side]), w: w, side: side, number: len(w.clients), af: afClosed,
		owed: make(map[uint64]*asked), rings: make(map[uint64]bool),
		saps: make(map[uint64]*cmdpb.RegisterSAP), vcs: make(map[uint64]*modelVC),
	}
	w.clients = append(w.clients, c)
	w.send(c, openAF())
	w.settle()
	return c
}

// fail ends the run with what was said at last.
func (w *world) fail(format string, args ...any) {
	w.t.Helper()
	var b strings.Builder
	for _, e := range w.history[max(0, len(w.history)-60):] {
		arrow := "<-"
		if e.sent {
			arrow = "->"
		}
		fmt.Fprintf(&b, "%d@%s %s %T{%v}\n", e.who.number, e.who.host.Name, arrow, e.said, e.said)
	}
	w.t.Fatalf("divergence: %s; what was said:\n%s", fmt.Sprintf(format, args...), b.String())
}

// send sends requests of one client in one datagram.
func (w *world) send(c *modelClient, ops ...proto.Message) {
	first := c.send(ops...)
	for i, op := range ops {
		w.history = append(w.history, entry{c, op, true})
		r := &asked{number: first + uint64(i), op: op}
		c.sent = append(c.sent, r)
		w.intend(c, op)
		w.steps++
	}
}

// intend notes what a request may lead to at the other end, which may come before its answer.
func (w *world) intend(c *modelClient, op proto.Message) {
	why := func(vc uint64, causes ...uint32) {
		for _, r := range c.sent { // those that have no leg yet
			if name, of := operationOf(r.op); of == vc && (name == "MakeCall" || name == "AddParty") {
				r.why = append(r.why, causes...)
			}
		}
		if v := w.find(vc, c.side); v != nil {
			for _, l := range v.legs {
				l.why = append(l.why, causes...)
			}
		}
	}
	switch op := op.(type) {
	case *cmdpb.IncomingCallComplete:
		if op.GetStatus() != cmdpb.Status_SUCCESS {
			why(op.GetVc(), cmp.Or(op.GetCause().GetValue(), 21))
		} else if v := c.vcs[op.GetVc()]; v != nil && v.incoming {
			v.legs[0].accepting = true
		}
	case *cmdpb.CloseCall:
		why(op.GetVc(), 16, 21)
	case *cmdpb.DropParty:
		for _, v := range c.vcs {
			for _, p := range v.parties {
				if p.handle == op.GetParty() && p.leg != nil {
					p.leg.why = append(p.leg.why, 16)
				}
			}
		}
	case *cmdpb.AdminClose:
		why(op.GetVc(), 31)
	case *cmdpb.Notify:
		w.notifying(c, op.GetVc())
	}
}

// notifying counts the notifications that one may lead to: each other end of the call gets it.
func (w *world) notifying(c *modelClient, vc uint64) {
	for _, r := range c.sent {
		if name, of := operationOf(r.op); of == vc && (name == "MakeCall" || name == "AddParty") {
			r.notices++
		}
	}
	v := c.vcs[vc]
	if v == nil {
		return
	}
	for _, l := range v.legs {
		if v.incoming {
			l.near.notices.most++
		} else {
			l.notices.most++
		}
	}
}

// find finds a VC at a host.
func (w *world) find(handle uint64, side int) *modelVC {
	for _, c := range w.clients {
		if v := c.vcs[handle]; c.side == side && v != nil {
			return v
		}
	}
	return nil
}

// settleBound is how long the model waits for what must come.
const settleBound = 20 * time.Second

// settle takes messages until nothing is to come.
func (w *world) settle() {
	w.t.Helper()
	for end := time.Now().Add(settleBound); ; {
		w.takeAll()
		what := w.unsettled()
		if what == "" {
			return
		}
		var there []*agent
		for _, c := range w.there() {
			there = append(there, c.agent)
		}
		ready, err := await(time.Until(end), there...)
		if err != nil || len(ready) == 0 {
			w.fail("%s within %s, %v", what, settleBound, err)
		}
		for _, a := range ready {
			if err := a.receive(); err != nil {
				w.fail("at %s: %v", a.host.Name, err)
			}
		}
	}
}

// takeAll takes what has come. An offer may come before the answer to the MakeCall or AddParty that it is of, from the
// other daemon, and waits for that.
func (w *world) takeAll() {
	w.t.Helper()
	for took := true; took; {
		took = false
		for _, c := range w.there() {
			for len(c.came) > 0 && !w.early(c.came[0].body) {
				m, err := c.take()
				if err != nil {
					w.fail("client %d: %v", c.number, err)
				}
				w.history = append(w.history, entry{who: c, said: m})
				w.learn(c, m)
				took = true
			}
		}
	}
}

// early tells whether a message is an offer of what is not answered yet.
func (w *world) early(m proto.Message) bool {
	o, ok := m.(*cmdpb.IncomingCall)
	if !ok || w.legs[string(o.GetParameters().GetBhli())] != nil {
		return false
	}
	for _, c := range w.there() {
		for _, r := range c.sent {
			p := parametersOf(r.op)
			if p != nil && string(p.GetBhli()) == string(o.GetParameters().GetBhli()) {
				return true
			}
		}
	}
	return false
}

// parametersOf returns those of a request that makes an offer.
func parametersOf(op proto.Message) *cmdpb.CallParameters {
	switch op := op.(type) {
	case *cmdpb.MakeCall:
		return op.GetParameters()
	case *cmdpb.AddParty:
		return op.GetParameters()
	}
	return nil
}

// unsettled says what is still to come, or nothing.
func (w *world) unsettled() string {
	for _, c := range w.clients {
		if c.gone {
			continue
		}
		if len(c.sent) > 0 {
			return fmt.Sprintf("client %d gets no answer to %T{%v}", c.number, c.sent[0].op, c.sent[0].op)
		}
		calls := 0
		for _, v := range c.vcs {
			if v.phase != idle {
				calls++
			}
			if s := v.unsettled(); s != "" {
				return fmt.Sprintf("client %d, VC %#x: %s", c.number, v.handle, s)
			}
		}
		if c.af == afClosing && calls == 0 {
			return fmt.Sprintf("client %d gets no CloseAFComplete", c.number)
		}
	}
	for _, l := range w.legs {
		if s := l.unsettled(); s != "" {
			return s
		}
	}
	return ""
}

// unsettled says what is to come on a VC whatever others do.
func (v *modelVC) unsettled() string {
	switch v.phase {
	case accepted, modifying, closing, ended:
		return "it stays " + string(v.phase)
	case idle, proceeding, offered, connected, remoteClosed:
	}
	for _, p := range v.parties {
		if p.state == dropping || p.state == adding && v.phase != connected {
			return fmt.Sprintf("party %#x stays %s", p.handle, p.state)
		}
	}
	if v.doomed && v.phase != closing {
		return "an administrator has closed it, and it stays " + string(v.phase)
	}
	n := v.notices
	if v.incoming && len(v.legs) > 0 {
		n = v.legs[0].notices
	}
	if v.phase == connected && n.came < n.least {
		return fmt.Sprintf("%d notifications, want %d", n.came, n.least)
	}
	return ""
}

// progress is how far one end of a leg is.
type progress int

// What the ends of a leg may be.
const (
	absentEnd progress = iota // not offered
	settingUpEnd
	upEnd
	overEnd // the other side has ended it
	goneEnd
	betweenEnd // something is to come
)

// nearEnd is the end of who has called.
func (l *leg) nearEnd() progress {
	v := l.near
	switch {
	case v.owner.gone, !slices.Contains(v.legs, l):
		return goneEnd
	case v.phase == closing:
		return betweenEnd
	case v.phase == remoteClosed:
		return overEnd
	case v.phase == proceeding:
		return settingUpEnd
	case l.party == nil:
		return upEnd
	}
	switch l.party.state {
	case adding:
		return settingUpEnd
	case active:
		return upEnd
	case remoteDropped:
		return overEnd
	case dropping:
	}
	return betweenEnd
}

// farEnd is the end of who was called.
func (l *leg) farEnd() progress {
	if l.far == nil {
		return absentEnd
	}
	if l.far.owner.gone {
		return goneEnd
	}
	switch l.far.phase {
	case offered:
		return settingUpEnd
	case connected:
		return upEnd
	case remoteClosed:
		return overEnd
	case idle:
		return goneEnd
	case proceeding, accepted, modifying, closing, ended:
	}
	return betweenEnd
}

// unsettled compares the two ends of a leg.
func (l *leg) unsettled() string {
	near, far := l.nearEnd(), l.farEnd()
	switch {
	case near == settingUpEnd && far == settingUpEnd, near == overEnd && far >= overEnd && far != betweenEnd, near == goneEnd && far >= overEnd && far != betweenEnd:
		return ""
	case (near == overEnd || near == goneEnd) && far == absentEnd && l.sap == 0:
		return ""
	case near == upEnd && far == upEnd:
		if l.near.pcr == l.far.pcr {
			return ""
		}
		return fmt.Sprintf("leg %x has %d cells/s at one end and %d at the other", l.tag, l.near.pcr, l.far.pcr)
	}
	return fmt.Sprintf("leg %x: one end %d (VC %#x), the other %d", l.tag, near, l.near.handle, far)
}

// forget drops the legs of which nothing can come any more.
func (w *world) forget() {
	for tag, l := range w.legs {
		if n, f := l.nearEnd(), l.farEnd(); n == goneEnd && (f == goneEnd || f == absentEnd && l.sap == 0) {
			delete(w.legs, tag)
		}
	}
}

// match finds the SAP for a selector at a host: one for it before one for any.
func (w *world) match(side int, selector uint32) (sap uint64) {
	var wild uint64
	for _, c := range w.clients {
		if c.side != side || c.gone {
			continue
		}
		for h, s := range c.saps {
			switch {
			case s.GetAnySelector():
				wild = h
			case s.GetSelector() == selector:
				return h
			}
		}
	}
	return wild
}

// left counts the parties whose handles a client has to give back.
func (v *modelVC) left() (n int) {
	for _, p := range v.parties {
		if p.state == active || p.state == remoteDropped {
			n++
		}
	}
	return n
}
