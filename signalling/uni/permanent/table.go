package permanent

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/uni/channel"
	"callmanager/vc"
)

// Event is what a link counts.
type Event uint8

// The events.
const (
	// Refused is a PVC that there was no room for.
	Refused Event = iota
	// NotActivated is a branch that the data plane refused.
	NotActivated
	// BadRequest is a request that makes no sense, LateAnswer an answer that nothing waits for.
	BadRequest
	LateAnswer
)

// Link is what a link does for its PVCs. The methods return before anything comes of them.
type Link interface {
	Activate(call primitive.CallID, id vc.ID, h vc.Handle, spec vc.BranchSpec)
	OpenTransmit(id vc.ID)
	Drain(call primitive.CallID, id vc.ID, r primitive.ReleaseReq)
	Deactivate(call primitive.CallID, id vc.ID, quiesce bool)
	Indicate(i primitive.Indication)
	Count(e Event)
	// Raise makes a cause of this side, and notes it as the refusal of a call.
	Raise(v ie.CauseValue) ie.Cause
	RefusedCall(v ie.CauseValue)
}

// reason is why something is refused.
type reason struct {
	cause  ie.Cause
	detail string
}

func (r reason) none() bool { return r.cause.Value == 0 }

// branch is the state of a use's branch in the data plane.
type branch uint8

const (
	noBranch branch = iota
	branchOpen
	branchDrain
	branchEnding
)

// Table is the PVCs of a link.
type Table struct {
	link     Link
	channels *channel.Table
	capacity *vc.Capacity
	port     vc.LinkStatus
	told     bool
	stopping bool
	pvcs     map[vc.ID]*pvc
	waiting  map[vc.ID]*pvc // those that there is no room for
	uses     map[primitive.CallID]*pvc
}

// New returns the table of a link, with its channels and its capacity.
func New(l Link, channels *channel.Table, capacity *vc.Capacity) *Table {
	return &Table{
		link: l, channels: channels, capacity: capacity,
		pvcs: make(map[vc.ID]*pvc), waiting: make(map[vc.ID]*pvc), uses: make(map[primitive.CallID]*pvc),
	}
}

func (t *Table) refuse(v ie.CauseValue, detail string) reason { return reason{t.link.Raise(v), detail} }

// refuseFor makes the reason of an error of admission.
func (t *Table) refuseFor(err error) reason {
	if r, ok := errors.AsType[*vc.RefusedError](err); ok {
		return t.refuse(ie.CauseValue(r.Cause), r.Reason)
	}
	return t.refuse(ie.CauseResourceUnavailable, err.Error())
}

// Status tells what the data plane knows of the port, and judges all PVCs anew.
func (t *Table) Status(s vc.LinkStatus) {
	t.port, t.told = s, true
	t.judgeAll(t.pvcs)
}

