package cm

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"callmanager/signalling/handle"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/quota"
	"callmanager/signalling/status"
	"callmanager/vc"
)

// Config is what a [Machine] is made of.
type Config struct {
	// Version is the daemon's, for OpenAF.
	Version string
	// Hosts are the names that MakeCall may use in place of addresses.
	Hosts map[string]vc.Addr
	// Limits bound what clients may hold.
	Limits Limits
}

// Machine is the client model. It belongs to one goroutine. Each of its inputs
// returns the effects to perform, in order; they are valid until the next.
type Machine struct {
	version string
	hosts   map[string]vc.Addr
	limits  Limits

	links   map[vc.LinkID]*link
	byID    []*link // the same in the order of their identifiers
	aliases []vc.Addr
	known   []vc.Addr // what clients have been told of Addresses
	clients map[ClientID]*client
	handles handle.Table[object]
	conns   map[vc.Handle]*conn
	saps    map[vc.Handle]*sap
	// calls finds the VC of a branch, leaves those of a call that came in as
	// point-to-multipoint.
	calls    map[branchKey]*conn
	leaves   map[branchKey]*leafCall
	lastCall primitive.CallID
	pvcs     map[PVCKey]*pvc
	pvcNames map[string]*pvc // those that have one
	freed    []*pvc          // by the input
	// inProgress counts the calls between set-up and connection, userVCs the VCs of each user.
	inProgress int
	userVCs    map[uint32]int
	// closing are the clients whose CloseAF is pending.
	closing []*client
	// stopping is set by NotifyClose and Shutdown, stopped by Shutdown.
	stopping *ending
	stopped  bool

	stats Stats
	out   []Effect
	in    input // what comes with the input; see [Machine.input]
}

// Stats counts what has happened since the start.
type Stats struct {
	// CallsMade and CallsOffered count calls handed to a link and to a client;
	// CallsConnected those of both kinds that came about.
	CallsMade, CallsOffered, CallsConnected uint64
	// PVCsOpened counts the uses of PVCs that came about; they are among CallsConnected.
	PVCsOpened uint64
	// PartiesAdded counts the parties that links were asked to add.
	PartiesAdded uint64
	// OffersRefused counts incoming calls refused without asking a client:
	// foreign address, no SAP, no room.
	OffersRefused uint64
	// RequestsRefused counts requests that were answered with an error.
	RequestsRefused uint64
	// Limited counts what was refused for each limit, of requests and of offers.
	Limited quota.Counts
	// Violations counts broken rings.
	Violations uint64
	// Faults counts events that the tables hold to be impossible. It is zero in
	// a correct daemon.
	Faults uint64
}

// New returns a machine without links and clients.
func New(cfg Config) *Machine {
	return &Machine{
		version: cfg.Version,
		hosts:   maps.Clone(cfg.Hosts),
		limits:  cfg.Limits.WithDefaults(),
		links:   make(map[vc.LinkID]*link),
		clients: make(map[ClientID]*client),
		conns:   make(map[vc.Handle]*conn),
		saps:    make(map[vc.Handle]*sap),
		calls:   make(map[branchKey]*conn),
		leaves:  make(map[branchKey]*leafCall),
		pvcs:    make(map[PVCKey]*pvc), pvcNames: make(map[string]*pvc),
		userVCs: make(map[uint32]int),
	}
}

// emit appends an effect to those of the input.
func (m *Machine) emit(e Effect) { m.out = append(m.out, e) }

// mostReused bounds the effects whose memory is used again.
const mostReused = 1024

// take ends an input and returns its effects. Their memory is that of the next
// input's.
func (m *Machine) take() []Effect {
	m.offerFreed()
	m.settleAFs()
	out := m.out
	if m.out = m.out[:0]; cap(m.out) > mostReused {
		m.out = nil
	}
	return out
}

// deliver hands an event to a client that is still there.
func (m *Machine) deliver(c *client, ev Event) {
	if !c.gone {
		m.emit(Effect{Kind: Deliver, Client: c.id, Event: ev})
	}
}

// reply answers a request.
func (m *Machine) reply(c *client, r Reply) { m.deliver(c, r) }

// fault records an event that should not have been possible.
func (m *Machine) fault(format string, args ...any) {
	m.stats.Faults++
	m.emit(Effect{Kind: Fault, Text: fmt.Sprintf(format, args...)})
}

// refusal is the answer to a request that is not served.
type refusal struct {
	status Status
	detail string
	cause  ie.Cause
}

func refuse(s Status, detail string) *refusal { return &refusal{status: s, detail: detail} }

// invalid refuses a request with what is wrong with it. It returns nil if nothing is.
func invalid(err error) *refusal {
	if err == nil {
		return nil
	}
	return refuse(InvalidData, err.Error())
}

// refuseCause refuses a call with a cause and the status that stands for it.
func refuseCause(v ie.CauseValue, detail string) *refusal {
	return &refusal{status: failureOf(v), detail: detail, cause: cause(v)}
}

