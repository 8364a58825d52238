package cm

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"

	"callmanager/signalling/cm/page"
	"callmanager/signalling/cm/terms"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// Permanent VCs. The operator configures them at both ends; nothing is signalled. A PVC has one use
// at a time: a client makes a call on it, by its channel or by its destination, or is offered it
// because a SAP matches. The end of the use gives the PVC back and does not end it. Its link does
// the rest: package uni keeps the channel and what the contract reserves from calls.
//
// A PVC is offered when its link comes up, when it is given back, and when a SAP is registered; to
// each SAP once, until the link has been down: a client that refuses it or gives it back has had
// its turn.

// pvcMinor is the minor version that brought permanent VCs.
const pvcMinor = 2

// PVCKey orders PVCs by link, VPI and VCI; zero is before all.
type PVCKey uint64

func keyOf(id vc.ID) PVCKey {
	return PVCKey(id.Link)<<24 | PVCKey(id.VPI)<<16 | PVCKey(id.VCI)
}

// pvc is one permanent VC.
type pvc struct {
	spec PVC
	link *link
	id   vc.ID
	// known is what the link has told last.
	known primitive.PVCInd
	user  *conn // nil while nobody has it
	// had are the SAPs that it has been offered to since its link came up.
	had    map[vc.Handle]struct{}
	opened uint64
	// adding and deleting tell that the link is asked, for request of asker if that is not nil.
	adding, deleting bool
	asker            *client
	request          uint64
}

// ConfigurePVC adds a PVC of the configuration. One for which its link has no room is kept, and
// waits for some. It fails if the PVC contradicts itself or another one.
func (m *Machine) ConfigurePVC(spec PVC) ([]Effect, error) {
	p, ref := m.newPVC(spec)
	if ref != nil {
		return nil, fmt.Errorf("PVC %s %d/%d: %s", spec.Link, spec.VPI, spec.VCI, ref.detail)
	}
	m.emit(Effect{Kind: ToLink, Link: p.link.ID, Request: primitive.AddPVCReq{ID: p.id, Contract: spec.Contract, Keep: true, Whole: spec.Whole}})
	return m.take(), nil
}

// newPVC checks a PVC and enters it.
func (m *Machine) newPVC(spec PVC) (*pvc, *refusal) {
	i := slices.IndexFunc(m.byID, func(l *link) bool { return l.Name == spec.Link })
	if i < 0 {
		return nil, refuse(InvalidData, fmt.Sprintf("there is no link %q", spec.Link))
	}
	l := m.byID[i]
	id := vc.ID{Link: l.ID, VPI: spec.VPI, VCI: spec.VCI}
	if !id.Callable() {
		return nil, refuse(InvalidData, fmt.Sprintf("VPI/VCI %d/%d is none for data: VPIs are 0 to %d, VCIs %d to 65535",
			spec.VPI, spec.VCI, vc.MaxVPI, vc.MinCallVCI))
	}
	if m.pvcs[keyOf(id)] != nil {
		return nil, refuseCause(ie.CauseVPCIVCIUnavailable, fmt.Sprintf("link %s has the PVC %d/%d already", l.Name, id.VPI, id.VCI))
	}
	if p := m.pvcNames[spec.Name]; p != nil {
		return nil, refuse(InvalidData, fmt.Sprintf("the PVC %s %d/%d has the name %q already", p.spec.Link, p.id.VPI, p.id.VCI, spec.Name))
	}
	if ref := invalid(terms.CheckCompatibility(spec.BHLI, bllis(&spec))); ref != nil {
		return nil, ref
	}
	widest, _ := spec.Contract.Complete(l.Capacity, vc.MaxSDULen, vc.MaxSDULen)
	if err := widest.Validate(); err != nil {
		return nil, invalid(err)
	}
	p := &pvc{spec: spec, link: l, id: id}
	p.known = primitive.PVCInd{ID: id, Contract: spec.Contract, Detail: "the link has not been asked yet"}
	m.pvcs[keyOf(id)] = p
	if spec.Name != "" {
		m.pvcNames[spec.Name] = p
	}
	return p, nil
}

// bllis are the B-LLI of a PVC as call parameters have them.
func bllis(p *PVC) [][]byte {
	if len(p.BLLI) == 0 {
		return nil
	}
	return [][]byte{p.BLLI}
}

// mayConfigure refuses a client that is no administrator.
func mayConfigure(c *client) *refusal {
	if !c.cred.Admin {
		return refuse(NotPermitted, "configuring PVCs needs root or group cmd-admin")
	}
	return nil
}