// pvc is one permanent VC.
type pvc struct {
	id       vc.ID
	asked    vc.Contract // as it was added
	whole    bool        // its SDUs go in one piece
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

// Add takes the channel of a PVC and admits it, or refuses it.
func (t *Table) Add(r primitive.AddPVCReq) {
	p := &pvc{id: r.ID, asked: r.Contract, contract: r.Contract, whole: r.Whole}
	no := reason{}
	if err := t.channels.Take(r.ID); err != nil {
		no = t.refuseFor(err)
	} else if t.judge(p); !r.Keep && !p.refused.none() {
		no = p.refused
		t.capacity.Release(p.reserved)
		t.channels.Release(r.ID)
	}
	if !no.none() {
		t.link.Count(Refused)
		t.link.Indicate(primitive.PVCGoneInd{ID: r.ID, Cause: no.cause, Detail: no.detail})
		return
	}
	if !p.refused.none() {
		t.link.Count(Refused)
	}
	t.pvcs[r.ID] = p
	t.note(p)
	t.tell(p)
}

// judge completes the contract of a PVC for the port as it is now, and reserves for it. What is
// reserved already stays if there is no room for more.
func (t *Table) judge(p *pvc) {
	if t.port.MaxSDU == 0 {
		return // the port has not been there yet, or is not for the moment
	}
	largest := t.port.Largest
	if p.whole {
		largest = 0
	}
	p.contract, _ = p.asked.Complete(t.capacity.Total(), t.port.MaxSDU, largest)
	p.refused = reason{}
	if err := p.contract.Validate(); err != nil {
		p.refused = t.refuse(ie.CauseUnsupportedTraffic, err.Error())
		return
	}
	want := t.capacity.Price(&p.contract, true)
	if err := t.capacity.Replace(p.reserved, want); err != nil {
		p.refused = t.refuseFor(err)
		return
	}
	p.reserved = want
}

// judgeAll judges PVCs anew, in the order of their channels, and tells what has changed.
func (t *Table) judgeAll(pvcs map[vc.ID]*pvc) {
	for _, p := range sorted(pvcs) {
		t.judge(p)
		t.note(p)
		t.tell(p)
	}
}

// note keeps those that there is no room for at hand, for when there is some: the others need not be looked at.
func (t *Table) note(p *pvc) {
	if p.refused.none() {
		delete(t.waiting, p.id)
	} else {
		t.waiting[p.id] = p
	}
}

// sorted returns PVCs in the order of their channels.
func sorted(pvcs map[vc.ID]*pvc) []*pvc {
	return slices.SortedFunc(maps.Values(pvcs), func(a, b *pvc) int {
		return cmp.Or(cmp.Compare(a.id.VPI, b.id.VPI), cmp.Compare(a.id.VCI, b.id.VCI))
	})
}

// tell tells the client model what is new of a PVC.
func (t *Table) tell(p *pvc) {
	ind := primitive.PVCInd{ID: p.id, Up: true, Contract: p.contract, Reserved: p.reserved}
	if no := t.down(p); !no.none() {
		ind.Up, ind.Cause, ind.Detail = false, no.cause, no.detail
	}
	same := ind.ID == p.told.ID && ind.Up == p.told.Up && ind.Contract == p.told.Contract &&
		ind.Reserved == p.told.Reserved && ind.Cause.Value == p.told.Cause.Value && ind.Detail == p.told.Detail
	if same {
		return
	}
	p.told = ind
	t.link.Indicate(ind)
}

// down says why a PVC cannot be used now.
func (t *Table) down(p *pvc) reason {
	switch {
	case !p.refused.none():
		return p.refused
	case !t.told:
		return t.refuse(ie.CauseDestinationOutOfOrder, "the link has not been up yet")
	case !t.port.Up || t.port.MaxSDU == 0:
		return t.refuse(ie.CauseDestinationOutOfOrder, "the link is down: "+cmp.Or(t.port.Reason, "the port is down"))
	}
	return reason{}
}

// Delete gives the channel of a PVC back, now or at the end of its use.
func (t *Table) Delete(r primitive.DeletePVCReq) {
	p := t.pvcs[r.ID]
	if p == nil { // it could not be added
		t.link.Indicate(primitive.PVCGoneInd{ID: r.ID})
		return
	}
	p.deleting = true
	t.forget(p)
}

// forget ends a PVC that is to be deleted and has no use.
func (t *Table) forget(p *pvc) {
	if !p.deleting || p.use != nil {
		return
	}
	delete(t.pvcs, p.id)
	delete(t.waiting, p.id)
	t.channels.Release(p.id)
	t.capacity.Release(p.reserved)
	t.link.Indicate(primitive.PVCGoneInd{ID: p.id})
	t.judgeAll(t.waiting) // there is room for another, maybe
}

// Open begins the use of a PVC, or refuses it.
func (t *Table) Open(r primitive.OpenPVCReq) {
	p := t.pvcs[r.ID]
	var no reason
	switch {
	case !r.Call.Permanent() || t.uses[r.Call] != nil:
		t.link.Count(BadRequest)
		return
	case t.stopping:
		no = t.refuse(ie.CauseNetworkOutOfOrder, "the link is stopping")
	case p == nil || p.deleting:
		no = t.refuse(ie.CauseVPCIVCIUnavailable, "there is no such PVC any more")
	case p.use != nil:
		no = t.refuse(ie.CauseVPCIVCIUnavailable, "the PVC is in use")
	default:
		no = t.down(p)
	}
	if !no.none() {
		t.link.RefusedCall(no.cause.Value)
		t.link.Indicate(primitive.ReleaseConf{Call: r.Call, Cause: no.cause, Detail: no.detail})
		return
	}
	p.use = &pvcUse{req: r}
	t.uses[r.Call] = p
	send, receive := r.Params.Contract.Directions(!r.Offered)
	t.link.Activate(r.Call, p.id, r.VC, vc.BranchSpec{Category: r.Params.Contract.Category, Send: send, Receive: receive, Permanent: true})
}

// Activated answers the Activate of a use.
func (t *Table) Activated(call primitive.CallID, err error) {
	p := t.uses[call]
	switch {
	case p == nil || p.use.branch != noBranch:
		t.link.Count(BadRequest)
		return
	case err != nil:
		t.link.Count(NotActivated)
		u := p.use
		u.owesConf = true
		no := t.refuse(ie.CauseResourceUnavailable, "the data plane refuses the channel: "+err.Error())
		u.cause, u.detail = no.cause, no.detail
		t.closed(p)
		return
	}
	r := &p.use.req
	p.use.branch = branchOpen
	t.link.OpenTransmit(p.id)
	if r.Offered {
		t.link.Indicate(primitive.CompleteInd{Call: call})
	} else {
		t.link.Indicate(primitive.ConnectInd{Call: call, ID: p.id, Params: r.Params})
	}
}

// Release takes ReleaseReq and RejectReq of a use. The answer is a ReleaseConf, whatever has
// become of it.
func (t *Table) Release(r primitive.ReleaseReq) {
	p := t.uses[r.Call]
	switch {
	case p == nil: // never begun, or the end has crossed the request
		t.link.Indicate(primitive.ReleaseConf{Call: r.Call, Cause: r.Cause})
	case p.use.owesConf:
		t.link.Count(BadRequest)
	case p.use.branch == branchOpen:
		u := p.use
		u.owesConf, u.graceful, u.cause, u.branch = true, r.Linger > 0, r.Cause, branchDrain
		t.link.Drain(r.Call, p.id, r)
	default: // it ends already
		p.use.owesConf = true
	}
}

// Drained answers the Drain of a use.
func (t *Table) Drained(call primitive.CallID, r vc.DrainReport) {
	p := t.uses[call]
	if p == nil || p.use.branch != branchDrain {
		t.link.Count(LateAnswer)
		return
	}
	p.use.add(r)
	t.deactivate(p)
}

// deactivate ends the branch of a use.
func (t *Table) deactivate(p *pvc) {
	p.use.branch = branchEnding
	t.link.Deactivate(p.use.req.Call, p.id, p.use.graceful)
}

// Deactivated answers the Deactivate of a use.
func (t *Table) Deactivated(call primitive.CallID, r vc.DrainReport) {
	p := t.uses[call]
	if p == nil || p.use.branch != branchEnding {
		t.link.Count(LateAnswer)
		return
	}
	p.use.add(r)
	t.closed(p)
}

func (u *pvcUse) add(r vc.DrainReport) {
	u.report.Sent += r.Sent
	u.report.Dropped += r.Dropped
}

// closed ends a use whose branch is gone.
func (t *Table) closed(p *pvc) {
	u := p.use
	p.use = nil
	delete(t.uses, u.req.Call)
	if u.owesConf {
		t.link.Indicate(primitive.ReleaseConf{Call: u.req.Call, Cause: u.cause, Detail: u.detail, Drain: u.report})
	} else {
		t.link.Indicate(primitive.ReleaseInd{Call: u.req.Call, Cause: u.cause, Detail: u.detail, Drain: u.report})
	}
	t.forget(p)
}

// Stop ends all uses: the link is stopping.
func (t *Table) Stop(cause ie.Cause, detail string) {
	t.stopping = true
	for _, p := range sorted(t.pvcs) {
		if u := p.use; u != nil && (u.branch == branchOpen || u.branch == branchDrain) {
			u.graceful = false
			if !u.owesConf {
				u.cause, u.detail = cause, detail
			}
			t.deactivate(p)
		}
	}
}

// Len returns how many PVCs there are.
func (t *Table) Len() int { return len(t.pvcs) }

// Uses returns how many of them are in use.
func (t *Table) Uses() int { return len(t.uses) }
