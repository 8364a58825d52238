package sscop_test

import (
	"fmt"
	"slices"
	"strings"

	"callmanager/signalling/search"
	"callmanager/signalling/sscop"
)

// entities are two SSCOP entities joined by two channels that keep the order, as a system for search:
//
//	user 0 -> Conn 0 ==== wire[0] ====> Conn 1 <- user 1
//	                 <=== wire[1] =====
//
// What may happen, at any time and in any order: a PDU arrives; a PDU is lost; a timer that runs
// expires; a user answers an indication, or asks for what the state allows. Losses, requests and SDs
// have budgets. Timers and requests wait while depth PDUs are under way.
type entities struct {
	bounds bounds
	cfg    sscop.Config
	conns  [2]*sscop.Conn
	now    world
	from   world // where the step began
	fault  string
	twin   *twin // goes along with the steps if there is one
}

// bounds is what a search allows for.
type bounds struct {
	window   int
	sds      int // SDs of both users together
	losses   int
	requests int // establish, release and resynchronize requests of both users together
	depth    int // PDUs under way both ways together, with which nobody begins anything

	strict   bool // data are to be right even after a mistake of identity
	timeless bool // no timer ever expires
}

// String returns the bounds in words.
func (b bounds) String() string {
	return fmt.Sprintf("window %d, %d SDs, %d losses, %d requests, %d PDUs under way", b.window, b.sds, b.losses, b.requests, b.depth)
}

// world is one state of the entities.
type world struct {
	images   [2]sscop.Image
	wire     [2][]flight // by sender
	data     [2]ledger   // by sender
	sds      uint8       // budgets left
	losses   uint8
	requests uint8
	mistaken bool // an end has taken an old PDU for a new one, as mistakes says
}

// underWay returns how many PDUs are under way.
func (w *world) underWay() int { return len(w.wire[0]) + len(w.wire[1]) }

// flight is a PDU under way. genuine marks an acknowledgement of the BGN, RS or ER that its receiver
// last sent.
type flight struct {
	pdu     sscop.PDU
	genuine bool
}

// ledger tells of the SDs of one sender. They are numbered from 1 over all connections.
type ledger struct {
	given     uint8    // SDs that the sender has taken
	before    uint8    // those of former connections
	begins    [5]uint8 // per SD: the first one of its connection
	delivered uint8    // the last one delivered ever
	last      uint8    // the last one delivered in the receiver's present connection
}

func newEntities(b bounds) *entities {
	p := &entities{bounds: b, cfg: sscop.Config{Window: b.window, Queue: 4, MaxCC: 2, MaxPD: 2, K: 4, J: 4}}
	for i := range p.conns {
		p.conns[i] = sscop.New(p.cfg)
	}
	return p
}

// initial is the state in which both entities are new.
func (p *entities) initial() string {
	p.now = world{sds: uint8(p.bounds.sds), losses: uint8(p.bounds.losses), requests: uint8(p.bounds.requests)}
	for i, c := range p.conns {
		p.now.images[i] = c.Image()
	}
	return p.encode()
}

// Next yields all steps.
func (p *entities) Next(state string, yield func(search.Step)) {
	p.from = decodeWorld(state)
	for end := range 2 {
		p.deliveries(end, yield)
		p.expiries(end, yield)
		p.answers(end, yield)
		p.wishes(end, yield)
	}
}

// Describe puts a state into words.
func (p *entities) Describe(state string) string {
	w := decodeWorld(state)
	var b strings.Builder
	for end := range 2 {
		m := &w.images[end]
		var on []string
		for t := range sscop.NumTimers {
			if m.Timers&(1<<t) != 0 {
				on = append(on, sscop.Timer(t).String())
			}
		}
		fmt.Fprintf(&b, "%d: %v, timers %v; under way:", end, m.State, on)
		for i := range w.wire[end] {
			fmt.Fprintf(&b, " [%v]", &w.wire[end][i].pdu)
		}
		fmt.Fprintf(&b, "; %+v\n   %+v\n", w.data[end], *m)
	}
	fmt.Fprintf(&b, "%d SDs, %d losses, %d requests left, mistaken %v", w.sds, w.losses, w.requests, w.mistaken)
	return b.String()
}

// try makes a step: it sets the world back, lets act change it, and yields what has become of it.
func (p *entities) try(label func() string, calm bool, yield func(search.Step), act func()) {
	p.now, p.fault = p.from, ""
	for i := range p.now.wire {
		p.now.wire[i] = slices.Clone(p.from.wire[i])
	}
	act()
	s := search.Step{Label: label, Calm: calm, Fault: p.fault}
	if p.fault == "" {
		s.To = p.encode()
	}
	yield(s)
}