// addPVC serves AddPVC: the link has the last word.
func (m *Machine) addPVC(c *client, r AddPVC) {
	ref := mayConfigure(c)
	if ref == nil && r.Called != "" {
		r.PVC.Destination, ref = m.resolve(r.Called)
	}
	var p *pvc
	if ref == nil {
		p, ref = m.newPVC(r.PVC)
	}
	if ref != nil {
		m.refuse(c, r, ref)
		return
	}
	p.adding = true
	m.owePVC(p, c, r.Request)
	m.emit(Effect{Kind: ToLink, Link: p.link.ID, Request: primitive.AddPVCReq{ID: p.id, Contract: r.PVC.Contract}})
}

// deletedByAdmin ends the use of a PVC that is deleted.
var deletedByAdmin = &ending{
	status: RequestAborted, detail: "an administrator has deleted the PVC", cause: cause(ie.CauseNormalUnspecified),
}

// deletePVC serves DeletePVC: a use ends first.
func (m *Machine) deletePVC(c *client, r DeletePVC) {
	ref := mayConfigure(c)
	var p *pvc
	if ref == nil {
		p, ref = m.pvcAt(&r.Channel)
	}
	switch {
	case ref != nil:
	case p.deleting:
		ref = refuse(Closing, "the PVC is being deleted already")
	case p.adding:
		ref = refuse(NotAccepted, "the PVC is being added")
	}
	if ref != nil {
		m.refuse(c, r, ref)
		return
	}
	p.deleting = true
	m.owePVC(p, c, r.Request)
	if p.user != nil {
		m.step(p.user, mgtClose, &input{end: deletedByAdmin})
	}
	m.emit(Effect{Kind: ToLink, Link: p.link.ID, Request: primitive.DeletePVCReq{ID: p.id}})
}

// owePVC answers a request that a link has to answer.
func (m *Machine) owePVC(p *pvc, c *client, request uint64) {
	p.asker, p.request = c, request
	c.asking++
	m.reply(c, Reply{Request: request, Status: Pending})
}

// completePVC delivers the completion that is owed for a PVC, if one is.
func (m *Machine) completePVC(p *pvc, done PVCComplete) {
	if p.asker == nil {
		return
	}
	done.Request = p.request
	m.deliver(p.asker, done)
	p.asker.asking--
	p.asker, p.request = nil, 0
}

// pvcAt finds a PVC by its channel.
func (m *Machine) pvcAt(ch *Channel) (*pvc, *refusal) {
	var found *pvc
	for _, l := range m.byID {
		p := m.pvcs[keyOf(vc.ID{Link: l.ID, VPI: ch.VPI, VCI: ch.VCI})]
		switch {
		case p == nil || ch.Link != "" && ch.Link != l.Name:
		case found != nil:
			return nil, refuse(InvalidData, fmt.Sprintf("the links %s and %s have a PVC %d/%d: name the link", found.link.Name, l.Name, ch.VPI, ch.VCI))
		default:
			found = p
		}
	}
	if found == nil {
		where := "no link has a PVC"
		if ch.Link != "" {
			where = "link " + ch.Link + " has no PVC"
		}
		return nil, &refusal{status: Failure, cause: cause(ie.CauseVPCIVCIUnavailable), detail: fmt.Sprintf("%s %d/%d", where, ch.VPI, ch.VCI)}
	}
	return found, nil
}

// pvcChanged serves what a link tells of a PVC.
func (m *Machine) pvcChanged(ind primitive.PVCInd) {
	p := m.pvcs[keyOf(ind.ID)]
	if p == nil {
		m.fault("link %d tells of the PVC %d/%d, which is not known", ind.ID.Link, ind.ID.VPI, ind.ID.VCI)
		return
	}
	was := p.known.Up
	p.known = ind
	if p.adding {
		p.adding = false
		m.completePVC(p, PVCComplete{})
	}
	if !ind.Up {
		p.had = nil
	}
	if was != ind.Up && p.user != nil && p.user.call == vc.Connected && p.user.owner.minor >= pvcMinor {
		m.deliver(p.user.owner, VCStatus{VC: p.user.handle, Up: ind.Up, Detail: ind.Detail})
	}
	m.offerPVC(p)
}

// pvcGone serves the end of a PVC, or its refusal.
func (m *Machine) pvcGone(ind primitive.PVCGoneInd) {
	p := m.pvcs[keyOf(ind.ID)]
	if p == nil {
		m.fault("link %d has deleted the PVC %d/%d, which is not known", ind.ID.Link, ind.ID.VPI, ind.ID.VCI)
		return
	}
	if p.adding || p.deleting {
		delete(m.pvcs, keyOf(ind.ID))
		delete(m.pvcNames, p.spec.Name)
	} else { // of the configuration: its channel is taken
		p.known.Up, p.known.Cause, p.known.Detail = false, ind.Cause, ind.Detail
	}
	done := PVCComplete{Cause: ind.Cause, Detail: ind.Detail}
	if ind.Cause.Value != 0 {
		done.Status = failureOf(ind.Cause.Value)
		done.Detail = cmp.Or(done.Detail, ind.Cause.Value.String())
	}
	m.completePVC(p, done)
}

