package cm

import (
	"time"

	"callmanager/signalling/cm/terms"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// closedByAdmin ends a call that an administrator closes. The peer sees 31,
// normal, unspecified: nobody at either end has cleared the call.
var closedByAdmin = &ending{
	status: RequestAborted, detail: "an administrator has closed the call", cause: cause(ie.CauseNormalUnspecified),
}

// goneCause releases the calls of a client that is gone: 31, normal,
// unspecified, because nobody has cleared them (Q.850 keeps 16 for a user's
// request).
var goneCause = cause(ie.CauseNormalUnspecified)

// requestClose serves CloseCall.
func (m *Machine) requestClose(c *client, r CloseCall, in *input) {
	given, err := terms.Cause(r.Cause, ie.CauseNormalClearing)
	switch {
	case err != nil:
		m.refuse(c, r, invalid(err))
	case r.Linger != nil && *r.Linger < 0:
		m.refuse(c, r, refuse(InvalidData, "a linger is not negative"))
	default:
		in.cause = given
		m.onVC(c, r.VC, reqCloseCall, in)
	}
}

// closeCall serves CloseCall on a call that is there: drain, release,
// deactivate, then complete (INV-56).
func (m *Machine) closeCall(v *conn, in *input) (vc.CallState, *refusal) {
	if ref := v.mayClose(); ref != nil {
		return v.call, ref
	}
	r := askedFor[CloseCall](in)
	linger := DefaultLinger
	if r.Linger != nil {
		linger = *r.Linger
	}
	if ref := v.closeWith(r.CloseData); ref != nil {
		return v.call, ref
	}
	v.closeCall = in.request
	m.reply(v.owner, Reply{Request: in.request, Status: Pending})
	m.endModify(v, RequestAborted, in.cause, "CloseCall has ended the call before it was modified")
	m.release(v, in.cause, linger)
	return vc.Closing, nil
}

// closeOffered serves CloseCall in place of an answer: it refuses the offer, by
// default with 21, call rejected.
func (m *Machine) closeOffered(v *conn, in *input) (vc.CallState, *refusal) {
	if ref := v.closeWith(askedFor[CloseCall](in).CloseData); ref != nil {
		return v.call, ref
	}
	c := in.cause
	if c.Value == ie.CauseNormalClearing {
		c.Value = ie.CauseCallRejected
	}
	v.closeCall = in.request
	m.reply(v.owner, Reply{Request: in.request, Status: Pending})
	m.endRing(v)
	m.release(v, c, time.Duration(0))
	return vc.Closing, nil
}

// closeEnded serves the CloseCall that a client owes after IncomingCloseCall.
// It completes at once unless the branch is still on its way out.
func (m *Machine) closeEnded(v *conn, in *input) (vc.CallState, *refusal) {
	if ref := v.mayClose(); ref != nil {
		return vc.RemoteClosed, ref
	}
	v.closeCall = in.request
	m.reply(v.owner, Reply{Request: in.request, Status: Pending})
	if len(v.branches) > 0 {
		return vc.Closing, nil
	}
	return m.finish(v), nil
}

// closed serves the end of the branch of a call that is closing.
func (m *Machine) closed(v *conn, _ *input) (vc.CallState, *refusal) { return m.finish(v), nil }

// finish completes the closing of a call whose branch is inactive. The VC of an
// incoming call goes with it (INV-9, INV-60).
func (m *Machine) finish(v *conn) vc.CallState {
	m.idleRing(v)
	m.forEachParty(v, mgtForget, partyInput{cause: v.cause})
	if v.closeCall != 0 {
		m.deliver(v.owner, CloseCallComplete{Request: v.closeCall, VC: v.handle, Cause: v.cause, Drain: v.drain, UserUser: v.heard})
		v.closeCall = 0
	}
	if v.incoming {
		m.deliver(v.owner, DeleteVCIndication{VC: v.handle})
	}
	if v.incoming || v.owner.gone || v.disposable {
		m.removeVC(v)
	}
	return vc.Idle
}

// remoteClose serves a call that the other side or a fault has ended. The
// client is told after the end of its ring (INV-58), and owes CloseCall.
func (m *Machine) remoteClose(v *conn, in *input) (vc.CallState, *refusal) {
	m.endModify(v, failureOf(in.cause.Value), in.cause, in.words())
	m.idleRing(v)
	ev := IncomingCloseCall{VC: v.handle, Status: failureOf(in.cause.Value), Cause: in.cause, Detail: in.words(), UserUser: in.userUser}
	if in.remote {
		ev.Status = Success
	}
	v.heard = nil // it is told
	m.deliver(v.owner, ev)
	m.forEachParty(v, mgtCallOver, partyInput{})
	return vc.RemoteClosed, nil
}

// endCall ends a call for a reason of the daemon's: the client is told at once,
// after the end of its ring (INV-58), and the branch goes its way out. The link
// may be activating it at this moment, which the end of the ring does not hinder:
// it is the release that tells the far end why.
func (m *Machine) endCall(v *conn, in *input) (vc.CallState, *refusal) {
	m.endModify(v, in.end.status, in.end.cause, in.end.detail)
	m.endRing(v)
	m.release(v, in.end.cause, in.end.linger)
	m.deliver(v.owner, IncomingCloseCall{VC: v.handle, Status: in.end.status, Cause: in.end.cause, Detail: in.end.detail})
	m.forEachParty(v, mgtCallOver, partyInput{})
	return vc.RemoteClosed, nil
}

// branchEnded serves the end of the branch of a call that the daemon has ended;
// its client still owes CloseCall.
func (m *Machine) branchEnded(v *conn, _ *input) (vc.CallState, *refusal) {
	m.idleRing(v)
	return vc.RemoteClosed, nil
}

// releaseGone releases the call of a client that is gone. What it had not sent
// is dropped and counted: there is nobody to tell. Its ring ends with the
// branch.
func (m *Machine) releaseGone(v *conn, _ *input) (vc.CallState, *refusal) {
	m.endModify(v, RequestAborted, goneCause, "the client whose call it is has gone")
	v.makeCall, v.closeCall = 0, 0
	m.forEachParty(v, mgtForget, partyInput{cause: goneCause})
	if len(v.branches) == 0 {
		return m.finish(v), nil
	}
	m.release(v, goneCause, 0)
	return vc.Closing, nil
}
