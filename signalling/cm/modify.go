package cm

import (
	"cmp"

	"callmanager/signalling/cm/terms"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// modifyCall serves ModifyCallQoS on a connected call of the client's own. The
// link negotiates with the other side and re-activates the branch (INV-43).
func (m *Machine) modifyCall(v *conn, in *input) (vc.CallState, *refusal) {
	if v.params.Multipoint {
		return vc.Connected, withParties.refusal()
	}
	r := askedFor[ModifyCallQoS](in)
	next, rounded, err := terms.Modified(r.Contract, r.Flowspecs, &v.params, !v.incoming)
	if err != nil {
		return vc.Connected, refuse(InvalidData, err.Error()+": the call goes on as it is")
	}
	fallback, err := terms.Fallback(r.Fallback, &next)
	if err != nil {
		return vc.Connected, invalid(err)
	}
	b := v.branches[0]
	v.modify, v.modifier, v.modifyFlowspec, v.modifyRounded = in.request, in.admin, r.Flowspecs != nil, rounded
	if v.modifier != nil {
		v.modifier.asking++
	}
	m.reply(v.asker(), Reply{Request: in.request, Status: Pending})
	m.setVC(v, evActivate)
	m.emit(Effect{Kind: ToLink, Link: b.link.ID, Request: primitive.ModifyReq{Call: b.call, Contract: next, Fallback: fallback}})
	return vc.QoSPending, nil
}

// withParties refuses to modify a call with parties.
var withParties = because(ie.CauseFacilityRejected, no(NotSupported, "a point-to-multipoint call cannot be modified (Q.2963.1)"))

// asker is the client that is owed the completion of a modification.
func (v *conn) asker() *client { return cmp.Or(v.modifier, v.owner) }

// modified completes ModifyCallQoS: the branch has the parameters that the link
// tells, new or old (INV-44). An owner that has not asked is told of new ones.
func (m *Machine) modified(v *conn, in *input) (vc.CallState, *refusal) {
	m.setVC(v, evActivated)
	ind := toldOf[primitive.ModifyConf](in)
	v.params = terms.InForce(v.params, ind.Params)
	done := ModifyCallQoSComplete{Changed: ind.Changed, Cause: ind.Cause, Detail: ind.Detail}
	if done.Cause.Value != 0 {
		done.Status = failureOf(done.Cause.Value)
		done.Detail = cmp.Or(done.Detail, done.Cause.Value.String())
	} else {
		done.Changed = done.Changed || v.modifyRounded
		v.changed = done.Changed || v.modifier != nil
		if v.modifier != nil {
			m.tellChange(v)
		}
	}
	m.completeModify(v, done)
	return vc.Connected, nil
}

// completeModify delivers the completion that ModifyCallQoS is owed, if one is.
func (m *Machine) completeModify(v *conn, done ModifyCallQoSComplete) {
	if v.modify == 0 {
		return
	}
	done.Request, done.VC, done.Parameters = v.modify, v.handle, v.params
	done.Flowspec, done.Incoming = v.modifyFlowspec, v.incoming
	m.deliver(v.asker(), done)
	if v.modifier != nil {
		v.modifier.asking--
	}
	v.modify, v.modifier = 0, nil
}

// endModify completes ModifyCallQoS for a call that ends.
func (m *Machine) endModify(v *conn, s Status, c ie.Cause, detail string) {
	m.completeModify(v, ModifyCallQoSComplete{Status: s, Cause: c, Detail: detail})
}

// qosChanged tells that the other side has modified the call; the branch has the
// new parameters already (INV-53). The client consents by its silence.
func (m *Machine) qosChanged(v *conn, in *input) (vc.CallState, *refusal) {
	m.setVC(v, evActivate)
	m.setVC(v, evActivated)
	v.params = terms.InForce(v.params, toldOf[primitive.ModifyInd](in).Params)
	m.tellChange(v)
	return vc.Connected, nil
}

// tellChange tells v's client what somebody else has changed it to.
func (m *Machine) tellChange(v *conn) {
	m.deliver(v.owner, IncomingCallQoSChange{
		VC: v.handle, Parameters: v.params, Flowspec: v.owner.minor >= modelMinor, Incoming: v.incoming,
	})
}
