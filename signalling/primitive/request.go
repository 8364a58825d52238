package primitive

import (
	"time"

	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// Request is one of the request types below.
type Request interface{ request() }

// SetupReq asks for an outgoing call. Answers: ConnectInd, or ReleaseConf when
// it fails.
type SetupReq struct {
	Call   CallID
	VC     vc.Handle
	Params Params
}

// AcceptReq accepts an offered call: the branch is activated into the VC, then
// CONNECT goes out. Answers: CompleteInd, or ReleaseInd.
type AcceptReq struct {
	Call CallID
	VC   vc.Handle
	// Params are what the client answered, already clamped to the offer.
	Params Params
}

// RejectReq refuses an offered call with a cause. Answer: ReleaseConf.
type RejectReq struct {
	Call  CallID
	Cause ie.Cause
	// UserUser goes into the RELEASE COMPLETE, or the RELEASE; empty for none.
	UserUser []byte
}

// ReleaseReq ends a call in any state: the branch is drained for at most
// Linger (an active one), then RELEASE goes out. Answer: ReleaseConf, always
// and once, also when the peer's RELEASE crosses.
type ReleaseReq struct {
	Call   CallID
	Cause  ie.Cause
	Linger time.Duration
	// UserUser goes into the RELEASE; empty for none.
	UserUser []byte
}

// AlertReq tells the caller of an offered call that the called user is being
// alerted, before the link does so by itself.
type AlertReq struct {
	Call CallID
	// UserUser goes into the ALERTING; empty for none.
	UserUser []byte
}

// NotifyReq tells the other user of a call something by NOTIFY (Q.2931 5.9). A
// link of UNI 3.x has no such message and drops it.
type NotifyReq struct {
	Call CallID
	// Info are the contents of the notification indicator, one octet at least.
	Info []byte
}

// AddPartyReq asks for one more party of a call that this side has made with
// Params.Multipoint, while it is alerted or active. Of Params count Called,
// Calling, BHLI and at most one BLLI; the contract is that of the call. Exactly
// one answer completes it: AddPartyConf, or DropPartyConf when it fails.
type AddPartyReq struct {
	Call   CallID
	Party  PartyID
	Params Params
}

// DropPartyReq drops a party in any state, at the root or at a leaf. Answer:
// DropPartyConf, always and once; it completes an AddPartyReq of the same party
// too. With the last party the call is released as by ReleaseReq with Linger:
// its ReleaseInd (or, if it was not active yet, ReleaseConf) follows.
type DropPartyReq struct {
	Call   CallID
	Party  PartyID
	Cause  ie.Cause
	Linger time.Duration
}

// AcceptPartyReq accepts an offered party: the VC is joined to the call's
// channel, then ADD PARTY ACKNOWLEDGE goes out. The first party to be accepted
// makes the call active as AcceptReq does; AcceptReq is AcceptPartyReq of
// FirstParty. Answers: CompleteInd, or DropPartyInd, or ReleaseInd.
type AcceptPartyReq struct {
	Call   CallID
	Party  PartyID
	VC     vc.Handle
	Params Params
}

// RejectPartyReq refuses an offered party with a cause. Answer: DropPartyConf.
// RejectReq, in contrast, refuses the whole call.
type RejectPartyReq struct {
	Call  CallID
	Party PartyID
	Cause ie.Cause
}

// ModifyReq asks the peer for other rates of an active outgoing call (Q.2963.1,
// Q.2963.2). Category, SDU sizes and options are those of the call. Answer:
// ModifyConf, or the end of the call.
type ModifyReq struct {
	Call     CallID
	Contract vc.Contract
	// Fallback is acceptable in place of the contract.
	Fallback vc.Fallback
}

func (SetupReq) request()       {}
func (AcceptReq) request()      {}
func (RejectReq) request()      {}
func (ReleaseReq) request()     {}
func (ModifyReq) request()      {}
func (AddPartyReq) request()    {}
func (DropPartyReq) request()   {}
func (AcceptPartyReq) request() {}
func (RejectPartyReq) request() {}
func (AlertReq) request()       {}
func (NotifyReq) request()      {}
