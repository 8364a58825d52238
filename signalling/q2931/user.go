package q2931

// The cells of the user side.
var (
	uSetupIn    = on("tell", "Q.2931 5.2.1", (*Call).setupReceived, U6CallPresent)
	uSetupOut   = on("SETUP, T303", "Q.2931 5.1.1", (*Call).setupRequested, U1CallInitiated)
	uProceeding = on("T310, tell", "Q.2931 5.1.4", (*Call).proceedingReceived, U3OutgoingCallProceeding)
	uAlerting   = on("T301, tell", "Q.2931 5.1.5", (*Call).alertingReceived, U4CallDelivered)
	uConnect    = on("CONNECT ACKNOWLEDGE, tell", "Q.2931 5.1.6", (*Call).connectReceived, U10Active)
	uAck        = on("tell", "Q.2931 5.2.6", (*Call).ackReceived, U10Active)
	uRelease    = on("tell", "Q.2931 5.4.4", (*Call).releaseReceived, U12ReleaseIndication)
	uCross      = on("null", "Q.2931 5.4.5", (*Call).releaseCrossed, U0Null)
	uComplete   = on("null", "Q.2931 5.4.1, 5.4.3", (*Call).completeReceived, U0Null)
	uProceed    = on("CALL PROCEEDING", "Q.2931 5.2.5.1", (*Call).proceedingRequested, U9IncomingCallProceeding)
	uAlert      = on("ALERTING", "Q.2931 5.2.5.2", (*Call).alertingRequested, U7CallReceived)
	uAccept     = on("CONNECT, T313", "Q.2931 5.2.6", (*Call).acceptRequested, U8ConnectRequest)
	uClear      = on("RELEASE, T308", "Q.2931 5.4.3", (*Call).releaseRequested, U11ReleaseRequest)
	uErrClear   = on("RELEASE with the cause, T308", "Q.2931 5.7", (*Call).clear, U11ReleaseRequest)
	uRefuse     = on("RELEASE COMPLETE", "Q.2931 5.2.5.3", (*Call).releaseResponded, U0Null)
	uCompleted  = on("RELEASE COMPLETE", "Q.2931 5.4.4", (*Call).releaseResponded, U0Null)
	uReset      = on("null", "Q.2931 5.5.2, 5.6.9", (*Call).reset, U0Null)
	uBroken     = on("null", "Q.2931 5.6.9", (*Call).reset, U0Null)
	u301        = on("RELEASE 19", "Q.2931 7, T301", (*Call).t301Expired, U11ReleaseRequest)
	u303        = on("SETUP again; then null 18", "Q.2931 5.1.1", (*Call).t303Expired, U1CallInitiated, U0Null)
	u308        = on("RELEASE again; then null", "Q.2931 5.4.3", (*Call).t308Expired, U11ReleaseRequest, U0Null)
	u310        = on("RELEASE 18", "Q.2931 5.1.4", (*Call).t310Expired, U11ReleaseRequest)
	u313        = on("RELEASE 102", "Q.2931 5.2.6", (*Call).t313Expired, U11ReleaseRequest)
)

func uStatus(s State) cell {
	return on("state 0: null; another direction: RELEASE 101; else tell", "Q.2931 5.6.12", (*Call).statusReceived,
		s, U11ReleaseRequest, U0Null)
}

func uStatusClearing(s State) cell {
	return on("state 0: null", "Q.2931 5.6.12", (*Call).statusWhileClearing, s, U0Null)
}

func uEnquire(s State) cell {
	return within("STATUS ENQUIRY, T322", "Q.2931 5.6.11", (*Call).enquiryRequested, s)
}

func u322(s State) cell {
	return on("STATUS ENQUIRY again; then RELEASE 41", "Q.2931 5.6.11", (*Call).t322Expired, s, U11ReleaseRequest)
}

