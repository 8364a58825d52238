package q2931

import (
	"fmt"

	"callmanager/signalling/q2931/msg"
)

// Event is what may happen to a call. The prefix names its origin: Msg the
// peer, Err the verdict on a message of the peer, Req and Rsp the call control
// above, Lnk the SAAL below, Exp a timer. The zero value is no event.
type Event uint8

// The events.
const (
	_ Event = iota
	// MsgSetup to MsgStatusEnquiry are the messages of Q.2931 clause 3.1.
	MsgSetup
	MsgCallProceeding
	MsgAlerting
	MsgConnect
	MsgConnectAck
	MsgRelease
	MsgReleaseComplete
	MsgNotify
	// MsgProgress comes from a network that interworks with N-ISDN.
	MsgProgress
	MsgStatus
	MsgStatusEnquiry
	// MsgMisplaced is a message with a meaning of its own that never belongs to
	// a call: RESTART and RESTART ACKNOWLEDGE, and the messages of a leaf that
	// joins (UNI 4.0 section 6).
	MsgMisplaced
	// MsgAddParty to MsgDropPartyAck are the messages of Q.2971. Which party
	// they are about is the owner's business.
	MsgAddParty
	MsgPartyAlert
	MsgAddPartyAck
	MsgAddPartyReject
	MsgDropParty
	MsgDropPartyAck
	// MsgUnsupported is a message of a procedure that this side does not have:
	// interworking with N-ISDN.
	MsgUnsupported
	// MsgUnknown is a message of an unknown type.
	MsgUnknown
	// ErrReport: a message has been discarded, or processed in part, and the
	// peer is to be told (Input.Cause).
	ErrReport
	// ErrClear: a message's contents ask for the call to be cleared
	// (Input.Cause).
	ErrClear
	// ErrParty: the state of a party does not expect the message (Input.Msg).
	ErrParty
	// ReqSetup begins an outgoing call (Input.Msg is the SETUP).
	ReqSetup
	// ReqProceeding and ReqAlerting answer SETUP (Input.Msg).
	ReqProceeding
	ReqAlerting
	// RspSetup accepts an incoming call (Input.Msg is the CONNECT).
	RspSetup
	// ReqSetupComplete confirms a CONNECT (network side).
	ReqSetupComplete
	// ReqRelease clears the call (Input.Cause).
	ReqRelease
	// RspRelease completes the peer's RELEASE, or refuses the call as the first
	// response to SETUP (Input.Cause).
	RspRelease
	// ReqReset ends the call at once without a message: RESTART, T309
	// (Input.Cause).
	ReqReset
	// ReqEnquiry asks the peer for the state of the call, or of the party that
	// Input.Msg names.
	ReqEnquiry
	// ReqNotify tells the peer of something (Input.Msg is the NOTIFY).
	ReqNotify
	// ReqFallBack tells that no party is active any more, while others are
	// being added (network side of the calling end).
	ReqFallBack
	// LnkReleased: the SAAL is down (Input.Cause).
	LnkReleased
	// ExpT301 to ExpT322 are the expiries of the call's timers.
	ExpT301
	ExpT303
	ExpT308
	ExpT310
	ExpT313
	ExpT322
	// MsgModifyRequest to MsgConnectionAvailable are the messages of Q.2963.1.
	MsgModifyRequest
	MsgModifyAck
	MsgModifyReject
	MsgConnectionAvailable
	// ReqModify asks the peer to modify the call (Input.Msg is the MODIFY
	// REQUEST); only the side that made the call may.
	ReqModify
	// RspModify accepts the peer's request (Input.Msg is the MODIFY ACKNOWLEDGE),
	// RejModify refuses it (Input.Cause).
	RspModify
	RejModify
	// ReqAvailable confirms a modification to a peer that wants it.
	ReqAvailable
	// LnkEstablished: the SAAL has come up or has been reset.
	LnkEstablished
	ExpT360
	ExpT361
)

// numEvents is the size of an array indexed by Event.
const numEvents = int(ExpT361) + 1

