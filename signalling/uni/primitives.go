package uni

import (
	"time"

	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// CallID names a call on a link between the client model and the link. The
// side that creates the call chooses it: the client model for outgoing calls
// (bit 63 clear), the link for incoming ones (bit 63 set). It is not reused.
type CallID uint64

// IncomingCall is the bit that the identifiers of incoming calls carry.
const IncomingCall CallID = 1 << 63

// PartyID names a party of a point-to-multipoint call between the client model
// and the link. The first party is 0. The side that adds one chooses: the client
// model at the root (bit 31 clear, not 0), the link at a leaf (bit 31 set). It is
// not reused within a call. The link maps it to an endpoint reference.
type PartyID uint32

// FirstParty is the party of the SETUP.
const FirstParty PartyID = 0

// AddedParty is the bit that the identifiers carry that a link chooses.
const AddedParty PartyID = 1 << 31

// Params are the parameters of a call, as SETUP and CONNECT carry them, or of a
// party, whose contract is that of the call.
type Params struct {
	Called, Calling vc.Addr
	Contract        vc.Contract
	// Multipoint asks for a point-to-multipoint call: this end is its root, and
	// nothing flows backward (UNI 4.0 section 5: rates and SDU size are zero).
	Multipoint bool
	// Fallback is what the caller accepts in place of the contract, as far as it is
	// still open: an answer may choose it. Of an active call it is empty.
	Fallback vc.Fallback
	// QoS is what the caller asks of the way, and what that has come to.
	QoS vc.QoS
	// BHLI and BLLI are the contents (octet 5 on) of the B-HLI element and of
	// each B-LLI element in order of preference. Owned by the value.
	BHLI []byte
	BLLI [][]byte
	// UserUser is the user-user information of SETUP in a request and an offer, of
	// CONNECT in an answer: protocol discriminator first, 1 to 128 octets; empty
	// for none.
	UserUser []byte
}

// ---- requests: from the client model to a link -----------------------------

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

// ---- indications: from a link to the client model ---------------------------

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
