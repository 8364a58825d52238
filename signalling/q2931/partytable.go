package q2931

import "callmanager/signalling/fsm"

type partyCell = fsm.Cell[PartyState, partyAction]

func onParty(text, clause string, do partyAction, next ...PartyState) partyCell {
	return fsm.On(text, clause, do, next...)
}

// The cells of the party table.
var (
	pSetupOut  = onParty("as the SETUP says", "Q.2971 9.2.1", (*Party).setupSent, P1AddPartyInitiated)
	pSetupIn   = onParty("as the SETUP says", "Q.2971 9.2.1", (*Party).setupReceived, P2AddPartyReceived)
	pAddOut    = onParty("ADD PARTY, T399", "Q.2971 9.2.2", (*Party).addRequested, P1AddPartyInitiated)
	pAddIn     = onParty("tell", "Q.2971 9.2.2", (*Party).addReceived, P2AddPartyReceived)
	pAlert     = onParty("PARTY ALERTING", "Q.2971 9.2.2", (*Party).alertingRequested, P3PartyAlertingDelivered)
	pCallAlert = onParty("as the ALERTING says", "Q.2971 9.2.1", (*Party).alertingSent, P3PartyAlertingDelivered)
	pAlerting  = onParty("T397, tell", "Q.2971 9.2.2", (*Party).alertingReceived, P4PartyAlertingReceived)
	pCallRings = onParty("T397", "Q.2971 9.2.1", (*Party).callAlerting, P4PartyAlertingReceived)
	pAccept    = onParty("ADD PARTY ACKNOWLEDGE", "Q.2971 9.2.2", (*Party).accepted, P7Active)
	pAck       = onParty("tell", "Q.2971 9.2.2", (*Party).ackReceived, P7Active)
	pConnected = onParty("as the CONNECT says", "Q.2971 9.2.1", (*Party).connected, P7Active)
	pReject    = onParty("ADD PARTY REJECT", "Q.2971 9.2.2", (*Party).rejected, P0Null)
	pRejected  = onParty("null", "Q.2971 9.2.2, 9.2.3", (*Party).rejectReceived, P0Null)
	pDrop      = onParty("DROP PARTY, T398", "Q.2971 9.2.3", (*Party).dropRequested, P5DropPartyInitiated)
	pUnconfirm = onParty("after CONNECT: DROP PARTY, T398", "Q.2971 9.2.1, 9.2.3", (*Party).dropRequested, P5DropPartyInitiated)
	pDropIn    = onParty("tell", "Q.2971 9.2.3", (*Party).dropReceived, P6DropPartyReceived)
	pCross     = onParty("null", "Q.2971 9.2.3", (*Party).dropCrossed, P0Null)
	pDropRsp   = onParty("DROP PARTY ACKNOWLEDGE", "Q.2971 9.2.3", (*Party).dropResponded, P0Null)
	pDropAck   = onParty("null", "Q.2971 9.2.3, 9.5.3", (*Party).dropAckReceived, P0Null)
	pUnknown   = onParty("DROP PARTY ACKNOWLEDGE 89", "Q.2971 9.5.3", (*Party).unknownParty, P0Null)
	pStatus0   = onParty("state 0: nothing; else DROP PARTY ACKNOWLEDGE 101", "Q.2971 9.5.12", (*Party).statusWithoutParty, P0Null)
	pCleared   = onParty("null", "Q.2931 5.4, 5.5", (*Party).callCleared, P0Null)
	pBroken    = onParty("null", "Q.2971 9.5.9", (*Party).callCleared, P0Null)
	p397       = onParty("DROP PARTY 102, T398", "Q.2971 10, T397", (*Party).t397Expired, P5DropPartyInitiated)
	p398       = onParty("DROP PARTY ACKNOWLEDGE 102", "Q.2971 10, T398", (*Party).t398Expired, P0Null)
	p399       = onParty("DROP PARTY 102 (user) or 18 (network), T398", "Q.2971 10, T399", (*Party).t399Expired, P5DropPartyInitiated)

	pIgnored  = partyCell{Kind: fsm.Ignore, Clause: "Q.2971 9.5.3"}
	pRepeated = partyCell{Kind: fsm.Ignore, Clause: "Q.2971 9.5.4"}
	pSurvives = partyCell{Kind: fsm.Ignore, Clause: "Q.2971 9.5.9"}
	pStays    = partyCell{Kind: fsm.Ignore, Clause: "Q.2971 9.2.1"}
	pNoParty  = partyCell{Kind: fsm.Ignore, Clause: "Q.2931 5.4, 5.5"}
	p101      = partyCell{Kind: fsm.Protest, Text: "STATUS 101", Clause: "Q.2971 9.5.4"}
	pNever    = partyCell{Kind: fsm.Impossible}
)

