package primitive

import (
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// Indication is one of the indication types below.
type Indication interface{ indication() }

// SetupInd offers an incoming call. Answer: AcceptReq, RejectReq or
// ReleaseReq.
type SetupInd struct {
	Call   CallID
	ID     vc.ID
	Params Params
}

// ProceedingInd tells that the peer works on an outgoing call (CALL
// PROCEEDING), or rings (Alerting).
type ProceedingInd struct {
	Call     CallID
	ID       vc.ID
	Alerting bool
	// UserUser came with ALERTING; empty for none.
	UserUser []byte
}

// ProgressInd tells of a PROGRESS about an outgoing call: the network beyond
// interworks, and ALERTING may never come.
type ProgressInd struct {
	Call       CallID
	Indicators []ie.Progress
	UserUser   []byte
}

// NotifyInd tells what the other user or the network has to tell about a call,
// by NOTIFY or beside another message.
type NotifyInd struct {
	Call CallID
	Info []byte
}

// ConnectInd tells that an outgoing call is active: the branch is activated
// both ways and CONNECT ACKNOWLEDGE has been sent. Changed tells that Params
// differ from those of the request. Party is the party that answered: the first
// as a rule; one that was added while the first was alerted gets its
// AddPartyConf besides, and the first one later its own.
type ConnectInd struct {
	Call    CallID
	Party   PartyID
	ID      vc.ID
	Params  Params
	Changed bool
	// UserUser came with CONNECT; empty for none.
	UserUser []byte
}

// CompleteInd tells that an accepted call is active both ways, or that an
// accepted party of it is.
type CompleteInd struct {
	Call  CallID
	Party PartyID
}

// ReleaseInd tells that the peer, the link or a timer has ended a call for
// which no ReleaseReq was pending. Its branch is inactive and its channel
// free. Remote tells that the peer's client asked for it. Detail says in words
// what this end knows beyond the cause; it may be empty.
type ReleaseInd struct {
	Call   CallID
	Cause  ie.Cause
	Detail string
	Remote bool
	Drain  vc.DrainReport
	// UserUser came with RELEASE or RELEASE COMPLETE; empty for none.
	UserUser []byte
}

// ReleaseConf completes ReleaseReq and RejectReq, and a SetupReq that failed.
// The branch is inactive and its channel free. Detail says in words what this
// end knows beyond the cause, a timer that ran out or what is missing; it is
// empty for the client's own wish.
type ReleaseConf struct {
	Call   CallID
	Cause  ie.Cause
	Detail string
	Drain  vc.DrainReport
	// UserUser came with RELEASE or RELEASE COMPLETE; empty for none.
	UserUser []byte
}

// A ReleaseInd or ReleaseConf ends all parties of its call, too: their VCs are
// off the channel. What is still due for one of them, the answer to AddPartyReq,
// DropPartyReq or RejectPartyReq, comes as DropPartyConf just before it.

// AddPartyConf tells that an added party is active (ADD PARTY ACKNOWLEDGE).
// Changed tells that Params differ from those of the request and the call.
type AddPartyConf struct {
	Call    CallID
	Party   PartyID
	Params  Params
	Changed bool
}

// PartyProceedingInd tells that an added party rings (PARTY ALERTING).
type PartyProceedingInd struct {
	Call  CallID
	Party PartyID
}

// AddPartyInd offers a party at a leaf. Answer: AcceptPartyReq, RejectPartyReq
// or DropPartyReq.
type AddPartyInd struct {
	Call   CallID
	Party  PartyID
	Params Params
}

// DropPartyInd tells that a party has ended for which nothing was asked: at the
// root the leaf or the network dropped it, at a leaf the root did; or the link
// did. Its VC is off the channel. With the last party the call's ReleaseInd
// comes instead.
type DropPartyInd struct {
	Call   CallID
	Party  PartyID
	Cause  ie.Cause
	Detail string
	Remote bool
	Drain  vc.DrainReport
}

// DropPartyConf completes DropPartyReq and RejectPartyReq, and an AddPartyReq
// that failed. Its VC, at a leaf, is off the channel.
type DropPartyConf struct {
	Call   CallID
	Party  PartyID
	Cause  ie.Cause
	Detail string
	Drain  vc.DrainReport
}

// ModifyConf answers ModifyReq. Params are those in force: the new ones, or with
// a Cause the old ones. Changed tells that the new ones differ from the request's.
// Detail says in words why not.
type ModifyConf struct {
	Call    CallID
	Params  Params
	Changed bool
	Cause   ie.Cause
	Detail  string
}

// ModifyInd tells that the peer, which made the call, has modified it: the
// branch carries data by Params already.
type ModifyInd struct {
	Call   CallID
	Params Params
}

func (SetupInd) indication()           {}
func (ProceedingInd) indication()      {}
func (ConnectInd) indication()         {}
func (CompleteInd) indication()        {}
func (ReleaseInd) indication()         {}
func (ReleaseConf) indication()        {}
func (ModifyConf) indication()         {}
func (ModifyInd) indication()          {}
func (AddPartyConf) indication()       {}
func (PartyProceedingInd) indication() {}
func (AddPartyInd) indication()        {}
func (DropPartyInd) indication()       {}
func (DropPartyConf) indication()      {}
func (ProgressInd) indication()        {}
func (NotifyInd) indication()          {}
