package q2931

// The cells of the network side.
var (
	nSetupIn    = on("tell", "Q.2931 5.1.1", (*Call).setupReceived, N1CallInitiated)
	nSetupOut   = on("SETUP, T303", "Q.2931 5.2.1", (*Call).setupRequested, N6CallPresent)
	nProceeding = on("T310, tell", "Q.2931 5.2.5.1", (*Call).proceedingReceived, N9IncomingCallProceeding)
	nAlerting   = on("T301, tell", "Q.2931 5.2.5.2", (*Call).alertingReceived, N7CallReceived)
	nConnect    = on("tell", "Q.2931 5.2.6", (*Call).connectReceived, N8ConnectRequest)
	nAck        = on("tell, the first time of a call from the user", "Q.2931 5.1.6", (*Call).ackReceived, N10Active)
	nRelease    = on("tell", "Q.2931 5.4.3", (*Call).releaseReceived, N11ReleaseRequest)
	nCross      = on("null", "Q.2931 5.4.5", (*Call).releaseCrossed, N0Null)
	nComplete   = on("null", "Q.2931 5.4.1, 5.4.4", (*Call).completeReceived, N0Null)
	nProceed    = on("CALL PROCEEDING", "Q.2931 5.1.4", (*Call).proceedingRequested, N3OutgoingCallProceeding)
	nAlert      = on("ALERTING", "Q.2931 5.1.5", (*Call).alertingRequested, N4CallDelivered)
	nAccept     = on("CONNECT", "Q.2931 5.1.6", (*Call).acceptRequested, N10Active)
	nConfirm    = on("CONNECT ACKNOWLEDGE", "Q.2931 5.2.6", (*Call).confirmRequested, N10Active)
	nClear      = on("RELEASE, T308", "Q.2931 5.4.4", (*Call).releaseRequested, N12ReleaseIndication)
	nErrClear   = on("RELEASE with the cause, T308", "Q.2931 5.7", (*Call).clear, N12ReleaseIndication)
	nRefuse     = on("RELEASE COMPLETE", "Q.2931 5.1.2.3", (*Call).releaseResponded, N0Null)
	nCompleted  = on("RELEASE COMPLETE", "Q.2931 5.4.3", (*Call).releaseResponded, N0Null)
	nReset      = on("null", "Q.2931 5.5.2, 5.6.9", (*Call).reset, N0Null)
	nBroken     = on("null", "Q.2931 5.6.9", (*Call).reset, N0Null)
	n301        = on("RELEASE 19", "Q.2931 7, T301", (*Call).t301Expired, N12ReleaseIndication)
	n303        = on("SETUP again; then null 18", "Q.2931 5.2.5.4", (*Call).t303Expired, N6CallPresent, N0Null)
	n308        = on("RELEASE again; then null", "Q.2931 5.4.4", (*Call).t308Expired, N12ReleaseIndication, N0Null)
	n310        = on("RELEASE 18", "Q.2931 5.2.5.4", (*Call).t310Expired, N12ReleaseIndication)
)

func nStatus(s State) cell {
	return on("state 0: null; another direction: RELEASE 101; else tell", "Q.2931 5.6.12", (*Call).statusReceived,
		s, N12ReleaseIndication, N0Null)
}

func nStatusClearing(s State) cell {
	return on("state 0: null", "Q.2931 5.6.12", (*Call).statusWhileClearing, s, N0Null)
}

func nEnquire(s State) cell {
	return within("STATUS ENQUIRY, T322", "Q.2931 5.6.11", (*Call).enquiryRequested, s)
}

func n322(s State) cell {
	return on("STATUS ENQUIRY again; then RELEASE 41", "Q.2931 5.6.11", (*Call).t322Expired, s, N12ReleaseIndication)
}

