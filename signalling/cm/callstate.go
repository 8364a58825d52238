package cm

import (
	"cmp"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// callEvent is what the call on a VC meets: Req and Rsp come from the client,
// Ind and Cnf from the link, Mgt from the daemon itself.
type callEvent uint8

const (
	reqMakeCall callEvent = iota
	rspAccept
	rspRefuse
	reqCloseCall
	reqDeleteVC
	rspAlert
	reqNotify
	reqModify
	reqAddParty
	indSetup
	// plnOpened and plnFailed tell what became of the VC's rings.
	plnOpened
	plnFailed
	indProceeding
	indProgress
	indNotify
	indConnect
	indComplete
	// cnfModify answers reqModify, indModify is a modification by the other side.
	cnfModify
	indModify
	// indRelease is a call ended by the other side or by a fault, cnfRelease
	// the answer to a release or to a set-up that failed.
	indRelease
	cnfRelease
	// mgtClose ends a call for a reason of the daemon's: a broken ring, an
	// administrator, the end of the daemon.
	mgtClose
	// mgtGone tells that the client is gone.
	mgtGone
)

const (
	numCallEvents = int(mgtGone) + 1
	numCallStates = int(vc.Closing) + 1
)

var callEventNames = [numCallEvents]string{
	reqMakeCall: "MakeCall", rspAccept: "IncomingCallComplete(SUCCESS)", rspRefuse: "IncomingCallComplete(other)",
	reqCloseCall: "CloseCall", reqDeleteVC: "DeleteVC", rspAlert: "Alert", reqNotify: "Notify", reqAddParty: "AddParty",
	reqModify: "ModifyCallQoS", cnfModify: "modify.conf", indModify: "modify.ind",
	indSetup: "setup.ind", plnOpened: "rings opened", plnFailed: "rings refused", indProceeding: "proceeding.ind", indProgress: "progress.ind", indNotify: "notify.ind", indConnect: "setup.conf", indComplete: "setup-complete.ind",
	indRelease: "release.ind", cnfRelease: "release.conf", mgtClose: "daemon ends the call", mgtGone: "client gone",
}

// String names the event as the model or the standard does.
func (e callEvent) String() string { return callEventNames[e] }

// input carries what came with an event; only the fields of its event are set.
type input struct {
	// request is the number of the request that the event is.
	request uint64
	// asked is that request, told the indication of the link that the event is.
	asked Request
	told  primitive.Indication
	// admin is who asks for a modification in place of the VC's owner; nil is the
	// owner.
	admin *client
	// userUser comes with the end of a branch.
	userUser []byte
	// cause, detail, drain and remote come with the end of a branch; cause with a
	// refusal and with CloseCall, too.
	cause  ie.Cause
	detail string
	drain  vc.DrainReport
	remote bool
	// end comes with mgtClose, err with plnFailed.
	end *ending
	err error
}

// input returns the input of the machine, empty: one for all, because an action
// keeps nothing of it and an input of the machine ends before the next one
// begins. Events of the daemon's own that come beside it have theirs.
func (m *Machine) input() *input {
	m.in = input{}
	return &m.in
}

// askedFor returns the request that an event is. The table has only events of
// that request lead to an action that calls it.
func askedFor[R Request](in *input) R {
	r, _ := in.asked.(R)
	return r
}

// toldOf does the same for the indication of a link.
func toldOf[I primitive.Indication](in *input) I {
	i, _ := in.told.(I)
	return i
}

// words says why a branch has ended: what its link knows, or the cause's text.
func (in *input) words() string { return cmp.Or(in.detail, in.cause.Value.String()) }

// action serves an event and returns the state that follows. A request that it
// cannot serve leaves the state and returns the refusal.
type action func(m *Machine, v *conn, in *input) (vc.CallState, *refusal)

type callCell = cell[vc.CallState, action]

func to(do action, text string, next ...vc.CallState) callCell {
	return callCell{kind: handleIt, do: do, text: text, next: next}
}

func no(s Status, text string) callCell { return callCell{kind: refuseIt, status: s, text: text} }

// because gives a refusal a cause.
func because(v ie.CauseValue, c callCell) callCell {
	c.cause = v
	return c
}

func ignored(text string) callCell { return callCell{kind: ignoreIt, text: text} }

var (
	never      = callCell{kind: impossibleIt}
	crossed    = ignored("crossed the release")
	over       = ignored("over already")
	busy       = no(CallActive, "the VC has a call: one call at a time, use CloseCall first")
	notOffered = no(Failure, "no call waits for an answer on this VC")
	inUse      = no(NotAccepted, "the VC has a call: use CloseCall first")
	ended      = no(Failure, "the call has ended: CloseCall is due")
	shutting   = no(Closing, "the VC's call is being closed: wait for the completion")
	noCall     = no(Failure, "the VC has no call")
	tooEarly   = no(Failure, "the call has not come about: wait for the completion, or answer the offer with other parameters")
	notOwner   = because(ie.CauseFacilityRejected, no(NotSupported, "the other side made the call, and only that side may modify it (Q.2963.1)"))
	modifying  = no(NotAccepted, "the call is being modified: wait for the completion")
	noParties  = no(NotSupported, "the call is point-to-point: parties are for calls that were made as point-to-multipoint")
	notYet     = no(NotAccepted, "the call is not connected yet")
	notRoot    = no(NotSupported, "the daemon made this VC for an incoming call: only who makes a call adds parties to it")
	notMade    = no(NotAccepted, "the daemon made this VC for an incoming call: a client cannot call on it or delete it")
)

// callEvents is one row of a call table: the cells of a state.
type callEvents = [numCallEvents]callCell

// addsParties is AddParty on a call that its client has made.
var addsParties = to((*Machine).addParty, "INV-38", vc.Connected)

// outgoing is the call on a VC that its client made (the model's 3.2 and 3.5).
var outgoing = [numCallStates]callEvents{
	vc.Idle: {
		reqMakeCall: to((*Machine).makeCall, "INV-5, INV-19", vc.Idle, vc.Proceeding),
		rspAccept:   notOffered, rspRefuse: notOffered, reqCloseCall: noCall, reqAddParty: noCall,
		reqDeleteVC: to((*Machine).deleteVC, "INV-9, INV-10", vc.Idle),
		rspAlert:    notOffered, reqNotify: noCall, indProgress: never, indNotify: never,
		indSetup: never, plnOpened: never, plnFailed: never,
		reqModify: noCall, cnfModify: never, indModify: never,
		indProceeding: never, indConnect: never, indComplete: never, indRelease: never, cnfRelease: never,
		mgtClose: over, mgtGone: to((*Machine).deleteGone, "client gone", vc.Idle),
	},
	vc.Proceeding: {
		reqMakeCall: busy, rspAccept: notOffered, rspRefuse: notOffered,
		reqCloseCall: to((*Machine).abortCall, "3.2, abort; INV-57", vc.Closing, vc.Proceeding),
		reqDeleteVC:  inUse, reqAddParty: notYet, indSetup: never, rspAlert: notOffered,
		reqNotify:   to((*Machine).notify, "Q.2931 5.9", vc.Proceeding),
		indProgress: to((*Machine).progress, "PROGRESS", vc.Proceeding),
		indNotify:   to((*Machine).notified, "Q.2931 5.9", vc.Proceeding),
		reqModify:   tooEarly, cnfModify: never, indModify: never,
		plnOpened:     to((*Machine).setupCall, "INV-21", vc.Proceeding),
		plnFailed:     to((*Machine).ringsRefused, "no PENDING yet", vc.Idle),
		indProceeding: to((*Machine).proceeding, "channel known", vc.Proceeding),
		indConnect:    to((*Machine).connected, "INV-24", vc.Proceeding, vc.Connected),
		indComplete:   never,
		indRelease:    to((*Machine).callFailed, "INV-22", vc.Idle),
		cnfRelease:    to((*Machine).callFailed, "INV-22", vc.Idle),
		mgtClose:      to((*Machine).endProceeding, "INV-22", vc.Proceeding),
		mgtGone:       to((*Machine).releaseGone, "client gone", vc.Closing),
	},
	vc.Offered:  unusedRow,
	vc.Accepted: unusedRow,
	vc.Connected: connectedRow(vc.Connected, busy, notOffered, inUse, addsParties, modification{
		ask: to((*Machine).modifyCall, "INV-43, INV-44", vc.Connected, vc.QoSPending), answer: never, change: never,
	}),
	vc.QoSPending: connectedRow(vc.QoSPending, busy, notOffered, inUse, noParties, modification{
		ask: modifying, answer: to((*Machine).modified, "INV-44", vc.Connected), change: never,
	}),
	vc.RemoteClosed: remoteClosedRow(busy, notOffered, inUse, ended),
	vc.Closing:      closingRow(busy, shutting, shutting),
}

// incoming is the call on a VC that was made for an offer (the model's 3.3 and
// 3.5). Its client neither calls on it nor deletes it.
var incoming = [numCallStates]callEvents{
	vc.Idle: {
		reqMakeCall: notMade, rspAccept: notOffered, rspRefuse: notOffered, reqCloseCall: noCall, reqDeleteVC: notMade,
		reqAddParty: notRoot, rspAlert: notOffered, reqNotify: noCall, indProgress: never, indNotify: never,
		reqModify: noCall, cnfModify: never, indModify: never,
		indSetup:  to((*Machine).offered, "INV-5, INV-49", vc.Offered),
		plnOpened: never, plnFailed: never,
		indProceeding: never, indConnect: never, indComplete: never, indRelease: never, cnfRelease: never,
		mgtClose: never, mgtGone: never,
	},
	vc.Proceeding: unusedRow,
	vc.Offered: {
		reqMakeCall:  notMade,
		rspAccept:    to((*Machine).acceptCall, "INV-50, INV-51", vc.Offered, vc.Accepted),
		rspRefuse:    to((*Machine).refuseCall, "3.3", vc.Offered, vc.Closing),
		reqCloseCall: to((*Machine).closeOffered, "an offer closed is refused; INV-57", vc.Closing, vc.Offered),
		reqDeleteVC:  notMade,
		reqAddParty:  notRoot,
		rspAlert:     to((*Machine).alert, "Q.2931 5.2.5.2", vc.Offered),
		reqNotify:    to((*Machine).notify, "Q.2931 5.9", vc.Offered),
		indProgress:  never,
		indNotify:    to((*Machine).notified, "Q.2931 5.9", vc.Offered),
		reqModify:    tooEarly, cnfModify: never, indModify: never,
		indSetup:      never,
		plnOpened:     to((*Machine).offer, "INV-49", vc.Offered),
		plnFailed:     to((*Machine).offerFailed, "INV-2", vc.Idle),
		indProceeding: never, indConnect: never, indComplete: never,
		indRelease: to((*Machine).remoteClose, "INV-41", vc.RemoteClosed),
		cnfRelease: to((*Machine).remoteClose, "INV-41", vc.RemoteClosed),
		mgtClose:   to((*Machine).endCall, "INV-41", vc.RemoteClosed),
		mgtGone:    to((*Machine).releaseGone, "client gone", vc.Closing),
	},
	vc.Accepted: {
		reqMakeCall: notMade, rspAccept: notOffered, rspRefuse: notOffered,
		reqCloseCall: to((*Machine).closeCall, "INV-56, INV-57", vc.Closing, vc.Accepted),
		reqDeleteVC:  notMade, reqAddParty: notRoot, rspAlert: notOffered, indProgress: never,
		reqNotify: to((*Machine).notify, "Q.2931 5.9", vc.Accepted),
		indNotify: to((*Machine).notified, "Q.2931 5.9", vc.Accepted),
		indSetup:  never, plnOpened: never, plnFailed: never, indProceeding: never, indConnect: never,
		reqModify: notOwner, cnfModify: never, indModify: never,
		indComplete: to((*Machine).callConnected, "INV-50", vc.Connected),
		indRelease:  to((*Machine).remoteClose, "INV-50", vc.RemoteClosed),
		cnfRelease:  to((*Machine).remoteClose, "INV-50", vc.RemoteClosed),
		mgtClose:    to((*Machine).endCall, "INV-41", vc.RemoteClosed),
		mgtGone:     to((*Machine).releaseGone, "client gone", vc.Closing),
	},
	vc.Connected: connectedRow(vc.Connected, notMade, notOffered, notMade, notRoot, modification{
		ask: notOwner, answer: never, change: to((*Machine).qosChanged, "INV-53", vc.Connected),
	}),
	vc.QoSPending:   unusedRow,
	vc.RemoteClosed: remoteClosedRow(notMade, to((*Machine).lateAnswer, "tolerated, 3.3", vc.RemoteClosed), notMade, notRoot),
	vc.Closing:      closingRow(notMade, notMade, notRoot),
}

// modification is what a call in which data flows does about its modification:
// the client asks, the link answers, the other side changes it.
type modification struct{ ask, answer, change callCell }

// connectedRow is the state Connected, and QoSPending, which differ in the
// modification. Both directions are the same but for that, parties and three
// refusals.
func connectedRow(self vc.CallState, makeCall, answer, deleteVC, addParty callCell, mod modification) callEvents {
	return callEvents{
		reqModify: mod.ask, cnfModify: mod.answer, indModify: mod.change,
		reqMakeCall: makeCall, rspAccept: answer, rspRefuse: answer, reqDeleteVC: deleteVC, reqAddParty: addParty,
		reqCloseCall: to((*Machine).closeCall, "INV-56, INV-57; INV-39 with parties", vc.Closing, self),
		rspAlert:     notOffered, indProgress: never,
		reqNotify: to((*Machine).notify, "Q.2931 5.9", self),
		indNotify: to((*Machine).notified, "Q.2931 5.9", self),
		indSetup:  never, plnOpened: never, plnFailed: never,
		indProceeding: never, indConnect: never, indComplete: never,
		indRelease: to((*Machine).remoteClose, "INV-41, INV-58", vc.RemoteClosed),
		cnfRelease: to((*Machine).remoteClose, "INV-41, INV-58", vc.RemoteClosed),
		mgtClose:   to((*Machine).endCall, "INV-41, INV-58", vc.RemoteClosed),
		mgtGone:    to((*Machine).releaseGone, "client gone", vc.Closing),
	}
}

// remoteClosedRow is the state RemoteClosed. The branch may still be on its
// way out if the daemon itself has ended the call.
func remoteClosedRow(makeCall, answer, deleteVC, addParty callCell) callEvents {
	return callEvents{
		reqMakeCall: makeCall, rspAccept: answer, rspRefuse: answer, reqDeleteVC: deleteVC, reqAddParty: addParty,
		reqCloseCall: to((*Machine).closeEnded, "INV-41, INV-56; INV-39 with parties", vc.RemoteClosed, vc.Idle, vc.Closing),
		rspAlert:     notOffered, reqNotify: ended, indProgress: crossed, indNotify: crossed,
		reqModify: noCall, cnfModify: crossed, indModify: crossed,
		indSetup: never, plnOpened: never, plnFailed: never, indProceeding: crossed, indConnect: crossed, indComplete: crossed,
		indRelease: to((*Machine).branchEnded, "INV-46", vc.RemoteClosed),
		cnfRelease: to((*Machine).branchEnded, "INV-46", vc.RemoteClosed),
		mgtClose:   over,
		mgtGone:    to((*Machine).releaseGone, "client gone", vc.Idle, vc.Closing),
	}
}

// closingRow is the state Closing: only the end of the branch counts.
func closingRow(makeCall, deleteVC, addParty callCell) callEvents {
	return callEvents{
		reqAddParty: addParty,
		reqMakeCall: makeCall, rspAccept: notOffered, rspRefuse: notOffered, reqCloseCall: shutting, reqDeleteVC: deleteVC,
		rspAlert: notOffered, reqNotify: shutting, indProgress: crossed, indNotify: crossed,
		reqModify: shutting, cnfModify: crossed, indModify: crossed,
		indSetup: never, plnOpened: never, plnFailed: never, indProceeding: crossed, indConnect: crossed, indComplete: crossed,
		indRelease: to((*Machine).closed, "INV-56", vc.Idle),
		cnfRelease: to((*Machine).closed, "INV-56", vc.Idle),
		mgtClose:   over, mgtGone: ignored("the release is under way"),
	}
}

// unusedRow is a state of the other direction.
var unusedRow = func() (r callEvents) {
	for e := range r {
		r[e] = never
	}
	return r
}()

// table returns the table of v's direction, and its name.
func (v *conn) table() (*[numCallStates]callEvents, string) {
	if v.incoming {
		return &incoming, tableIncoming
	}
	return &outgoing, tableOutgoing
}

// step takes one event through the call table of v. It returns the refusal of
// a request.
func (m *Machine) step(v *conn, ev callEvent, in *input) *refusal {
	if ref := v.refusesPermanent(ev); ref != nil {
		return ref
	}
	table, name := v.table()
	c := &table[v.call][ev]
	note(name, v.call, ev)
	switch c.kind {
	case handleIt:
		next, ref := c.do(m, v, in)
		m.setCall(v, ev, next, c.next)
		return ref
	case refuseIt:
		return c.refusal()
	case ignoreIt:
	case impossibleIt:
		m.fault("VC %s: %s in state %s", v.handle, ev, v.call)
	}
	return nil
}
