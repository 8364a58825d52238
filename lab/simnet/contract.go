package simnet

import (
	"cmp"
	"slices"

	"callmanager/signalling/cm"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// contract holds what one client is told against the client model. It stands
// where requests enter the daemon and events leave it, so it knows no queues.
type contract struct {
	c        *client
	attached bool
	gone     bool
	owed     map[uint64]*owed
	vcs      map[vc.Handle]*agreed
	saps     map[vc.Handle]bool
	parties  map[vc.Handle]vc.Handle // the VC of each party
	rings    map[vc.Handle]bool      // charged to the client
	kept     map[vc.Handle]bool      // done with, and not unmapped
	afOpen   bool
}

// owed is a request that has not been answered, or not completed.
type owed struct {
	r       cm.Request
	pending bool
}

// agreed is a VC as both sides of the contract know it.
type agreed struct {
	incoming bool
	state    vc.CallState
	modifies bool // ModifyCallQoS is not complete
	// byAdmin tells that an AdminModify pends whose outcome has not been told.
	byAdmin bool
	// disposable tells that the daemon has made it for a call of the client's.
	disposable bool
	// multipoint tells that the call has parties.
	multipoint bool
	closed     bool // CloseCallComplete has been given

	// calls counts the calls on the VC. far is the other end of the present one,
	// if that is known, and farCall the number that the call has there.
	calls   int
	far     *agreed
	farCall int
	alert   *letter  // the one that has gone out in ALERTING
	heard   []uint64 // the letters that have arrived
	// setup, connect and release are what has been sent with these messages;
	// connect is of the other end, and answers counts who has sent CONNECT.
	setup, connect, release []byte
	answers                 int
	releaseCause            causeValue
}

func newContract(c *client) contract {
	return contract{
		c: c, owed: make(map[uint64]*owed), vcs: make(map[vc.Handle]*agreed), saps: make(map[vc.Handle]bool),
		parties: make(map[vc.Handle]vc.Handle), kept: make(map[vc.Handle]bool),
		rings: make(map[vc.Handle]bool),
	}
}

func (k *contract) bad(inv, format string, args ...any) {
	h := k.c.h
	h.w.violate(inv, "%s, client %d: "+format, append([]any{h.name, k.c.id}, args...)...)
}

// request takes a request through the daemon and checks that it is answered at
// once, and once.
func (k *contract) request(r cm.Request) {
	h := k.c.h
	o := &owed{r: r}
	k.owed[r.Number()] = o
	h.w.record.Request(h.w.now, h, k.c.id, r)
	if done, ok := r.(cm.RingDone); ok && done.Keep && k.rings[done.VC] { // answered only if it is refused
		delete(k.owed, r.Number())
		delete(k.rings, done.VC)
		k.kept[done.VC] = true
	}
	h.perform(h.cm.Request(k.c.id, r))
	if now := k.owed[r.Number()]; now == o && !o.pending {
		k.bad("INV-21", "%T %d has not been answered", r, r.Number())
	}
}

// fresh checks that a handle has never been given out.
func (k *contract) fresh(h vc.Handle) {
	if h == 0 || k.c.h.handles[h] {
		k.bad("INV-4", "handle %s is given out, and not for the first time", h)
	}
	k.c.h.handles[h] = true
}

// event checks an event that leaves the daemon.
func (k *contract) event(d cm.Effect) {
	if k.gone {
		k.bad("told after its end", "%+v", d.Event)
		return
	}
	ports := vc.Handle(0)
	switch ev := d.Event.(type) {
	case cm.Reply:
		ports = k.reply(ev)
	case cm.MakeCallComplete:
		k.madeCall(ev)
	case cm.ModifyCallQoSComplete:
		k.modified(ev)
	case cm.IncomingCallQoSChange:
		k.changedByPeer(ev)
	case cm.CloseCallComplete:
		k.closedCall(ev)
	case cm.CloseAFComplete:
		k.closedAF(ev)
	case cm.IncomingCall:
		ports = k.ringsOf(ev.VC, ev.Kept)
		k.offered(ev)
	case cm.RingsGone:
		if !k.kept[ev.VC] {
			k.bad("RING.md 11", "the rings of %s are gone, which are not kept", ev.VC)
		}
		delete(k.kept, ev.VC)
	case cm.CallConnected:
		k.connected(ev)
	case cm.IncomingCloseCall:
		k.remoteClose(ev)
	case cm.DeleteVCIndication:
		k.deleted(ev)
	case cm.AddPartyComplete, cm.DropPartyComplete, cm.IncomingDropParty:
		k.partyEvent(ev)
	case cm.Notification:
		k.reads(ev.Info, ev.VC, k.vcs[ev.VC], inNotify)
	case cm.CallProgress:
		k.progress(ev)
	case cm.Goodbye:
	}
	if d.VC != ports || ports != 0 && !k.c.h.opened[ports] {
		k.bad("descriptors", "%T came with those of %s, want %s", d.Event, d.VC, ports)
	}
	if ports != 0 {
		delete(k.c.h.opened, ports)
		k.rings[ports] = true
	}
}

// ringsOf notes the rings of a VC and returns whose descriptors come with it: its own, or none if they are kept ones.
func (k *contract) ringsOf(h, kept vc.Handle) (ports vc.Handle) {
	if kept == 0 {
		return h
	}
	if !k.kept[kept] {
		k.bad("RING.md 11", "%s has the rings of %s, which are not kept", h, kept)
	}
	delete(k.kept, kept)
	k.rings[h] = true
	k.c.h.w.stats.Reused++
	return 0
}

// reply checks an immediate answer and returns whose descriptors belong to it.
func (k *contract) reply(ev cm.Reply) (ports vc.Handle) {
	o := k.owed[ev.Request]
	if o == nil || o.pending {
		k.bad("INV-21", "a second answer to request %d", ev.Request)
		return 0
	}
	if ev.Status == cm.Pending {
		o.pending = true
	} else {
		delete(k.owed, ev.Request)
	}
	if ev.Status != cm.Success && ev.Status != cm.Pending && ev.Detail == "" {
		k.bad("refusal without words", "%T: %+v", o.r, ev)
	}
	switch r := o.r.(type) {
	case cm.MakeCall:
		return k.makeCallReply(r, ev)
	case cm.ModifyCallQoS:
		k.modifyReply(r, ev)
	case cm.AdminModify:
		k.adminModifyReply(r, ev)
	case cm.AddParty, cm.DropParty:
		k.partyReply(r, ev)
	case cm.CloseCall:
		k.wantPending(ev, true)
		if n := k.partiesOf(r.VC); ev.Status == cm.Pending && n > 1 {
			k.bad("INV-39", "CloseCall of %s with %d parties pends", r.VC, n)
		}
		k.posts(r.CloseData, k.vcs[r.VC], ev.Status == cm.Pending)
		if v := k.vcs[r.VC]; ev.Status == cm.Pending && v != nil {
			if v.state == vc.Connected {
				v.release, v.releaseCause = r.CloseData, cmp.Or(r.Cause.Value, ie.CauseNormalClearing)
			}
			v.state = vc.Closing
		} else if ev.Status == cm.Pending {
			k.bad("INV-60", "CloseCall of %s, which is gone, pends", r.VC)
		}
	case cm.CloseAF:
		k.wantPending(ev, true)
		if ev.Status == cm.Pending {
			clear(k.saps) // released at once
		}
	default:
		k.wantPending(ev, false)
		k.says(o.r, ev.Status == cm.Success)
		if ev.Status == cm.Success {
			k.success(o.r, ev)
		}
	}
	return 0
}

// wantPending checks that a request pends on success, or never does (INV-1,
// INV-10).
func (k *contract) wantPending(ev cm.Reply, pends bool) {
	if ev.Status == cm.Success && pends || ev.Status == cm.Pending && !pends {
		k.bad("INV-1, INV-10, INV-26", "%+v", ev)
	}
}

func (k *contract) makeCallReply(r cm.MakeCall, ev cm.Reply) vc.Handle {
	k.wantPending(ev, true)
	if r.VC == 0 && ev.Status == cm.Pending {
		k.fresh(ev.Handle)
		k.vcs[ev.Handle] = &agreed{disposable: true}
		r.VC = ev.Handle
		k.owed[r.Request].r = r
	}
	v := k.vcs[r.VC]
	if v != nil && ev.Status == cm.Pending {
		*v = agreed{
			state: v.state, incoming: v.incoming, byAdmin: v.byAdmin, disposable: v.disposable, calls: v.calls + 1, setup: r.UserUser,
		}
	}
	k.posts(r.UserUser, v, ev.Status == cm.Pending)
	if ev.Status != cm.Pending {
		return 0
	}
	if v == nil || v.incoming || v.state != vc.Idle || k.rings[r.VC] {
		k.bad("INV-8", "MakeCall on %s, which is %+v, pends", r.VC, v)
		return r.VC
	}
	v.state, v.closed = vc.Proceeding, false
	return k.ringsOf(r.VC, ev.Kept)
}

func (k *contract) modifyReply(r cm.ModifyCallQoS, ev cm.Reply) {
	k.wantPending(ev, true)
	if ev.Status != cm.Pending {
		return
	}
	v := k.vcs[r.VC]
	if v == nil || v.incoming || v.state != vc.Connected || v.modifies {
		k.bad("3.2", "ModifyCallQoS of %s, which is %+v, pends", r.VC, v)
		return
	}
	v.modifies = true
}

// modified checks the completion of ModifyCallQoS (INV-29, INV-44).
func (k *contract) modified(ev cm.ModifyCallQoSComplete) {
	v, o := k.vcs[ev.VC], k.owed[ev.Request]
	if o != nil {
		if r, ok := o.r.(cm.AdminModify); ok {
			k.adminModified(r, ev)
			return
		}
	}
	if !completes[cm.ModifyCallQoS](k, ev.Request, ev.Status) {
		return
	}
	switch {
	case v == nil || !v.modifies:
		k.bad("INV-21", "ModifyCallQoS of %s is complete, which is %+v", ev.VC, v)
		return
	case ev.Parameters.Contract.Validate() != nil || (ev.Status == cm.Success) != (ev.Cause.Value == 0):
		k.bad("INV-44", "%+v", ev)
	}
	if r, ok := o.r.(cm.ModifyCallQoS); ok && ev.Status == cm.Success && !ev.Changed && changed(&r.Contract, &ev.Parameters.Contract) {
		k.bad("INV-29", "asked for %+v, got %+v, and nothing says so", r.Contract, ev.Parameters.Contract)
	}
	v.modifies = false
}

// changedByPeer checks that a change comes for a call of the peer's, or for one that
// an administrator modifies (INV-53).
func (k *contract) changedByPeer(ev cm.IncomingCallQoSChange) {
	v := k.vcs[ev.VC]
	if v == nil || !v.incoming && !v.byAdmin || v.state != vc.Connected || ev.Parameters.Contract.Validate() != nil {
		k.bad("INV-53", "%s is changed, which is %+v: %+v", ev.VC, v, ev.Parameters)
	}
	if v != nil {
		v.byAdmin = false
	}
}

// success takes in a request that was served at once.
func (k *contract) success(r cm.Request, ev cm.Reply) {
	switch r := r.(type) {
	case cm.OpenAF:
		k.afOpen = true
	case cm.CreateVC:
		k.fresh(ev.Handle)
		k.vcs[ev.Handle] = &agreed{}
	case cm.RegisterSAP:
		k.fresh(ev.Handle)
		k.saps[ev.Handle] = true
	case cm.DeregisterSAP:
		if !k.saps[r.SAP] {
			k.bad("3.5", "DeregisterSAP of %s, which is no SAP", r.SAP)
		}
		delete(k.saps, r.SAP)
	case cm.DeleteVC:
		if v := k.vcs[r.VC]; v == nil || v.incoming || v.state != vc.Idle {
			k.bad("INV-9, INV-10", "DeleteVC of %s, which is %+v", r.VC, v)
		}
		delete(k.vcs, r.VC)
	case cm.IncomingCallComplete:
		k.answered(r)
	case cm.Alert, cm.Notify:
		k.told(r)
	case cm.RingDone:
		if !k.rings[r.VC] {
			k.bad("DESIGN 8", "RingDone of %s, whose rings are not charged", r.VC)
		}
		delete(k.rings, r.VC)
	}
}

// answered takes in an answer to an offer, perhaps one that has crossed its end.
func (k *contract) answered(r cm.IncomingCallComplete) {
	v := k.vcs[r.VC]
	switch {
	case v == nil || v.state != vc.Offered && v.state != vc.RemoteClosed:
		k.bad("3.5", "an answer to %s, which is %+v, is taken", r.VC, v)
	case v.state == vc.RemoteClosed:
	case r.Status == cm.Success:
		v.state = vc.Accepted
		if v.far != nil {
			v.far.connect = r.UserUser
			v.far.answers++
		}
	default:
		v.state = vc.Closing // the client is told no more but the end
		v.closed = true
	}
}

// completes takes a completion off what is owed.
func completes[R cm.Request](k *contract, n uint64, s cm.Status) bool {
	o := k.owed[n]
	delete(k.owed, n)
	if o == nil || !o.pending || s == cm.Pending {
		k.bad("INV-21, INV-26", "a completion of request %d with %s that is not owed", n, s)
		return false
	}
	if _, ok := o.r.(R); !ok {
		k.bad("INV-21", "request %d was %T and is completed as another", n, o.r)
	}
	return true
}

func (k *contract) madeCall(ev cm.MakeCallComplete) {
	v, o := k.vcs[ev.VC], k.owed[ev.Request]
	if !completes[cm.MakeCall](k, ev.Request, ev.Status) || v == nil {
		return
	}
	if ev.Status == cm.Success {
		k.reads(ev.UserUser, ev.VC, v, inConnect)
	} else {
		k.reads(ev.UserUser, ev.VC, v, inRelease)
	}
	switch {
	case ev.Status == cm.Success && v.state != vc.Proceeding:
		k.bad("INV-24", "MakeCall of %s succeeds in %v", ev.VC, v.state)
	case ev.Status == cm.Success:
		v.state = vc.Connected
		if ev.Cause.Value != 0 || ev.Parameters.Contract.Validate() != nil || ev.ID == (vc.ID{}) || ev.Link == "" {
			k.bad("INV-29", "%+v", ev)
		}
		if v.answers == 1 {
			k.wants(v.connect, ev.UserUser, ev.VC, inConnect)
			k.wantsAlert(v, ev.VC)
		}
		if r, ok := o.r.(cm.MakeCall); ok {
			k.firstParty(v, &r, &ev)
		}
		if r, ok := o.r.(cm.MakeCall); ok && !ev.Changed && changed(&r.Contract, &ev.Parameters.Contract) {
			k.bad("INV-29", "asked for %+v, got %+v, and nothing says so", r.Contract, ev.Parameters.Contract)
		}
	case ev.Cause.Value == 0:
		k.bad("DESIGN 7", "a call fails without a cause: %+v", ev)
	case v.state == vc.Proceeding:
		v.state = vc.Idle
		k.wantEOF(ev.VC)
		k.dispose(ev.VC, v)
	}
}

// changed reports whether a contract is not the one that was asked for, which may
// leave rates and sizes open.
func changed(asked, got *vc.Contract) bool {
	if asked.Category == 0 {
		return false
	}
	want := *asked
	for _, f := range []struct{ want, got *vc.Flow }{{&want.Forward, &got.Forward}, {&want.Backward, &got.Backward}} {
		if f.want.MaxSDU == 0 {
			f.want.MaxSDU = f.got.MaxSDU
		}
		if f.want.PCR == 0 {
			*f.want = *f.got
		}
	}
	return want != *got
}

// wantEOF checks that nothing enters a ring any more (INV-58).
func (k *contract) wantEOF(h vc.Handle) {
	if r := k.c.h.rings[h]; r != nil && !r.eof {
		k.bad("INV-58", "the ring of %s has no end", h)
	}
}

func (k *contract) closedCall(ev cm.CloseCallComplete) {
	v := k.vcs[ev.VC]
	if !completes[cm.CloseCall](k, ev.Request, ev.Status) {
		return
	}
	if v == nil || v.state != vc.Closing || v.closed {
		k.bad("INV-56", "CloseCall of %s is complete, which is %+v", ev.VC, v)
		return
	}
	k.reads(ev.UserUser, ev.VC, v, inRelease)
	k.wantEOF(ev.VC)
	if r := k.c.h.rings[ev.VC]; r != nil && r.branches > 0 {
		k.bad("INV-56", "CloseCall of %s is complete and its branch is active", ev.VC)
	}
	v.closed = true
	k.forgetParties(ev.VC)
	if !v.incoming {
		v.state = vc.Idle
		k.dispose(ev.VC, v)
	}
	if v.modifies {
		k.bad("INV-21", "CloseCall of %s is complete before ModifyCallQoS", ev.VC)
	}
	for n, o := range k.owed {
		if r, ok := o.r.(cm.MakeCall); ok && r.VC == ev.VC && o.pending {
			k.bad("3.2", "CloseCall of %s is complete before MakeCall %d", ev.VC, n)
		}
	}
}

// dispose takes in that a VC goes with its call.
func (k *contract) dispose(h vc.Handle, v *agreed) {
	if v.disposable {
		delete(k.vcs, h)
	}
}

func (k *contract) closedAF(ev cm.CloseAFComplete) {
	if !completes[cm.CloseAF](k, ev.Request, ev.Status) {
		return
	}
	for h, v := range k.vcs {
		if v.incoming || v.state != vc.Idle {
			k.bad("INV-12", "CloseAF is complete and %s %+v", h, v)
		}
	}
	for n, o := range k.owed {
		if _, ok := o.r.(cm.AdminModify); ok && o.pending {
			k.bad("INV-12", "CloseAF is complete before AdminModify %d", n)
		}
	}
	k.afOpen = false
	clear(k.vcs)
}

func (k *contract) offered(ev cm.IncomingCall) {
	k.fresh(ev.VC)
	if !k.saps[ev.SAP] || !k.afOpen {
		k.bad("INV-49", "%s is offered for %s, which is no SAP of this client", ev.VC, ev.SAP)
	}
	v := &agreed{incoming: true, state: vc.Offered}
	k.vcs[ev.VC] = v
	k.meets(ev, v)
	k.reads(ev.Parameters.UserUser, ev.VC, v, inSetup)
	if v.far != nil && !ev.Parameters.Multipoint { // a further leaf is offered by an ADD PARTY
		k.wants(v.far.setup, ev.Parameters.UserUser, ev.VC, inSetup)
	}
}

func (k *contract) connected(ev cm.CallConnected) {
	if v := k.vcs[ev.VC]; v == nil || v.state != vc.Accepted {
		k.bad("INV-50", "%s is connected, which is %+v", ev.VC, v)
	} else {
		v.state = vc.Connected
	}
}

func (k *contract) remoteClose(ev cm.IncomingCloseCall) {
	v := k.vcs[ev.VC]
	k.wantEOF(ev.VC)
	switch {
	case v == nil || v.state != vc.Offered && v.state != vc.Accepted && v.state != vc.Connected:
		k.bad("INV-41", "IncomingCloseCall of %s, which is %+v", ev.VC, v)
		return
	case v.modifies:
		k.bad("INV-21", "%s has ended before ModifyCallQoS is complete", ev.VC)
	case ev.Cause.Value == 0:
		k.bad("DESIGN 7", "a call ends without a cause: %+v", ev)
	}
	k.reads(ev.UserUser, ev.VC, v, inRelease)
	k.wantsRelease(v, &ev)
	v.state = vc.RemoteClosed
}

// progress checks that a call under MakeCall goes on.
func (k *contract) progress(ev cm.CallProgress) {
	v := k.vcs[ev.VC]
	if v == nil || v.incoming || v.state != vc.Proceeding {
		k.bad("Q.2931 5.1.5", "%s is alerted, which is %+v", ev.VC, v)
	}
	k.reads(ev.UserUser, ev.VC, v, inAlerting)
}

// says takes in what a request that is answered at once has to tell the other
// end.
func (k *contract) says(r cm.Request, taken bool) {
	switch r := r.(type) {
	case cm.Alert:
		k.posts(r.UserUser, k.vcs[r.VC], taken)
	case cm.Notify:
		k.posts(r.Info, k.vcs[r.VC], taken)
	case cm.IncomingCallComplete:
		k.posts(r.UserUser, k.vcs[r.VC], taken)
	}
}

// told checks that the call is there that the other end is told something of.
func (k *contract) told(r cm.Request) {
	switch r := r.(type) {
	case cm.Alert:
		if v := k.vcs[r.VC]; v == nil || !v.incoming || v.state != vc.Offered {
			k.bad("3.5", "Alert of %s, which is %+v, is taken", r.VC, v)
		}
	case cm.Notify:
		v := k.vcs[r.VC]
		if v == nil || !slices.Contains([]vc.CallState{vc.Offered, vc.Accepted, vc.Proceeding, vc.Connected}, v.state) {
			k.bad("Q.2931 5.9", "Notify of %s, which is %+v, is taken", r.VC, v)
		}
	}
}

func (k *contract) deleted(ev cm.DeleteVCIndication) {
	v := k.vcs[ev.VC]
	if v == nil || !v.incoming || v.state != vc.Closing || !v.closed {
		k.bad("INV-9", "%s is deleted, which is %+v", ev.VC, v)
	}
	delete(k.vcs, ev.VC)
}
