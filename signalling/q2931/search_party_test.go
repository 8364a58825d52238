package q2931_test

import (
	"fmt"
	"slices"

	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// partyMachine is the party of one endpoint reference at an end. The calling end gives out the
// references in their order, each once.
type partyMachine struct {
	e      *end
	ref    uint16
	p      *q2931.Party // nil if there is none
	loaded *q2931.Party // what read makes use of
	due    byte         // 1 if the audit under way has not come to it yet
}

func (k *partyMachine) write(b []byte) []byte {
	if k.p == nil {
		return append(b, 0)
	}
	return k.p.AppendImage(append(b, 1, k.due))
}

func (k *partyMachine) read(b []byte) []byte {
	k.p, k.due = nil, 0
	if b[0] == 0 {
		return b[1:]
	}
	k.due = b[1]
	if k.loaded == nil {
		k.loaded = k.make()
	}
	k.p = k.loaded
	return k.p.LoadImage(b[2:])
}

// make makes the machine of the party.
func (k *partyMachine) make() *q2931.Party {
	c := k.e.call
	ref := msg.CallRef{Value: 1, Flag: !c.caller}
	return q2931.NewParty(k.e.side, ref, c.partyRef(k.ref), &q2931.Timers{})
}

// claims: a party hears what its call accepts.
func (*partyMachine) claims(*msg.Message) bool { return false }

func (k *partyMachine) receive(*msg.Message, msg.Decision) { k.e.w.fail("a party is no addressee") }

// state is the state of the party, null if there is none.
func (k *partyMachine) state() q2931.PartyState {
	if k.p == nil {
		return q2931.P0Null
	}
	return k.p.State()
}

// begin makes the party and lets it do its first step.
func (k *partyMachine) begin(ev q2931.PartyEvent, m *msg.Message) {
	k.p, k.due = k.make(), 0
	k.step(ev, m)
}

// step makes a transition and performs its effects. When no party is left that keeps the call, the call
// is released in place of the message that would end this one (Q.2971 9.2.4).
func (k *partyMachine) step(ev q2931.PartyEvent, m *msg.Message) {
	c, from := k.e.call, k.p.State()
	effects := slices.Clone(k.p.Step(ev, q2931.PartyInput{Msg: m, Cause: anyCause}))
	last := from.Keeps() && c.partyCount(q2931.PartyState.Keeps) == 0
	for i := range effects {
		k.perform(&effects[i], ev, last)
	}
	switch {
	case c.ends():
	case last:
		c.releaseLast()
	default:
		c.fallBack()
	}
}

func (k *partyMachine) perform(e *q2931.PartyEffect, ev q2931.PartyEvent, last bool) {
	switch e.Kind { //nolint:exhaustive // what parties tell, moves offers by their states
	case q2931.PartySend:
		if !last {
			k.e.send(e.Msg)
		}
	case q2931.PartyGone:
		k.p = nil
	case q2931.PartyUnexpected:
		k.e.call.step(q2931.ErrParty, q2931.Input{Msg: e.Msg, Party: k.state()})
	case q2931.PartyDefect:
		k.e.w.fail(fmt.Sprintf("%v: defect, %v in %v", k.e.side, ev, k.state()))
	}
}

// saal does as Q.2971 9.5.9 asks: of an active call the active parties survive, and without one the
// call does not. The call has been told before.
func (k *partyMachine) saal(what saalEvent) {
	if what != saalBroken || k.p == nil {
		return
	}
	k.due = 0
	if k.e.call.partyCount(isActive) == 0 {
		k.e.call.reset()
		return
	}
	if k.p.State() != q2931.P7Active {
		k.step(q2931.LnkPartyReleased, nil)
	}
}

func isActive(s q2931.PartyState) bool { return s == q2931.P7Active }

func (k *partyMachine) moves(yield func(move)) {
	c := k.e.call
	ask := func(kind moveKind, ev q2931.PartyEvent) {
		if k.p.Expects(ev) && !k.misplaced(ev) {
			yield(move{fmt.Sprintf("%v of %d", ev, k.ref), kind, func() { k.step(ev, &msg.Message{}) }})
		}
	}
	switch {
	case c.call == nil || c.ends():
	case k.e.link == saalIsDown: // nothing can be said
		if k.p != nil {
			yield(move{fmt.Sprintf("party %d is dropped", k.ref), choice, func() { k.step(q2931.CallCleared, nil) }})
		}
	case !k.e.up():
	case k.p == nil && c.call.AddsParties() && k.ref == c.nextRef():
		yield(move{fmt.Sprintf("add-party.request of %d", k.ref), add, func() {
			k.begin(q2931.ReqPartyAdd, &msg.Message{})
		}})
	case k.p != nil:
		k.accepting(ask, yield)
		ask(choice, q2931.ReqPartyReject)
		ask(choice, q2931.ReqPartyDrop)
		ask(duty, q2931.RspPartyDrop)
		for _, t := range []q2931.Timer{q2931.T397, q2931.T398, q2931.T399} {
			if k.p.Running(t) {
				ask(expiry, t.PartyExpiry())
			}
		}
	}
}

// misplaced tells the two ways to end an offered party apart: what has been answered with the CONNECT is
// dropped, what has not is refused.
func (k *partyMachine) misplaced(ev q2931.PartyEvent) bool {
	if k.p.State() != q2931.P2AddPartyReceived {
		return false
	}
	return ev == q2931.ReqPartyDrop && !k.connects() || ev == q2931.ReqPartyReject && k.connects()
}

// connects reports whether the party is what the CONNECT under way has named.
func (k *partyMachine) connects() bool {
	c := k.e.call
	return c.call.State() == q2931.U8ConnectRequest && c.connecting == byte(k.ref)
}

// accepting yields the ways in which a leaf takes the party: with the CONNECT of the call, or by itself.
// A leaf does not let an offer lie, either.
func (k *partyMachine) accepting(ask func(moveKind, q2931.PartyEvent), yield func(move)) {
	c := k.e.call
	switch {
	case !k.p.Expects(q2931.RspPartyAdd):
	case c.call.Expects(q2931.RspSetup):
		yield(move{fmt.Sprintf("setup.response with %d", k.ref), choice, func() { c.connect(k) }})
	case !k.connects():
		ask(choice, q2931.RspPartyAdd)
	}
	if !c.call.Expects(q2931.RspSetup) || k.ref > 0 { // the ALERTING of the call speaks for the first
		ask(expiry, q2931.ReqPartyAlerting)
	}
}

// rest: a party rests while it is active on both sides.
func (k *partyMachine) rest() string {
	switch k.state() { //nolint:exhaustive // in all others a timer runs or an answer is due
	case q2931.P0Null:
		return "null"
	case q2931.P7Active:
		return "active"
	}
	return ""
}

// What a call does for its parties.

// multipoint reports whether calls are point-to-multipoint.
func (k *callMachine) multipoint() bool { return len(k.e.parties) > 0 }

// ends reports whether there is no call, or one that is being cleared.
func (k *callMachine) ends() bool {
	return k.call == nil || k.call.State().IsNull() || k.call.State().IsClearing()
}

// partyRef is an endpoint reference as this end writes it.
func (k *callMachine) partyRef(v uint16) ie.EndpointRef {
	return ie.EndpointRef{Value: v, RefFlag: !k.caller}
}

// nextRef is the reference of the party that is added next, 0 if none may be.
func (k *callMachine) nextRef() uint16 {
	if left := k.e.w.budget[budgetAdd]; k.caller && left > 0 {
		return uint16(k.e.w.limits.adds - left + 1)
	}
	return 0
}

// partyOf returns the party that a message of the peer names, or nil.
func (k *callMachine) partyOf(m *msg.Message) *partyMachine {
	if m == nil || m.EndpointRef == nil || m.EndpointRef.RefFlag != k.caller {
		return nil
	}
	if v := int(m.EndpointRef.Value); v < len(k.e.parties) && k.e.parties[v].p != nil {
		return k.e.parties[v]
	}
	return nil
}

// partyState returns the state of the party that a message of the peer names.
func (k *callMachine) partyState(m *msg.Message) q2931.PartyState {
	if p := k.partyOf(m); p != nil {
		return p.state()
	}
	return q2931.P0Null
}

func (k *callMachine) partyCount(counts func(q2931.PartyState) bool) (n int) {
	for _, p := range k.e.parties {
		if counts(p.state()) {
			n++
		}
	}
	return n
}

// beginFirst makes the party that the SETUP carries.
func (k *callMachine) beginFirst(ev q2931.PartyEvent) {
	k.connecting = 0
	if k.multipoint() {
		k.e.parties[0].begin(ev, nil)
	}
}

// endParties ends the parties with their call.
func (k *callMachine) endParties() {
	for _, p := range k.e.parties {
		if p.p != nil {
			p.p.Step(q2931.CallCleared, q2931.PartyInput{Cause: anyCause})
			p.p, p.due = nil, 0
		}
	}
}

// releaseLast clears the call whose last party is gone, as far as anything can be said.
func (k *callMachine) releaseLast() {
	in := q2931.Input{Cause: anyCause}
	switch {
	case k.e.link == saalIsDown:
		k.step(q2931.ReqReset, in)
	case k.call.Expects(q2931.RspRelease): // nothing has been answered yet
		k.step(q2931.RspRelease, in)
	default:
		k.step(q2931.ReqRelease, in)
	}
}

// fallBack: Q.2971 9.2.3.
func (k *callMachine) fallBack() {
	if k.caller && k.call.State() == q2931.N10Active && k.partyCount(isActive) == 0 {
		k.step(q2931.ReqFallBack, q2931.Input{})
	}
}

// connect accepts the call with the party of the CONNECT.
func (k *callMachine) connect(p *partyMachine) {
	k.connecting = byte(p.ref)
	k.perform(q2931.RspSetup)
	if k.e.side == q2931.Network {
		k.partyConnected()
	}
}

// partyConnected: the call is active with the party that the CONNECT named.
func (k *callMachine) partyConnected() {
	if !k.multipoint() {
		return
	}
	if p := k.e.parties[k.connecting]; p.p != nil && p.p.Expects(q2931.CallConnected) {
		p.step(q2931.CallConnected, nil)
	}
}

// hears does what comes before the call's own step for a message that it accepts, and reports whether
// that is due: a response that names a party which is none is answered by the null state (Q.2971 9.5.3).
func (k *callMachine) hears(ev q2931.Event, m *msg.Message) bool {
	if !k.multipoint() {
		return true
	}
	p := k.partyOf(m)
	switch ev { //nolint:exhaustive // only these concern the party of the call
	case q2931.MsgCallProceeding, q2931.MsgAlerting, q2931.MsgConnect:
		switch {
		case p == nil:
			k.answerNull(m, q2931.MsgPartyResponse)
			return false
		case ev == q2931.MsgAlerting:
			p.step(q2931.CallAlertingReceived, nil)
		case ev == q2931.MsgConnect:
			p.step(q2931.CallConnected, nil)
		}
	case q2931.MsgConnectAck:
		k.partyConnected()
	}
	return true
}

// heard does what comes after that step: the party hears the message.
func (k *callMachine) heard(ev q2931.Event, m *msg.Message) {
	if ev < q2931.MsgAddParty || ev > q2931.MsgDropPartyAck || k.ends() {
		return
	}
	if ev == q2931.MsgAddParty {
		k.offered(m)
		return
	}
	k.tellParty(m)
	if !k.ends() {
		k.fallBack()
	}
}

// offered acts on an ADD PARTY.
func (k *callMachine) offered(m *msg.Message) {
	if p := k.partyOf(m); p != nil {
		p.step(q2931.MsgPartyAdd, m)
		return
	}
	k.e.parties[m.EndpointRef.Value].begin(q2931.MsgPartyAdd, m)
}

// refuseParty answers an ADD PARTY whose elements are bad; a party that there is answers itself.
func (k *callMachine) refuseParty(m *msg.Message) {
	if k.partyOf(m) != nil {
		k.offered(m)
		return
	}
	k.answerNull(m, q2931.MsgPartyAdd, q2931.ReqPartyReject)
}

// tellParty hands a message to the party that it names, or lets the null state answer (Q.2971 9.5.3).
func (k *callMachine) tellParty(m *msg.Message) {
	if !k.multipoint() || m == nil || m.EndpointRef == nil || k.ends() {
		return
	}
	if p := k.partyOf(m); p != nil {
		p.step(q2931.PartyEventOf(m.Type), m)
		return
	}
	k.answerNull(m, q2931.PartyEventOf(m.Type))
}

// answerNull lets a party that there is not step through events of a message.
func (k *callMachine) answerNull(m *msg.Message, events ...q2931.PartyEvent) {
	ref := ie.EndpointRef{Value: m.EndpointRef.Value, RefFlag: !m.EndpointRef.RefFlag}
	p := q2931.NewParty(k.e.side, k.call.Ref(), ref, &q2931.Timers{})
	for _, ev := range events {
		for _, e := range p.Step(ev, q2931.PartyInput{Msg: m, Cause: anyCause}) {
			switch e.Kind { //nolint:exhaustive // it tells nobody
			case q2931.PartySend:
				k.e.send(e.Msg)
			case q2931.PartyDefect, q2931.PartyUnexpected:
				k.e.w.fail(fmt.Sprintf("%v: %v in the null state", k.e.side, ev))
			}
		}
	}
}

// audit enquires about the call and then, one at a time, about its parties (Q.2971 9.5.9).
func (k *callMachine) audit() {
	for _, p := range k.e.parties {
		p.due = mark(p.state().Keeps() && (isActive(p.state()) || !k.e.w.limits.activeOnly))
	}
	k.step(q2931.ReqEnquiry, q2931.Input{})
}

// enquireNext goes on with the next party.
func (k *callMachine) enquireNext() {
	for _, p := range k.e.parties {
		if p.due == 0 {
			continue
		}
		p.due = 0
		if p.state().Keeps() {
			ref := p.p.Ref()
			k.step(q2931.ReqEnquiry, q2931.Input{Msg: &msg.Message{EndpointRef: &ref}})
			return
		}
	}
}

// checkParties says what is wrong at an end, whatever has come: a call lives exactly as long as a party that
// keeps it, none outlives it, and one that has asked or is leaving waits under its timer.
func (k *callMachine) checkParties() string {
	if !k.multipoint() {
		return ""
	}
	timers := [...]q2931.Timer{
		q2931.P4PartyAlertingReceived: q2931.T397, q2931.P5DropPartyInitiated: q2931.T398, q2931.P7Active: 0,
	}
	for _, p := range k.e.parties {
		switch {
		case p.p == nil:
		case k.ends():
			return fmt.Sprintf("%v: party %d outlives its call", k.e.side, p.ref)
		case timers[p.state()] != 0 && !p.p.Running(timers[p.state()]),
			p.state() == q2931.P1AddPartyInitiated && p.ref > 0 && !p.p.Running(q2931.T399):
			return fmt.Sprintf("%v: party %d waits in %v without a timer", k.e.side, p.ref, p.state())
		}
	}
	switch {
	case k.ends():
	case k.partyCount(q2931.PartyState.Keeps) == 0:
		return fmt.Sprintf("%v: a call without a party", k.e.side)
	case k.caller && k.call.State() == q2931.N10Active && k.partyCount(isActive) == 0:
		return "N10 without an active party"
	}
	return ""
}