// deliveries yields the arrival and the loss of the oldest PDU to an end.
func (p *entities) deliveries(end int, yield func(search.Step)) {
	wire := p.from.wire[1-end]
	if len(wire) == 0 {
		return
	}
	f := wire[0]
	p.try(func() string { return fmt.Sprintf("%d receives %v", end, &f.pdu) }, true, yield, func() {
		p.now.wire[1-end] = p.now.wire[1-end][1:]
		p.call(end, &f, func(c *sscop.Conn) { c.Receive(f.pdu.Append(nil)) })
	})
	if p.from.losses > 0 {
		p.try(func() string { return fmt.Sprintf("%v to %d is lost", &f.pdu, end) }, false, yield, func() {
			p.now.wire[1-end] = p.now.wire[1-end][1:]
			p.now.losses--
			p.twin.lose(end)
		})
	}
}

// expiries yields the end of each timer that runs. In a world left to itself what is under way
// arrives first.
func (p *entities) expiries(end int, yield func(search.Step)) {
	if p.from.underWay() >= p.bounds.depth || p.bounds.timeless {
		return
	}
	quiet := p.from.underWay() == 0 && !owes(&p.from, 0) && !owes(&p.from, 1)
	for t := range sscop.Timer(sscop.NumTimers) {
		if p.from.images[end].Timers&(1<<t) == 0 {
			continue
		}
		p.try(func() string { return fmt.Sprintf("%d: Timer_%v expires", end, t) }, quiet, yield, func() {
			p.call(end, nil, func(c *sscop.Conn) {
				gen, _ := c.Running(t)
				c.Expire(t, gen)
			})
		})
	}
}

// owes reports whether the user of an end has an indication to answer.
func owes(w *world, end int) bool {
	return slices.Contains([]sscop.State{
		sscop.IncomingConnectionPending, sscop.IncomingResyncPending,
		sscop.RecoveryResponsePending, sscop.IncomingRecoveryPending,
	}, w.images[end].State)
}

// answers yields what a user owes.
func (p *entities) answers(end int, yield func(search.Step)) {
	answer := func(name string, do func(c *sscop.Conn)) {
		p.try(func() string { return fmt.Sprintf("%d: %s", end, name) }, true, yield, func() { p.call(end, nil, do) })
	}
	switch state := p.from.images[end].State; {
	case state == sscop.IncomingConnectionPending:
		answer("EST.resp", func(c *sscop.Conn) { c.EstablishResponse(nil) })
	case state == sscop.IncomingResyncPending:
		answer("RSY.resp", (*sscop.Conn).ResyncResponse)
	case owes(&p.from, end):
		answer("REC.resp", (*sscop.Conn).RecoverResponse)
	}
}

// wishes yields what a user may ask for.
func (p *entities) wishes(end int, yield func(search.Step)) {
	if p.from.underWay() >= p.bounds.depth {
		return
	}
	ask := func(name string, do func(c *sscop.Conn)) {
		if p.from.requests == 0 {
			return
		}
		p.try(func() string { return fmt.Sprintf("%d: %s", end, name) }, false, yield, func() {
			p.now.requests--
			p.call(end, nil, do)
		})
	}
	state := p.from.images[end].State
	if state == sscop.Idle || state == sscop.OutgoingDisconnectionPending {
		ask("EST.req", func(c *sscop.Conn) { c.Establish(nil) })
	} else {
		ask("REL.req", func(c *sscop.Conn) { c.Release(nil) })
	}
	if slices.Contains([]sscop.State{
		sscop.DataTransferReady, sscop.OutgoingRecoveryPending,
		sscop.RecoveryResponsePending, sscop.IncomingRecoveryPending,
	}, state) {
		ask("RSY.req", func(c *sscop.Conn) { c.Resync(nil) })
	}
	if state == sscop.DataTransferReady && p.from.sds > 0 {
		p.try(func() string { return fmt.Sprintf("%d: DATA.req", end) }, false, yield, func() { p.giveSD(end) })
	}
}

// giveSD hands an SD with the next number to an end.
func (p *entities) giveSD(end int) {
	p.now.sds--
	d := &p.now.data[end]
	if d.given == d.before {
		d.begins[d.given+1] = 1
	}
	d.given++
	p.call(end, nil, func(c *sscop.Conn) { c.Data([]byte{d.given}) })
}

// call makes one event of a connection and takes its effects.
func (p *entities) call(end int, in *flight, event func(c *sscop.Conn)) {
	c, was := p.conns[end], p.now.images[end].State
	c.Restore(&p.now.images[end])
	impossible := c.Stats().Impossible
	event(c)
	p.twin.call(end, in, event)
	p.moved(end, was, in)
	for eff, ok := c.Next(); ok; eff, ok = c.Next() {
		p.effect(end, &eff)
	}
	if c.Stats().Impossible != impossible {
		p.fail("an event that is impossible")
	}
	p.now.images[end] = c.Image()
	p.audit(end)
	p.fail(p.twin.differs(end, c))
}

