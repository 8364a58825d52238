package uni

import (
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// message takes one message from the SAAL.
func (l *Link) message(b []byte) {
	_, typ, err := msg.Peek(b)
	if err != nil {
		l.count(countBadMessage)
		return
	}
	l.counters.in.add(typ)
	l.dispatch(b)
}

// dispatch finds the call of a message and hands it over (Q.2931 5.6.3).
func (l *Link) dispatch(b []byte) {
	ref, typ, err := msg.Peek(b)
	switch {
	case err != nil:
		l.count(countBadMessage)
		return
	case ref.IsGlobal():
		l.global(b, ref)
		return
	case ref.Value == msg.DummyCallRef:
		l.dummy(b, typ)
		return
	}
	c := l.byRef[ref.Peer()]
	if c == nil && l.deferMessage(b, ref, typ) || c != nil && c.hold(held{sdu: b}) {
		return
	}
	d := l.decoder()
	m, v, err := d.Decode(b, l.options(c, typ))
	switch {
	case err != nil:
		l.count(countBadMessage)
	case c != nil:
		l.note(&v)
		l.callMessage(c, m, &v)
	case !l.deferSetup(b, m):
		l.note(&v)
		l.unknownCall(m, &v)
	}
	l.doneWith(c, m, d)
}

// options returns the context of a message.
func (l *Link) options(c *call, typ msg.Type) msg.Options {
	opt := msg.Options{Profile: l.cfg.Profile, FromNetwork: l.side == q2931.User}
	if c == nil {
		opt.FirstClearing = typ == msg.ReleaseComplete
		return opt
	}
	opt.FirstResponse = c.out && !c.wire.answered
	opt.SetupHadConnID = c.wire.named
	opt.SetupHadEndpointRef = c.out && c.parties != nil
	opt.FirstClearing = !c.m.State().IsClearing()
	return opt
}

// note counts what is wrong with a message.
func (l *Link) note(v *msg.Verdict) {
	if v.LengthMismatch {
		l.count(countLength)
	}
	if v.UnknownType {
		l.count(countUnknownType)
	}
	switch v.Decision {
	case msg.Accept:
	case msg.AcceptAndReport:
		l.count(countReported)
	case msg.DiscardAndReport, msg.DiscardSilently:
		l.count(countDiscarded)
	case msg.ClearCall, msg.Reject:
		l.count(countCleared)
	}
}

// verdictCause makes the cause of a verdict; zero if it has none.
func (l *Link) verdictCause(v *msg.Verdict) ie.Cause {
	if v.Cause == 0 {
		return ie.Cause{}
	}
	return l.raise(v.Cause, v.Diagnostics...)
}

// callMessage acts on a message of a call. What has no place in the state of
// the call is answered whatever its elements look like (Q.2931 5.6.4).
func (l *Link) callMessage(c *call, m *msg.Message, v *msg.Verdict) {
	ev := q2931.EventOf(m.Type)
	if v.UnknownType {
		ev = q2931.MsgUnknown
	}
	if !c.m.Expects(ev) {
		l.count(countUnexpected)
		l.step(c, ev, q2931.Input{Msg: m, Party: c.partyState(m)})
		return
	}
	cause := l.verdictCause(v)
	if v.Decision == msg.Reject && ev == q2931.MsgAddParty {
		l.refuseParty(c, m, cause)
		return
	}
	switch v.Decision {
	case msg.DiscardSilently:
	case msg.DiscardAndReport:
		l.step(c, q2931.ErrReport, q2931.Input{Cause: cause})
	case msg.ClearCall, msg.Reject:
		l.step(c, q2931.ErrClear, q2931.Input{Cause: cause})
	case msg.Accept, msg.AcceptAndReport:
		l.accepted(c, &response{ev: ev, msg: m, report: cause})
	}
}

// accepted processes a message that is to be processed.
func (l *Link) accepted(c *call, r *response) {
	if r.ev == q2931.MsgCallProceeding || r.ev == q2931.MsgAlerting || r.ev == q2931.MsgConnect {
		if !l.namesNoParty(c, r.msg) {
			l.responded(c, r)
		}
		return
	}
	if r.ev == q2931.MsgRelease {
		c.fault, r.report = r.report, ie.Cause{} // it goes into the RELEASE COMPLETE (Q.2931 5.6.7.2)
	}
	l.deliver(c, r)
}

// deliver hands a message to the call's machine and reports what was wrong
// with it, with the state that follows (Q.2931 5.6.8).
func (l *Link) deliver(c *call, r *response) {
	if r.ev == q2931.MsgConnect {
		l.openTransmit(c)
	}
	l.hear(c, r)
	l.partyOfCall(c, r)
	l.step(c, r.ev, q2931.Input{Msg: r.msg, Party: c.partyState(r.msg)})
	l.partyMessage(c, r)
	if r.report.Value != 0 && !c.m.State().IsNull() {
		l.step(c, q2931.ErrReport, q2931.Input{Cause: r.report})
	}
}

// unknownCall acts on a message whose call reference names no call (Q.2931
// 5.6.3.2): a SETUP of the peer's own reference begins one, everything else
// is answered by the null state.
func (l *Link) unknownCall(m *msg.Message, v *msg.Verdict) {
	ev := q2931.EventOf(m.Type)
	if ev == q2931.MsgSetup {
		if m.CallRef.Flag {
			l.count(countUnexpected)
			return
		}
		l.setup(m, v)
		return
	}
	if m.Type == msg.LeafSetupRequest && !m.CallRef.Flag && m.LeafSequence != nil {
		l.leafSetup(m, v)
		return
	}
	l.count(countNoCall)
	l.answerNull(m.CallRef, ev, q2931.Input{Msg: m})
}

// answerNull lets the null state answer.
func (l *Link) answerNull(peer msg.CallRef, ev q2931.Event, in q2931.Input) {
	for _, e := range q2931.NewCall(l.side, peer.Peer(), l.cfg.Timers).Step(ev, in) {
		if e.Kind == q2931.Send {
			l.send(e.Msg)
		}
	}
}

// send encodes a message as the link's profile has it and hands it to the SAAL.
func (l *Link) send(m *msg.Message) {
	m, left := m.For(l.cfg.Profile)
	if left > 0 {
		l.count(countLeftOut)
	}
	b, err := m.AppendProfile(l.octets[:0], l.cfg.Profile)
	if err != nil {
		l.count(countEncode)
		return
	}
	l.octets = b
	l.counters.out.add(m.Type)
	l.lower(l.saal.Data(b)) // which copies it
}

// request takes a request of the client model.
func (l *Link) request(r primitive.Request) {
	switch r := r.(type) {
	case primitive.AddPVCReq:
		l.pvcs.Add(r)
	case primitive.DeletePVCReq:
		l.pvcs.Delete(r)
	case primitive.OpenPVCReq:
		l.pvcs.Open(r)
	case primitive.SetupReq:
		l.setupReq(r)
	case primitive.AcceptReq:
		l.acceptReq(r)
	case primitive.RejectReq:
		l.releaseReq(primitive.ReleaseReq{Call: r.Call, Cause: r.Cause, UserUser: r.UserUser})
	case primitive.ReleaseReq:
		l.releaseReq(r)
	case primitive.ModifyReq:
		l.modifyReq(r)
	case primitive.AlertReq:
		l.alertReq(r)
	case primitive.NotifyReq:
		l.notifyReq(r)
	case primitive.AddPartyReq:
		l.addPartyReq(r)
	case primitive.DropPartyReq:
		l.dropPartyReq(r)
	case primitive.AcceptPartyReq:
		l.acceptPartyReq(r)
	case primitive.RejectPartyReq:
		l.dropPartyReq(primitive.DropPartyReq{Call: r.Call, Party: r.Party, Cause: r.Cause})
	}
}