// permanentCall checks the parameters of a call on a PVC and finds that: by its channel, or by its
// destination (the model's section 5).
func (m *Machine) permanentCall(r *MakeCall) (w way, ref *refusal) {
	if ref = unsignalled(r); ref != nil {
		return w, ref
	}
	if r.Channel != nil {
		w.pvc, ref = m.pvcAt(r.Channel)
	} else {
		w.pvc, ref = m.pvcTo(r)
	}
	if ref != nil {
		return w, ref
	}
	if r.Calling.IsValid() && !m.ours(r.Calling) {
		return w, notOurs(r.Calling)
	}
	if ref = w.pvc.free(); ref != nil {
		return w, ref
	}
	p := w.pvc
	w.link = p.link
	w.params = primitive.Params{
		Called: p.spec.Destination, Calling: r.Calling, Contract: p.known.Contract, Permanent: true,
		BHLI: p.spec.BHLI, BLLI: bllis(&p.spec),
	}
	if !r.Calling.IsValid() {
		w.params.Calling = p.link.Address
	}
	w.changed = terms.Completed(r.Contract, w.params.Contract) != w.params.Contract
	return w, nil
}

// unsignalled refuses what would have to be signalled or negotiated.
func unsignalled(r *MakeCall) *refusal {
	switch {
	case r.Multipoint:
		return refuse(NotSupported, "a PVC is point-to-point")
	case r.Fallback != (vc.Fallback{}) || r.QoS != (vc.QoS{}):
		return refuse(InvalidData, "nothing of a PVC is negotiated: ask for no other contract and no quality of service")
	case len(r.UserUser) > 0:
		return refuse(InvalidData, "a PVC has no signalling that could carry user-user information")
	}
	return nil
}

// pvcTo finds a PVC by its destination; among several one that may be used, then the first.
func (m *Machine) pvcTo(r *MakeCall) (*pvc, *refusal) {
	to, ref := m.destination(r.Called, r.CalledSelector)
	if ref != nil {
		return nil, ref
	}
	var found *pvc
	for _, key := range slices.Sorted(maps.Keys(m.pvcs)) {
		p := m.pvcs[key]
		if p.leadsTo(to, r) && (found == nil || found.free() != nil && p.free() == nil) {
			found = p
		}
	}
	if found == nil {
		return nil, &refusal{
			status: Failure, cause: cause(ie.CauseNoRouteToDestination),
			detail: fmt.Sprintf("no PVC leads to %s (set destination of a [[pvc]], or name its VPI/VCI)", to),
		}
	}
	return found, nil
}

// leadsTo reports whether a PVC has a destination, and carries what a call is for.
func (p *pvc) leadsTo(to vc.Addr, r *MakeCall) bool {
	d := p.spec.Destination
	return d.IsValid() && d.SameSystem(to) && d.Selector() == to.Selector() &&
		(len(r.BHLI) == 0 || bytes.Equal(r.BHLI, p.spec.BHLI)) &&
		(len(r.BLLI) == 0 || slices.ContainsFunc(r.BLLI, func(b []byte) bool { return bytes.Equal(b, p.spec.BLLI) }))
}

// free refuses a PVC that cannot be used now.
func (p *pvc) free() *refusal {
	name := fmt.Sprintf("the PVC %s %d/%d ", p.link.Name, p.id.VPI, p.id.VCI)
	switch {
	case p.deleting || p.adding:
		return &refusal{status: Failure, cause: cause(ie.CauseVPCIVCIUnavailable), detail: name + "is being added or deleted"}
	case p.user != nil:
		o := p.user.owner
		return &refusal{
			status: Failure, cause: cause(ie.CauseVPCIVCIUnavailable),
			detail: fmt.Sprintf("%sis in use by %q (process %d)", name, o.name, o.cred.PID),
		}
	case !p.known.Up:
		v := cmp.Or(p.known.Cause.Value, ie.CauseDestinationOutOfOrder)
		return &refusal{status: failureOf(v), cause: cause(v), detail: name + "cannot be used: " + p.known.Detail}
	}
	return nil
}

// branch makes the branch of a call on a PVC of one on its link.
func (p *pvc) branch(b *branch) *branch {
	b.pvc, b.id = p, p.id
	b.call |= primitive.PermanentCall
	return b
}

// unuse gives the PVC of a branch that is over back. It is offered at the end of the input.
func (m *Machine) unuse(b *branch) {
	if p := b.pvc; p != nil {
		p.user = nil
		m.freed = append(m.freed, p)
	}
}

// offerFreed offers the PVCs that the input has given back.
func (m *Machine) offerFreed() {
	for _, p := range m.freed {
		m.offerPVC(p)
	}
	m.freed = m.freed[:0]
}

