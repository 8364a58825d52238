package uni

import (
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/uni/permanent"
	"callmanager/vc"
)

// permanentLink is a link as its permanent VCs see it.
type permanentLink struct{ l *Link }

// Activate implements [permanent.Link].
func (p permanentLink) Activate(call primitive.CallID, id vc.ID, h vc.Handle, spec vc.BranchSpec) {
	p.l.emit(Effect{Kind: Activate, Call: call, ID: id, VC: h, Spec: spec})
}

// OpenTransmit implements [permanent.Link].
func (p permanentLink) OpenTransmit(id vc.ID) { p.l.emit(Effect{Kind: OpenTransmit, ID: id}) }

// Drain implements [permanent.Link].
func (p permanentLink) Drain(call primitive.CallID, id vc.ID, r primitive.ReleaseReq) {
	p.l.emit(Effect{Kind: Drain, Call: call, ID: id, Linger: r.Linger})
}

// Deactivate implements [permanent.Link].
func (p permanentLink) Deactivate(call primitive.CallID, id vc.ID, quiesce bool) {
	p.l.emit(Effect{Kind: Deactivate, Call: call, ID: id, Quiesce: quiesce})
}

// Indicate implements [permanent.Link].
func (p permanentLink) Indicate(i primitive.Indication) { p.l.indicate(i) }

// Raise implements [permanent.Link].
func (p permanentLink) Raise(v ie.CauseValue) ie.Cause { return p.l.raise(v) }

// RefusedCall implements [permanent.Link].
func (p permanentLink) RefusedCall(v ie.CauseValue) { p.l.refused(v) }

// Count implements [permanent.Link].
func (p permanentLink) Count(e permanent.Event) {
	p.l.count([...]counter{
		permanent.Refused: countPVCRefused, permanent.NotActivated: countActivation, permanent.BadRequest: countBadRequest,
		permanent.LateAnswer: countLateAnswer,
	}[e])
}

// PVCCount returns how many permanent VCs there are.
func (l *Link) PVCCount() int { return l.pvcs.Len() }
