package q2931

import (
	"fmt"

	"callmanager/signalling/q2931/msg"
)

// PartyEvent is what may happen to a party. The prefix names its origin: Msg
// the peer, Req and Rsp the call control above, Call the machine of the party's
// call, Lnk the SAAL, Exp a timer. The zero value is no event.
type PartyEvent uint8

// The events of a party.
const (
	_ PartyEvent = iota
	// MsgPartyAdd to MsgPartyDropAck are ADD PARTY, PARTY ALERTING, ADD PARTY
	// ACKNOWLEDGE, ADD PARTY REJECT, DROP PARTY and DROP PARTY ACKNOWLEDGE.
	MsgPartyAdd
	MsgPartyAlerting
	MsgPartyAddAck
	MsgPartyAddReject
	MsgPartyDrop
	MsgPartyDropAck
	// MsgPartyNotify and MsgPartyStatus are a NOTIFY and a STATUS that name the
	// party.
	MsgPartyNotify
	MsgPartyStatus
	// MsgPartyResponse is a CALL PROCEEDING, an ALERTING or a CONNECT that names
	// a party which does not exist.
	MsgPartyResponse
	// CallSetupSent and CallSetupReceived: the SETUP carries the party.
	CallSetupSent
	CallSetupReceived
	// CallAlertingSent and CallAlertingReceived: an ALERTING names the party.
	CallAlertingSent
	CallAlertingReceived
	// CallConnected: the CONNECT that names the party has made its call active.
	CallConnected
	// CallCleared: RELEASE, RELEASE COMPLETE or a restart ends the party with
	// its call.
	CallCleared
	// ReqPartyAdd asks for a party (PartyInput.Msg is the ADD PARTY).
	ReqPartyAdd
	// ReqPartyAlerting answers ADD PARTY with PARTY ALERTING.
	ReqPartyAlerting
	// RspPartyAdd accepts a party (PartyInput.Msg).
	RspPartyAdd
	// ReqPartyReject refuses a party that nothing has been answered about
	// (PartyInput.Cause).
	ReqPartyReject
	// ReqPartyDrop drops a party (PartyInput.Cause). In P2 it is for the party
	// that a CONNECT has named: that answer cannot be a refusal any more (Q.2971
	// 9.2.3). One that nothing has been answered about is for ReqPartyReject.
	ReqPartyDrop
	// RspPartyDrop completes the peer's DROP PARTY.
	RspPartyDrop
	// LnkPartyReleased: the SAAL is down (PartyInput.Cause).
	LnkPartyReleased
	// ExpT397 to ExpT399 are the expiries of the party's timers.
	ExpT397
	ExpT398
	ExpT399
)

const numPartyEvents = int(ExpT399) + 1

var partyEventNames = [numPartyEvents]string{
	MsgPartyAdd: "ADD PARTY", MsgPartyAlerting: "PARTY ALERTING", MsgPartyAddAck: "ADD PARTY ACKNOWLEDGE",
	MsgPartyAddReject: "ADD PARTY REJECT", MsgPartyDrop: "DROP PARTY", MsgPartyDropAck: "DROP PARTY ACKNOWLEDGE",
	MsgPartyNotify: "NOTIFY", MsgPartyStatus: "STATUS", MsgPartyResponse: "response to SETUP",
	CallSetupSent: "SETUP sent", CallSetupReceived: "SETUP received", CallAlertingSent: "ALERTING sent",
	CallAlertingReceived: "ALERTING received", CallConnected: "call connected", CallCleared: "call cleared",
	ReqPartyAdd: "add-party.request", ReqPartyAlerting: "party-alerting.request", RspPartyAdd: "add-party.response",
	ReqPartyReject: "add-party-reject.request", ReqPartyDrop: "drop-party.request", RspPartyDrop: "drop-party.response",
	LnkPartyReleased: "SAAL-RELEASE.indication", ExpT397: "T397 expiry", ExpT398: "T398 expiry", ExpT399: "T399 expiry",
}

// String returns the event in the words of the Recommendation.
func (e PartyEvent) String() string {
	if int(e) < numPartyEvents && partyEventNames[e] != "" {
		return partyEventNames[e]
	}
	return fmt.Sprintf("PartyEvent(%d)", uint8(e))
}

// PartyEventOf returns the event of a message of type t that names a party; 0
// for a message that is the call's own affair.
func PartyEventOf(t msg.Type) PartyEvent {
	for _, m := range partyMessages {
		if m.typ == t {
			return m.ev
		}
	}
	return 0
}

var partyMessages = [...]struct {
	typ msg.Type
	ev  PartyEvent
}{
	{msg.AddParty, MsgPartyAdd},
	{msg.PartyAlerting, MsgPartyAlerting},
	{msg.AddPartyAck, MsgPartyAddAck},
	{msg.AddPartyReject, MsgPartyAddReject},
	{msg.DropParty, MsgPartyDrop},
	{msg.DropPartyAck, MsgPartyDropAck},
	{msg.Notify, MsgPartyNotify},
	{msg.Status, MsgPartyStatus},
}