// offerPVCs offers what is free to a SAP that has just been registered.
func (m *Machine) offerPVCs() {
	for _, key := range slices.Sorted(maps.Keys(m.pvcs)) {
		m.offerPVC(m.pvcs[key])
	}
}

// offerPVC offers a PVC that is free to the SAP that matches best among those that it has not been
// offered to. A client without room is asked another time, one of a version without PVCs never.
func (m *Machine) offerPVC(p *pvc) {
	if !p.spec.Offered || m.stopping != nil || p.free() != nil {
		return
	}
	c := p.known.Contract
	params := primitive.Params{
		Called: p.link.Address, Calling: p.spec.Destination, Permanent: true, BHLI: p.spec.BHLI, BLLI: bllis(&p.spec),
		Contract: vc.Contract{Category: c.Category, Forward: c.Backward, Backward: c.Forward},
	}
	if params.Called.Kind() == vc.AESA {
		params.Called = params.Called.WithSelector(p.spec.Selector)
	}
	s := m.findSAP(&params, func(s *sap) bool {
		_, had := p.had[s.handle]
		return had || s.owner.minor < pvcMinor
	})
	if s == nil || m.fullFor(s) != 0 {
		return
	}
	m.lastCall++
	v := m.newOffer(s, p.branch(&branch{link: p.link, call: m.lastCall, offered: true}), params)
	if v == nil {
		return
	}
	p.user = v
	s.offered++
	if p.had == nil {
		p.had = make(map[vc.Handle]struct{})
	}
	p.had[s.handle] = struct{}{}
}

// forgetTurns forgets what was offered to a SAP that goes.
func (m *Machine) forgetTurns(s *sap) {
	for _, p := range m.pvcs {
		delete(p.had, s.handle)
	}
}

// permanent reports whether the call on v is the use of a PVC.
func (v *conn) permanent() bool { return len(v.branches) > 0 && v.branches[0].pvc != nil }

// fixed refuses what a PVC lacks: it has no messages, and its contract is the operator's.
var fixed = no(NotSupported, "a PVC has no signalling, and its contract is the operator's")

// refusesPermanent refuses a request on a PVC that only signalling could serve, in whatever state.
func (v *conn) refusesPermanent(ev callEvent) *refusal {
	if (ev == rspAlert || ev == reqNotify || ev == reqModify) && v.permanent() {
		return fixed.refusal()
	}
	return nil
}

// PVCRow is one PVC in a list.
type PVCRow struct {
	PVC PVC
	Key PVCKey
	ID  vc.ID
	// State is idle, in use, down, refused (the link has no room) or deleting; Reason says why it is
	// down or refused.
	State, Reason string
	// Contract is the one in force, its forward flow what this end sends; Reserved is what it has of
	// the link in wire bits a second.
	Contract vc.Contract
	Reserved vc.Reservation
	// VC, Owner and Cred are its user's; zero without one.
	VC    vc.Handle
	Owner string
	Cred  Credentials
	// Opened counts its uses that have come about.
	Opened uint64
}

// PVCs returns up to limit PVCs behind after, in order, and whether there are more.
func (m *Machine) PVCs(after PVCKey, limit int) (rows []PVCRow, more bool) {
	keys, more := page.Of(m.pvcs, after, limit)
	return m.pvcRows(keys), more
}

// RefusedPVCs returns those that their links have no room for, in order.
func (m *Machine) RefusedPVCs() []PVCRow {
	var keys []PVCKey
	for k, p := range m.pvcs {
		if p.state() == PVCRefused {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return m.pvcRows(keys)
}

func (m *Machine) pvcRows(keys []PVCKey) []PVCRow {
	rows := make([]PVCRow, len(keys))
	for i, k := range keys {
		p, r := m.pvcs[k], &rows[i]
		*r = PVCRow{
			PVC: p.spec, Key: k, ID: p.id, State: p.state(), Reason: p.known.Detail, Contract: p.known.Contract,
			Reserved: p.known.Reserved, Opened: p.opened,
		}
		if v := p.user; v != nil {
			r.VC, r.Owner, r.Cred = v.handle, v.owner.name, v.owner.cred
		}
	}
	return rows
}

// The states of PVCs in lists.
const (
	PVCIdle     = "idle"
	PVCInUse    = "in use"
	PVCDown     = "down"
	PVCRefused  = "refused"
	PVCDeleting = "deleting"
)

// state is the state of a PVC in a list.
func (p *pvc) state() string {
	switch {
	case p.deleting:
		return PVCDeleting
	case !p.known.Up && p.known.Cause.Value != 0 && p.known.Cause.Value != ie.CauseDestinationOutOfOrder:
		return PVCRefused
	case !p.known.Up:
		return PVCDown
	case p.user != nil:
		return PVCInUse
	}
	return PVCIdle
}