// moved keeps the books of connections: they end with Data Transfer Ready.
func (p *entities) moved(end int, was sscop.State, in *flight) {
	state := p.conns[end].State()
	ready := state == sscop.DataTransferReady
	if in != nil && state != was && p.mistakes(end, was, in) && !p.bounds.strict {
		p.now.mistaken = true
	}
	if ready == (was == sscop.DataTransferReady) {
		return
	}
	p.now.data[end].before = p.now.data[end].given
	p.now.data[1-end].last = 0
}

// mistakes reports whether a PDU that moved an end is not what the end takes it for. The protocol
// cannot tell: an acknowledgement carries no number, and an Idle entity accepts every BGN (ATM Forum
// 97-0216), one that repeats the last as well. What becomes of data after that is left open.
func (p *entities) mistakes(end int, was sscop.State, in *flight) bool {
	if was == sscop.Idle && in.pdu.Type == sscop.BGN {
		return in.pdu.NSQ == p.from.images[end].RSQ
	}
	return !in.genuine && takesAck(was, in.pdu.Type)
}

// takesAck reports whether a PDU is the acknowledgement that a state waits for.
func takesAck(s sscop.State, t sscop.PDUType) bool {
	return s == sscop.OutgoingConnectionPending && t == sscop.BGAK ||
		s == sscop.OutgoingResyncPending && t == sscop.RSAK ||
		s == sscop.OutgoingRecoveryPending && t == sscop.ERAK
}

// effect carries out one effect.
func (p *entities) effect(end int, eff *sscop.Effect) {
	p.twin.expects(eff)
	if eff.Kind == sscop.SendPDU {
		p.send(end, eff.PDU)
	}
	if eff.Kind == sscop.DataInd {
		p.conns[end].Grant(1)
		p.deliver(end, eff.SDU)
	}
	if eff.Kind == sscop.Refused {
		p.fail("refused: " + eff.Reason.String())
	}
}

// send puts a PDU on the wire. An acknowledgement is genuine if it answers what the peer sent last.
func (p *entities) send(end int, b []byte) {
	var f flight
	if err := f.pdu.Parse(slices.Clone(b), sscop.Limits{K: 4, J: 4, MaxSTAT: 67}); err != nil {
		p.fail(err.Error())
		return
	}
	if slices.Contains([]sscop.PDUType{sscop.BGAK, sscop.RSAK, sscop.ERAK}, f.pdu.Type) {
		f.genuine = p.conns[end].Vars().RSQ == p.now.images[1-end].TSQ
	}
	p.now.wire[end] = append(p.now.wire[end], f)
	if len(p.now.wire[end]) > p.bounds.depth+8 {
		p.fail("more and more PDUs are under way")
	}
}

// deliver checks an SD that an end hands to its user: in order, exactly once, without a gap.
func (p *entities) deliver(end int, sdu []byte) {
	if p.now.mistaken {
		return
	}
	d, sd := &p.now.data[1-end], sdu[0]
	switch {
	case sd <= d.delivered:
		p.fail(fmt.Sprintf("SD %d is delivered again", sd))
	case d.last == 0 && d.begins[sd] == 0:
		p.fail(fmt.Sprintf("SD %d is delivered first, which was not first", sd))
	case d.last != 0 && (sd != d.last+1 || d.begins[sd] != 0):
		p.fail(fmt.Sprintf("SD %d is delivered after %d", sd, d.last))
	}
	d.delivered, d.last = sd, sd
}

// audit checks that what an end holds to be acknowledged has been delivered.
func (p *entities) audit(end int) {
	m, d := &p.now.images[end], &p.now.data[end]
	if m.State == sscop.DataTransferReady && !p.now.mistaken && m.A > 0 && d.delivered < d.before+m.A {
		p.fail(fmt.Sprintf("%d SDs are acknowledged, the last one delivered is %d after %d", m.A, d.delivered, d.before))
	}
}

// fail notes the first thing that is wrong; why is empty if nothing is.
func (p *entities) fail(why string) {
	if p.fault == "" {
		p.fault = why
	}
}

// agree reports whether a state is quiescent and both ends mean the same: no connection, or one with
// nothing outstanding.
func agree(state string) bool {
	w := decodeWorld(state)
	a, b := &w.images[0], &w.images[1]
	switch {
	case w.underWay() > 0 || a.State != b.State:
		return false
	case a.State == sscop.Idle:
		return true
	}
	return a.State == sscop.DataTransferReady && a.N+b.N == 0 && a.S == b.R && b.S == a.R
}