var eventNames = [numEvents]string{
	MsgSetup: "SETUP", MsgCallProceeding: "CALL PROCEEDING", MsgAlerting: "ALERTING", MsgConnect: "CONNECT",
	MsgConnectAck: "CONNECT ACKNOWLEDGE", MsgRelease: "RELEASE", MsgReleaseComplete: "RELEASE COMPLETE",
	MsgNotify: "NOTIFY", MsgProgress: "PROGRESS", MsgStatus: "STATUS", MsgStatusEnquiry: "STATUS ENQUIRY", MsgMisplaced: "misplaced message",
	MsgAddParty: "ADD PARTY", MsgPartyAlert: "PARTY ALERTING", MsgAddPartyAck: "ADD PARTY ACKNOWLEDGE",
	MsgAddPartyReject: "ADD PARTY REJECT", MsgDropParty: "DROP PARTY", MsgDropPartyAck: "DROP PARTY ACKNOWLEDGE",
	ErrParty: "party error", ReqFallBack: "fall-back.request",
	MsgUnsupported: "unsupported message", MsgUnknown: "unknown message", ErrReport: "error to report",
	ErrClear: "error that clears", ReqSetup: "setup.request", ReqProceeding: "proceeding.request",
	ReqAlerting: "alerting.request", RspSetup: "setup.response", ReqSetupComplete: "setup-complete.request",
	ReqRelease: "release.request", RspRelease: "release.response", ReqReset: "reset.request",
	ReqEnquiry: "status-enquiry.request", ReqNotify: "notify.request", LnkReleased: "SAAL-RELEASE.indication", ExpT301: "T301 expiry",
	ExpT303: "T303 expiry", ExpT308: "T308 expiry", ExpT310: "T310 expiry", ExpT313: "T313 expiry",
	ExpT322: "T322 expiry", MsgModifyRequest: "MODIFY REQUEST", MsgModifyAck: "MODIFY ACKNOWLEDGE",
	MsgModifyReject: "MODIFY REJECT", MsgConnectionAvailable: "CONNECTION AVAILABLE", ReqModify: "modify.request",
	RspModify: "modify.response", RejModify: "modify-reject.request", ReqAvailable: "available.request",
	LnkEstablished: "SAAL-ESTABLISH", ExpT360: "T360 expiry", ExpT361: "T361 expiry",
}

// String returns the event in the words of the Recommendation.
func (e Event) String() string {
	if int(e) < numEvents && eventNames[e] != "" {
		return eventNames[e]
	}
	return fmt.Sprintf("Event(%d)", uint8(e))
}

// EventOf returns the event of a message of type t that names a call.
func EventOf(t msg.Type) Event {
	switch t {
	case msg.Setup:
		return MsgSetup
	case msg.CallProceeding:
		return MsgCallProceeding
	case msg.Alerting:
		return MsgAlerting
	case msg.Connect:
		return MsgConnect
	case msg.ConnectAck:
		return MsgConnectAck
	case msg.Release:
		return MsgRelease
	case msg.ReleaseComplete:
		return MsgReleaseComplete
	case msg.Notify:
		return MsgNotify
	case msg.Status:
		return MsgStatus
	case msg.StatusEnquiry:
		return MsgStatusEnquiry
	case msg.AddParty:
		return MsgAddParty
	case msg.PartyAlerting:
		return MsgPartyAlert
	case msg.AddPartyAck:
		return MsgAddPartyAck
	case msg.AddPartyReject:
		return MsgAddPartyReject
	case msg.DropParty:
		return MsgDropParty
	case msg.DropPartyAck:
		return MsgDropPartyAck
	case msg.Restart, msg.RestartAck, msg.LeafSetupFailure, msg.LeafSetupRequest:
		return MsgMisplaced
	case msg.ModifyRequest:
		return MsgModifyRequest
	case msg.ModifyAck:
		return MsgModifyAck
	case msg.ModifyReject:
		return MsgModifyReject
	case msg.ConnectionAvailable:
		return MsgConnectionAvailable
	case msg.Progress:
		return MsgProgress
	case msg.SetupAck, msg.CoBiSetup, msg.Facility, msg.Information:
		return MsgUnsupported
	}
	return MsgUnknown
}