// withCause gives the refusal of a call the cause of its status: a call that
// fails has one, whoever refuses it.
func (r *refusal) withCause() *refusal {
	if r.cause.Value == 0 {
		r.cause = cause(status.CauseOf(r.status))
	}
	return r
}

// refuse answers r with ref.
func (m *Machine) refuse(c *client, r Request, ref *refusal) { m.refuseNumber(c, r.Number(), ref) }

// refuseNumber answers the request of a number with ref.
func (m *Machine) refuseNumber(c *client, n uint64, ref *refusal) {
	m.stats.RequestsRefused++
	m.reply(c, Reply{Request: n, Status: ref.status, Detail: ref.detail, Cause: ref.cause})
}

// Attach makes a client known.
func (m *Machine) Attach(id ClientID, cred Credentials) {
	m.clients[id] = newClient(id, cred)
}

// Detach ends a client: its SAPs, calls, VCs and rings go (DESIGN 7), and it is
// told nothing more. Calls in progress take until their link has released them.
func (m *Machine) Detach(id ClientID) []Effect {
	c := m.clients[id]
	if c == nil {
		return nil
	}
	delete(m.clients, id)
	c.gone = true
	m.dropSAPs(c)
	for _, h := range slices.Sorted(maps.Keys(c.vcs)) {
		m.step(c.vcs[h], mgtGone, &input{})
	}
	for _, h := range slices.Sorted(maps.Keys(c.rings)) {
		if c.rings[h].idle {
			m.closeRing(c, h)
		}
	}
	for len(c.kept) > 0 {
		m.dropKept(c, 0)
	}
	return m.take()
}

// Request serves a request of a client. An unknown client is ignored: it has
// been detached.
func (m *Machine) Request(id ClientID, r Request) []Effect {
	c := m.clients[id]
	if c == nil {
		return nil
	}
	if ref := m.admit(c, r); ref != nil {
		m.refuse(c, r, ref)
		return m.take()
	}
	m.serve(c, r)
	return m.take()
}

// admit checks what is common to all requests: their number and the state of
// the address family.
func (m *Machine) admit(c *client, r Request) *refusal {
	if r.Number() == 0 {
		return refuse(InvalidData, "a request is numbered from 1")
	}
	switch r := r.(type) {
	case OpenAF:
		if c.af != afClosed {
			return m.stepAF(c, afReqOpen)
		}
		if m.stopping != nil {
			return refuse(Closing, m.stopping.detail)
		}
		return nil
	case CloseAF:
		return m.stepAF(c, afReqClose)
	case CreateVC, RegisterSAP, MakeCall, AddParty, AddPVC:
		if ref := m.stepAF(c, afReqBegin); ref != nil {
			return ref
		}
		if m.stopping != nil {
			return refuse(Closing, m.stopping.detail)
		}
		return nil
	case NotifyCloseAFComplete: // comes when the address family is closed
		return nil
	case RingDone:
		// Rings outlive the address family.
		if c.rings[r.VC] != nil {
			return nil
		}
	}
	return m.stepAF(c, afReqUse)
}

// serve hands a request to its procedure, which answers it.
func (m *Machine) serve(c *client, r Request) {
	in := m.input()
	in.request, in.asked = r.Number(), r
	switch r := r.(type) {
	case OpenAF:
		m.openAF(c, r)
	case CloseAF:
		m.closeAF(c, r)
	case RegisterSAP:
		m.registerSAP(c, r)
	case DeregisterSAP:
		m.deregisterSAP(c, r)
	case CreateVC:
		m.createVC(c, r)
	case DeleteVC:
		m.onVC(c, r.VC, reqDeleteVC, in)
	case MakeCall:
		if r.VC == 0 {
			m.callOnNewVC(c, in)
			return
		}
		m.onVC(c, r.VC, reqMakeCall, in)
	case IncomingCallComplete:
		m.answer(c, r, in)
	case ModifyCallQoS:
		m.onVC(c, r.VC, reqModify, in)
	case CloseCall:
		m.requestClose(c, r, in)
	case Alert:
		m.onVC(c, r.VC, rspAlert, in)
	case Notify:
		m.requestNotify(c, r, in)
	case AddParty:
		m.onVC(c, r.VC, reqAddParty, in)
	case DropParty:
		m.requestDrop(c, r)
	case NotifyCloseAFComplete:
		m.notifyCloseComplete(c, r)
	case RingDone:
		m.ringDone(c, r)
	case AdminClose:
		m.adminClose(c, r)
	case AdminModify:
		m.adminModify(c, r, in)
	case AddAddress:
		m.addAddress(c, r)
	case DeleteAddress:
		m.deleteAddress(c, r)
	case AddPVC:
		m.addPVC(c, r)
	case DeletePVC:
		m.deletePVC(c, r)
	}
}

// onVC takes a request through the call table of the VC that it names.
func (m *Machine) onVC(c *client, h vc.Handle, ev callEvent, in *input) {
	v, ref := m.ownVC(c, h)
	if ref == nil {
		ref = m.step(v, ev, in)
	}
	if ref != nil {
		m.refuseNumber(c, in.request, ref)
	}
}