func pNotify(s PartyState) partyCell { return onParty("tell", "Q.2931 5.9", (*Party).notified, s) }

func pStatus(s PartyState) partyCell {
	return onParty("state 0: null; incompatible: DROP PARTY 101; 96, 97, 99, 100: DROP PARTY 31; else tell",
		"Q.2971 9.5.12", (*Party).statusReceived, s, P5DropPartyInitiated, P0Null)
}

func pStatusDrop(s PartyState) partyCell {
	return onParty("state 0: null", "Q.2971 9.5.12", (*Party).statusWhileDropping, s, P0Null)
}

// partyTable is the table of a party (Q.2971 annex A; clause 9.5 for what is
// not drawn there). User and network side have the same one.
var partyTable = fsm.NewByLine(ExpT399, map[PartyEvent][]partyCell{
	// state:              0          1          2          3          4          5          6          7
	MsgPartyAdd:          {pAddIn, p101, pRepeated, p101, p101, p101, p101, p101},
	MsgPartyAlerting:     {pUnknown, pAlerting, p101, p101, p101, p101, p101, p101},
	MsgPartyAddAck:       {pUnknown, pAck, p101, p101, pAck, p101, p101, p101},
	MsgPartyAddReject:    {pIgnored, pRejected, p101, p101, p101, pRejected, p101, p101},
	MsgPartyDrop:         {pUnknown, pDropIn, pDropIn, pDropIn, pDropIn, pCross, pRepeated, pDropIn},
	MsgPartyDropAck:      {pIgnored, pDropAck, pDropAck, pDropAck, pDropAck, pDropAck, pDropAck, pDropAck},
	MsgPartyNotify:       partyRow(pUnknown, pNotify, pNotify),
	MsgPartyStatus:       partyRow(pStatus0, pStatus, pStatusDrop),
	MsgPartyResponse:     {pUnknown, pNever, pNever, pNever, pNever, pNever, pNever, pNever},
	CallSetupSent:        {pSetupOut, pNever, pNever, pNever, pNever, pNever, pNever, pNever},
	CallSetupReceived:    {pSetupIn, pNever, pNever, pNever, pNever, pNever, pNever, pNever},
	CallAlertingSent:     {pNever, pNever, pCallAlert, pStays, pNever, pNever, pNever, pNever},
	CallAlertingReceived: {pNever, pCallRings, pStays, pStays, pStays, pStays, pStays, pStays},
	CallConnected:        {pNever, pConnected, pConnected, pConnected, pConnected, pStays, pStays, pStays},
	CallCleared:          {pNoParty, pCleared, pCleared, pCleared, pCleared, pCleared, pCleared, pCleared},
	ReqPartyAdd:          {pAddOut, pNever, pNever, pNever, pNever, pNever, pNever, pNever},
	ReqPartyAlerting:     {pNever, pNever, pAlert, pNever, pNever, pNever, pNever, pNever},
	RspPartyAdd:          {pNever, pNever, pAccept, pAccept, pNever, pNever, pNever, pNever},
	ReqPartyReject:       {pNever, pNever, pReject, pNever, pNever, pNever, pNever, pNever},
	ReqPartyDrop:         {pNever, pDrop, pUnconfirm, pDrop, pDrop, pNever, pNever, pDrop},
	RspPartyDrop:         {pNever, pNever, pNever, pNever, pNever, pNever, pDropRsp, pNever},
	LnkPartyReleased:     {pNever, pBroken, pBroken, pBroken, pBroken, pBroken, pBroken, pSurvives},
	ExpT397:              {pNever, pNever, pNever, pNever, p397, pNever, pNever, pNever},
	ExpT398:              {pNever, pNever, pNever, pNever, pNever, p398, pNever, pNever},
	ExpT399:              {pNever, p399, pNever, pNever, pNever, pNever, pNever, pNever},
})

// partyRow makes a line of cells: the null state, P1 to P4 and P7, P5 and P6.
func partyRow(null partyCell, live, dropping func(PartyState) partyCell) []partyCell {
	r := make([]partyCell, numPartyStates)
	for i := range r {
		switch s := PartyState(i); {
		case s == P0Null:
			r[i] = null
		case s.Keeps():
			r[i] = live(s)
		default:
			r[i] = dropping(s)
		}
	}
	return r
}

// partyExpiries are the timers of the expiries.
var partyExpiries = [numPartyEvents]Timer{ExpT397: T397, ExpT398: T398, ExpT399: T399}

// partyTimersOf names the timers that may run in the party states. Entering a
// state stops all others.
var partyTimersOf = [numPartyStates][]Timer{
	P1AddPartyInitiated: {T399}, P4PartyAlertingReceived: {T397}, P5DropPartyInitiated: {T398},
}