// userTable is the call table of the user side (Q.2931 annex A, user side;
// clause 5.6 for what is not drawn there), with the lines of Q.2963.1. The columns
// 13 and 14 of the other lines stand in modification.go.
var userTable = matrix{
	// state:                0           1            3            4            6            7            8            9            10           11           12
	MsgSetup:          {uSetupIn, repeat, repeat, repeat, repeat, repeat, repeat, repeat, repeat, repeat, repeat},
	MsgCallProceeding: {noCall(U0Null), uProceeding, s101, s101, s101, s101, s101, s101, s101, s101, s101},
	MsgAlerting:       {noCall(U0Null), uAlerting, uAlerting, s101, s101, s101, s101, s101, s101, s101, s101},
	MsgConnect:        {noCall(U0Null), uConnect, uConnect, uConnect, s101, s101, s101, s101, s101, s101, s101},
	MsgConnectAck:     {noCall(U0Null), s101, s101, s101, s101, s101, uAck, s101, s101, s101, s101},

	MsgRelease:         {noCall(U0Null), uRelease, uRelease, uRelease, uRelease, uRelease, uRelease, uRelease, uRelease, uCross, cleared},
	MsgReleaseComplete: {ignored, uComplete, uComplete, uComplete, uComplete, uComplete, uComplete, uComplete, uComplete, uComplete, uComplete},
	MsgNotify:          row(0, noCall, notify, notify),
	MsgProgress:        progressRow(0, U3OutgoingCallProceeding, U4CallDelivered),

	MsgStatus: {
		statusNoCall(U0Null), uStatus(U1CallInitiated), uStatus(U3OutgoingCallProceeding), uStatus(U4CallDelivered),
		uStatus(U6CallPresent), uStatus(U7CallReceived), uStatus(U8ConnectRequest), uStatus(U9IncomingCallProceeding),
		uStatus(U10Active), uStatusClearing(U11ReleaseRequest), uStatusClearing(U12ReleaseIndication),
	},
	MsgStatusEnquiry: row(0, answer, answer, answer),
	MsgMisplaced:     row(0, noCall, always(s101), always(s101)),

	MsgAddParty:       partyLine(0, (*Call).addParty, s101, []State{7, 8, 10}),
	MsgPartyAlert:     partyLine(0, (*Call).partyAlert, s101, []State{4, 10}),
	MsgAddPartyAck:    partyLine(0, (*Call).addPartyAck, s101, []State{10}),
	MsgAddPartyReject: partyLine(0, (*Call).addPartyReject, s101, []State{4, 10}),
	MsgDropParty:      partyLine(0, (*Call).dropParty, cleared, []State{1, 4, 6, 7, 8, 9, 10}),
	MsgDropPartyAck:   partyLine(0, (*Call).dropPartyAck, cleared, []State{4, 7, 8, 10}),

	MsgUnsupported: row(0, noCall, always(s97), always(s97)),
	MsgUnknown:     row(0, noCall, always(s97), always(s97)),

	ErrReport: row(0, report, report, report),
	ErrClear:  row(0, refuse, always(uErrClear), always(cleared)),

	ErrParty: row(0, always(never), always(s101), always(s101)),

	ReqSetup:         {uSetupOut, never, never, never, never, never, never, never, never, never, never},
	ReqProceeding:    {never, never, never, never, uProceed, never, never, never, never, never, never},
	ReqAlerting:      {never, never, never, never, uAlert, never, never, uAlert, never, never, never},
	RspSetup:         {never, never, never, never, uAccept, uAccept, never, uAccept, never, never, never},
	ReqSetupComplete: {never, never, never, never, never, never, never, never, never, never, never},
	ReqRelease:       {never, uClear, uClear, uClear, uClear, uClear, uClear, uClear, uClear, never, never},
	RspRelease:       {never, never, never, never, uRefuse, never, never, never, never, never, uCompleted},
	ReqReset:         {never, uReset, uReset, uReset, uReset, uReset, uReset, uReset, uReset, uReset, uReset},
	ReqEnquiry:       row(0, always(never), uEnquire, always(cleared)),
	ReqNotify:        row(0, always(never), sendNotify, always(cleared)),
	ReqFallBack:      row(0, always(never), fallBack, always(never)),
	LnkReleased:      {never, uBroken, uBroken, uBroken, uBroken, uBroken, uBroken, uBroken, survive(U10Active), uBroken, uBroken},

	ExpT301: {never, never, never, u301, never, never, never, never, never, never, never},
	ExpT303: {never, u303, never, never, never, never, never, never, never, never, never},
	ExpT308: {never, never, never, never, never, never, never, never, never, u308, never},
	ExpT310: {never, never, u310, never, never, never, never, never, never, never, never},
	ExpT313: {never, never, never, never, never, never, u313, never, never, never, never},
	ExpT322: row(0, always(never), u322, always(never)),

	MsgModifyRequest:       modifyMessage(0, mReceived, mCollided, always(s101)),
	MsgModifyAck:           modifyMessage(0, always(s101), mAcknowledged, always(s101)),
	MsgModifyReject:        modifyMessage(0, always(s101), mRejected, always(s101)),
	MsgConnectionAvailable: modifyMessage(0, mAvailable, always(s101), always(s101)),

	ReqModify:      modifyOwn(0, mRequest, always(never), always(never)),
	RspModify:      modifyOwn(0, always(never), always(never), mAccept),
	RejModify:      modifyOwn(0, always(never), always(never), mRefuse),
	ReqAvailable:   modifyOwn(0, mConfirm, always(never), always(never)),
	LnkEstablished: mEstablished(0),
	ExpT360:        modifyOwn(0, always(never), m360, always(never)),
	ExpT361:        modifyOwn(0, m361, always(never), m361Asked),
}