// Indicate serves an indication of a link. One for a call that is gone is
// ignored: it has crossed the call's end.
func (m *Machine) Indicate(id vc.LinkID, ind primitive.Indication) []Effect {
	l := m.links[id]
	if l == nil {
		m.fault("indication %T from link %d, which is not known", ind, id)
		return m.take()
	}
	in := m.input()
	in.told = ind
	switch ind := ind.(type) {
	case primitive.SetupInd:
		m.incomingSetup(l, ind)
	case primitive.ProceedingInd:
		if !m.branchProceeds(l, ind) {
			m.branchEvent(l, ind.Call, indProceeding, in)
		}
	case primitive.ProgressInd:
		if !m.opens(l, ind.Call) { // Of a party the model has no progress.
			m.branchEvent(l, ind.Call, indProgress, in)
		}
	case primitive.NotifyInd:
		if !m.leavesEvent(l, ind.Call, indNotify, in) {
			m.branchEvent(l, ind.Call, indNotify, in)
		}
	case primitive.ConnectInd:
		if !m.branchConnected(l, &ind) {
			m.branchEvent(l, ind.Call, indConnect, in)
		}
	case primitive.CompleteInd:
		if !m.leafEvent(l, ind.Call, ind.Party, indComplete, in) {
			m.branchEvent(l, ind.Call, indComplete, in)
		}
	case primitive.ModifyConf:
		m.branchEvent(l, ind.Call, cnfModify, in)
	case primitive.ModifyInd:
		m.branchEvent(l, ind.Call, indModify, in)
	case primitive.ReleaseInd:
		in.cause, in.detail, in.drain, in.remote, in.userUser = ind.Cause, ind.Detail, ind.Drain, ind.Remote, ind.UserUser
		m.branchGone(l, ind.Call, indRelease, in)
	case primitive.ReleaseConf:
		in.cause, in.detail, in.drain, in.userUser = ind.Cause, ind.Detail, ind.Drain, ind.UserUser
		m.branchGone(l, ind.Call, cnfRelease, in)
	case primitive.PVCInd:
		m.pvcChanged(ind)
	case primitive.PVCGoneInd:
		m.pvcGone(ind)
	default:
		m.indicateParty(l, ind)
	}
	return m.take()
}

// indicateParty serves what a link tells of a party, at the root or at a leaf.
func (m *Machine) indicateParty(l *link, ind primitive.Indication) {
	switch ind := ind.(type) {
	case primitive.AddPartyInd:
		m.incomingParty(l, ind)
	case primitive.AddPartyConf:
		m.partyIndication(l, ind.Call, ind.Party, cnfAddParty, &partyInput{added: &ind})
	case primitive.DropPartyInd:
		in := input{cause: ind.Cause, detail: ind.Detail, drain: ind.Drain, remote: ind.Remote}
		if !m.leafGone(l, ind.Call, ind.Party, indRelease, &in) {
			m.partyIndication(l, ind.Call, ind.Party, indDropParty, &partyInput{cause: ind.Cause, detail: ind.Detail, remote: ind.Remote})
		}
	case primitive.DropPartyConf:
		in := input{cause: ind.Cause, detail: ind.Detail, drain: ind.Drain}
		if !m.leafGone(l, ind.Call, ind.Party, cnfRelease, &in) {
			m.partyIndication(l, ind.Call, ind.Party, cnfDropParty, &partyInput{cause: ind.Cause, detail: ind.Detail})
		}
	}
}

// VCOpened answers [OpenVC].
func (m *Machine) VCOpened(h vc.Handle, err error) []Effect {
	v := m.conns[h]
	if v == nil {
		m.fault("rings opened for VC %s, which is not known", h)
		return m.take()
	}
	ev := plnOpened
	if err != nil {
		ev = plnFailed
	}
	in := m.input()
	in.err = err
	m.step(v, ev, in)
	return m.take()
}

// Violation ends the call of a VC whose client has broken its ring.
func (m *Machine) Violation(h vc.Handle, err error) []Effect {
	v := m.conns[h]
	if v == nil {
		return nil
	}
	m.stats.Violations++
	m.step(v, mgtClose, &input{end: &ending{
		status: Failure, detail: "the client broke its ring: " + err.Error(), cause: cause(ie.CauseNormalUnspecified),
	}})
	return m.take()
}

// Shutdown refuses what is new from now on and releases every call with c.
// What clients have in their rings is drained for at most linger.
func (m *Machine) Shutdown(c ie.Cause, linger time.Duration) []Effect {
	if m.stopped {
		return nil
	}
	m.stopped = true
	m.stop(c, linger)
	for _, h := range slices.Sorted(maps.Keys(m.conns)) {
		m.step(m.conns[h], mgtClose, &input{end: m.stopping})
	}
	return m.take()
}

// Farewell tells every client that the daemon goes.
func (m *Machine) Farewell(reason string) []Effect {
	for _, id := range slices.Sorted(maps.Keys(m.clients)) {
		m.deliver(m.clients[id], Goodbye{Reason: reason})
	}
	return m.take()
}
