package uni

import (
	"cmp"
	"maps"
	"slices"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// Permanent VCs. A link knows them for their channels, which no call gets, for what they reserve,
// and for the branch of the one use that a PVC has at a time. They need a port and no signalling:
// neither the state of the SAAL nor RESTART concerns them (Q.2931 5.5 restarts what layer 3
// controls).
//
//	AddPVCReq ──▶ channel taken ──▶ contract admitted ──▶ up while the port is
//	                                   │ no room: waits for some, if it is to be kept
//
//	OpenPVCReq ──▶ Activate ──▶ OpenTransmit, told
//	ReleaseReq ──▶ Drain ──▶ Deactivate ──▶ ReleaseConf

// pvc is one permanent VC.
type pvc struct {
	id       vc.ID
	asked    vc.Contract // as it was added
	contract vc.Contract // completed for the port
	reserved vc.Reservation
	refused  reason // why it is not admitted
	told     primitive.PVCInd
	deleting bool
	use      *pvcUse // nil while there is none
}

// pvcUse is the call on a PVC.
type pvcUse struct {
	req      primitive.OpenPVCReq
	branch   branch
	owesConf bool // a ReleaseConf is due rather than a ReleaseInd
	graceful bool // the branch is to take in what has arrived
	cause    ie.Cause
	detail   string
	report   vc.DrainReport
}

// addPVC takes the channel of a PVC and admits it, or refuses it.
func (l *Link) addPVC(r primitive.AddPVCReq) {
	p := &pvc{id: r.ID, asked: r.Contract, contract: r.Contract}
	no := reason{}
	if err := l.channels.Take(r.ID); err != nil {
		no = l.refuseFor(err)
	} else if l.judgePVC(p); !r.Keep && !p.refused.none() {
		no = p.refused
		l.capacity.Release(p.reserved)
		l.channels.Release(r.ID)
	}
	if !no.none() {
		l.count(countPVCRefused)
		l.indicate(primitive.PVCGoneInd{ID: r.ID, Cause: no.cause, Detail: no.detail})
		return
	}
	if !p.refused.none() {
		l.count(countPVCRefused)
	}
	l.pvcs[r.ID] = p
	l.tellPVC(p)
}

// judgePVC completes the contract of a PVC for the port as it is now, and reserves for it. What is
// reserved already stays if there is no room for more.
func (l *Link) judgePVC(p *pvc) {
	if l.port.MaxSDU == 0 {
		return // the port has not been there yet, or is not for the moment
	}
	p.contract, _ = p.asked.Complete(l.capacity.Total(), l.port.MaxSDU, l.port.Largest)
	p.refused = reason{}
	if err := p.contract.Validate(); err != nil {
		p.refused = l.refuse(ie.CauseUnsupportedTraffic, err.Error())
		return
	}
	want := p.contract.Reservation(true)
	if err := l.capacity.Replace(p.reserved, want); err != nil {
		p.refused = l.refuseFor(err)
		return
	}
	p.reserved = want
}

// judgePVCs judges all PVCs anew, in the order of their channels, and tells what has changed.
func (l *Link) judgePVCs() {
	for _, p := range l.sortedPVCs() {
		l.judgePVC(p)
		l.tellPVC(p)
	}
}

// sortedPVCs returns the PVCs in the order of their channels.
func (l *Link) sortedPVCs() []*pvc {
	return slices.SortedFunc(maps.Values(l.pvcs), func(a, b *pvc) int {
		return cmp.Or(cmp.Compare(a.id.VPI, b.id.VPI), cmp.Compare(a.id.VCI, b.id.VCI))
	})
}

// tellPVC tells the client model what is new of a PVC.
func (l *Link) tellPVC(p *pvc) {
	ind := primitive.PVCInd{ID: p.id, Up: true, Contract: p.contract, Reserved: p.reserved}
	if no := l.pvcDown(p); !no.none() {
		ind.Up, ind.Cause, ind.Detail = false, no.cause, no.detail
	}
	same := ind.ID == p.told.ID && ind.Up == p.told.Up && ind.Contract == p.told.Contract &&
		ind.Reserved == p.told.Reserved && ind.Cause.Value == p.told.Cause.Value && ind.Detail == p.told.Detail
	if same {
		return
	}
	p.told = ind
	l.indicate(ind)
}

// pvcDown says why a PVC cannot be used now.
func (l *Link) pvcDown(p *pvc) reason {
	switch {
	case !p.refused.none():
		return p.refused
	case !l.told:
		return l.refuse(ie.CauseDestinationOutOfOrder, "the link has not been up yet")
	case !l.port.Up || l.port.MaxSDU == 0:
		return l.refuse(ie.CauseDestinationOutOfOrder, "the link is down: "+firstOf(l.port.Reason, "the port is down"))
	}
	return reason{}
}

// deletePVC gives the channel of a PVC back, now or at the end of its use.
func (l *Link) deletePVC(r primitive.DeletePVCReq) {
	p := l.pvcs[r.ID]
	if p == nil { // it could not be added
		l.indicate(primitive.PVCGoneInd{ID: r.ID})
		return
	}
	p.deleting = true
	l.forgetPVC(p)
}

// forgetPVC ends a PVC that is to be deleted and has no use.
func (l *Link) forgetPVC(p *pvc) {
	if !p.deleting || p.use != nil {
		return
	}
	delete(l.pvcs, p.id)
	l.channels.Release(p.id)
	l.capacity.Release(p.reserved)
	l.indicate(primitive.PVCGoneInd{ID: p.id})
	l.judgePVCs() // there is room for another, maybe
}

// openPVC begins the use of a PVC, or refuses it.
func (l *Link) openPVC(r primitive.OpenPVCReq) {
	p := l.pvcs[r.ID]
	var no reason
	switch {
	case !r.Call.Permanent() || l.pvcUses[r.Call] != nil:
		l.count(countBadRequest)
		return
	case l.stopping:
		no = l.refuse(ie.CauseNetworkOutOfOrder, "the link is stopping")
	case p == nil || p.deleting:
		no = l.refuse(ie.CauseVPCIVCIUnavailable, "there is no such PVC any more")
	case p.use != nil:
		no = l.refuse(ie.CauseVPCIVCIUnavailable, "the PVC is in use")
	default:
		no = l.pvcDown(p)
	}
	if !no.none() {
		l.refused(no.cause.Value)
		l.indicate(primitive.ReleaseConf{Call: r.Call, Cause: no.cause, Detail: no.detail})
		return
	}
	p.use = &pvcUse{req: r}
	l.pvcUses[r.Call] = p
	send, receive := r.Params.Contract.Directions(!r.Offered)
	l.emit(Effect{
		Kind: Activate, Call: r.Call, ID: p.id, VC: r.VC,
		Spec: vc.BranchSpec{Category: r.Params.Contract.Category, Send: send, Receive: receive, Permanent: true},
	})
}

// activatedPVC answers the Activate of a use.
func (l *Link) activatedPVC(call primitive.CallID, err error) {
	p := l.pvcUses[call]
	switch {
	case p == nil || p.use.branch != noBranch:
		l.count(countBadRequest)
		return
	case err != nil:
		l.count(countActivation)
		u := p.use
		u.owesConf = true
		no := l.refuse(ie.CauseResourceUnavailable, "the data plane refuses the channel: "+err.Error())
		u.cause, u.detail = no.cause, no.detail
		l.closedPVC(p)
		return
	}
	r := &p.use.req
	p.use.branch = branchOpen
	l.emit(Effect{Kind: OpenTransmit, ID: p.id})
	if r.Offered {
		l.indicate(primitive.CompleteInd{Call: call})
	} else {
		l.indicate(primitive.ConnectInd{Call: call, ID: p.id, Params: r.Params})
	}
}

// releasePVC takes ReleaseReq and RejectReq of a use. The answer is a ReleaseConf, whatever has
// become of it.
func (l *Link) releasePVC(r primitive.ReleaseReq) {
	p := l.pvcUses[r.Call]
	switch {
	case p == nil: // never begun, or the end has crossed the request
		l.indicate(primitive.ReleaseConf{Call: r.Call, Cause: r.Cause})
	case p.use.owesConf:
		l.count(countBadRequest)
	case p.use.branch == branchOpen:
		u := p.use
		u.owesConf, u.graceful, u.cause, u.branch = true, r.Linger > 0, r.Cause, branchDrain
		l.emit(Effect{Kind: Drain, Call: r.Call, ID: p.id, Linger: r.Linger})
	default: // it ends already
		p.use.owesConf = true
	}
}

// drainedPVC answers the Drain of a use.
func (l *Link) drainedPVC(call primitive.CallID, r vc.DrainReport) {
	p := l.pvcUses[call]
	if p == nil || p.use.branch != branchDrain {
		l.count(countLateAnswer)
		return
	}
	p.use.add(r)
	l.deactivatePVC(p)
}

// deactivatePVC ends the branch of a use.
func (l *Link) deactivatePVC(p *pvc) {
	p.use.branch = branchEnding
	l.emit(Effect{Kind: Deactivate, Call: p.use.req.Call, ID: p.id, Quiesce: p.use.graceful})
}

// deactivatedPVC answers the Deactivate of a use.
func (l *Link) deactivatedPVC(call primitive.CallID, r vc.DrainReport) {
	p := l.pvcUses[call]
	if p == nil || p.use.branch != branchEnding {
		l.count(countLateAnswer)
		return
	}
	p.use.add(r)
	l.closedPVC(p)
}

func (u *pvcUse) add(r vc.DrainReport) {
	u.report.Sent += r.Sent
	u.report.Dropped += r.Dropped
}

// closedPVC ends a use whose branch is gone.
func (l *Link) closedPVC(p *pvc) {
	u := p.use
	p.use = nil
	delete(l.pvcUses, u.req.Call)
	if u.owesConf {
		l.indicate(primitive.ReleaseConf{Call: u.req.Call, Cause: u.cause, Detail: u.detail, Drain: u.report})
	} else {
		l.indicate(primitive.ReleaseInd{Call: u.req.Call, Cause: u.cause, Detail: u.detail, Drain: u.report})
	}
	l.forgetPVC(p)
}

// abortPVCs ends all uses: the link is stopping.
func (l *Link) abortPVCs(why reason) {
	for _, p := range l.sortedPVCs() {
		if u := p.use; u != nil && (u.branch == branchOpen || u.branch == branchDrain) {
			u.graceful = false
			if !u.owesConf {
				u.cause, u.detail = why.cause, why.detail
			}
			l.deactivatePVC(p)
		}
	}
}

// PVCCount returns how many PVCs there are.
func (l *Link) PVCCount() int { return len(l.pvcs) }