// networkTable is the call table of the network side (Q.2931 annex A, network
// side; clause 5.6 for what is not drawn there), with the lines of Q.2963.1. The columns
// 13 and 14 of the other lines stand in modification.go.
var networkTable = matrix{
	// state:                0           1            3            4            6            7            8            9            10           11           12
	MsgSetup:          {nSetupIn, repeat, repeat, repeat, repeat, repeat, repeat, repeat, repeat, repeat, repeat},
	MsgCallProceeding: {noCall(N0Null), s101, s101, s101, nProceeding, s101, s101, s101, s101, s101, s101},
	MsgAlerting:       {noCall(N0Null), s101, s101, s101, nAlerting, s101, s101, nAlerting, s101, s101, s101},
	MsgConnect:        {noCall(N0Null), s101, s101, s101, nConnect, nConnect, s101, nConnect, s101, s101, s101},
	MsgConnectAck:     {noCall(N0Null), s101, s101, s101, s101, s101, s101, s101, nAck, s101, s101},

	MsgRelease:         {noCall(N0Null), nRelease, nRelease, nRelease, nRelease, nRelease, nRelease, nRelease, nRelease, cleared, nCross},
	MsgReleaseComplete: {ignored, nComplete, nComplete, nComplete, nComplete, nComplete, nComplete, nComplete, nComplete, nComplete, nComplete},
	MsgNotify:          row(networkState, noCall, notify, notify),
	MsgProgress:        progressRow(networkState, U7CallReceived, U9IncomingCallProceeding),

	MsgStatus: {
		statusNoCall(N0Null), nStatus(N1CallInitiated), nStatus(N3OutgoingCallProceeding), nStatus(N4CallDelivered),
		nStatus(N6CallPresent), nStatus(N7CallReceived), nStatus(N8ConnectRequest), nStatus(N9IncomingCallProceeding),
		nStatus(N10Active), nStatusClearing(N11ReleaseRequest), nStatusClearing(N12ReleaseIndication),
	},
	MsgStatusEnquiry: row(networkState, answer, answer, answer),
	MsgMisplaced:     row(networkState, noCall, always(s101), always(s101)),

	MsgAddParty:       partyLine(networkState, (*Call).addParty, s101, []State{4, 10}),
	MsgPartyAlert:     partyLine(networkState, (*Call).partyAlert, s101, []State{7, 8, 10}),
	MsgAddPartyAck:    partyLine(networkState, (*Call).addPartyAck, s101, []State{7, 8, 10}),
	MsgAddPartyReject: partyLine(networkState, (*Call).addPartyReject, s101, []State{7, 8, 10}),
	MsgDropParty:      partyLine(networkState, (*Call).dropParty, cleared, []State{1, 4, 6, 7, 8, 9, 10}),
	MsgDropPartyAck:   partyLine(networkState, (*Call).dropPartyAck, cleared, []State{4, 7, 8, 10}),

	MsgUnsupported: row(networkState, noCall, always(s97), always(s97)),
	MsgUnknown:     row(networkState, noCall, always(s97), always(s97)),

	ErrReport: row(networkState, report, report, report),
	ErrClear:  row(networkState, refuse, always(nErrClear), always(cleared)),

	ErrParty: row(networkState, always(never), always(s101), always(s101)),

	ReqSetup:         {nSetupOut, never, never, never, never, never, never, never, never, never, never},
	ReqProceeding:    {never, nProceed, never, never, never, never, never, never, never, never, never},
	ReqAlerting:      {never, nAlert, nAlert, never, never, never, never, never, never, never, never},
	RspSetup:         {never, nAccept, nAccept, nAccept, never, never, never, never, never, never, never},
	ReqSetupComplete: {never, never, never, never, never, never, nConfirm, never, never, never, never},
	ReqRelease:       {never, nClear, nClear, nClear, nClear, nClear, nClear, nClear, nClear, never, never},
	RspRelease:       {never, nRefuse, never, never, never, never, never, never, never, nCompleted, never},
	ReqReset:         {never, nReset, nReset, nReset, nReset, nReset, nReset, nReset, nReset, nReset, nReset},
	ReqEnquiry:       row(networkState, always(never), nEnquire, always(cleared)),
	ReqNotify:        row(networkState, always(never), sendNotify, always(cleared)),
	ReqFallBack:      row(networkState, always(never), fallBack, always(never)),
	LnkReleased:      {never, nBroken, nBroken, nBroken, nBroken, nBroken, nBroken, nBroken, survive(N10Active), nBroken, nBroken},

	ExpT301: {never, never, never, never, never, n301, never, never, never, never, never},
	ExpT303: {never, never, never, never, n303, never, never, never, never, never, never},
	ExpT308: {never, never, never, never, never, never, never, never, never, never, n308},
	ExpT310: {never, never, never, never, never, never, never, n310, never, never, never},
	ExpT313: {never, never, never, never, never, never, never, never, never, never, never},
	ExpT322: row(networkState, always(never), n322, always(never)),

	MsgModifyRequest:       modifyMessage(networkState, mReceived, mCollided, always(s101)),
	MsgModifyAck:           modifyMessage(networkState, always(s101), mAcknowledged, always(s101)),
	MsgModifyReject:        modifyMessage(networkState, always(s101), mRejected, always(s101)),
	MsgConnectionAvailable: modifyMessage(networkState, mAvailable, always(s101), always(s101)),

	ReqModify:      modifyOwn(networkState, mRequest, always(never), always(never)),
	RspModify:      modifyOwn(networkState, always(never), always(never), mAccept),
	RejModify:      modifyOwn(networkState, always(never), always(never), mRefuse),
	ReqAvailable:   modifyOwn(networkState, mConfirm, always(never), always(never)),
	LnkEstablished: mEstablished(networkState),
	ExpT360:        modifyOwn(networkState, always(never), m360, always(never)),
	ExpT361:        modifyOwn(networkState, m361, always(never), m361Asked),
}
